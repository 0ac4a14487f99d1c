"""Ports of the gateways: looked at before anything starts."""

from __future__ import annotations

import socket

__all__ = ["PortTaken", "check_ports"]


class PortTaken(Exception):
    """A gateway could not listen; the text says what to do."""


def check_ports(host: str, first: int, count: int) -> None:
    """Raises PortTaken when one of `count` ports from `first` on is not free."""
    for port in range(first, first + count):
        try:
            _listen(host, port)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            free = _next_free(host, first, count)
            raise PortTaken(
                f"cannot listen on {host}:{port} ({reason}), so nothing was started: "
                f"stop what has this port, or take another one: PORT={free} ./scripts/up"
            ) from error


def _listen(host: str, port: int) -> None:
    """Try it, and let go. Raises OSError, and OverflowError for what is no port."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _next_free(host: str, taken: int, count: int) -> str:
    """A port to propose, with its neighbours free as well."""
    for first in range(taken + 100, 65536 - count, 100):
        try:
            for port in range(first, first + count):
                _listen(host, port)
        except OSError:
            continue
        return str(first)
    return "ANOTHER"
