"""The run folder (`QUIZWIRE_HOME`): data, secrets and the lock that allows one `up` at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import IO

from scripts.servers.server import write_private

__all__ = ["FolderBusy", "RunFolder"]


class FolderBusy(Exception):
    """Another `up` works in this run folder."""


class RunFolder:
    """Everything that outlives a run."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[str] | None = None

    def lock(self) -> None:
        """Make the folder and take its lock until the process ends. Raises FolderBusy.

        A record lock, not flock: forked children do not inherit it, so that none of them can keep it
        after this process was killed.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._lock = (self.path / "lock").open("a+")
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            raise FolderBusy(
                f"already running in {self.path} (process {self._lock.read().strip() or 'unknown'}):"
                " stop it, or set QUIZWIRE_HOME to another folder and PORT to another port"
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def secret(self) -> str:
        """What signs the tokens: made once, so that logins survive a restart."""
        path = self.path / "secret"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
        return path.read_text()
