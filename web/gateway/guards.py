"""What goes wrong in a room's background is logged, and ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from nats.aio.msg import Msg

from bus.errors import BusError
from bus.telemetry import traces

__all__ = ["guarded", "logged"]

log = structlog.get_logger(__name__)


def guarded(handler: Callable[[Msg], Awaitable[None]]) -> Callable[[Msg], Awaitable[None]]:
    """A handler that logs what it cannot digest: one bad message must not stop a subscription."""

    async def handle(message: Msg) -> None:
        spans = traces.follow_all("event", message.headers)
        try:
            await handler(message)
        except BusError as error:
            log.warning("message_not_understood", subject=message.subject, error=str(error))
        except Exception:
            log.exception("message_not_handled", subject=message.subject)
        finally:
            for span in spans:
                span.end()

    return handle


async def logged(coroutine: Awaitable[None]) -> None:
    try:
        await coroutine
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("room_task_failed")
