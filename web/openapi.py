"""The OpenAPI document, from the structs that the routes name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from quart_schema import DataSource
from quart_schema.openapi import OpenAPIProvider
from quart_schema.validation import (
    QUART_SCHEMA_REQUEST_ATTRIBUTE,
    QUART_SCHEMA_RESPONSE_ATTRIBUTE,
)

from web.openapi_examples import EXAMPLES
from web.openapi_headers import described_headers, headers_of
from web.openapi_problems import possible_codes, problems
from web.problems import ProblemDocument
from web.replies import File, Nothing

__all__ = ["Provider"]

TAGS = {
    "accounts": "Accounts",
    "logins": "Accounts",
    "quizzes": "Quizzes",
    "exchange": "Quizzes",
    "media": "Pictures",
    "joining": "Sessions",
    "sessions": "Sessions",
    "session_lists": "Sessions",
    "participants": "Sessions",
    "results": "Sessions",
    "admin_api": "Administration",
    "health": "Probes",
}
"""What a reader looks for, by blueprint."""

_REFERENCE = "#/components/schemas/{name}"
_ENCODINGS = {
    DataSource.JSON: "application/json",
    DataSource.FORM: "application/x-www-form-urlencoded",
    DataSource.FORM_MULTIPART: "multipart/form-data",
}


class Provider(OpenAPIProvider):
    """quart-schema's provider, with every struct as a component: its own leaves the nested ones of msgspec out."""

    def schema(self) -> dict[str, Any]:
        """The whole document."""
        document = super().schema()
        described: set[type[Any]] = {ProblemDocument, *self.models()}
        models = {model for model in described if model is not Nothing and not issubclass(model, File)}
        _, components = msgspec.json.schema_components(models, ref_template=_REFERENCE)
        for component in components.values():
            for field in component.get("properties", {}).values():
                # msgspec takes bytes for base64, but a form holds them as they are.
                if field.pop("contentEncoding", None):
                    field["format"] = "binary"
        document["components"]["schemas"].update(sorted(components.items()))
        return document

    def build_paths(self, rule: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every operation with all the problems that it may answer with."""
        paths, components = super().build_paths(rule)
        view = self._app.view_functions[rule.endpoint]
        for path in paths.values():
            for operation in path.values():
                # As text like those of problems: JSON sorts the keys.
                replies = {str(status): reply for status, reply in operation["responses"].items()}
                for status, problem in problems(possible_codes(view, operation)).items():
                    if status in replies:  # an answer and a problem, told apart by their media types
                        replies[status]["content"] |= problem["content"]
                        replies[status]["description"] += "\n" + problem["description"]
                    else:
                        replies[status] = problem
                for status, reply in replies.items():
                    headers = headers_of(view, status) | reply.get("headers", {})
                    if headers:
                        reply["headers"] = headers
                operation["responses"] = replies
                if tag := TAGS.get(rule.endpoint.partition(".")[0]):
                    operation["tags"] = [tag]
        return paths, components

    def build_request_body(self, model: Any, source: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A reference to the struct. A body without required fields may be left out."""
        required = any(field.required for field in msgspec.structs.fields(model))
        return {"content": {_ENCODINGS[source]: _described(model)}, "required": required}, {}

    def build_response_object(self, model: Any, headers_model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A reference to the struct, or no content at all."""
        described: dict[str, Any] = {"description": (model.__doc__ or "").strip()}
        if issubclass(model, File):
            described["content"] = {model.media_type: {"schema": _file(model.media_type)}}
        elif model is not Nothing:
            described["content"] = {"application/json": _described(model)}
        if headers_model is not None:
            described["headers"] = described_headers(headers_model)
        for media_type in getattr(model, "also", ()):  # the same in other forms
            described["content"][media_type] = {"schema": _file(media_type)}
        return described, {}

    def models(self) -> Iterator[type[Any]]:
        """The structs that routes name, some more than once."""
        for rule in self.generate_rules():
            view = self._app.view_functions[rule.endpoint]
            if request := getattr(view, QUART_SCHEMA_REQUEST_ATTRIBUTE, None):
                yield request[0]
            for model, _ in getattr(view, QUART_SCHEMA_RESPONSE_ATTRIBUTE, {}).values():
                yield model


def _described(model: type[Any]) -> dict[str, Any]:
    """The media type object of a struct: its schema, and an example if there is one."""
    described: dict[str, Any] = {"schema": _reference(model)}
    if model.__name__ in EXAMPLES:
        described["example"] = EXAMPLES[model.__name__]
    return described


def _file(media_type: str) -> dict[str, Any]:
    """The schema of a file, of which the document knows no more than this."""
    if media_type == "application/json":
        return {"type": "object"}
    return {"type": "string", "format": "binary"}


def _reference(model: type[Any]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=model.__name__)}
