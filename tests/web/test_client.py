"""The client's types are those of the OpenAPI document, and its messages those of the gateway."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import msgspec
import pytest

from client import CLOSE_CODES, STOP_CODES, bodies, messages
from tests.web.people import People
from web.asyncapi import FROM_SERVER
from web.asyncapi_texts import EXAMPLES
from web.gateway.errors import Close
from web.gateway.incoming import Answer, Hello, Leave, Pong, Sync, parse

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


def fields_of(kind: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("sent", FROM_SERVER, ids=lambda kind: kind.__name__)
def test_it_understands_every_message_with_every_field(sent: type[msgspec.Struct]) -> None:
    tag = sent.__struct_config__.tag
    (understood,) = (kind for kind in get_args(messages.ServerMessage) if kind.__struct_config__.tag == tag)
    assert set(fields_of(sent)) <= set(fields_of(understood))
    required = {name for name, field in fields_of(understood).items() if field.required}
    assert required <= set(fields_of(sent))
    for example in EXAMPLES[sent.__name__]:
        decoded = messages.decode(json.dumps({"type": tag} | example))
        read = json.loads(msgspec.json.encode(decoded))
        assert holds(read, example)


def holds(read: Any, told: Any) -> bool:
    """Whether everything that was told was read, beside fields that the server does not have (yet)."""
    match told:
        case dict():
            return all(name in read and holds(read[name], value) for name, value in told.items())
        case list():
            return len(read) == len(told) and all(map(holds, read, told))
        case _:
            return bool(read == told)


def test_the_server_understands_it() -> None:
    assert parse(messages.hello_with_ticket("t").decode()) == Hello(ticket="t")
    again = Hello(resume_token="r", epoch="e", seq=4)
    assert parse(messages.hello_again("r", "e", 4).decode()) == again
    assert parse(messages.hello_again("r", None, 0).decode()) == Hello(resume_token="r")
    assert parse(messages.answer("i", "q", "A").decode()) == Answer(id="i", question_id="q", option="A")
    assert parse(messages.pong(msgspec.Raw(b"12")).decode()) == Pong(t=12)
    assert parse(messages.sync.decode()) == Sync()
    assert parse(messages.leave.decode()) == Leave()


def test_it_knows_the_close_codes_and_what_to_do_after_each() -> None:
    codes = [close for close in Close if close is not Close.NORMAL]
    assert {int(close): close.meaning for close in codes} == CLOSE_CODES
    assert {int(close) for close in codes if not close.reconnect} == STOP_CODES
