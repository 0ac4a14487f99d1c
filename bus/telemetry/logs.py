"""Logs: one JSON object per line on stdout. Nothing personal, no tokens, no answers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

__all__ = ["configure", "described", "places", "say_always"]

OURS = ("bus.", "client.", "db.", "web.", "workers.")
FRAMES = 20  # the innermost, of one exception

_always: dict[str, str] = {}


def say_always(**fields: str) -> None:
    """Fields of every line of this process: which service it is, which node."""
    _always.update(fields)


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send the logs of this process, ours and the libraries', to `stream` (default: stdout) from `level` up."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    common: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_always,
        _name_traces,
        _tell_error,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)


def _add_always(logger: WrappedLogger, name: str, line: EventDict) -> EventDict:
    line.update(_always)
    return line


def _name_traces(logger: WrappedLogger, name: str, line: EventDict) -> EventDict:
    if traceparents := line.pop("traceparents", None):
        line["trace_ids"] = [one.split("-")[1] for one in traceparents]
    return line


def _tell_error(logger: WrappedLogger, name: str, line: EventDict) -> EventDict:
    """An exception by its types and places. What it says may quote a user, unless we wrote it; its locals always may."""
    found = line.pop("exc_info", None)
    line.pop("stack_info", None)
    if found is True:
        found = sys.exc_info()
    error = found if isinstance(found, BaseException) else found[1] if isinstance(found, tuple) else None
    if error is None:
        return line
    chain = list(_chain(error))
    line.setdefault("error", " < ".join(type(each).__name__ for each in chain))
    line["at"] = list(places(chain[-1].__traceback__))[-FRAMES:]
    if type(error).__module__.startswith(OURS):
        line["reason"] = str(error)[:500]
    return line


def described(error: BaseException | None) -> str:
    """An exception in a few words, for a line that is about something else: kinds and place, and text that is ours."""
    if error is None:
        return ""
    chain = list(_chain(error))
    text = " < ".join(type(each).__name__ for each in chain)
    if type(error).__module__.startswith(OURS):
        text += f" ({str(error)[:200]})"
    at = list(places(chain[-1].__traceback__))[-1:]
    return " at ".join([text, *at])


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, the last one first; a ring ends where it closes."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def places(traceback: TracebackType | None) -> Iterator[str]:
    """`file:line function` of each frame, the innermost last."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        yield f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next
