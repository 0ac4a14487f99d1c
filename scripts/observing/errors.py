"""docs/reference/errors.md, from the codes themselves."""

from __future__ import annotations

from web.problem_codes import CODES

__all__ = ["errors_page"]

HEAD = """# Error codes of the REST API

An error is an `application/problem+json` (RFC 9457) with a stable `code`; texts may change. `retryable` says whether the same
request may work later, and `Retry-After` when. A 422 names every field in `errors: [{path, message}]`. Which route answers which
is in `/openapi.json`. Codes of the WebSocket are in [its reference](websocket.md#error-codes). This page is made from the code by
`scripts/dashboards`.

| Status | Code | |
|---|---|---|
"""


def errors_page() -> str:
    """The page, as Markdown."""
    rows = sorted((code.status, name, code.meaning) for name, code in CODES.items())
    return HEAD + "".join(f"| {status} | `{name}` | {meaning} |\n" for status, name, meaning in rows)
