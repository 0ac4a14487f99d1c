"""How commands are declared, so that all of them look the same."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

from web.console.site import Site

__all__ = ["Commands", "Run", "noun", "verb"]

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Run: TypeAlias = Callable[[argparse.Namespace, Site], Any]


def noun(commands: Commands, name: str, text: str) -> Commands:
    """`quizwire NAME`, which takes a verb."""
    parser = commands.add_parser(name, help=text, description=text)
    return parser.add_subparsers(required=True, metavar="VERB")


def verb(commands: Commands, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    """A command that does something; its result is printed, with `--json` for programs."""
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print JSON")
    return command
