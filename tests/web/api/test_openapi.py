"""The OpenAPI document holds every route, typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from quart import Quart

from tests.web.people import People
from web.documents import refuses
from web.openapi_examples import EXAMPLES
from web.problem_codes import CODES

UNTYPED = {"/openapi.json", "/asyncapi.json", "/docs", "/docs/{name}"}
PAGES = {
    "/",
    "/play",
    "/play/{code}",
    "/host",
    "/screen/{session_id}",
    "/admin",
    "/favicon.ico",
    "/static/{version}/{path:name}",
}


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


async def test_every_route_is_documented_with_its_replies(app: Quart, people: People) -> None:
    document = (await people.guest().get("/openapi.json")).body
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<", "{").replace(">", "}")
        if rule.websocket or path in UNTYPED | PAGES:
            continue
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            operation = document["paths"][path][method.lower()]
            assert operation["summary"], path
            assert any(str(status).startswith("2") for status in operation["responses"]), path
            assert "500" in operation["responses"], path
            if method in ("POST", "PUT") and not path.endswith("/logout"):
                assert "requestBody" in operation, path


async def test_every_reference_leads_somewhere(people: People) -> None:
    document = (await people.guest().get("/openapi.json")).body
    found = references(document)
    assert "#/components/schemas/QuestionDraft" in found
    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} >= found


async def test_bodies_and_problems_have_examples_and_problems_their_own_codes(people: People) -> None:
    document = (await people.guest().get("/openapi.json")).body
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            assert body is None or "example" in body, f"{method} {path}"
            for status, reply in operation["responses"].items():
                for media_type, described in reply.get("content", {}).items():
                    is_file = "type" in described["schema"]
                    examples = {"example", "examples"} & described.keys()
                    assert is_file or examples, f"{method} {path} {status} {media_type}"
                problem = reply.get("content", {}).get("application/problem+json", {})
                codes = problem.get("examples", {})
                assert all(CODES[code].status == int(status) for code in codes), f"{method} {path}"
    close = document["paths"]["/sessions/{session_id}/close"]["post"]["responses"]["409"]
    assert "no_open_question" in close["content"]["application/problem+json"]["examples"]


def test_examples_are_what_they_are_examples_of(app: Quart) -> None:
    models = {model.__name__: model for model in app.extensions["QUART_SCHEMA"].openapi_provider.models()}
    assert EXAMPLES.keys() <= models.keys()
    for name, example in EXAMPLES.items():
        decoded = msgspec.convert(example, models[name])
        assert set(msgspec.to_builtins(decoded)) >= set(example), name


def test_every_code_that_is_raised_by_name_is_listed() -> None:
    root = Path(__file__).parents[3]
    raised = re.compile(
        r"""(?:Problem\(\s*(?P<status>\d{3}),\s*|Conflict\(\s*|Refused\(\s*|PictureRefused\(\s*)"(?P<code>[a-z_]+)\""""
    )
    found = {
        (match["status"], match["code"])
        for folder in ("web", "db", "workers/rules", "workers/actors")
        for file in (root / folder).rglob("*.py")
        for match in raised.finditer(file.read_text())
    }
    assert len(found) > 20
    for status, code in found:
        assert code in CODES, code
        assert status is None or CODES[code].status == int(status), code


def test_a_route_cannot_refuse_with_a_code_that_is_not_listed() -> None:
    with pytest.raises(ValueError, match="no_such_code"):
        refuses("no_such_code")
