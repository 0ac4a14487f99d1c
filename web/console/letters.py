"""`quizwire dead-letters`: what pools could not run."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec
from nats.aio.client import Client

from bus import dead_letters
from bus.dead_letters import DeadLetter
from bus.errors import NoSuchLetter
from web.console.site import Impossible, Site
from web.console.verbs import Commands, noun, verb

__all__ = ["add"]

PAGE = 100


def add(commands: Commands) -> None:
    """Declare it."""
    letters = noun(commands, "dead-letters", "what pools could not run, kept for a week")
    listing = verb(letters, "list", _list, "List dead letters, the oldest first.")
    listing.add_argument("--queue", help="of this queue alone")
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument(
        "--after", type=int, default=0, metavar="NUMBER", help="go on behind this dead letter"
    )
    show = verb(letters, "show", _show, "Show one dead letter and what it says.")
    show.add_argument("seq", type=int, metavar="NUMBER")
    for name, run, text in (
        ("retry", _retry, "Send dead letters back to where they came from."),
        ("discard", _discard, "Delete dead letters for good."),
    ):
        command = verb(letters, name, run, text)
        command.add_argument("seqs", type=int, nargs="*", metavar="NUMBER")
        command.add_argument(
            "--all", action="store_true", help="all that there are now; with --queue, of this queue"
        )
        command.add_argument("--queue", help="with --all: of this queue alone")


def _list(parsed: argparse.Namespace, site: Site) -> Any:
    if not 1 <= parsed.limit <= 1000:
        raise Impossible("--limit is a number from 1 to 1000")
    found, _ = site.on_nats(lambda nc: dead_letters.page(nc, parsed.queue, parsed.limit, parsed.after))
    return [_row(letter) for letter in found]


def _show(parsed: argparse.Namespace, site: Site) -> Any:
    letter = site.on_nats(lambda nc: dead_letters.show(nc, parsed.seq))
    if parsed.json:
        return letter
    content = msgspec.json.encode(letter.content).decode()
    return {**_row(letter), "headers": letter.headers, "content": content}


def _retry(parsed: argparse.Namespace, site: Site) -> Any:
    return _each(parsed, site, dead_letters.retry)


def _discard(parsed: argparse.Namespace, site: Site) -> Any:
    return _each(parsed, site, dead_letters.discard)


def _each(parsed: argparse.Namespace, site: Site, do: Any) -> Any:
    if bool(parsed.seqs) == parsed.all:
        raise Impossible("name the numbers of dead letters, or --all")

    async def work(nc: Client) -> list[dict[str, Any]]:
        done = []
        for seq in parsed.seqs or await _numbers(nc, parsed.queue):
            try:
                done.append(_row(await do(nc, seq)))
            except NoSuchLetter:
                if not parsed.all:
                    raise
        return done

    return site.on_nats(work)


async def _numbers(nc: Client, queue: str | None) -> list[int]:
    """Of all there are: a letter that comes back while we retry has a new number, and is not among them."""
    numbers: list[int] = []
    after: int | None = 0
    while after is not None:
        page, after = await dead_letters.page(nc, queue, PAGE, after)
        numbers += [letter.seq for letter in page]
    return numbers


def _row(letter: DeadLetter) -> dict[str, Any]:
    row = msgspec.structs.asdict(letter)
    return {name: value for name, value in row.items() if name not in ("headers", "content")}
