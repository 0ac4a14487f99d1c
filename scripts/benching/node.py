"""Node and the packages that rivals need, installed from npm when they are first asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["node", "node_missing"]

PACKAGES = ("ws@8.18.3", "socket.io@4.8.1")
FOLDER = Path(sys.prefix) / "bench-node"
RIVALS = Path(__file__).parent / "rivals"


def node_missing() -> str | None:
    """Why Node's servers cannot be measured here; None when they can."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"{program} is not on PATH: ws and socket.io were left out"
    return None


def node(script: str, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of one of the rivals' scripts."""
    stamp = FOLDER / "installed"
    if not stamp.exists() or stamp.read_text() != " ".join(PACKAGES):
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER), *PACKAGES],
            check=True,
            stdout=sys.stderr,
        )
        stamp.write_text(" ".join(PACKAGES))
    return ["node", str(RIVALS / script), *arguments], {"NODE_PATH": str(FOLDER / "node_modules")}
