"""The blob store: files by name, in a local folder or in S3 or whatever else obstore knows.

`uploads/<picture id>` is what somebody sent and is never served; `media/<name>` is what we made of it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from db.errors import Unavailable

__all__ = ["Blobs", "media", "upload"]

_RETRIES = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    },
}


def upload(picture_id: str) -> str:
    """Where an upload waits to be worked on."""
    return f"uploads/{picture_id}"


def media(file_name: str) -> str:
    """Where a file lies that is served."""
    return f"media/{file_name}"


class Blobs:
    """The store at `place`: a folder, `file:///folder` or `s3://bucket/prefix`.

    For S3, obstore itself reads credentials, region and endpoint from the variables that AWS's own tools use.
    Every method raises db.errors.Unavailable when the store does not answer or refuses.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._opened: ObjectStore | None = None
        self._lock = threading.Lock()

    def put(self, path: str, data: bytes) -> None:
        """Store `data`, in place of what was there; readers see all of it or nothing."""
        with _unavailable():
            obstore.put(self._store, path, data)

    def get(self, path: str) -> bytes | None:
        """What is stored there, or None."""
        with _unavailable():
            try:
                return obstore.get(self._store, path).bytes().to_bytes()
            except FileNotFoundError:
                return None

    def delete(self, path: str) -> None:
        """Remove it; nothing if it is not there."""
        with _unavailable():
            try:
                obstore.delete(self._store, path)
            except FileNotFoundError:
                return

    async def put_async(self, path: str, data: bytes) -> None:
        """`put` for the event loop."""
        with _unavailable():
            await obstore.put_async(self._store, path, data)

    async def get_async(self, path: str) -> bytes | None:
        """`get` for the event loop."""
        with _unavailable():
            try:
                return (await (await obstore.get_async(self._store, path)).bytes_async()).to_bytes()
            except FileNotFoundError:
                return None

    async def delete_async(self, path: str) -> None:
        """`delete` for the event loop."""
        with _unavailable():
            try:
                await obstore.delete_async(self._store, path)
            except FileNotFoundError:
                return

    @property
    def _store(self) -> ObjectStore:
        # Not before it is needed: a worker forks first, and obstore's threads would stay behind.
        with self._lock:
            if self._opened is None:
                self._opened = _open(self._place)
            return self._opened


def _open(place: str) -> ObjectStore:
    scheme, separator, rest = place.partition("://")
    if not separator or scheme == "file":
        return LocalStore(Path(rest if separator else place).absolute(), mkdir=True)
    # Plain HTTP only where the configured endpoint itself is http://; the default is AWS over TLS.
    options = {
        "timeout": timedelta(seconds=10),
        "connect_timeout": timedelta(seconds=2),
        "allow_http": True,
    }
    store: ObjectStore = from_url(place, client_options=options, retry_config=_RETRIES)  # type: ignore[call-overload]
    return store


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable(f"the blob store failed: {type(error).__name__}") from error
