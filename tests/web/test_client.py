"""The client's types are those of the OpenAPI document."""

from __future__ import annotations

from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from client import bodies
from tests.web.people import People

COMPONENTS = {
    "Answer": "GivenAnswer",
    "Leaderboard": "LeaderboardReply",
    "Option": "OptionReply",
    "Question": "QuestionReply",
    "Quiz": "QuizReply",
    "Results": "ResultsReply",
    "Session": "SessionReply",
    "Standing": "LeaderboardEntry",
    "Ticket": "TicketReply",
}
"""What the client calls otherwise."""

KINDS = [kind for kind in vars(bodies).values() if is_typeddict(kind) and kind.__module__ == bodies.__name__]
JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def component_of(kind: type[Any]) -> str:
    return COMPONENTS.get(kind.__name__, kind.__name__)


def types_of(hint: Any) -> set[str]:
    """What may be in a field: JSON types, names of components, and `[…]` around those of a list's items."""
    if is_typeddict(hint):
        return {component_of(hint)}
    match get_origin(hint):
        case None:
            return {JSON_TYPES[hint]}
        case origin if origin is list:
            return {f"[{name}]" for name in types_of(get_args(hint)[0])}
        case origin if origin is dict:
            return {"object"}
        case _:
            values = [type(value) if isinstance(value, str) else value for value in get_args(hint)]
            return set().union(*map(types_of, values))


def types_in(schema: dict[str, Any]) -> set[str]:
    if "anyOf" in schema:
        return set().union(*map(types_in, schema["anyOf"]))
    if "$ref" in schema:
        return {schema["$ref"].rpartition("/")[2]}
    if "enum" in schema or "const" in schema:
        return {"string"}
    if schema["type"] == "array":
        return {f"[{name}]" for name in types_in(schema["items"])}
    return {schema["type"]}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_it_has_the_fields_of_its_component(people: People, kind: Any) -> None:
    document = (await people.guest().get("/openapi.json")).body
    schema = document["components"]["schemas"][component_of(kind)]
    documented = {name: types_in(field) for name, field in schema["properties"].items()}
    assert {name: types_of(hint) for name, hint in get_type_hints(kind).items()} == documented
    assert kind.__required_keys__ == set(schema["required"]) or kind is bodies.Tokens
