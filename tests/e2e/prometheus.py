"""A real Prometheus that watches a stack, with our alerts in a hurry."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from tests.e2e.stack import ROOT, Stack, free_port

__all__ = ["WINDOW", "Prometheus"]

WINDOW = "20s"


class Prometheus:
    """Scrapes every process of `stack` each second."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._folder = folder
        self._stack = stack
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Skips the test where there is no Prometheus, and fails it in CI."""
        binary = shutil.which("prometheus")
        if binary is None:
            if os.environ.get("CI") == "true":
                pytest.fail("CI has to have Prometheus: Debian's package `prometheus`")
            pytest.skip("Prometheus is not here: install Debian's package `prometheus`")
        self._folder.mkdir()
        rules = (ROOT / "deploy/prometheus/alerts.yml").read_text()
        hurried = re.sub(r"\[\d+m\]", f"[{WINDOW}]", re.sub(r"for: \w+", "for: 1s", rules))
        (self._folder / "alerts.yml").write_text(hurried)
        targets = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"process": name, "pool": name.partition(".")[0]}}
            for name, port in self._stack.metrics.items()
        ]
        configuration = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": [{"job_name": "quizwire", "static_configs": targets}],
        }
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    binary,
                    f"--config.file={self._folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                ],
                stdout=log,
                stderr=log,
            )
        targets_up = f"count(up == 1) == {len(targets)}"
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.query(targets_up):
                    return
            except OSError:
                pass
            time.sleep(0.2)
        pytest.fail((self._folder / "log").read_text())

    def stop(self) -> None:
        """Gone, with its data."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(15)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def query(self, expression: str) -> list[float]:
        """The values of every series that an instant query finds now."""
        found = self._get("query", query=expression.replace("$window", WINDOW))["result"]
        return [float(series["value"][1]) for series in found]

    def firing(self) -> list[dict[str, str]]:
        """Labels of the alerts that fire now."""
        return [one["labels"] for one in self._get("alerts")["alerts"] if one["state"] == "firing"]

    def wait_for(self, alert: str, patience_s: float = 40, **labels: str) -> None:
        """Return when `alert` fires with these labels."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            for found in (seen := self.firing()):
                if found["alertname"] == alert and labels.items() <= found.items():
                    return
            time.sleep(0.3)
        pytest.fail(f"{alert} did not fire; these did: {seen}")

    def _get(self, what: str, **parameters: str) -> Any:
        url = f"{self.url}/api/v1/{what}?{urlencode(parameters)}"
        with urlopen(url, timeout=10) as reply:
            answer = json.loads(reply.read())
        assert answer["status"] == "success", answer
        return answer["data"]
