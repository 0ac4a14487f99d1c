"""Settings of a web process, read from the environment once."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from bus.telemetry.settings import SettingInvalid
from bus.telemetry.settings import Settings as Telemetry
from db.sessions import JOIN_CODE_DIGITS

__all__ = ["Config", "ConfigInvalid", "Servers"]

SECRET_MIN_BYTES = 32
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")
REGISTRATION_ROLES = ("host", "participant")
NATS_URL = "nats://127.0.0.1:4222"
REDIS_URL = "redis://127.0.0.1:6379/0"


class ConfigInvalid(Exception):
    """A variable is missing or makes no sense; the text names it and says what to set."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are that the console needs."""

    database_url: str = field(repr=False)
    nats_url: str = field(default=NATS_URL, repr=False)
    redis_url: str = field(default=REDIS_URL, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Servers:
        """Raises ConfigInvalid with the name of the variable and what to set."""
        if not environment.get("DATABASE_URL"):
            raise ConfigInvalid(
                "DATABASE_URL is not set: set it to postgresql://user:password@host:port/database"
            )
        return cls(
            environment["DATABASE_URL"],
            environment.get("NATS_URL") or NATS_URL,
            environment.get("REDIS_URL") or REDIS_URL,
        )


@dataclass(frozen=True, slots=True)
class Config:
    """Where the servers are, where to listen, and what signs the tokens."""

    secret: str = field(repr=False)  # signs access tokens and tickets; at least 32 bytes
    database_url: str = field(repr=False)
    nats_url: str = field(default=NATS_URL, repr=False)
    redis_url: str = field(default=REDIS_URL, repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str | None = None  # how participants reach us; None: as the request itself did
    origins: frozenset[str] = frozenset()  # that may open a WebSocket, beside the host of the request itself
    node: str = field(default_factory=lambda: secrets.token_hex(8))  # id of this gateway node
    blobs: str = ".quizwire/blobs"  # folder, or URL, of uploaded files; the same as the workers'
    media_url: str | None = None  # where pictures are fetched from, when not from us: a CDN
    picture_quota_bytes: int = 200 * 1024 * 1024  # for all pictures of one user
    picture_wait_s: float = 5.0  # an upload's reply waits this long for its picture to be ready
    streams: int = 1  # subjects that submissions are spread over; the same as the workers'
    db_pool: int = 8  # PostgreSQL connections of this process
    telemetry: Telemetry = field(default_factory=Telemetry)
    secret_previous: str | None = field(default=None, repr=False)  # accepted, but signs nothing
    registration_role: str = "host"  # of everybody who registers
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()  # whose X-Forwarded-For is believed
    cors: frozenset[str] = frozenset()  # origins whose pages may use the REST API
    rate_limits: bool = True
    max_connections: int = 20_000  # WebSockets of this node
    max_connections_per_address: int = 5_000
    max_connections_per_user: int = 20
    join_code_digits: int = JOIN_CODE_DIGITS[0]

    def __post_init__(self) -> None:
        for name, secret in (
            ("QUIZWIRE_SECRET", self.secret),
            ("QUIZWIRE_SECRET_PREVIOUS", self.secret_previous),
        ):
            if secret is not None and len(secret.encode()) < SECRET_MIN_BYTES:
                wrong = f"has {len(secret.encode())} bytes of at least {SECRET_MIN_BYTES}"
                raise ConfigInvalid(
                    f"{name} {wrong if secret else 'is not set'}: set it on all gateways to the same output of "
                    '`python3 -c "import secrets; print(secrets.token_urlsafe(48))"`'
                )
        if self.registration_role not in REGISTRATION_ROLES:
            raise ConfigInvalid(
                f"QUIZWIRE_REGISTRATION_ROLE is {self.registration_role!r}: "
                f"set it to {' or '.join(REGISTRATION_ROLES)}"
            )

    @property
    def accepted_secrets(self) -> tuple[str, ...]:
        """Every secret whose tokens are accepted, the one that signs first."""
        if self.secret_previous in (None, self.secret):
            return (self.secret,)
        return (self.secret, self.secret_previous or "")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Config:
        """Raises ConfigInvalid with the name of the variable and what to set."""
        servers = Servers.from_environment(environment)
        return cls(
            secret=environment.get("QUIZWIRE_SECRET", ""),
            database_url=servers.database_url,
            nats_url=servers.nats_url,
            redis_url=servers.redis_url,
            host=environment.get("HOST") or "127.0.0.1",
            port=_number(environment, "PORT", 8000, 0, 65535),
            public_url=environment.get("QUIZWIRE_PUBLIC_URL", "").rstrip("/") or None,
            origins=_origins(environment, "QUIZWIRE_ORIGINS"),
            node=environment.get("QUIZWIRE_NODE") or secrets.token_hex(8),
            blobs=environment.get("QUIZWIRE_BLOBS") or ".quizwire/blobs",
            media_url=environment.get("QUIZWIRE_MEDIA_URL", "").rstrip("/") or None,
            picture_quota_bytes=_number(environment, "QUIZWIRE_PICTURE_QUOTA", 200, 1, 1_000_000)
            * 1024
            * 1024,
            streams=_number(environment, "QUIZWIRE_STREAMS", 1, 1, 256),
            db_pool=_number(environment, "QUIZWIRE_DB_POOL", 8, 1, 1000),
            telemetry=_telemetry(environment),
            secret_previous=environment.get("QUIZWIRE_SECRET_PREVIOUS") or None,
            registration_role=environment.get("QUIZWIRE_REGISTRATION_ROLE") or "host",
            proxies=_networks(environment.get("QUIZWIRE_PROXIES", "")),
            cors=_origins(environment, "QUIZWIRE_CORS"),
            join_code_digits=_number(
                environment,
                "QUIZWIRE_JOIN_CODE_DIGITS",
                JOIN_CODE_DIGITS[0],
                JOIN_CODE_DIGITS[0],
                JOIN_CODE_DIGITS[-1],
            ),
            max_connections=_number(environment, "QUIZWIRE_MAX_CONNECTIONS", 20_000, 1, 1_000_000),
            max_connections_per_address=_number(
                environment, "QUIZWIRE_MAX_CONNECTIONS_PER_ADDRESS", 5_000, 1, 1_000_000
            ),
            max_connections_per_user=_number(
                environment, "QUIZWIRE_MAX_CONNECTIONS_PER_USER", 20, 1, 1_000_000
            ),
            rate_limits=_switch(environment, "QUIZWIRE_RATE_LIMITS", "on"),
        )


def _telemetry(environment: Mapping[str, str]) -> Telemetry:
    try:
        return Telemetry.from_environment(environment)
    except SettingInvalid as error:
        raise ConfigInvalid(str(error)) from None


def _number(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environment.get(name) or str(default)
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ConfigInvalid(f"{name} is {text!r}: set it to a number from {low} to {high}")
    return number


def _origins(environment: Mapping[str, str], name: str) -> frozenset[str]:
    """A comma list of origins, as browsers send them: scheme, host and maybe a port."""
    origins = frozenset(
        part.strip().rstrip("/") for part in environment.get(name, "").split(",") if part.strip()
    )
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigInvalid(
                f"{name} has {origin!r}: set it to a comma list of origins like https://quiz.example.org, "
                "in small letters, without paths and wildcards"
            )
    return origins


def _switch(environment: Mapping[str, str], name: str, default: str) -> bool:
    text = (environment.get(name) or default).lower()
    if text not in ("on", "off"):
        raise ConfigInvalid(f"{name} is {text!r}: set it to on or off")
    return text == "on"


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """A comma list of addresses and CIDR blocks."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigInvalid(
            f"QUIZWIRE_PROXIES: {error}; set it to a comma list like 10.0.0.0/8,192.0.2.7"
        ) from None
