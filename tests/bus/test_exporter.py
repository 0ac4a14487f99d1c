"""Metrics and probes over HTTP."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from threading import Event
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import Counter

from bus.telemetry.exporter import Exporter, Probes
from bus.telemetry.settings import SettingInvalid, Settings

SEEN = Counter("test_exporter_seen", "For these tests")


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def started() -> Iterator[list[Exporter]]:
    exporters: list[Exporter] = []
    yield exporters
    for exporter in exporters:
        exporter.stop()


def serve(started: list[Exporter], port: int, probes: Probes | None = None) -> Exporter:
    exporter = Exporter("127.0.0.1", port, probes)
    started.append(exporter)
    exporter.start()
    return exporter


def get(exporter: Exporter, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{exporter.port}{path}", timeout=10) as reply:
            return reply.status, reply.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_are_those_of_this_process(started, port):
    exporter = serve(started, port)
    SEEN.inc(3)
    status, text = get(exporter, "/metrics")
    assert status == 200 and "test_exporter_seen_total 3.0" in text
    assert get(exporter, "/livez")[0] == get(exporter, "/else")[0] == 404


def test_the_next_process_takes_the_next_free_port(started, port):
    first, second = serve(started, port), serve(started, port)
    assert first.port == port
    assert second.port is not None and port < second.port < port + 50
    assert get(second, "/metrics")[0] == 200


def test_without_a_port_the_process_goes_on(started, caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        exporter = Exporter("192.0.2.1", 9400)  # not an address of this machine
        exporter.start()
    assert exporter.port is None
    assert "QUIZWIRE_METRICS_PORT" in caplog.text


def test_readiness_names_what_fails_and_what_hangs(started, port):
    stuck = Event()

    def fail() -> None:
        raise ConnectionError

    probes = Probes({"postgres": fail, "redis": stuck.wait, "nats": int}, lambda: True)
    exporter = serve(started, port, probes)
    for _ in range(2):  # what hangs is not asked twice
        status, text = get(exporter, "/readyz")
        assert (status, json.loads(text)) == (
            503,
            {"postgres": "failing", "redis": "failing", "nats": "ok", "draining": False},
        )
    stuck.set()
    probes._asked["redis"].result(5)
    assert json.loads(get(exporter, "/readyz")[1])["redis"] == "ok"


def test_who_is_on_the_way_out_is_alive_and_not_ready(started, port):
    probes = Probes({"nats": int}, lambda: True)
    exporter = serve(started, port, probes)
    assert get(exporter, "/readyz")[0] == get(exporter, "/livez")[0] == 200
    probes.draining = True
    assert get(exporter, "/readyz")[0] == 503
    probes.is_alive = lambda: False
    assert get(exporter, "/livez")[0] == 200
    probes.draining = False
    assert get(exporter, "/livez") == (503, '{"status": "failing"}')


@pytest.mark.parametrize(
    ("text", "metrics", "port"),
    [("", True, None), ("off", False, None), ("0", True, 0), ("9999", True, 9999)],
)
def test_where_metrics_are_served_is_a_setting(text: str, metrics: bool, port: int | None) -> None:
    settings = Settings.from_environment({"QUIZWIRE_METRICS_PORT": text})
    assert (settings.metrics, settings.metrics_port) == (metrics, port)


@pytest.mark.parametrize("text", ["on", "-1", "65536", "9400,9401"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingInvalid, match="QUIZWIRE_METRICS_PORT"):
        Settings.from_environment({"QUIZWIRE_METRICS_PORT": text})
