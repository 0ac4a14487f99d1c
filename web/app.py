"""The app factory: routes, errors, and the connections that live as long as the app serves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial, wraps
from random import getrandbits
from typing import Any

import structlog
from quart import Quart, Request, Response
from quart.globals import app_ctx, request_ctx
from quart_schema import HttpSecurityScheme, Info, QuartSchema

from bus.telemetry import context, traces
from web import problems
from web.api import blueprints
from web.bodies import BODY_TIMEOUT_S, QUIZ_LIMIT_BYTES
from web.clients import Network, is_proxy
from web.config import Config
from web.cors import allow_origins
from web.gateway.socket import blueprint as gateway_blueprint
from web.gateway.takeover import Lines
from web.headers import secure
from web.incoming_bodies import BodyRoom, CountedBody, CountedRequest
from web.metrics import observe_request
from web.node import introduce
from web.openapi import Provider
from web.pages import blueprint as pages_blueprint
from web.rates import PUBLIC, limit_routes, limited
from web.services import close_services, open_services, services_of
from web.serving import quicken

__all__ = ["create_app"]

REST_OF_BODY_S = 0.2
"""How long a refusal waits for the body that nobody reads."""

log = structlog.get_logger(__name__)


def create_app(config: Config) -> Quart:
    """An app that connects when it starts to serve and disconnects when it stops."""
    app = Quart("web", static_folder=None, template_folder=None)
    app.request_class = CountedRequest
    app.url_map.merge_slashes = False  # `//` would be redirected, with a page of HTML
    app.config["MAX_CONTENT_LENGTH"] = QUIZ_LIMIT_BYTES
    app.config["BODY_TIMEOUT"] = BODY_TIMEOUT_S
    QuartSchema(
        app,
        redoc_ui_path=None,
        scalar_ui_path=None,
        swagger_ui_path=None,
        info=Info(title="Quizwire", version="1", description="Live quizzes: authoring, sessions, results."),
        security_schemes={"bearer": HttpSecurityScheme(scheme="bearer")},
        conversion_preference="msgspec",
        openapi_provider_class=Provider,
    )
    _limit_openapi(app)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.register_blueprint(pages_blueprint)
    app.register_blueprint(gateway_blueprint)
    app.asgi_app = BodyRoom(Lines(app.asgi_app), QUIZ_LIMIT_BYTES)  # type: ignore[method-assign, assignment]
    problems.register(app)
    app.before_serving(partial(_start, app, config))
    app.after_serving(partial(_stop, app))
    app.before_request(partial(_note_start, config.proxies))
    limit_routes(app, enabled=config.rate_limits)
    allow_origins(app, config.cors)
    app.after_websocket(partial(_refuse, (config.public_url or "").startswith("https://")))
    app.after_request(partial(_finish, (config.public_url or "").startswith("https://")))
    quicken(app)
    return app


def _limit_openapi(app: Quart) -> None:
    """quart-schema makes this route itself, of a method that takes no marks."""
    document = app.view_functions["openapi"]

    @wraps(document)
    async def openapi() -> Any:
        return await app.ensure_async(document)()

    app.view_functions["openapi"] = limited(PUBLIC)(openapi)


async def _start(app: Quart, config: Config) -> None:
    opened = app.extensions["quizwire"] = await open_services(config)
    await introduce(opened)


async def _stop(app: Quart) -> None:
    await close_services(services_of(app))


async def _note_start(proxies: Sequence[Network]) -> None:
    known = app_ctx.g
    known.started_at = time.perf_counter()
    known.request_id = request_id = _request_id(request_ctx.request, proxies)
    known.span = span = None if (tracing := traces.tracing()) is None else tracing.begin("request")
    context.bind(request_id=request_id, traceparents=None if span is None else [span.traceparent])


def _request_id(this: Request, proxies: Sequence[Network]) -> str:
    """That of our own proxy, which names the request in its log too; a stranger does not choose what our log says."""
    given = this.headers.get("X-Request-Id", "")
    if given and context.is_id(given) and is_proxy(this.remote_addr, proxies):
        return given
    return f"{getrandbits(128):032x}"  # it names a request, and opens nothing


async def _refuse(https: bool, response: Response | None) -> Response | None:
    """The same headers for a handshake that was refused."""
    if response is not None:
        secure(response, https=https)
    return response


async def _end_connection(this: Request, response: Response) -> None:
    """Say that the connection ends when it will: a reply to a request that has not all come is its last.

    The rest of an honest one is a moment away, and then the connection stays.
    """
    body = this.body
    if (
        isinstance(body, CountedBody)
        and not await body.ends_within(REST_OF_BODY_S)
        and this.http_version.startswith("1")
    ):
        response.headers["Connection"] = "close"


async def _finish(https: bool, response: Response) -> Response:
    """Headers that every reply has, and one line in the log: the route, never the path, which may hold a join code."""
    this, known = request_ctx.request, app_ctx.g  # looked up once: each name of a proxy costs a look-up
    secure(response, https=https)
    await _end_connection(this, response)
    if (request_id := known.get("request_id")) is not None:
        response.headers["X-Request-Id"] = request_id
    route = None if this.url_rule is None else this.url_rule.rule
    started_at = known.get("started_at")
    took_s = None if started_at is None else time.perf_counter() - started_at
    if took_s is not None:
        observe_request(this.method, route, response.status_code, took_s)
    if (span := known.get("span")) is not None:
        span.end(method=this.method, route=route or "none", status=response.status_code)
    log.info(
        "request",
        method=this.method,
        route=route,
        status=response.status_code,
        took_ms=None if took_s is None else round(took_s * 1000, 1),
    )
    return response
