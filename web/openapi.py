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

from web.problems import ProblemDocument
from web.replies import File, Nothing

__all__ = ["Provider"]

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
        described: set[type[Any]] = {ProblemDocument, *self._models()}
        models = {model for model in described if model is not Nothing and not issubclass(model, File)}
        _, components = msgspec.json.schema_components(models, ref_template=_REFERENCE)
        document["components"]["schemas"].update(sorted(components.items()))
        return document

    def build_paths(self, rule: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every operation may also answer with a problem."""
        paths, components = super().build_paths(rule)
        for path in paths.values():
            for operation in path.values():
                # As text like "default": JSON sorts the keys.
                operation["responses"] = {
                    str(status): reply for status, reply in operation["responses"].items()
                }
                operation["responses"]["default"] = {
                    "description": "A problem (RFC 9457): `code` is stable, `detail` says what to do.",
                    "content": {"application/problem+json": {"schema": _reference(ProblemDocument)}},
                }
        return paths, components

    def build_request_body(self, model: Any, source: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A reference to the struct. A body without required fields may be left out."""
        required = any(field.required for field in msgspec.structs.fields(model))
        body = {"content": {_ENCODINGS[source]: {"schema": _reference(model)}}, "required": required}
        return body, {}

    def build_response_object(self, model: Any, headers_model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """A reference to the struct, or no content at all."""
        described: dict[str, Any] = {"description": (model.__doc__ or "").strip()}
        if issubclass(model, File):
            described["content"] = {model.media_type: {"schema": {"type": "string", "format": "binary"}}}
        elif model is not Nothing:
            described["content"] = {"application/json": {"schema": _reference(model)}}
        for media_type in getattr(model, "also", ()):  # the same in other forms
            described["content"][media_type] = {"schema": {"type": "string", "format": "binary"}}
        return described, {}

    def _models(self) -> Iterator[type[Any]]:
        for rule in self.generate_rules():
            view = self._app.view_functions[rule.endpoint]
            if request := getattr(view, QUART_SCHEMA_REQUEST_ATTRIBUTE, None):
                yield request[0]
            for model, _ in getattr(view, QUART_SCHEMA_RESPONSE_ATTRIBUTE, {}).values():
                yield model


def _reference(model: type[Any]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=model.__name__)}
