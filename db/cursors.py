"""Cursors of lists: where the next page begins, opaque to clients. Lists are in the order of their ids."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from db.errors import InvalidCursor

__all__ = ["read_cursor", "write_cursor"]


def write_cursor(last_id: str) -> str:
    """The cursor of the page after the one that ends with `last_id`."""
    return urlsafe_b64encode(UUID(last_id).bytes).rstrip(b"=").decode()


def read_cursor(cursor: str) -> str:
    """The id that the page before ended with. Raises InvalidCursor."""
    try:
        return str(UUID(bytes=urlsafe_b64decode(cursor.encode("ascii") + b"==")))
    except (ValueError, binascii.Error):
        raise InvalidCursor() from None
