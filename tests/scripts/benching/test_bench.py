"""The benchmark's own arithmetic: who runs when, what is compared, what is read off the wire."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.benching.bench import Bench, Contestant, Target, compete
from scripts.benching.capacity import CONNECTIONS, HEADROOM, Measured
from scripts.benching.pages import CAPACITY, FIGURES, RESULTS, capacity, figures, measured
from scripts.benching.picture import GROWTH, says
from scripts.benching.pods import Pod, nats_cpu, pods
from scripts.benching.sides.frames import Frames
from scripts.benching.sides.session_load import digest
from scripts.benching.wanted import ROWS
from web.gateway.sink import frame


def test_contestants_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def running(name: str, values: list[float]) -> Contestant:
        def run() -> dict[str, float]:
            order.append(name)
            return {"speed": values.pop(0)}

        return Contestant(name, run)

    bench = Bench("test", "test")
    compete(bench, [running("a", [99, 1, 2, 3]), running("b", [99, 2, 2, 1])], 3)
    assert order == ["a", "b"] * 4
    assert bench.middle("a", "speed") == 2
    assert bench.ratio("a", "b", "speed") == 1, "the median of 1/2, 2/2 and 3/1"


@pytest.mark.parametrize(
    ("value", "at_least", "reached"), [(2, True, True), (2, False, False), (1, True, False)]
)
def test_a_target_is_reached_or_not(value: float, at_least: bool, reached: bool) -> None:
    assert Target("speed", value, 1.5, at_least).reached is reached


@given(st.lists(st.binary(max_size=70_000), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_frames_are_found_however_the_bytes_come(payloads: list[bytes], chance: random.Random) -> None:
    stream = b"".join(map(frame, payloads))
    frames, found = Frames(), []
    while stream:
        size = chance.randrange(1, len(stream) + 1)
        found += frames.feed(stream[:size])
        stream = stream[size:]
    assert found == [(1, payload) for payload in payloads]


def test_the_digest_of_answers_knows_no_order_and_misses_nothing() -> None:
    answers = [("p1", "q1", "A"), ("p2", "q1", "B")]
    assert digest(answers) == digest(answers[::-1])
    assert digest(answers) != digest(answers[:1])
    assert digest(answers) != digest([*answers, answers[0]])


def test_the_capacity_page_holds_what_the_committed_measurements_give() -> None:
    assert capacity() in CAPACITY.read_text(), "run python -m scripts.benching.pages"


@pytest.mark.parametrize("pod", list(pods(Measured.read(RESULTS))), ids=lambda pod: pod.pool)
def test_pods_ask_for_what_the_measurements_give(pod: Pod) -> None:
    if pod.needed_mib is not None:
        assert pod.asked_mib >= pod.needed_mib
    assert pod.limit_mib >= 2 * pod.asked_mib
    assert pod.at_most >= pod.needed, "overlays/large allows fewer than 500,000 participants need"
    assert pod.at_most * pod.asked_cpu >= pod.needed_cpu
    if pod.pool == "web":
        assert pod.scaled_by == {"connections": CONNECTIONS, "% of the CPU": HEADROOM * 100 / pod.asked_cpu}


def test_nats_asks_for_what_the_measurements_give() -> None:
    needed, asked = nats_cpu(Measured.read(RESULTS))
    assert needed is None or asked >= needed


def test_the_page_of_figures_holds_the_committed_measurements() -> None:
    assert figures(measured()) in FIGURES.read_text(), "run python -m scripts.benching.pages"


def test_the_picture_shows_the_committed_measurements() -> None:
    made_of = says(measured())
    assert made_of is None or made_of in GROWTH.read_text(), "run python -m scripts.benching.pages"


def test_figures_are_held_against_what_is_wanted_of_them() -> None:
    bench = Bench("insert", "test")
    bench.judge("1,000 rows, of peewee insert_many", 3.5)
    assert bench.targets == [Target("1,000 rows, of peewee insert_many", 3.5, 3.0)]
    with pytest.raises(KeyError):
        bench.judge("1,000 rows, of something else", 3.5)


def test_whoever_is_not_measured_is_named() -> None:
    page = figures({})
    assert page.count("not measured") == sum(len(row.wanted) for row in ROWS)
    assert "reached" not in page and "missed" not in page


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_committed_measurement_tells_how_and_when_it_was_made(path: Path) -> None:
    found = json.loads(path.read_text())
    assert found["command"].startswith("scripts/bench ")
    assert found["measured_at"] and found["machine"]["cores"]
    assert all(len(rounds) >= 3 for rounds in found["rounds"].values())
