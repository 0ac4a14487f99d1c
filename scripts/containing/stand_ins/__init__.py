"""Images for a machine that reaches Debian's packages, and no registry of images.

They take the names that compose.yaml asks for, and hold Debian's Python, Redis and PostgreSQL and the nats-server of
our wheel. They are for trying: their versions are not those of the names.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from scripts.containing.engine import Engine
from scripts.servers.server import find_program

__all__ = ["BASE", "build"]

BASE = "quizwire-base:debian"
HERE = Path(__file__).parent
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
# How this machine reaches packages is how the build has to.
OF_THIS_MACHINE = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs/ca-certificates.crt")


def build(engine: Engine, images: list[str]) -> None:
    """Make BASE and `images` (`nats:…`, `redis:…`, `postgres:…`), as far as the engine has none of them. Needs debootstrap."""
    if not engine.has(BASE):
        _base(engine)
    context = engine.folder / "stand-ins"
    shutil.copytree(HERE, context, dirs_exist_ok=True)
    shutil.copy(find_program("nats-server") or "nats-server", context)
    for image in images:
        if not engine.has(image):
            target = image.partition(":")[0]
            options = (f"--build-arg=BASE={BASE}", f"--target={target}", f"--tag={image}")
            engine.run("docker", "build", *options, str(context))


def _base(engine: Engine) -> None:
    """A Debian with Python at `python`, as `python:3.11-slim-bookworm` is one."""
    root = engine.folder / "base"
    shutil.rmtree(root, ignore_errors=True)
    engine.run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root))
    for path in map(Path, OF_THIS_MACHINE):
        target = root / path.relative_to("/")
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        elif path.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    packed = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
    subprocess.run(["docker", "import", "-", BASE], check=True, stdin=packed.stdout, env=engine.environment)
    if packed.wait() != 0:
        raise subprocess.CalledProcessError(packed.returncode, "tar")
    shutil.rmtree(root)
