"""From an upload of whatever kind to two clean WebP files. Bytes in, bytes out: no files, no network, no database."""

from __future__ import annotations

import hashlib
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

__all__ = ["MAX_PIXELS", "Made", "PictureRefused", "make"]

MAX_PIXELS = 25_000_000
MAX_SCANS = 200
"""Of a progressive JPEG. Honest ones have about ten; each costs a pass over all pixels, and hundreds fit in a kilobyte."""

_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 80
_START_OF_SCAN = b"\xff\xda"

# Pillow refuses at twice its limit, before it allocates anything, and warns from once its limit on.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

_decoding = threading.BoundedSemaphore(2)
"""Decodes at once in this process, however many threads it has: each may take 300 MB for a moment."""


class PictureRefused(Exception):
    """The upload is no picture we take; `code` is stable, the text says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Made:
    """What is served of one picture."""

    name: str  # by content: 40 hexadecimal digits
    files: tuple[bytes, ...]  # WebP without metadata, in the order of the sizes asked for


def make(upload: bytes, sizes: tuple[int, ...]) -> Made:
    """WebP files with at most `sizes` (descending) pixels on the longer side, upright, without any metadata.

    Never enlarged; of an animation the first frame. Raises PictureRefused `unsupported_picture`,
    `picture_too_many_pixels`, `picture_too_complex` or `picture_damaged`. Memory is bounded by MAX_PIXELS, whatever
    the upload says of itself.
    """
    with _decoding:
        picture = _decode(upload, max(sizes))
        files = tuple(_encode(picture, size) for size in sizes)
    return Made(hashlib.sha256(b"".join(files)).hexdigest()[:40], files)


def _decode(upload: bytes, size: int) -> Image.Image:
    """At most `size` on the longer side, upright, RGB or RGBA, nothing but pixels."""
    if upload.startswith(b"\xff\xd8") and upload.count(_START_OF_SCAN) > MAX_SCANS:
        raise PictureRefused(
            "picture_too_complex", "This JPEG has too many scans: save it again as a plain one."
        )
    try:
        with Image.open(BytesIO(upload), formats=_FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise _too_many_pixels()
            upright = ImageOps.exif_transpose(_shrunk(opened, size))
    except PictureRefused:
        raise
    except UnidentifiedImageError:
        raise PictureRefused(
            "unsupported_picture", "This is no JPEG, PNG or WebP picture: send one."
        ) from None
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Exception as error:  # the decoders raise half of the built-in errors, with texts of their own
        raise PictureRefused(
            "picture_damaged", "This picture cannot be decoded: open it, save it again and send that."
        ) from error
    # Pixels alone: `info` holds the ICC profile, Exif and XMP, which saving would write again.
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    return clean


def _shrunk(opened: Image.Image, size: int) -> Image.Image:
    """Small, in RGB or RGBA, with nothing of the metadata but the orientation."""
    opened.draft("RGB", (size * 2, size * 2))  # a JPEG is decoded no larger than needed
    opened.load()
    orientation = _orientation(opened)
    picture = opened
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16 bits of grey. Converting alone would make everything above 255 white.
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
        picture.info.pop("transparency", None)
    wanted = "RGBA" if picture.has_transparency_data else "RGB"
    if picture.mode != wanted:
        picture = picture.convert(wanted)
    picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
    picture.info = {"exif": orientation.tobytes()}
    return picture


def _orientation(opened: Image.Image) -> Image.Exif:
    """The one tag that matters. Exif that cannot be read is no reason to refuse a picture."""
    found = Image.Exif()
    with suppress(Exception):
        found[ExifTags.Base.Orientation] = opened.getexif().get(ExifTags.Base.Orientation, 1)
    return found


def _encode(picture: Image.Image, size: int) -> bytes:
    smaller = picture.copy()
    smaller.thumbnail((size, size), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    smaller.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return buffer.getvalue()


def _too_many_pixels() -> PictureRefused:
    return PictureRefused(
        "picture_too_many_pixels",
        f"A picture may have {MAX_PIXELS // 1_000_000} megapixels: send a smaller one.",
    )
