"""One question to JetStream's own API, for what nats-py has no call for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import nats.errors
from nats.aio.client import Client

from bus.errors import Refused, Unavailable

__all__ = ["ask"]


async def ask(nc: Client, subject: str, body: Mapping[str, object], timeout_s: float = 5.0) -> dict[str, Any]:
    """The answer to `$JS.API.<subject>`.

    Raises Refused with the server's code and text, Unavailable when nobody answers.
    """
    try:
        reply = await nc.request(f"$JS.API.{subject}", json.dumps(body).encode(), timeout=timeout_s)
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise Unavailable(
            f"JetStream does not answer {subject}: {str(error) or type(error).__name__}"
        ) from None
    answer: dict[str, Any] = json.loads(reply.data)
    if "error" in answer:
        raise Refused(answer["error"].get("err_code", 0), str(answer["error"].get("description")))
    return answer
