"""What is made of an upload: pixels, upright, small, and nothing else."""

from __future__ import annotations

import struct
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.workers import uploads
from workers.pictures import MAX_PIXELS, PictureRefused, make

ROOT = Path(__file__).parents[2]
SIZES = (1280, 320)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data), formats=["WEBP"])
    picture.load()
    return picture


def chunks(data: bytes) -> set[bytes]:
    """Names of the chunks of a WebP file, which must be exactly as long as it says."""
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    assert struct.unpack("<I", data[4:8])[0] + 8 == len(data)
    found, place = set(), 12
    while place < len(data):
        found.add(data[place : place + 4])
        length = struct.unpack("<I", data[place + 4 : place + 8])[0]
        place += 8 + length + length % 2
    return found


def near(pixel: object, colour: tuple[int, ...]) -> bool:
    return isinstance(pixel, tuple) and all(
        abs(a - b) < 40 for a, b in zip(pixel[:3], colour[:3], strict=True)
    )


@pytest.mark.parametrize(
    "upload",
    [
        uploads.jpeg(),
        uploads.jpeg(progressive=True),
        uploads.jpeg(mode="CMYK"),
        uploads.png(),
        uploads.png(mode="RGBA"),
        uploads.png(mode="P"),
        uploads.webp(),
        uploads.webp(lossless=True),
        uploads.webp(mode="RGBA"),
    ],
)
def test_good_pictures_keep_their_looks(upload):
    for data in make(upload, SIZES).files:
        picture = opened(data)
        assert picture.size == (64, 32)
        assert near(picture.convert("RGB").getpixel((8, 16)), uploads.RED)
        assert near(picture.convert("RGB").getpixel((56, 16)), uploads.BLUE)


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_ones_as_well(mode):
    picture = opened(make(uploads.png(mode=mode), SIZES).files[0])
    assert picture.size == (64, 32)


def test_sixteen_bits_of_grey_are_scaled():
    picture = opened(make(uploads.grey16(), SIZES).files[0]).convert("L")
    assert abs(picture.getpixel((8, 16)) - 192) < 10
    assert abs(picture.getpixel((56, 16)) - 64) < 10


def test_what_is_transparent_stays_so():
    picture = opened(make(uploads.transparent(), SIZES).files[0])
    assert picture.mode == "RGBA"
    assert (picture.getpixel((8, 16))[3], picture.getpixel((56, 16))[3]) == (255, 0)


def test_a_large_one_comes_in_two_sizes_and_a_small_one_is_not_enlarged():
    large, small = make(uploads.jpeg(3000, 1500), SIZES).files
    assert (opened(large).size, opened(small).size) == ((1280, 640), (320, 160))
    large, small = make(uploads.png(400, 100), SIZES).files
    assert (opened(large).size, opened(small).size) == ((400, 100), (320, 80))


def test_an_animation_becomes_its_first_frame():
    frames = [uploads.halves(), Image.new("RGB", (64, 32))]
    upload = uploads.saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100)
    data = make(upload, SIZES).files[0]
    assert b"ANIM" not in chunks(data)
    assert near(opened(data).convert("RGB").getpixel((8, 16)), uploads.RED)


@pytest.mark.parametrize(
    ("orientation", "size", "first"),
    [
        (1, (64, 32), uploads.RED),
        (3, (64, 32), uploads.BLUE),
        (6, (32, 64), uploads.RED),
        (8, (32, 64), uploads.BLUE),
    ],
)
def test_a_photo_is_turned_upright(orientation, size, first):
    for data in make(uploads.photo(orientation), SIZES).files:
        picture = opened(data)
        assert picture.size == size
        assert near(picture.getpixel((8, 8)), first)


@pytest.mark.parametrize("upload", [uploads.photo(6), uploads.talkative_png()])
def test_nothing_is_left_of_the_metadata(upload):
    assert b"SECRET" in upload
    for data in make(upload, SIZES).files:
        assert chunks(data) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}
        assert b"SECRET" not in data and b"Exif" not in data


@pytest.mark.parametrize("tail", [b"PK\x03\x04 a zip archive", b"<html><script>alert(1)</script></html>"])
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_what_hangs_on_to_a_picture_is_gone(kind, tail):
    for data in make(getattr(uploads, kind)() + tail, SIZES).files:
        assert tail not in data
        assert chunks(data) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}


def test_the_same_picture_gets_the_same_name_and_another_one_another():
    assert make(uploads.jpeg(), SIZES) == make(uploads.jpeg(), SIZES)
    assert make(uploads.jpeg(), SIZES).name != make(uploads.jpeg(60), SIZES).name


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (uploads.SVG, "unsupported_picture"),
        (uploads.GIF, "unsupported_picture"),
        (b"", "unsupported_picture"),
        (b"BM" + bytes(100), "unsupported_picture"),
        (uploads.jpeg(640, 640)[:-2000], "picture_damaged"),
        (uploads.png(640, 640)[:600], "picture_damaged"),
        (uploads.webp(640, 640)[:200], "picture_damaged"),
        (uploads.png_bomb(), "picture_too_many_pixels"),
        (uploads.png_bomb(5001, 5000), "picture_too_many_pixels"),
        (uploads.png_bomb(5000, 5000), "picture_damaged"),  # as large as allowed, but without its pixels
        (uploads.jpeg_bomb(), "picture_too_many_pixels"),
        (uploads.webp_bomb(), "picture_too_many_pixels"),
        (uploads.webp_bomb(5001, 5000), "picture_too_many_pixels"),
        (uploads.many_scans(), "picture_too_complex"),
    ],
)
def test_what_is_no_picture_for_us_is_refused_by_code(upload, code):
    with pytest.raises(PictureRefused) as refused:
        make(upload, SIZES)
    assert refused.value.code == code


BOMBS = """
import resource
from tests.workers import uploads
from workers.pictures import PictureRefused, make

make(uploads.jpeg(), (1280, 320))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for bomb in (uploads.png_bomb(), uploads.jpeg_bomb(), uploads.webp_bomb(), uploads.webp_bomb(16_000, 16_000)):
    try:
        make(bomb, (1280, 320))
    except PictureRefused as refused:
        assert refused.code == "picture_too_many_pixels", refused
    else:
        raise AssertionError("not refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_bombs_take_no_memory():
    # In a process of its own: the peak of this one has been set by other tests.
    ended = subprocess.run(
        [sys.executable, "-c", BOMBS], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    kilobytes = int(ended.stdout) if sys.platform != "darwin" else int(ended.stdout) // 1024
    assert kilobytes < 32 * 1024


LARGEST = f"""
import resource
from tests.workers import uploads
from workers.pictures import make

upload = uploads.largest_png(int({MAX_PIXELS} ** 0.5))
assert len(upload) < 5 * 1024 * 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
made = make(upload, (1280, 320))
assert len(made.files) == 2
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_the_largest_picture_takes_a_bounded_amount_of_memory():
    ended = subprocess.run(
        [sys.executable, "-c", LARGEST], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert ended.returncode == 0, ended.stderr
    kilobytes = int(ended.stdout) if sys.platform != "darwin" else int(ended.stdout) // 1024
    assert kilobytes < 400 * 1024
