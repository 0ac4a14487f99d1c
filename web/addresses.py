"""Under which address participants reach us."""

from __future__ import annotations

from quart import request

from web.config import Config

__all__ = ["join_url", "media_base", "media_url", "ws_url"]


def ws_url(config: Config, session_id: str | None = None) -> str:
    """URL of the WebSocket: at the public address if one is set, else where the current request came to.

    With the session, which is no secret and means nothing to us: a proxy may lead those of one session to one node.
    """
    scheme, _, rest = _base(config).partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/ws" + (f"?s={session_id}" if session_id else "")


def join_url(config: Config, join_code: str) -> str:
    """Page where participants join, with the code filled in."""
    return f"{_base(config)}/?code={join_code}"


def media_base(config: Config) -> str:
    """What goes before paths of pictures: the CDN, or the public address. Empty when neither is set.

    Never from a request: quizzes, sessions and frames name a picture by one URL, so that it is fetched once.
    """
    return config.media_url or config.public_url or ""


def media_url(config: Config, stored: str | None) -> str | None:
    """URL of a picture, from what is stored of it."""
    return media_base(config) + stored if stored is not None and stored.startswith("/") else stored


def _base(config: Config) -> str:
    return config.public_url or f"{request.scheme}://{request.host}"
