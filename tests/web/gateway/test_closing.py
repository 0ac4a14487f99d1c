"""What participants hear when a question closes."""

from __future__ import annotations

import json

from bus import subjects
from bus.messages import BoardDelta, BoardEntry, Outcome, encode
from db import live
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
