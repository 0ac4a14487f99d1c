"""Telling every gateway that logins were ended, so that their sockets close."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from nats.aio.client import Client
from nats.errors import Error

from bus import subjects
from bus.messages import Revoked, encode

__all__ = ["tell_gateways"]

log = structlog.get_logger(__name__)


async def tell_gateways(nc: Client, user_id: str, login_ids: Sequence[str] | None = None) -> None:
    """Close the sockets of these logins, or of everything the user has open; call it after the end is committed.

    Never fails: gateways that do not hear it find out by themselves within half a minute.
    """
    if login_ids is not None and not login_ids:
        return
    revoked = Revoked(user_id, None if login_ids is None else tuple(login_ids))
    try:
        await nc.publish(subjects.revocations(), encode(revoked))
    except (Error, OSError) as error:
        log.warning("revocation_not_published", error=type(error).__name__)
