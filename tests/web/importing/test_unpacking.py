"""Zip files that are not what they say."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.importing import unpacking
from web.importing.questions import TooLarge, Unreadable
from web.importing.unpacking import names, repacked, unpacked


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def claiming(data: bytes, size: int, content: bytes) -> bytes:
    """A zip of one file that claims to hold only the first `size` bytes of it, checksum and all."""
    checksum = zlib.crc32(content[:size])
    changed = bytearray(data)
    central = data.rindex(b"PK\x01\x02")
    for crc, length in ((14, 22), (central + 16, central + 24)):
        struct.pack_into("<I", changed, crc, checksum)
        struct.pack_into("<I", changed, length, size)
    return bytes(changed)


def test_files_come_out_as_they_went_in() -> None:
    files = {"a.txt": b"1", "media/b": b"\x00" * 1000}
    assert unpacked(zipped(files)) == files
    assert unpacked(repacked(files).getvalue()) == files
    assert names(zipped(files)) == set(files)


def test_a_bomb_is_refused_by_the_size_it_admits() -> None:
    bomb = zipped({"bomb": b"\x00" * (unpacking.MAX_UNPACKED_BYTES + 1)})
    assert len(bomb) < 100_000
    with pytest.raises(TooLarge):
        unpacked(bomb)


def test_a_bomb_that_lies_about_its_size_never_grows() -> None:
    content = b"\x00" * (200 * 1024 * 1024)
    bomb = claiming(zipped({"bomb": content}), 10, content)
    del content
    tracemalloc.start()
    try:
        assert unpacked(bomb) == {"bomb": b"\x00" * 10}  # as much as it claims, and nothing else was inflated
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_ENTRIES", 3)
    with pytest.raises(TooLarge):
        names(zipped({str(number): b"" for number in range(4)}))


def test_a_directory_without_end_is_not_even_listed() -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 16)
    directory = entry * 300_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(directory), 4, 0)
    bomb = b"PK\x03\x04" + directory + end
    tracemalloc.start()
    try:
        for read in (names, unpacked):
            with pytest.raises(TooLarge):
                read(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_is_cut_off_is_unreadable() -> None:
    whole = zipped({"a": bytes(range(256)) * 40}, zipfile.ZIP_STORED)
    for data in (
        whole[:-30],
        whole[:1000],
        b"PK\x03\x04",
        whole.replace(b"\x05\x06\x07", b"\x00\x00\x00", 1),
    ):
        with pytest.raises(Unreadable):
            unpacked(data)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_a_damaged_zip_is_read_or_unreadable(place: int, damage: bytes) -> None:
    whole = zipped({"quiz.json": b'{"questions": []}' * 5, "media/1": b"x"})
    place %= len(whole)
    with suppress(Unreadable):
        unpacked(whole[:place] + damage + whole[place + len(damage) :])
