"""Messages and subjects: what goes in comes out, and nothing strange becomes part of a subject."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus import subjects
from bus.errors import InvalidMessage, InvalidSubject
from bus.messages import BoardDelta, BoardEntry, Command, SessionState, Submission, decode, encode


def test_messages_survive_the_wire():
    delta = BoardDelta("s", "e", 3, (BoardEntry("p", 1, 20, "Ann"), BoardEntry("q", 0, 0)))
    assert decode(encode(delta), BoardDelta) == delta
    state = SessionState("s", "h", "host", state="closed", counts={"A": 2}, question_index=0)
    assert decode(encode(state), SessionState) == state
    submissions = [Submission("s", "p", "q", "a", "B", 1, 2, "n")]
    assert decode(encode(submissions), list[Submission]) == submissions


@given(st.binary(max_size=64))
def test_bytes_that_are_no_command_are_refused_and_never_crash(data):
    try:
        decode(data, Command)
    except InvalidMessage as error:
        assert error.expected == "Command"


def test_a_refusal_tells_the_place():
    with pytest.raises(InvalidMessage, match="int"):
        decode(encode([["s", "p", "q", "a", "B", "soon", 2, "n"]]), list[Submission])


@pytest.mark.parametrize("token", ["", "a.b", "a*", ">", "a b", "a\r\nPUB", "ä", "x" * 65])
def test_only_plain_ids_become_part_of_a_subject(token):
    for subject in (subjects.events, subjects.leaderboard, subjects.rooms, subjects.results, subjects.tasks):
        with pytest.raises(InvalidSubject):
            subject(token)


@given(st.uuids().map(str), st.integers(1, 8))
def test_sessions_are_spread_by_partition(session_id, streams):
    assert subjects.partition(session_id) == crc32(session_id.encode()) % 256
    assert (
        subjects.submissions(session_id, streams) == f"submissions.{subjects.partition(session_id) % streams}"
    )


RACE = """
import sys, threading
import msgspec
from bus.messages import Quiz, SessionState, decode, encode

sys.setswitchinterval(1e-6)
quiz = b'{"quiz_id":"a","title":"t","questions":[{"id":"q","title":"x","options":[],"correct":"A"}]}'
state = encode(SessionState("s", "h", "host"))
together = threading.Barrier(8)

def first() -> None:
    together.wait()
    msgspec.json.decode(quiz, type=Quiz)
    decode(state, SessionState)

threads = [threading.Thread(target=first) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_that_decode_a_struct_for_the_first_time_together_survive() -> None:
    """Without the decoders made at import four of ten processes die of it."""
    root = Path(__file__).parents[2]
    for _ in range(12):
        done = subprocess.run([sys.executable, "-c", RACE], cwd=root, timeout=30, check=False)
        assert done.returncode == 0
