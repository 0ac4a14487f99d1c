"""Routes of the pages and of their files."""

from __future__ import annotations

from urllib.parse import urlsplit

from quart import Blueprint, Response, abort, request
from quart_schema import hide

from web.addresses import media_base, ws_url
from web.config import Config
from web.pages.assets import Asset
from web.pages.documents import PAGES, document, read_assets
from web.rates import ASSETS, PUBLIC, limited
from web.services import services

__all__ = ["blueprint", "policy"]

blueprint = Blueprint("pages", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_DAY = "public, max-age=86400"
ASK_FIRST = "no-cache"  # may be kept, but not used without asking


@blueprint.before_app_serving
async def _prepare() -> None:
    """Read and compress everything before the first request, which would wait for it."""
    for name in PAGES:
        document(name)


@blueprint.get("/")
@blueprint.get("/play", strict_slashes=False)
@limited(PUBLIC)
@hide
async def join() -> Response:
    """Where participants come in."""
    return _page("participant")


@blueprint.get("/play/<code>", strict_slashes=False)
@limited(PUBLIC)
@hide
async def play(code: str) -> Response:
    """Where they play. Whether there is such a code, the page itself asks."""
    return _page("participant")


@blueprint.get("/host", strict_slashes=False)
@limited(PUBLIC)
@hide
async def host() -> Response:
    """Where quizzes are written and run."""
    return _page("host")


@blueprint.get("/screen/<session_id>", strict_slashes=False)
@limited(PUBLIC)
@hide
async def screen(session_id: str) -> Response:
    """What everybody looks at."""
    return _page("screen")


@blueprint.get("/admin", strict_slashes=False)
@limited(PUBLIC)
@hide
async def admin() -> Response:
    """Where admins look after it all."""
    return _page("admin")


@blueprint.get("/favicon.ico")
@limited(ASSETS)
@hide
async def favicon() -> Response:
    """What browsers ask for by themselves, beside a problem say."""
    icon = read_assets().get("pictures/icon.svg")
    assert icon is not None
    return _reply(icon, FOR_A_DAY)


@blueprint.get("/static/<version>/<path:name>")
@limited(ASSETS)
@hide
async def file(version: str, name: str) -> Response:
    """A script, a style sheet, texts or a picture of the pages."""
    assets = read_assets()
    found = assets.get(name)
    if found is None:
        abort(404)
    # While a new version is rolled out, a page of one node may ask another: better ours than none, but not for long.
    return _reply(found, FOR_EVER if version == assets.version else ASK_FIRST)


@blueprint.after_app_request
async def _lead_back(response: Response) -> Response:
    """Whoever typed an address that leads nowhere into a browser gets the page to join, which says so, and no JSON."""
    if response.status_code in (404, 405) and request.method in ("GET", "HEAD") and _reads_pages():
        page = document("participant")
        response.set_data(page.content)
        response.headers["Content-Type"] = page.media_type
        response.headers["Content-Security-Policy"] = policy(services().config)
        response.headers["Vary"] = "Accept"
    return response


def _reads_pages() -> bool:
    """Whether a browser asks for something to show: its `Accept` puts HTML before JSON, which a program's does not."""
    accepted = request.accept_mimetypes
    return accepted.quality("text/html") > max(
        accepted.quality("application/json"), accepted.quality("application/problem+json")
    )


def policy(config: Config) -> str:
    """Content-Security-Policy of the pages: our own files, our own API, and pictures from where they are kept."""
    pictures = " ".join(["'self'", "data:", "blob:", *_origin(media_base(config))])
    # Not every browser takes 'self' for the WebSocket too, and it may be at the public address.
    requests = " ".join(["'self'", *_origin(ws_url(config))])
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; connect-src {requests}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _origin(url: str) -> list[str]:
    """The origin of a URL; none of a path, or of a host that cannot be one."""
    parts = urlsplit(url)
    suspicious = set(parts.netloc) & set(" ;,'\"\\\t")
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc and not suspicious else []


def _page(name: str) -> Response:
    response = _reply(document(name), ASK_FIRST)
    response.headers["Content-Security-Policy"] = policy(services().config)
    return response


def _reply(found: Asset, cache_control: str) -> Response:
    """The file, compressed for whoever takes that; 304 for whoever has it."""
    zipped = found.compressed is not None and request.accept_encodings.quality("gzip") > 0
    tag = f"{found.tag}-gz" if zipped else found.tag
    headers = {"Cache-Control": cache_control, "Vary": "Accept-Encoding", "ETag": f'"{tag}"'}
    if request.if_none_match.contains_weak(tag):
        return Response(b"", 304, headers)
    headers["Content-Type"] = found.media_type
    if zipped:
        headers["Content-Encoding"] = "gzip"
    content = found.compressed if zipped else None
    return Response(content if content is not None else found.content, 200, headers)
