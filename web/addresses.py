"""Under which address participants reach us."""

from __future__ import annotations

from quart import request

from web.config import Config

__all__ = ["ws_url"]


def ws_url(config: Config) -> str:
    """URL of the WebSocket: at the public address if one is set, else where the current request came to."""
    base = config.public_url or f"{request.scheme}://{request.host}"
    scheme, _, rest = base.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/ws"
