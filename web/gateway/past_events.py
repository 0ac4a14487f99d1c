"""Events that happened before this node had the room, from the EVENTS stream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from bus import subjects
from bus.messages import Event, decode
from web.gateway.history import KEPT, KEPT_S

__all__ = ["past_events"]

FETCH_S = 2.0
GONE_S = 5.0
"""The consumer that reads them is forgotten by the server after this."""


async def past_events(js: JetStreamContext, session_id: str) -> list[Event]:
    """A session's events of the last two minutes, a thousand at most, in order. Raises nats.errors.Error."""
    subject = subjects.events(session_id)
    config = ConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=datetime.now(UTC) - timedelta(seconds=KEPT_S),
        ack_policy=AckPolicy.NONE,
        inactive_threshold=GONE_S,
        mem_storage=True,
    )
    subscription = await js.pull_subscribe(subject, stream=subjects.EVENTS, config=config)
    try:
        waiting = (await subscription.consumer_info()).num_pending or 0
        if not waiting:
            return []
        messages = await subscription.fetch(min(waiting, KEPT), timeout=FETCH_S)
        return [decode(message.data, Event) for message in messages]
    finally:
        await subscription.unsubscribe()
