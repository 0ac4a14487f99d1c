"""`/docs`: the OpenAPI document to look at and to try out, with Swagger UI from our own files; and the AsyncAPI document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quart import Blueprint, Response, abort, send_from_directory
from quart_schema import hide

from web.addresses import ws_url
from web.asyncapi import document
from web.rates import PUBLIC, limited
from web.services import services

__all__ = ["blueprint"]

FOLDER = Path(__file__).parents[1] / "static" / "docs"
FILES = frozenset(("favicon-32x32.png", "page.css", "start.js", "swagger-ui-bundle.js", "swagger-ui.css"))
CACHE_S = 3600

# Swagger UI sets styles of its own and holds its icons as data; scripts and requests are ours alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

blueprint = Blueprint("docs", __name__)


@blueprint.get("/docs")
@limited(PUBLIC)
@hide
async def page() -> Response:
    """The page."""
    found = await send_from_directory(FOLDER, "index.html")
    found.headers["Content-Security-Policy"] = POLICY
    return found


@blueprint.get("/docs/<name>")
@limited(PUBLIC)
@hide
async def file(name: str) -> Response:
    """A script, a style sheet or a picture of the page."""
    if name not in FILES:
        abort(404)
    return await send_from_directory(FOLDER, name, cache_timeout=CACHE_S)


@blueprint.get("/asyncapi.json")
@limited(PUBLIC)
@hide
async def asyncapi() -> dict[str, Any]:
    """Everything that travels over `GET /ws`, as AsyncAPI 3."""
    return document(ws_url(services().config))
