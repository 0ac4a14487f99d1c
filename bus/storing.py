"""Publishing to JetStream from a thread that waits for the PubAcks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from bus.errors import PublishRefused, PublishTimeout
from bus.live import Live

__all__ = ["ATTEMPT_S", "RESERVE_BYTES", "require_room", "store_all"]

ATTEMPT_S = 2.0  # one JetStream publish is given up after this, and tried again with the same id
RESERVE_BYTES = 8192
PAUSE_S = 0.05


def store_all(
    live: Live,
    messages: Sequence[tuple[str, bytes, str | None]],
    headers: Mapping[str, str],
    timeout_s: float,
    meanwhile: Callable[[], object] | None = None,
) -> list[int]:
    """Store `(subject, payload, message_id)`, all in flight at once; sequences in input order.

    Those that are not answered are tried again with the same id until `timeout_s`. `meanwhile` is done once, while they
    are on their way the first time. Raises what that raises, and PublishRefused or PublishTimeout after all have ended; the
    others may have been stored.
    """
    deadline = time.monotonic() + timeout_s
    full = [
        (subject, payload, {**headers, "Nats-Msg-Id": message_id or live.receipts.new_id()})
        for subject, payload, message_id in messages
    ]
    for subject, payload, all_headers in full:
        if len(subject.split()) != 1:
            raise PublishRefused(f"{subject!r} is not a subject")
        require_room(live.client.max_payload, payload, all_headers, RESERVE_BYTES)
    sequences: dict[int, int] = {}
    refused: str | None = None
    missing = list(range(len(full)))
    while missing and (left := deadline - time.monotonic()) > 0:
        if not live.client.is_connected:  # waiting beats buffering a copy per attempt
            time.sleep(min(left, 0.02))
            continue
        answers, replies = live.receipts.expect(len(missing))
        live.outbox.extend(
            (full[place][0], full[place][1], reply, full[place][2])
            for place, reply in zip(missing, replies, strict=True)
        )
        live.wake()
        try:
            if meanwhile is not None:
                meanwhile()
                meanwhile = None
            answers.wait(min(left, ATTEMPT_S))
        finally:
            live.receipts.forget(replies)
        again = []
        for place, answer in zip(missing, answers.given, strict=True):
            error = None if answer is None else answer.get("error")
            if answer is not None and error is None:
                sequences[place] = int(answer["seq"])
            elif error is not None and error.get("code", 500) < 500:
                refused = str(error.get("description"))
            else:
                again.append(place)
        missing = again
        if missing:
            time.sleep(min(max(deadline - time.monotonic(), 0), PAUSE_S))
    if refused is not None:
        raise PublishRefused(refused)
    if missing:
        raise PublishTimeout(f"no PubAck for {full[missing[0]][0]} within {timeout_s:g} s")
    return [sequences[place] for place in range(len(full))]


def require_room(max_payload: int, payload: bytes, headers: Mapping[str, str], reserve_bytes: int) -> None:
    """Raise PublishRefused for what the server would close the connection over: headers and payload that are too large."""
    size = len(payload) + sum(len(key) + len(value.encode()) + 4 for key, value in headers.items())
    if size + max(reserve_bytes, 64) > max_payload:
        raise PublishRefused(f"{size} bytes are too many: the server takes {max_payload}")
