"""The OpenAPI document holds every route, typed."""

from __future__ import annotations

from typing import Any

from quart import Quart

from tests.web.people import People

UNTYPED = {"/openapi.json"}


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


async def test_every_route_is_documented_with_its_replies(app: Quart, people: People) -> None:
    document = (await people.guest().get("/openapi.json")).body
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<", "{").replace(">", "}")
        if rule.websocket or path in UNTYPED:
            continue
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            operation = document["paths"][path][method.lower()]
            assert operation["summary"], path
            assert any(str(status).startswith("2") for status in operation["responses"]), path
            assert "default" in operation["responses"], path
            if method in ("POST", "PUT") and not path.endswith("/logout"):
                assert "requestBody" in operation, path


async def test_every_reference_leads_somewhere(people: People) -> None:
    document = (await people.guest().get("/openapi.json")).body
    found = references(document)
    assert "#/components/schemas/QuestionDraft" in found
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} >= found
