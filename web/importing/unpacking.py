"""Zip files from strangers: nothing is unpacked beyond a limit, whatever the file says about itself."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from web.importing.questions import TooLarge, Unreadable

__all__ = ["MAX_UNPACKED_BYTES", "is_zip", "names", "repacked", "unpacked"]

MAX_UNPACKED_BYTES = 32 * 1024 * 1024
MAX_ENTRIES = 12_000
"""A quiz of 10,000 questions, each with a picture; a workbook has some dozens."""

_ENTRY = b"PK\x01\x02"
_CHUNK_BYTES = 64 * 1024
_BROKEN = (
    BadZipFile,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""Damaged, compressed in a way we do not know, encrypted, or cut off."""


def is_zip(data: bytes) -> bool:
    """Whether these bytes begin as a zip file does."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def names(data: bytes, kind: str = "zip") -> set[str]:
    """The names of all files inside; `kind` is what the author calls such a file. Raises TooLarge, Unreadable."""
    _require_few(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            return {entry.filename for entry in _entries(archive)}
    except _BROKEN:
        raise Unreadable(f"The {kind} file is damaged.") from None


def unpacked(data: bytes, kind: str = "zip") -> dict[str, bytes]:
    """Every file inside by its name, compared with its checksum; `kind` is as in `names`. Raises TooLarge, Unreadable."""
    _require_few(data)
    found: dict[str, bytes] = {}
    room = MAX_UNPACKED_BYTES
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = _entries(archive)
            if sum(entry.file_size for entry in entries) > room:
                raise _too_large()
            for entry in entries:
                # In pieces: asked for a whole file, zipfile would inflate all that is there before it looks at
                # the size the file claims.
                content = bytearray()
                with archive.open(entry) as stream:
                    while piece := stream.read(_CHUNK_BYTES):
                        room -= len(piece)
                        if room < 0:
                            raise _too_large()
                        content += piece
                found[entry.filename] = bytes(content)
    except _BROKEN:
        raise Unreadable(
            f"The {kind} file is damaged, encrypted, or packed in a way we do not know."
        ) from None
    return found


def repacked(files: dict[str, bytes]) -> BytesIO:
    """The same files in a zip that is what it says, uncompressed."""
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(ZipInfo(name), content)
    stream.seek(0)
    return stream


def _require_few(data: bytes) -> None:
    """Each entry of the directory begins so; zipfile would make an object of each before anybody can count them."""
    if data.count(_ENTRY) > MAX_ENTRIES:
        raise _too_large()


def _entries(archive: ZipFile) -> list[ZipInfo]:
    return [entry for entry in archive.infolist() if not entry.is_dir()]


def _too_large() -> TooLarge:
    return TooLarge(
        f"Unpacked, the file is too large: at most {MAX_UNPACKED_BYTES // 1024 // 1024} MiB "
        f"in {MAX_ENTRIES:,} files."
    )
