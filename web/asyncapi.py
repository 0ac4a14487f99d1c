"""The AsyncAPI document of `GET /ws`, from the structs that travel there."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args
from urllib.parse import urlsplit

import msgspec

from web.asyncapi_texts import EXAMPLES, FIELDS
from web.gateway import outgoing
from web.gateway.entrance import HELLO_TIMEOUT_S
from web.gateway.error_codes import ERROR_CODES
from web.gateway.errors import Close
from web.gateway.gateway import HEARTBEAT_MS, SILENCE_S, Settings
from web.gateway.incoming import Incoming
from web.gateway.socket import SUBPROTOCOL

__all__ = ["FROM_CLIENT", "FROM_SERVER", "document"]

Schema = dict[str, Any]

FROM_CLIENT: tuple[type[msgspec.Struct], ...] = get_args(Incoming)
FROM_SERVER: tuple[type[msgspec.Struct], ...] = tuple(
    kind
    for kind in (getattr(outgoing, name) for name in outgoing.__all__)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag is not None
)
"""The messages, by direction; the other structs of `outgoing` are parts of these."""

REPLIES = {
    "Hello": ("Welcome", "Error"),
    "Answer": ("Ack", "Error"),
    "Sync": ("Snapshot",),
}
"""What answers a client's message directly."""

ADDRESS = "/ws"
_SCHEMA = "#/components/schemas/{name}"
_CHANNEL = "#/channels/session"
_ENCODED = {("Snapshot", "leaderboard"): "BoardView"}
"""Fields that are encoded before they are put in, and what they hold."""


def document(url: str) -> Schema:
    """The whole document, for the gateways that are reached at `url`."""
    parts = urlsplit(url)
    server: Schema = {
        "host": parts.netloc,
        "protocol": parts.scheme,
        "description": "Any gateway will do, also for coming back.",
        "security": [
            {"$ref": "#/components/securitySchemes/ticket"},
            {"$ref": "#/components/securitySchemes/resumeToken"},
        ],
    }
    if prefix := parts.path.removesuffix(ADDRESS):
        server["pathname"] = prefix
    return {"asyncapi": "3.0.0", "info": _info(), "servers": {"gateway": server}} | _contract()


@cache
def _contract() -> Schema:
    """Everything that is the same on every gateway."""
    return {
        "defaultContentType": "application/json",
        "channels": {"session": _channel()},
        "operations": _operations(),
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in (*FROM_CLIENT, *FROM_SERVER)},
            "schemas": _schemas(),
            "securitySchemes": _security(),
            "correlationIds": {
                "answer": {"location": "$message.payload#/id", "description": "The client's own id."},
                "about": {"location": "$message.payload#/re", "description": "The `id` this is about."},
            },
        },
    }


def _info() -> Schema:
    return {
        "title": "Quizwire's WebSocket",
        "version": "1",
        "description": (
            "One live session, as a participant, a host or a screen. One JSON object per text frame. "
            f"Say `hello` within {HELLO_TIMEOUT_S:g} s; `welcome` follows, and then a `snapshot` or what was missed. "
            f"`ping` comes every {HEARTBEAT_MS / 1000:g} s; whoever is silent for {SILENCE_S:g} s is closed. "
            "Every event of a session has a `seq` one above the last, the same on every gateway: a gap means "
            "that something was missed, so send `sync`. Ignore messages and fields you do not know."
        ),
    }


def _channel() -> Schema:
    limits = Settings.__dataclass_fields__
    return {
        "address": ADDRESS,
        "title": "A session",
        "description": (
            f"A frame from the client has at most 4 KiB; {limits['rate'].default:g} of them a second, "
            f"{limits['burst'].default:g} at once. Nothing is compressed."
        ),
        "servers": [{"$ref": "#/servers/gateway"}],
        "messages": {
            kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}
            for kind in (*FROM_CLIENT, *FROM_SERVER)
        },
        "bindings": {
            "ws": {
                "method": "GET",
                "headers": {
                    "type": "object",
                    "required": ["Sec-WebSocket-Protocol"],
                    "properties": {
                        "Sec-WebSocket-Protocol": {"type": "string", "const": SUBPROTOCOL},
                        "Origin": {
                            "type": "string",
                            "description": "Sent by browsers: this host's own, or one that is allowed.",
                        },
                    },
                },
                "bindingVersion": "0.1.0",
            }
        },
        "x-close-codes": [
            {"code": int(close), "meaning": close.meaning, "reconnect": close.reconnect} for close in Close
        ],
        "x-error-codes": [
            {"code": code, "meaning": error.meaning} | ({"close": int(error.close)} if error.close else {})
            for code, error in ERROR_CODES.items()
        ],
    }


