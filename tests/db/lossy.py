"""Redis behind a connection that is cut when a reply comes: what was asked for has run, and nobody hears."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from redis import Redis

from db.connecting import connect_redis

__all__ = ["Lossy"]


class Lossy:
    """A client, `redis`, as the application has it, and how many of its replies are lost from now on."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        here = f"127.0.0.1:{self._listener.getsockname()[1]}"
        who, at, _ = parts.netloc.rpartition("@")
        self.redis: Redis = connect_redis(parts._replace(netloc=who + at + here).geturl())
        self.lost = 0
        self._after = self._to_lose = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def lose(self, replies: int, *, after: int = 0) -> None:
        """Some replies are lost, each with its connection, `after` so many that are not."""
        self.lost, self._after, self._to_lose = 0, after, replies

    def close(self) -> None:
        """No more connections."""
        self.redis.close()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            for source, sink, replies in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pump, args=(source, sink, replies), daemon=True).start()

    def _is_lost(self) -> bool:
        if self._after or not self._to_lose:
            self._after = max(0, self._after - 1)
            return False
        self._to_lose -= 1
        self.lost += 1
        return True

    def _pump(self, source: socket.socket, sink: socket.socket, replies: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if replies and self._is_lost():
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
