"""Pictures that come with a quiz, as far as they are judged before they are decoded."""

from __future__ import annotations

__all__ = ["MAX_PICTURE_BYTES", "is_picture"]

MAX_PICTURE_BYTES = 5 * 1024 * 1024


def is_picture(data: bytes) -> bool:
    """Whether this is small enough and begins like a JPEG, PNG or WebP."""
    if len(data) > MAX_PICTURE_BYTES:
        return False
    begins_so = data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
    return begins_so or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
