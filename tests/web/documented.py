"""Whether a reply is one that the OpenAPI document tells of. Every reply that `Person` gets is asked."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from quart import Quart
from werkzeug.exceptions import HTTPException

__all__ = ["require_documented"]

_documents: WeakKeyDictionary[Quart, dict[str, Any]] = WeakKeyDictionary()


def require_documented(app: Quart, method: str, path: str, reply: Any, body: Any) -> None:
    """Raises AssertionError for a status, media type or problem code that the document does not have for the route."""
    document = _documents.get(app)
    if document is None:
        document = _documents[app] = app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    try:
        rule, _ = app.url_map.bind("localhost").match(path.partition("?")[0], method, return_rule=True)
    except HTTPException:
        return
    operations = document["paths"].get(rule.rule.replace("<", "{").replace(">", "}"))
    if operations is None or method == "OPTIONS":
        return
    route, status = f"{method} {rule.rule}", str(reply.status_code)
    operation = operations["get" if method == "HEAD" else method.lower()]
    assert status in operation["responses"], f"{route} does not document {status}: {body}"
    told = {"ETag", "Location", "Retry-After", "RateLimit-Limit"} & set(reply.headers.keys())
    unknown = told - operation["responses"][status].get("headers", {}).keys()
    assert not unknown, f"{route} does not document {unknown} at {status}"
    content = operation["responses"][status].get("content", {})
    if content and method != "HEAD":
        assert reply.mimetype in content, f"{route} does not document {reply.mimetype} at {status}"
    if reply.mimetype == "application/problem+json" and method != "HEAD":
        codes = content[reply.mimetype]["examples"]
        assert body["code"] in codes, f"{route} does not document {body['code']} at {status}"
