"""What participants hear when a question closes."""

from __future__ import annotations

import json

from bus import subjects
from bus.messages import FLUSHED_TO, BoardDelta, BoardEntry, Event, Outcome, encode
from db import live, rooms
from tests.web.gateway.hall import hall
from web.config import Config


async def test_an_outcome_that_was_heard_is_told_with_the_close_and_read_from_nowhere(config: Config) -> None:
    async with hall(config) as place:
        one = await place.join()
        async with place.seat(one) as wire:
            await place.open_question()
            question = await wire.until("question")
            ack = await wire.answer(question["question_id"], "A")
            session_id, services = place.state.session_id, place.services
            epoch = live.load(services.redis, session_id).epoch
            recorded = ack["re"]
            outcome = Outcome(  # Redis knows nothing of it
                session_id,
                one["id"],
                question["question_id"],
                recorded,
                recorded,
                "A",
                True,
                7,
                7,
                40,
                2,
                epoch,
            )
            await services.nats.publish(subjects.results(services.config.node), encode([outcome]))
            delta = BoardDelta(session_id, epoch, 2, (BoardEntry(one["id"], 7, 40, None),))
            await services.nats.publish(subjects.leaderboard(session_id), encode(delta))
            await place.tell(state="closed", event="question_closed", counts={"A": 1}, board_version=2)
            result = await wire.until("result")
            board = await wire.until("leaderboard")
    assert (result["points"], result["score"], result["correct"]) == (7, 7, True)
    assert [entry[2] for entry in board["entries"]] == [7]
    kinds = [json.loads(data)["type"] for data in wire.frames]
    assert kinds[-3:] == ["question_closed", "result", "leaderboard"]


async def test_whoever_closes_hears_that_all_is_stored_and_hears_it_again(config: Config) -> None:
    """A control worker that dies has its event published once more by the next."""
    async with hall(config) as place, place.seat():
        services, session_id = place.services, place.state.session_id
        inbox = services.nats.new_inbox()
        said = await services.nats.subscribe(inbox)
        await place.open_question()
        await place.tell({FLUSHED_TO: inbox}, state="closing", event="state")
        first = await said.next_msg(5)
        again = Event(live.load(services.redis, session_id).epoch, place.state, 0)
        await services.nats.publish(subjects.events(session_id), encode(again), headers={FLUSHED_TO: inbox})
        second = await said.next_msg(5)
        here = rooms.nodes(services.redis, session_id)
    assert {first.data.decode(), second.data.decode()} == here
