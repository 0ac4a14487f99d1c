"""The problems in the OpenAPI document: for each route every code that it may answer with, by status, with an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from quart_schema.validation import QUART_SCHEMA_HEADERS_ATTRIBUTE

from web.documents import REFUSALS_ATTRIBUTE
from web.etags import MatchHeaders
from web.idempotency import IdempotencyHeaders
from web.problem_codes import ANYWHERE, CODES, JSON_BODY, UPLOAD

__all__ = ["possible_codes", "problems"]

_HEADERS: dict[Any, tuple[str, ...]] = {
    # The key still names what it has made when that has been deleted.
    IdempotencyHeaders: (
        "idempotency_key_in_use",
        "idempotency_key_reused",
        "not_found",
        "validation_failed",
    ),
    MatchHeaders: ("precondition_failed",),
}


def possible_codes(view: Callable[..., Any], operation: dict[str, Any]) -> set[str]:
    """What `view` says it refuses, and what follows from the operation's token, parameters and body."""
    codes = {*ANYWHERE, *getattr(view, REFUSALS_ATTRIBUTE, ())}
    codes.update(_HEADERS.get(getattr(view, QUART_SCHEMA_HEADERS_ATTRIBUTE, None), ()))
    if operation.get("security"):
        codes.update(("token_expired", "unauthenticated"))
    places = {parameter["in"] for parameter in operation["parameters"]}
    if "path" in places:
        codes.add("not_found")
    if "query" in places:
        codes.add("validation_failed")
    for media_type in operation.get("requestBody", {}).get("content", ()):
        codes.update(JSON_BODY if media_type == "application/json" else UPLOAD)
    return codes


def problems(codes: Iterable[str]) -> dict[str, Any]:
    """Response objects by status. The schema of each allows its own codes only."""
    by_status: dict[int, list[str]] = {}
    for code in sorted(codes):
        by_status.setdefault(CODES[code].status, []).append(code)
    return {str(status): _response(status, by_status[status]) for status in sorted(by_status)}


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/ProblemDocument"},
            {"properties": {"status": {"const": status}, "code": {"enum": codes}}},
        ]
    }
    return {
        "description": "\n".join(f"- `{code}`: {CODES[code].meaning}" for code in codes),
        "content": {
            "application/problem+json": {
                "schema": schema,
                "examples": {code: {"value": _example(status, code)} for code in codes},
            }
        },
    }


def _example(status: int, code: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": CODES[code].meaning,
        "retryable": status in (429, 503, 504),
    }
