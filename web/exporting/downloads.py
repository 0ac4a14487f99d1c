"""Files on their way to a browser: from a temporary file, piece by piece, under a safe name."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote
from weakref import WeakKeyDictionary

from quart import Response, current_app

from web.problems import Problem

__all__ = ["attachment", "download", "require_room", "written"]

_PIECE_BYTES = 256 * 1024
_TIME_LIMIT_S = 600
"""For the whole download: whoever reads more slowly gives the temporary file back."""

_OPEN_PER_USER = 4
_OPEN_IN_ALL = 40
"""Files that are on their way at once from this process: each takes room on the disk until it has been read."""

_MAX_NAME_CHARS = 80
_UNSAFE = re.compile(
    r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|%\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+'
)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=$|\.)", re.IGNORECASE)


def attachment(name: str, ending: str) -> str:
    """Content-Disposition that saves a file as `name` with this ending (RFC 6266).

    Whatever a title holds, the name is one file name: no folders, no control or direction characters, none of
    Windows' reserved words. Old clients get it in ASCII, all others in UTF-8 (RFC 8187).
    """
    safe = _UNSAFE.sub(" ", unicodedata.normalize("NFC", name))
    safe = " ".join(safe.split())[:_MAX_NAME_CHARS].strip(" .") or "quizwire"
    if _RESERVED.match(safe):
        safe = f"_{safe}"
    plain = unicodedata.normalize("NFKD", safe).encode("ascii", "ignore").decode()
    plain = " ".join(_UNSAFE.sub(" ", plain).split()).strip(" .") or "quizwire"
    header = f'attachment; filename="{plain}.{ending}"'
    return header if plain == safe else f"{header}; filename*=UTF-8''{quote(f'{safe}.{ending}', safe='')}"


def written(write: Callable[[IO[bytes]], object]) -> IO[bytes]:
    """A temporary file with what `write` puts into it. It goes away when it is closed, or the process ends."""
    file = TemporaryFile()  # noqa: SIM115  # `download` closes it
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    return file


def require_room(user_id: str) -> None:
    """Raises Problem 429 `rate_limited` while the user has too many downloads under way, or all users together have."""
    owners = [owner for file, owner in _on_their_way().items() if not file.closed]
    if owners.count(user_id) >= _OPEN_PER_USER or len(owners) >= _OPEN_IN_ALL:
        raise Problem(
            429,
            "rate_limited",
            "Too many downloads are under way: let one of them end first.",
            retryable=True,
            headers={"Retry-After": "10"},
        )


def download(file: IO[bytes], headers: Mapping[str, str], user_id: str) -> Response:
    """All of `file` for this user; it is closed afterwards, and its length is told beforehand."""
    _on_their_way()[file] = user_id
    length = file.seek(0, 2)
    file.seek(0)
    response = Response(_pieces(file), 200, {**headers, "Content-Length": str(length)})
    response.timeout = _TIME_LIMIT_S
    return response


def _on_their_way() -> WeakKeyDictionary[IO[bytes], str]:
    """By file, whose download it is; one that is closed or given up counts no more."""
    found: WeakKeyDictionary[IO[bytes], str] = current_app.extensions.setdefault(
        "quizwire.downloads", WeakKeyDictionary()
    )
    return found


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
