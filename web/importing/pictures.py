"""Pictures that come with a quiz, as far as they are judged before they are decoded."""

from __future__ import annotations

__all__ = ["MAX_PICTURE_BYTES", "begins_like_a_picture", "is_picture"]

MAX_PICTURE_BYTES = 5 * 1024 * 1024


def is_picture(data: bytes) -> bool:
    """Whether this is small enough and begins like a picture that we take."""
    return len(data) <= MAX_PICTURE_BYTES and begins_like_a_picture(data)


def begins_like_a_picture(data: bytes) -> bool:
    """Whether this begins like a JPEG, PNG or WebP, whatever its name and type say."""
    begins_so = data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
    return begins_so or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
