"""Files of the pages as they travel: compressed once, and all together named after what is in them."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

__all__ = ["Asset", "Assets", "asset", "read_folder"]

MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
"""What is served; licences and notes beside the files are not."""

COMPRESSED = frozenset((".css", ".html", ".js", ".json", ".svg"))


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it travels."""

    content: bytes
    compressed: bytes | None  # gzip, where it is smaller
    media_type: str
    tag: str  # of the content, for the ETag


class Assets:
    """Files by their path below `/static/<version>/`."""

    def __init__(self, files: Mapping[str, Asset]) -> None:
        self._files = files
        digest = sha256()
        for name in sorted(files):
            digest.update(f"{name}\0{files[name].tag}\0".encode())
        self.version = digest.hexdigest()[:12]

    def get(self, name: str) -> Asset | None:
        """The file, or None."""
        return self._files.get(name)

    @property
    def names(self) -> frozenset[str]:
        """Paths of all files."""
        return frozenset(self._files)


def asset(content: bytes, suffix: str) -> Asset:
    """A file of this kind (`.css`), compressed if that helps."""
    # Without a time in it, so that all nodes have the same bytes.
    compressed = gzip.compress(content, mtime=0) if suffix in COMPRESSED else content
    return Asset(
        content,
        compressed if len(compressed) < len(content) else None,
        MEDIA_TYPES[suffix],
        sha256(content).hexdigest()[:16],
    )


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file of a type that is served, by its path below `folder`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }
