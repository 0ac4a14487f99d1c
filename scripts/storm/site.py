"""The site of a login storm: its gateway measures itself."""

from __future__ import annotations

import json
import sys

from scripts.running.site import Site

__all__ = ["StormSite"]


class StormSite(Site):
    """`samples` are there after the `with`."""

    def __init__(self) -> None:
        super().__init__()
        self.samples: list[tuple[float, float]] = []  # Unix time and lateness of the gateway's loop, seconds
        self._lag = self.folder / "lag.json"

    def web_command(self, command: list[str]) -> list[str]:
        """A gateway that writes down how late its loop is."""
        return [sys.executable, "-m", "scripts.storm.gateway", str(self._lag)]

    def collect(self) -> None:
        """Read what it wrote."""
        if self._lag.exists():
            self.samples = [(at, late) for at, late in json.loads(self._lag.read_text())]
