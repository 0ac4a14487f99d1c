"""A live state that was lost and rebuilt from an older one counts its events from there."""

from __future__ import annotations

import pytest

from bus.messages import encode
from db import live
from tests.web.gateway.hall import hall
from web.config import Config

pytestmark = pytest.mark.timeout(60)


async def test_an_event_of_a_rebuilt_state_is_heard_although_its_number_was_seen_before(
    config: Config,
) -> None:
    async with hall(config) as here, here.seat() as guest:
        kept, found = here.state, here.services
        await here.open_question()
        await guest.until("question")
        here.state = kept  # all that PostgreSQL knows
        await found.pool.run(live.forget, found.redis, kept.session_id)
        await found.pool.run(live.restore, found.redis, kept.session_id, state=encode(kept))
        await here.tell(state="lobby", event="state", locked=True)
        told = await guest.until("snapshot")
        assert (told["state"], told["locked"]) == ("lobby", True)
