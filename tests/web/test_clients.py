"""Which address somebody is counted by."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from web.clients import address_of, network_of
from web.config import Config, ConfigInvalid

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:aaaa::/48"), ip_network("192.0.2.7"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),  # a stranger may claim what they like
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),  # the left one was sent by the client
        ("10.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),  # … in a header of its own
        ("10.0.0.1", ["203.0.113.9, 192.0.2.7, 10.9.9.9"], "203.0.113.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),  # all inside
        ("10.0.0.1", ["203.0.113.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, "], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ['"[2001:db8::5]:4711"'], "2001:db8::5"),
        ("2001:db8:aaaa::1", ["2001:db8::5"], "2001:db8::5"),
        ("::ffff:10.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        (None, ["203.0.113.9"], None),
        ("<local>", ["203.0.113.9"], None),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(
    peer: str | None, forwarded: list[str], client: str | None
) -> None:
    assert address_of(peer, forwarded, PROXIES) == (None if client is None else ip_address(client))


def test_without_proxies_nothing_that_is_forwarded_counts() -> None:
    assert address_of("10.0.0.1", ["203.0.113.9"], ()) == ip_address("10.0.0.1")


def test_an_ipv6_client_is_its_whole_network() -> None:
    one, other = ip_address("2001:db8::1"), ip_address("2001:db8::ffff:1")
    assert network_of(one) == network_of(other) == "2001:db8::/64"
    assert network_of(ip_address("203.0.113.9")) == "203.0.113.9"
    assert network_of(None) == "unknown"


def test_proxies_come_from_the_environment() -> None:
    environment = {"DATABASE_URL": "postgresql://", "QUIZWIRE_SECRET": "s" * 48}
    config = Config.from_environment(environment | {"QUIZWIRE_PROXIES": "10.0.0.0/8, 192.0.2.7"})
    assert config.proxies == (ip_network("10.0.0.0/8"), ip_network("192.0.2.7/32"))
    with pytest.raises(ConfigInvalid, match="QUIZWIRE_PROXIES"):
        Config.from_environment(environment | {"QUIZWIRE_PROXIES": "10.0.0.1/8"})
    with pytest.raises(ConfigInvalid, match="QUIZWIRE_REGISTRATION_ROLE"):
        Config.from_environment(environment | {"QUIZWIRE_REGISTRATION_ROLE": "admin"})
