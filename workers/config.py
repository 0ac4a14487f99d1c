"""Settings of the worker pools, read from the environment once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from bus.telemetry.settings import Settings as Telemetry

__all__ = ["Config"]


@dataclass(frozen=True, slots=True)
class Config:
    """Where the servers are, and how wide a worker process is."""

    nats_url: str
    redis_url: str
    database_url: str
    streams: int  # subjects that submissions are spread over; the same as the gateways'
    db_pool: int  # PostgreSQL connections of one process
    blobs: str = ".quizwire/blobs"  # folder, or URL, of uploaded files; the same as the gateways'
    telemetry: Telemetry = field(default_factory=Telemetry)
    certificates: tuple[str, ...] = ()  # host:port, where the site is served by TLS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Config:
        """Raises KeyError with the name of a variable that has no default."""
        return cls(
            nats_url=environment.get("NATS_URL", "nats://127.0.0.1:4222"),
            redis_url=environment.get("REDIS_URL", "redis://127.0.0.1:6379/0"),
            database_url=environment["DATABASE_URL"],
            streams=int(environment.get("QUIZWIRE_STREAMS", "1")),
            db_pool=int(environment.get("QUIZWIRE_DB_POOL", "8")),
            blobs=environment.get("QUIZWIRE_BLOBS") or ".quizwire/blobs",
            telemetry=Telemetry.from_environment(environment),
            certificates=tuple(filter(None, environment.get("QUIZWIRE_CERTIFICATES", "").split(","))),
        )
