"""From an answer's frame to its acknowledgement."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scripts.benching.bench import BUSY, Bench, Contestant, compete
from scripts.benching.child import SERVER_CORE, Child, free_port, python
from scripts.benching.load import load
from scripts.benching.node import node, node_missing

__all__ = ["ingest"]

PEOPLE = 500
OURS, NATURAL, NODE = "Quizwire", "Quart, answer by answer", "socket.io"


def ingest(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Answers a second of 500 connections, each with one on its way, on a bus that stores at once."""
    lame: set[str] = set()
    names = [OURS, NATURAL]
    if why := node_missing():
        bench.notes.append(why)
    else:
        names.append(NODE)
    questions = 20 if quick else 80
    compete(bench, [Contestant(name, partial(_run, name, questions, lame)) for name in names], rounds)
    bench.judge("of natural Quart", bench.ratio(OURS, NATURAL, "answers_per_s"))
    if NODE in names:
        bench.judge("of socket.io (to aim at)", bench.ratio(OURS, NODE, "answers_per_s"))
    for name in sorted(lame):
        bench.notes.append(f"{name}: the load side was busier than {BUSY:.0%}; its figure is a lower bound")


def _run(name: str, questions: int, lame: set[str]) -> Mapping[str, float]:
    port = str(free_port())
    environment: dict[str, str] = {}
    if name == NODE:
        command, environment = node("ingest.js", port)
    elif name == OURS:
        command = python("scripts.benching.sides.ingest_quizwire", port, str(PEOPLE))
    else:
        command = python("scripts.benching.rivals.ingest_natural", port)
    with (
        Child(command, SERVER_CORE, environment=environment) as server,
        load("socketio" if name == NODE else "ws", int(port), PEOPLE) as crowd,
    ):
        before = server.ask()["cpu_s"]
        done = crowd.ask(questions=questions)
        used = server.ask()["cpu_s"] - before
    if done["cpu_share"] > BUSY:
        lame.add(name)
    answers = questions * PEOPLE
    return {
        "answers_per_s": answers / done["seconds"],
        "server_cpu_us_per_answer": used / answers * 1e6,
        "load_cpu_share": done["cpu_share"],
    }
