"""Quart's way from ASGI to the app, in one task for a request that is there as a whole."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cache, cached_property
from typing import Any

from quart import Quart, Response
from quart.asgi import ASGIHTTPConnection, ASGIWebsocketConnection, _handle_exception
from quart.utils import encode_headers
from quart.wrappers.response import DataBody

from web.serving.exchange import WHOLE, Exchange

__all__ = ["quicken"]


def quicken(app: Quart) -> None:
    """Let `app` take what `serve` brings it as a whole, and do nothing for a request that is the same for all.

    To be called when every extension has been set up.
    """
    app.asgi_http_class = HttpCall
    app.asgi_websocket_class = WebsocketCall
    app.request_class = type("Request", (_Matched, app.request_class), {})  # type: ignore[assignment]
    app.websocket_class = type("Websocket", (_Matched, app.websocket_class), {})  # type: ignore[assignment]
    app.ensure_async = cache(app.ensure_async)  # type: ignore[method-assign]
    convert = app.make_response

    async def make_response(result: Any) -> Any:  # quart-schema would look for something to convert in it
        return result if isinstance(result, Response) else await convert(result)

    app.make_response = make_response  # type: ignore[method-assign]


class _Matched:
    """Looks its blueprints up once, when its route has been found."""

    @cached_property
    def blueprints(self) -> list[str]:
        found: list[str] = super().blueprints  # type: ignore[misc]
        return found


class HttpCall(ASGIHTTPConnection):
    """A request; without a task that waits for more of it."""

    async def __call__(self, receive: Any, send: Any) -> None:
        whole: Exchange | None = self.scope.get(WHOLE)  # type: ignore[assignment]
        if whole is None:
            await super().__call__(receive, send)
            return
        request = self._create_request_from_scope(send)
        if whole.request.body:
            request.body.append(whole.request.body)
        request.body.set_complete()
        task = asyncio.current_task()
        assert task is not None
        whole.when_gone(task.cancel)
        await self.handle_request(request, send)

    async def handle_request(self, request: Any, send: Any) -> None:
        """As Quart's, with a timer in the place of a task."""
        try:
            response = await self.app.handle_request(request)
        except Exception as error:
            response = await _handle_exception(self.app, error)
        timeout = getattr(response, "timeout", ...)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.app.config["RESPONSE_TIMEOUT"] if timeout is ... else timeout):
                await self._send_response(send, response)

    async def _send_response(self, send: Any, response: Any) -> None:
        """A body in one piece with two messages instead of three."""
        body = getattr(response, "response", None)
        if not isinstance(body, DataBody):
            await super()._send_response(send, response)
            return
        headers = encode_headers(response.headers)
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send(
            {"type": "http.response.body", "body": body.data[body.begin : body.end], "more_body": False}
        )


class WebsocketCall(ASGIWebsocketConnection):
    """A handshake; what comes after it is not Quart's."""

    async def __call__(self, receive: Any, send: Any) -> None:
        whole: Exchange | None = self.scope.get(WHOLE)  # type: ignore[assignment]
        if whole is None:
            await super().__call__(receive, send)
            return
        task = asyncio.current_task()
        assert task is not None
        whole.when_gone(task.cancel)
        await self.handle_websocket(self._create_websocket_from_scope(send), send)
