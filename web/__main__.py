"""One web process: `python -m web`. SIGTERM and SIGINT drain it; a second one does not wait."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading

import structlog
from hypercorn.config import Config as ServerConfig
from hypercorn.utils import LifespanFailureError
from quart import Quart

from bus.loops import new_loop
from bus.telemetry import logs, traces
from bus.telemetry.exporter import Exporter
from bus.telemetry.metrics import tell_build
from bus.telemetry.settings import SettingInvalid
from web.app import create_app
from web.config import Config, ConfigInvalid
from web.services import services_of
from web.serving import serve

__all__ = ["main"]

METRICS_PORT = 9400
"""Where metrics are served unless a setting says so; the next gateway on the same machine takes the next free port."""

STOP_S = 10.0
"""From the signal to the end of the process, at most."""

GRACE_S = 2.0
"""How long requests that are being answered are waited for once the sockets are closed."""

log = structlog.get_logger(__name__)


def main() -> None:
    """Serve until told to stop. Exits with 1 and a sentence when it cannot start."""
    try:
        config = Config.from_environment()
    except ConfigInvalid as error:
        sys.exit(f"web: {error}")
    logs.configure(config.telemetry.log_level)
    logs.say_always(service="web", node=config.node)
    tell_build("web")
    try:
        traces.configure(config.telemetry, "web")
    except SettingInvalid as error:
        sys.exit(f"web: {error}")
    if config.telemetry.metrics:
        Exporter(config.telemetry.metrics_host, _metrics_port(config)).start()
    collect_seldom()
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_serve(config))
    except LifespanFailureError as error:
        sys.exit(f"web: {error}")
    except OSError as error:
        sys.exit(f"web: cannot listen on {config.host}:{config.port}: {error.strerror}")
    except asyncio.CancelledError:
        pass


def _metrics_port(config: Config) -> int:
    port = config.telemetry.metrics_port
    return METRICS_PORT if port is None else port


async def _serve(config: Config) -> None:
    app = create_app(config)
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    this = asyncio.current_task()

    def on_signal() -> None:
        if told.is_set():
            os._exit(1)
        told.set()
        if "quizwire" not in app.extensions and this is not None:
            this.cancel()  # still waiting for a server

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await serve(app, server_config(config), shutdown_trigger=lambda: _drained(app, told))
    await asyncio.to_thread(traces.stop)
    log.info("stopped")


def collect_seldom() -> None:
    """Let the cyclic garbage collector look at what came since the start, and at all of it a tenth as often.

    Each full collection stops the loop for as long as everything that lives takes to be looked at; see decision 0064.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 100)


async def _drained(app: Quart, told: asyncio.Event) -> None:
    """Return once the process was told to stop, by a signal or over NATS, and its participants were sent elsewhere."""
    services = services_of(app)
    reasons = [asyncio.ensure_future(event.wait()) for event in (told, services.asked_to_leave)]
    await asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED)
    for reason in reasons:
        reason.cancel()
    log.info("draining")
    _stop_at_last()
    services.draining = True
    await services.gateway.drain()


def _stop_at_last() -> None:
    """Something may hang: a thread in a server's call, a peer that keeps its connection. What is accepted is stored."""

    def exit() -> None:
        log.error("stopped_the_hard_way", after_s=STOP_S)
        os._exit(1)

    timer = threading.Timer(STOP_S, exit)
    timer.daemon = True
    timer.start()


def server_config(config: Config) -> ServerConfig:
    """Hypercorn's settings."""
    server = ServerConfig()
    host = f"[{config.host}]" if ":" in config.host else config.host
    server.bind = [f"{host}:{config.port}"]
    server.backlog = 2048
    server.errorlog = logging.getLogger("hypercorn.error")
    server.accesslog = None  # the app logs its own requests, without paths and addresses
    server.include_server_header = False
    server.websocket_max_message_size = 4096
    server.websocket_ping_interval = None  # never checks the pongs; the protocol has its own heartbeat
    server.keep_alive_timeout = 30
    # Backstop of the heartbeat (25 s). It also ends an HTTP request that is answered for longer than this without
    # the client sending anything, so it must be well above the longest one: a command waits 10 s.
    server.read_timeout = 60
    server.graceful_timeout = GRACE_S
    server.startup_timeout = 200  # servers that start with us get a minute each
    return server


if __name__ == "__main__":
    main()
