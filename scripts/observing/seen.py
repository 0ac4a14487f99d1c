"""Which panels show something, according to a Prometheus that scrapes a site."""

from __future__ import annotations

import json
import math
from urllib.parse import urlencode
from urllib.request import urlopen

from scripts.observing.boards import BOARDS

__all__ = ["empty_panels"]


def empty_panels(url: str, window: str) -> list[tuple[str, str, str]]:
    """Dashboard, panel and query of all that finds nothing, or nothing but NaN. `window`: that of rates, like `1m`.

    Raises OSError when no Prometheus answers at `url`.
    """
    return [
        (board.uid, panel, query)
        for board in BOARDS
        for panel, _, query in board.queries()
        if not any(map(math.isfinite, _values(url, query.replace("$window", window))))
    ]


def _values(url: str, expression: str) -> list[float]:
    """Of every series that an instant query finds now."""
    with urlopen(f"{url}/api/v1/query?{urlencode({'query': expression})}", timeout=10) as reply:
        answer = json.load(reply)
    return [float(series["value"][1]) for series in answer["data"]["result"]]
