"""The frames of a WebSocket over HTTP/2, which has no transport of its own that an `Intake` could read."""

from __future__ import annotations

import asyncio
import time

from hypercorn.protocol.events import Body, Data, Event
from hypercorn.protocol.ws_stream import WSStream

from web.gateway.frame_reader import Broken, Closing, FrameReader
from web.gateway.inbox import Inbox
from web.gateway.intake import DISCARD_S, TOO_MANY, VIOLATIONS
from web.gateway.meter import Meter

__all__ = ["count_frames"]


def count_frames(send: object, inbox: Inbox, meter: Meter) -> None:
    """Bound what Hypercorn reads for this `send` of its own as an Intake would: each frame is read here before.

    The first violation goes into `inbox`, and whatever follows is thrown away slowly. Of another server nothing is counted.
    """
    stream = getattr(send, "__self__", None)
    if not isinstance(stream, WSStream):
        return
    reader = FrameReader(stream.config.websocket_max_message_size)
    handle = stream.handle
    deaf = False

    async def handle_counted(event: Event) -> None:
        nonlocal deaf
        if isinstance(event, Body | Data):
            if deaf:
                await asyncio.sleep(DISCARD_S)
                return
            for frame in reader.read(event.data):
                deaf = isinstance(frame, Closing)
                violation = VIOLATIONS[frame] if isinstance(frame, Broken) else None
                if violation is None and not deaf and not meter.take(time.monotonic()):
                    violation = TOO_MANY
                if violation is not None:
                    deaf = True
                    inbox.put(violation)
                    return
        await handle(event)

    stream.handle = handle_counted  # type: ignore[method-assign]
