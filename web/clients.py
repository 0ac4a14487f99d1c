"""Which address a request comes from, for throttling: behind proxies of ours, what they say; else the peer itself."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from quart import request

from web.services import services

__all__ = ["Network", "address_of", "client_network", "is_proxy", "network_of"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

IPV6_PREFIX = 64
"""What one customer of a provider usually has: they may use any address in it."""

KEPT = 4096
"""Addresses that are understood already: a hall has one, and a proxy brings the same ones again."""


def client_network() -> str:
    """Where the current request comes from: an IPv4 address or the /64 of an IPv6 one; `unknown` without any."""
    forwarded = request.headers.getlist("X-Forwarded-For")
    return network_of(address_of(request.remote_addr, forwarded, services().config.proxies))


def address_of(peer: str | None, forwarded: Sequence[str], proxies: Sequence[Network]) -> Address | None:
    """The client: of peer and X-Forwarded-For (its lines in order), the last address that is no proxy of ours.

    Each proxy appends the address it was called from, so everything left of the first stranger is hearsay. An entry
    that is no address ends the search at the proxy that sent it.
    """
    found = _parsed(peer or "")
    chain = [entry for line in forwarded for entry in line.split(",")]
    while found is not None and chain and any(found in network for network in proxies):
        before = _parsed(chain.pop())
        if before is None:
            break
        found = before
    return found


def is_proxy(peer: str | None, proxies: Sequence[Network]) -> bool:
    """Whether this peer is a proxy of ours, whose headers are believed."""
    address = _parsed(peer or "")
    return address is not None and any(address in network for network in proxies)


@lru_cache(maxsize=KEPT)
def network_of(address: Address | None) -> str:
    """What one client is counted by."""
    if address is None:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_PREFIX), strict=False))
    return str(address)


@lru_cache(maxsize=KEPT)
def _parsed(text: str) -> Address | None:
    """An address, also with a port, `192.0.2.1:80` or `[2001:db8::1]:80`; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped
