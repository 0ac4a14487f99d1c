"""How a test lets somebody into a session."""

from __future__ import annotations

from typing import Any

from db.joining import admit, newcomer

__all__ = ["join"]


def join(
    session_id: str,
    user_id: str | None = None,
    nickname: str | None = None,
    **known: Any,
) -> dict[str, Any]:
    """The participant they are. `known` is what `newcomer` takes; raises what it and `admit` raise."""
    return admit(newcomer(session_id, user_id, nickname, **known))
