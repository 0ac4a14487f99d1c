"""How a stored session is run."""

from __future__ import annotations

from typing import Any

from bus.messages import Settings, decode

__all__ = ["settings_of"]


def settings_of(session: dict[str, Any]) -> Settings:
    """How a session of `db.sessions` is run."""
    return Settings() if session["settings"] is None else decode(bytes(session["settings"]), Settings)
