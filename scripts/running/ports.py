"""Ports of the gateways: looked at before anything starts."""

from __future__ import annotations

import socket

__all__ = ["PortTaken", "check_ports"]


class PortTaken(Exception):
    """A gateway could not listen; the text says what to do."""


def check_ports(host: str, first: int, count: int) -> None:
    """Raises PortTaken when one of `count` ports from `first` on is none, or not free."""
    last = 65536 - max(count, 1)
    if not 1 <= first <= last:
        raise PortTaken(f"PORT is {first}: use 1 to {last}")
    for port in range(first, first + count):
        try:
            _listen(host, port)
        except OSError as error:
            remedy = "stop what has this port"
            if isinstance(error, PermissionError):
                remedy = "ports below 1024 need root: start it as root"
            raise PortTaken(
                f"cannot listen on {host}:{port} ({error.strerror or error}), so nothing was started: "
                f"{remedy}, or take another one: PORT={_next_free(host, first, count)} ./scripts/up"
            ) from error


def _listen(host: str, port: int) -> None:
    """Try it, and let go. Raises OSError."""
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
