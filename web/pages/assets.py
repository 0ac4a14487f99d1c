"""The files of the pages: read once, compressed once, named after what is in all of them together.

There is no build step. Scripts import each other by relative paths, so one version in the path of the first is in the
paths of all, and whatever changes is fetched anew, whole and consistent.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePosixPath
from posixpath import normpath

__all__ = ["FOLDER", "Asset", "Assets", "asset", "read_assets"]

FOLDER = Path(__file__).parents[1] / "static" / "pages"

MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
"""What is served; licences and notes beside the files are not."""

COMPRESSED = frozenset((".css", ".html", ".js", ".json", ".svg"))
_IMPORT = re.compile(r"""^(?:import|export)\s[^;"']*?["'](\.{1,2}/[^"']+)["'];""", re.MULTILINE)
_IMPORT_ALONE = re.compile(r"""^import\s+["'](\.{1,2}/[^"']+)["'];""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it travels."""

    content: bytes
    compressed: bytes | None  # gzip, where it is smaller
    media_type: str
    tag: str  # of the content, for the ETag


class Assets:
    """All files of the pages, by their path below the folder."""

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

    def imported_by(self, name: str) -> list[str]:
        """`name` and every script that it needs before it can run, each once.

        Raises KeyError for an import that leads nowhere.
        """
        found, waiting = [name], [name]
        while waiting:
            importer = waiting.pop()
            text = self._files[importer].content.decode()
            for target in (*_IMPORT.findall(text), *_IMPORT_ALONE.findall(text)):
                imported = normpath(PurePosixPath(importer).parent / target)
                if imported not in self._files:
                    raise KeyError(f"{importer} imports {target}, which is not there")
                if imported not in found:
                    found.append(imported)
                    waiting.append(imported)
        return found


def asset(content: bytes, suffix: str, media_type: str) -> Asset:
    """A file with its tag, compressed if that helps."""
    # Without a time in it, so that all nodes have the same bytes.
    compressed = gzip.compress(content, mtime=0) if suffix in COMPRESSED else content
    return Asset(
        content,
        compressed if len(compressed) < len(content) else None,
        media_type,
        sha256(content).hexdigest()[:16],
    )


@cache
def read_assets(folder: Path = FOLDER) -> Assets:
    """Every file of a type that is served. Blocks; call it before serving."""
    return Assets(
        {
            path.relative_to(folder).as_posix(): asset(
                path.read_bytes(), path.suffix, MEDIA_TYPES[path.suffix]
            )
            for path in sorted(folder.rglob("*"))
            if path.suffix in MEDIA_TYPES
        }
    )
