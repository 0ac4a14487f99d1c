"""`scripts/containers`."""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts.containing import stand_ins
from scripts.containing.engine import Engine
from scripts.running.site import free_port
from scripts.servers.server import ServerFailed
from scripts.simulation.command import main as simulate

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy/containers/compose.yaml"
NAME = "quizwire-trial"
USER = "10001"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything started, the ledger of the session is clean and every process ended with 0."""
    parsed = _parser().parse_args(arguments)
    try:
        with Engine(parsed.folder / "engine") as engine:
            return Trial(engine, parsed.base).run(parsed.stand_ins, parsed.participants)
    except (ServerFailed, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2


class Trial:
    """compose.yaml in an engine of its own, with the ports of its servers on loopback."""

    def __init__(self, engine: Engine, base: str | None) -> None:
        self.engine = engine
        self.base = base
        self.ports = {"web": free_port(), "postgres": free_port(), "redis": free_port()}
        self.passwords = {
            name: secrets.token_hex(16)
            for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "NATS_PASSWORD", "QUIZWIRE_SECRET")
        }
        self.url = f"http://127.0.0.1:{self.ports['web']}"
        self.services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]

    def run(self, without_registry: bool, participants: int) -> int:
        """Build, start, look, play, stop, and take everything down."""
        if without_registry:
            images = [self.services[name]["image"] for name in ("nats", "redis", "postgres")]
            stand_ins.build(self.engine, images)
            self.base = stand_ins.BASE
        self._compose("build", *([f"--build-arg=BASE={self.base}"] if self.base else []), "web")
        try:
            self._compose("up", "--detach", "--no-build", "--wait")
            self._look()
            played = self._play(participants)
            return 0 if self._ends() and played == 0 else 1
        except BaseException:
            self._compose("logs", "--tail", "30")
            raise
        finally:
            self._compose("down", "--volumes", "--timeout", "10")

    def _look(self) -> None:
        """Whether the image is as the Dockerfile means it."""
        assert self._inside("id", "-u").strip() == USER
        self._inside("sh", "-c", "! touch /opt/quizwire/written /var/lib/quizwire/written 2>/dev/null")
        self._inside("sh", "-c", "touch /tmp/written /var/lib/quizwire/blobs/written")
        self._inside("sh", "-c", "quizwire doctor")
        size = int(self.engine.says("docker", "image", "inspect", "--format={{.Size}}", "quizwire:local"))
        print(f"The image has {size / 1e6:.0f} MB, its base included.")

    def _play(self, participants: int) -> int:
        passwords = self.passwords
        postgres = f"quizwire:{passwords['POSTGRES_PASSWORD']}@127.0.0.1:{self.ports['postgres']}/quizwire"
        redis = f":{passwords['REDIS_PASSWORD']}@127.0.0.1:{self.ports['redis']}/0"
        ledger = ["--database-url", f"postgresql://{postgres}", "--redis-url", f"redis://{redis}"]
        return simulate(["--url", self.url, "--participants", str(participants), *ledger])

    def _ends(self) -> bool:
        """SIGTERM to the first process of each container; True when all of ours end with 0."""
        ours = [name for name, service in self.services.items() if service["image"] == "quizwire:local"]
        self._compose("stop", *ours)
        codes = {}
        for name in ours:
            container = self._says("ps", "--all", "--quiet", name).strip()
            codes[name] = self.engine.says(
                "docker", "inspect", "--format={{.State.ExitCode}}", container
            ).strip()
        print("Exit statuses:", ", ".join(f"{name} {code}" for name, code in codes.items()))
        return set(codes.values()) == {"0"}

    def _inside(self, *command: str) -> str:
        return self._says("exec", "--no-TTY", "web", *command)

    def _compose(self, *arguments: str) -> None:
        self.engine.run(*self._command(), *arguments, more=self._environment())

    def _says(self, *arguments: str) -> str:
        return self.engine.says(*self._command(), *arguments, more=self._environment())

    def _environment(self) -> dict[str, str]:
        return {**self.passwords, "QUIZWIRE_PUBLIC_URL": self.url}

    def _command(self) -> list[str]:
        ports = {"web": 8000, "postgres": 5432, "redis": 6379}
        published = "".join(
            f'  {name}: {{ports: !override ["127.0.0.1:{self.ports[name]}:{inside}"]}}\n'
            for name, inside in ports.items()
        )
        override = self.engine.folder / "ports.yaml"
        override.write_text(f"services:\n{published}")
        return [*self.engine.compose, "-p", NAME, "-f", str(COMPOSE), "-f", str(override)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/containers",
        description="Build the image, start compose.yaml, play a session in it, stop it, take it down. Needs root and"
        " Docker with Compose ≥ 2.24 (the programs alone: it starts an engine of its own).",
    )
    parser.add_argument("--base", metavar="IMAGE", help="the base image (default: the Dockerfile's)")
    parser.add_argument(
        "--stand-ins",
        action="store_true",
        help="no registry of images is reached: make base and servers from Debian's packages. Needs debootstrap",
    )
    parser.add_argument("--participants", type=int, default=30, metavar="N")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / ".quizwire/containers",
        metavar="FOLDER",
        help="where the engine keeps its images (default: .quizwire/containers)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
