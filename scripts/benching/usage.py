"""What a site has used so far: CPU of every process, and what it asked of its servers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import nats
import psutil
import psycopg2
import redis

from bus import subjects
from scripts.benching.clocks import cpu_of, family
from scripts.running.site import Site

__all__ = ["Usage", "since"]

STREAMS = (subjects.SUBMISSIONS, subjects.TASKS, subjects.EVENTS)
_POSTGRES = """
SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_stat_get_db_xact_commit(oid), pg_total_relation_size('answers')
  FROM pg_database WHERE datname = current_database()
"""


class Usage:
    """Counters that only grow, read between two questions."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._redis: Any = redis.Redis.from_url(site.environment["REDIS_URL"])
        self._postgres = psycopg2.connect(site.environment["DATABASE_URL"])
        self._postgres.autocommit = True
        self._nats: Any = None

    @property
    def pids(self) -> dict[str, int]:
        """Ours and the servers' processes, by name."""
        return {**self._site.pids, **self._site.servers.pids}

    def families(self) -> dict[str, list[int]]:
        """Each of these processes with its children, by name."""
        return {name: family(pid) for name, pid in self.pids.items()}

    async def read(self) -> dict[str, float]:
        """By name; `cpu_s NAME` for each process."""
        if self._nats is None:
            self._nats = await nats.connect(self._site.environment["NATS_URL"])
        stream = self._nats.jetstream()
        stored = [(await stream.stream_info(name)).state.last_seq for name in STREAMS]
        return {
            **{f"cpu_s {name}": cpu_of(pids) for name, pids in self.families().items()},
            "nats_stored": sum(stored),
            **await asyncio.to_thread(self._servers),
        }

    def _servers(self) -> dict[str, float]:
        info = self._redis.info("stats")
        with self._postgres.cursor() as cursor:
            cursor.execute(_POSTGRES)
            ((wal_bytes, commits, answers_bytes),) = cursor.fetchall()
        disk = psutil.Process(self._site.servers.pids["nats-server"]).io_counters()
        return {
            "nats_disk_bytes": disk.write_bytes,
            "redis_commands": info["total_commands_processed"],
            "redis_bytes": info["total_net_input_bytes"] + info["total_net_output_bytes"],
            "postgres_wal_bytes": float(wal_bytes),
            "postgres_commits": commits,
            "postgres_answers_bytes": answers_bytes,
        }

    def memory(self) -> dict[str, float]:
        """MiB that nothing else shares, of each of our processes with its children."""
        found = {}
        for name, pid in self._site.pids.items():
            process = psutil.Process(pid)
            everyone = [process, *process.children(recursive=True)]
            found[name] = sum(one.memory_full_info().uss for one in everyone) / 2**20
        return found

    async def close(self) -> None:
        """Leave the servers."""
        if self._nats is not None:
            await self._nats.close()
        self._postgres.close()
        self._redis.close()


def since(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What was used in between."""
    return {name: value - before[name] for name, value in after.items()}
