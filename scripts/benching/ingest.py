"""From an answer's frame to its acknowledgement."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scripts.benching.bench import Bench, Contestant, compete
from scripts.benching.child import SERVER_CORE, Child, free_port, python
from scripts.benching.load import load
from scripts.benching.node import node, node_missing

__all__ = ["ingest"]

PEOPLE = 500
OURS, NATURAL, NODE = "Quizwire", "Quart, answer by answer", "socket.io"


def ingest(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Answers a second of 500 connections, each with one on its way, on a bus that stores at once."""
    names = [OURS, NATURAL]
    if why := node_missing():
        bench.notes.append(why)
    else:
        names.append(NODE)
    questions = 20 if quick else 80
    compete(bench, [Contestant(name, partial(_run, name, questions)) for name in names], rounds)
    for what, rival in {"of natural Quart": NATURAL, "of socket.io (to aim at)": NODE}.items():
        if rival in names and bench.counts(what, OURS, rival):
            bench.judge(what, bench.ratio(OURS, rival, "answers_per_s"))


def _run(name: str, questions: int) -> Mapping[str, float]:
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
    answers = questions * PEOPLE
    return {
        "answers_per_s": answers / done["seconds"],
        "server_cpu_us_per_answer": used / answers * 1e6,
        "load_cpu_share": done["cpu_share"],
    }
