"""Headers that every reply has: what a browser may do with it, which is nothing."""

from __future__ import annotations

from quart import Response

__all__ = ["secure"]

_EVERYWHERE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TRANSPORT = "max-age=31536000"


def secure(response: Response, *, https: bool) -> None:
    """Adds what the route has not set itself. `https`: whether the public address is encrypted."""
    for name, value in _EVERYWHERE.items():
        response.headers.setdefault(name, value)
    # Pages of other origins show our pictures; they have no other business with replies.
    picture = (response.mimetype or "").startswith("image/")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if picture else "same-origin")
    if https:
        response.headers.setdefault("Strict-Transport-Security", _TRANSPORT)
