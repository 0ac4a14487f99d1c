"""Which release this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["release"]


def release() -> str:
    """The version of the installed package; `unknown` when it is run from a folder, not installed."""
    try:
        return version("quizwire")
    except PackageNotFoundError:
        return "unknown"
