"""The load side of `fanout` and `ingest`: C where there is a compiler, Python elsewhere, on a core of its own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from scripts.benching.child import LOAD_CORE, Child, python

__all__ = ["compiled", "load"]

SOURCE = Path(__file__).parent / "sides" / "load.c"


def load(kind: str, port: int, connections: int, frame_bytes: int | None = None) -> Child:
    """Connections of that kind (tcp, ws, socketio); they count frames of so many bytes, or else answer questions."""
    program = compiled()
    arguments = [kind, str(port), str(connections)]
    if program is not None:
        return Child([str(program), *arguments, str(frame_bytes or 1)], LOAD_CORE)
    if frame_bytes is None:
        return Child(python("scripts.benching.sides.ingest_load", *arguments), LOAD_CORE)
    return Child(python("scripts.benching.sides.fanout_load", *arguments, str(frame_bytes)), LOAD_CORE)


@cache
def compiled() -> Path | None:
    """The program, compiled when its source is new; None where that cannot be done."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        return None
    folder = Path(sys.prefix) / "bench-load"
    program = folder / hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    if not program.exists():
        folder.mkdir(exist_ok=True)
        subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE)], check=True, stdout=sys.stderr)
    return program
