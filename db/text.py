"""Which text PostgreSQL can store."""

from __future__ import annotations

from db.errors import InvalidText

__all__ = ["is_storable", "require_storable"]


def is_storable(text: str) -> bool:
    """False for text with NUL (PostgreSQL has no such character) or a lone surrogate (not UTF-8)."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def require_storable(**fields: str | None) -> None:
    """Raise InvalidText naming the first field that cannot be stored."""
    for name, text in fields.items():
        if text is not None and not is_storable(text):
            raise InvalidText(name)
