"""The command line of `quizwire`: each noun is a module that adds its verbs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from bus.errors import BusError
from db.errors import DbError
from web import doctor
from web.config import ConfigInvalid, Servers
from web.console import bench, letters, nodes, queues, sessions, stores, users
from web.console.printing import as_json, show
from web.console.site import Impossible, Site

__all__ = ["commands", "main"]

NOUNS = (nodes, queues, letters, sessions, users, stores, bench)


def main(
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    output: TextIO | None = None,
) -> int:
    """Run one command; 0 when it was done, 1 with a sentence when not, 2 for a command that cannot be understood."""
    parsed = _parser().parse_args(arguments)
    if "alone" in parsed:  # works without servers, to say why
        return int(parsed.alone(parsed))
    try:
        site = Site(Servers.from_environment(environment))
        try:
            result = parsed.run(parsed, site)
        finally:
            site.close()
    except (Impossible, ConfigInvalid, DbError, BusError) as error:
        print(f"quizwire: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    try:
        if parsed.json:
            print(as_json(result), file=output)
        else:
            show(result, output)
        (output or sys.stdout).flush()
    except BrokenPipeError:  # `| head` has read enough; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return site.status


def commands() -> list[tuple[str, ...]]:
    """Every command there is: `("status",)`, `("pools", "pause")`, …"""
    found: list[tuple[str, ...]] = []

    def walk(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> None:
        verbs = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        if not verbs:
            found.append(words)
        for action in verbs:
            for name, below in action.choices.items():
                walk(below, (*words, name))

    walk(_parser(), ())
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quizwire", description="Look after a Quizwire site. Reads DATABASE_URL and NATS_URL."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for noun in NOUNS:
        noun.add(commands)
    doctor.add_to(commands)
    return parser