def _operations() -> Schema:
    """One for each thing a client may say, and one for all that it is told, seen from the server."""
    operations: Schema = {}
    for kind in FROM_CLIENT:
        operation: Schema = {
            "action": "receive",
            "channel": {"$ref": _CHANNEL},
            "summary": _text(kind),
            "messages": [_of_channel(kind.__name__)],
        }
        if kind.__name__ in REPLIES:
            replies = [_of_channel(name) for name in REPLIES[kind.__name__]]
            operation["reply"] = {"channel": {"$ref": _CHANNEL}, "messages": replies}
        operations[f"hear{kind.__name__}"] = operation
    operations["tell"] = {
        "action": "send",
        "channel": {"$ref": _CHANNEL},
        "summary": "What happens in the session, and what concerns this connection.",
        "messages": [_of_channel(kind.__name__) for kind in FROM_SERVER],
    }
    return operations


def _of_channel(name: str) -> Schema:
    return {"$ref": f"{_CHANNEL}/messages/{name}"}


def _message(kind: type[msgspec.Struct]) -> Schema:
    tag = str(kind.__struct_config__.tag)
    fields = kind.__struct_fields__
    message: Schema = {
        "name": tag,
        "title": kind.__name__,
        "summary": _text(kind),
        "contentType": "application/json",
        "payload": {"$ref": _SCHEMA.format(name=kind.__name__)},
        "examples": [
            {"name": kind.__name__ if number == 0 else f"{kind.__name__}{number + 1}", "payload": example}
            for number, example in enumerate({"type": tag} | fields for fields in EXAMPLES[kind.__name__])
        ],
    }
    if "seq" in fields and tag not in ("hello", "welcome", "snapshot"):
        message["tags"] = [{"name": "event", "description": "Counted by `seq`."}]
    if kind.__name__ == "Answer":
        message["correlationId"] = {"$ref": "#/components/correlationIds/answer"}
    elif "re" in fields:
        message["correlationId"] = {"$ref": "#/components/correlationIds/about"}
    return message


def _schemas() -> dict[str, Schema]:
    parts = [*FROM_CLIENT, *FROM_SERVER, outgoing.BoardView]
    _, schemas = msgspec.json.schema_components(parts, ref_template=_SCHEMA)
    for (name, field), content in _ENCODED.items():
        schemas[name]["properties"][field] = {"$ref": _SCHEMA.format(name=content)}
    schemas["Error"]["properties"]["code"] = {"type": "string", "enum": list(ERROR_CODES)}
    return {name: _described(name, _draft_07(schema)) for name, schema in sorted(schemas.items())}


def _described(name: str, schema: Schema) -> Schema:
    """The same schema, its fields with their descriptions; one beside a reference would not count."""
    for field, content in schema.get("properties", {}).items():
        description = FIELDS.get(f"{name}.{field}", FIELDS.get(field))
        if description is not None:
            reference = {"allOf": [content]} if "$ref" in content else content
            schema["properties"][field] = {"description": description} | reference
    return schema


def _draft_07(schema: Any) -> Any:
    """A schema of msgspec's, JSON Schema 2020-12, as AsyncAPI's own dialect has it: tuples are written otherwise."""
    if isinstance(schema, list):
        return [_draft_07(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    converted = {key: _draft_07(value) for key, value in schema.items()}
    if "prefixItems" in converted:
        converted["additionalItems"] = False
        converted["items"] = converted.pop("prefixItems")
    return converted


def _security() -> Schema:
    """Both travel inside the first message, never in the URL."""
    return {
        "ticket": {
            "type": "apiKey",
            "in": "user",
            "description": (
                "In `hello`: from `POST /users/quizzes/{quizId}/join` for a participant, from "
                "`POST /sessions/{id}/tickets` for a host or a screen. Opens one connection, within 30 s."
            ),
        },
        "resumeToken": {
            "type": "apiKey",
            "in": "user",
            "description": "In `hello`, to come back: from joining; good until the session ends.",
        },
    }


def _text(kind: type[Any]) -> str:
    return (kind.__doc__ or "").strip()
