"""The results as a page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from scripts.framecases.cases import Case, Handshake

__all__ = ["PAGE", "page", "unexpected"]

PAGE = "docs/reference/frame-cases.md"

_HEAD = """# Frame cases

What the gateway makes of {count} sequences of frames and {handshakes} handshakes, sent by a plain TCP connection, byte by byte as
[RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) allows or forbids them. Sections and most cases follow the Autobahn test suite (its fuzzing client
needs Python 2.7), without compression, which is never negotiated. `tests/web/gateway/test_frames.py` runs them all.

{date}, `python -m scripts.framecases --write`: {good} as listed{bad}.

An outcome is what came back, in order: `snapshot` answers the client's `sync`; `error` is a message with that code; then the
connection is still `open`, or the TCP connection had its `end`.

## Where this differs from RFC 6455

- A version other than 13 gets 400; the RFC asks for 426 with the versions that are spoken (§4.4).
- After a violation nothing more is read, not even the answer to our close; the TCP connection ends a second later (§7.1.7 allows it).
- More than 100 frames at once, or 50 a second, of any kind are a violation (`rate_limited`, 4429): the RFC has no limit on pings and fragments.

## What Hypercorn would do by itself

Hypercorn 0.18 with wsproto parses frames as it should, but [`web/gateway/intake.py`](../../web/gateway/intake.py) takes its place once the
handshake is over ([0056](../decisions/0056-frames-come-straight-from-the-transport.md)). With Hypercorn alone, of this list:

- Everything that is `close 1002` or `close 1007` here ends the TCP connection without a close frame (§7.1.7 says SHOULD).
- The limit of 4 KiB counts characters: 2,049 `é` pass. After 1009 the application is not told, and its frames go on after the close frame.
- 1,000 pings get 1,000 pongs, and any number of empty fragments is read without anybody being told.
"""


def page(cases: Mapping[Case, str], handshakes: Mapping[Handshake, str], date: str) -> str:
    """Markdown; an outcome that is not the one listed is marked."""
    wrong = unexpected(cases, handshakes)
    lines = [
        _HEAD.format(
            count=len(cases),
            handshakes=len(handshakes),
            date=date,
            good=f"all {len(cases) + len(handshakes)}" if not wrong else len(cases) + len(handshakes) - wrong,
            bad=f", {wrong} not" if wrong else "",
        )
    ]
    for section, group in groupby(cases, key=lambda case: case.section):
        lines += _table(section, [(case.name, case.outcome, cases[case]) for case in group])
    lines += _table("Handshake", [(one.name, one.outcome, found) for one, found in handshakes.items()])
    return "\n".join(lines)


def unexpected(cases: Mapping[Case, str], handshakes: Mapping[Handshake, str]) -> int:
    """How many outcomes are not the one listed."""
    return sum(case.outcome != found for case, found in cases.items()) + sum(
        handshake.outcome != found for handshake, found in handshakes.items()
    )


def _table(title: str, rows: Sequence[tuple[str, str, str]]) -> list[str]:
    return [
        f"## {title}\n",
        "| Case | Outcome |\n|---|---|",
        *(
            f"| {name} | {found} |" if found == expected else f"| {name} | **{found}**, not {expected} |"
            for name, expected, found in rows
        ),
        "",
    ]
