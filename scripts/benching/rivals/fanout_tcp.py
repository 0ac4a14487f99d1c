"""Plain TCP on asyncio and uvloop: the same bytes with nothing around them. Nothing on this loop can be faster."""

from __future__ import annotations

import asyncio
import sys

from scripts.benching.sides.fanout_pace import PAYLOAD_BYTES, obey
from scripts.benching.sides.lines import run, say
from web.gateway.sink import frame


class Writer(asyncio.Protocol):
    """A connection that is written to."""

    everybody: list[asyncio.Transport] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.everybody.append(transport)  # type: ignore[arg-type]
        transport.write(b"!")  # type: ignore[attr-defined]


async def main() -> None:
    port = int(sys.argv[1])
    await asyncio.get_running_loop().create_server(Writer, "127.0.0.1", port, backlog=2048)
    say({"port": port})
    data = frame(b"x" * PAYLOAD_BYTES)

    def broadcast() -> None:
        for transport in Writer.everybody:
            transport.write(data)

    await obey(broadcast, lambda: max((t.get_write_buffer_size() for t in Writer.everybody[::50]), default=0))


if __name__ == "__main__":
    run(main())
