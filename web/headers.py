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
    headers = response.headers
    there = {
        name.lower() for name, _ in headers
    }  # looked at once: werkzeug raises an error for each that is missing
    for name, value in _EVERYWHERE.items():
        if name.lower() not in there:
            headers.add(name, value)
    if "cross-origin-resource-policy" not in there:
        # Pages of other origins show our pictures; they have no other business with replies.
        picture = (response.mimetype or "").startswith("image/")
        headers.add("Cross-Origin-Resource-Policy", "cross-origin" if picture else "same-origin")
    if https and "strict-transport-security" not in there:
        headers.add("Strict-Transport-Security", _TRANSPORT)
