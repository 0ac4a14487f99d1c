"""`quizwire status` and `quizwire drain`: the processes of a site."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from typing import Any

import msgspec
from nats.aio.client import Client

from bus import nodes, queues
from bus.nodes import Node
from db import session_lists
from web.console.site import Site
from web.console.verbs import Commands, verb

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declare them."""
    verb(commands, "status", _status, "Show gateways, workers, queues, sessions and who is connected.")
    drain = verb(
        commands,
        "drain",
        _drain,
        "Have a gateway send its participants to the others and end. What supervises it (systemd, Kubernetes) may "
        "start it again. Under scripts/up everything stops with it.",
    )
    drain.add_argument("node", metavar="NODE", help="id of the gateway, as in `quizwire status`")


def _status(parsed: argparse.Namespace, site: Site) -> Any:
    async def look(nc: Client) -> tuple[list[Node], list[queues.Queue]]:
        return await nodes.gather(nc), await queues.survey(nc)

    found, waiting = site.on_nats(look)
    gateways = [node for node in found if node.kind == "web"]
    workers = [node for node in found if node.kind == "worker"]
    connections: Counter[str] = Counter()
    for node in gateways:
        connections.update(node.connections)
    return {
        "live": sum(connections.values()),
        "connections": dict(sorted(connections.items())),
        "sessions": site.pool.call(session_lists.running),
        "gateways": [_gateway(node) for node in gateways],
        "workers": [_worker(node) for node in workers],
        "queues": [msgspec.structs.asdict(queue) for queue in waiting],
    }


def _drain(parsed: argparse.Namespace, site: Site) -> Any:
    return _gateway(site.on_nats(lambda nc: nodes.ask_to_drain(nc, parsed.node)))


def _process(node: Node) -> dict[str, Any]:
    up_s = max(0, round(time.time() - node.started_at_ms / 1000))
    return {"host": node.host, "pid": node.pid, "version": node.version, "up_s": up_s}


def _gateway(node: Node) -> dict[str, Any]:
    now = {"draining": node.draining, "sessions": node.sessions, "connections": node.connections}
    return {"node": node.id, **now, **_process(node)}


def _worker(node: Node) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for of_queue in node.counts.values():
        counts.update(of_queue)
    done = {name: counts[name] for name in ("acked", "retried", "dead")}
    return {"queues": node.queues, "threads": node.threads, **done, **_process(node)}
