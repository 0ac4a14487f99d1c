"""One frame to everybody in a room."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from statistics import median

from scripts.benching.bench import Bench, Contestant, compete
from scripts.benching.child import SERVER_CORE, Child, free_port, python
from scripts.benching.load import load
from scripts.benching.node import node, node_missing
from scripts.benching.sides.fanout_pace import FRAME_BYTES

__all__ = ["fanout"]

SINGLES = 30
TCP, OURS, NATURAL = "plain TCP, uvloop", "Quizwire", "Quart, a queue per connection"
SIDES = {TCP: "rivals.fanout_tcp", OURS: "sides.fanout_quizwire", NATURAL: "rivals.fanout_natural"}
RIVALS = {TCP: "plain TCP", "socket.io": "socket.io"}
NODES = {"Node ws": "ws", "socket.io": "socketio"}


def fanout(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Frames a second at 500 and 2,000 connections, and how long until the last one has a frame."""
    frames = 400 if quick else 1000
    for connections in (500,) if quick else (500, 2000):
        group: list[Contestant] = []
        for name in (TCP, OURS, NATURAL, *NODES):
            if name in NODES and (why := node_missing()):
                bench.notes.append(why)
                continue
            count = frames * 500 // connections // (4 if name == NATURAL else 1)
            label = f"{name} · {connections}"
            group.append(Contestant(label, partial(_throughput, name, connections, count)))
        compete(bench, group, rounds)
        for rival in (TCP, "socket.io"):
            ours, theirs = f"{OURS} · {connections}", f"{rival} · {connections}"
            what = f"{connections} connections, of {RIVALS[rival]}"
            if theirs in bench.rounds and bench.counts(what, ours, theirs):
                bench.judge(what, bench.ratio(ours, theirs, "frames_per_s"))
    for connections in (500,) if quick else (500, 5000):
        group = [
            Contestant(f"{name} · one frame to {connections}", partial(_last, name, connections))
            for name in (TCP, OURS)
        ]
        compete(bench, group, rounds)
        last_ms = bench.middle(f"{OURS} · one frame to {connections}", "last_ms")
        bench.judge(f"last of {connections} has the frame", last_ms)


def _throughput(name: str, connections: int, frames: int) -> Mapping[str, float]:
    with _server(name) as server, _load(name, server.ready["port"], connections) as load:
        load.ask(frames=frames)
        server.tell(frames=frames)
        received, written = load.read(), server.read()
    delivered = frames * connections
    return {
        "frames_per_s": delivered / received["seconds"],
        "server_cpu_us_per_frame": written["cpu_s"] / delivered * 1e6,
        "load_cpu_share": received["cpu_share"],
    }


def _last(name: str, connections: int) -> Mapping[str, float]:
    with _server(name) as server, _load(name, server.ready["port"], connections) as load:
        load.ask(frames=SINGLES)
        server.tell(frames=SINGLES, every_s=0.1)
        received, written = load.read(), server.read()
    took = [had - wrote for wrote, had in zip(written["written_at"], received["complete_at"], strict=True)]
    return {"last_ms": median(took) * 1000, "last_worst_ms": max(took) * 1000}


def _server(name: str) -> Child:
    port = str(free_port())
    if name in NODES:
        command, environment = node("fanout.js", NODES[name], port)
        return Child(command, SERVER_CORE, environment=environment)
    return Child(python(f"scripts.benching.{SIDES[name]}", port), SERVER_CORE)


def _load(name: str, port: int, connections: int) -> Child:
    return load({TCP: "tcp", "socket.io": "socketio"}.get(name, "ws"), port, connections, FRAME_BYTES)
