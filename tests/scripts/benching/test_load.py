"""The load side, in C and in Python, against real servers: they are to see the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scripts.benching.child import Child, free_port, python
from scripts.benching.load import compiled, load
from scripts.benching.sides.fanout_pace import FRAME_BYTES

Side = Callable[[str, int, int | None], Child]  # kind, port, bytes of a frame or None for answers
CONNECTIONS, FRAMES, QUESTIONS = 150, 7, 3  # more connections than are opened at once


def in_c(kind: str, port: int, frame_bytes: int | None) -> Child:
    if compiled() is None:
        pytest.skip("no C compiler")
    return load(kind, port, CONNECTIONS, frame_bytes)


def in_python(kind: str, port: int, frame_bytes: int | None) -> Child:
    module = "ingest_load" if frame_bytes is None else "fanout_load"
    more = [] if frame_bytes is None else [str(frame_bytes)]
    return Child(python(f"scripts.benching.sides.{module}", kind, str(port), str(CONNECTIONS), *more))


@pytest.mark.parametrize("side", [in_c, in_python])
@pytest.mark.parametrize(("kind", "server"), [("tcp", "rivals.fanout_tcp"), ("ws", "rivals.fanout_natural")])
def test_every_frame_is_seen_by_everybody(side: Side, kind: str, server: str) -> None:
    port = free_port()
    with (
        Child(python(f"scripts.benching.{server}", str(port))) as writer,
        side(kind, port, FRAME_BYTES) as crowd,
    ):
        assert crowd.ready == {"connected": CONNECTIONS}
        assert crowd.ask(frames=FRAMES) == {"ready": True}
        writer.tell(frames=FRAMES)
        seen, wrote = crowd.read(), writer.read()
    arrived = seen["complete_at"]
    assert len(arrived) == FRAMES and arrived == sorted(arrived)
    assert all(had >= at for had, at in zip(arrived, wrote["written_at"], strict=True)), "the clocks are one"


@pytest.mark.parametrize("side", [in_c, in_python])
def test_every_answer_is_acknowledged(side: Side) -> None:
    port = free_port()
    with (
        Child(python("scripts.benching.rivals.ingest_natural", str(port))),
        side("ws", port, None) as crowd,
    ):
        assert crowd.ready == {"connected": CONNECTIONS}
        assert crowd.ask(questions=QUESTIONS)["seconds"] > 0
