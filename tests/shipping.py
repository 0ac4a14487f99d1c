"""What Filebeat, the ingest pipeline and the index template of deploy/logging make of a line of our logs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent.parent / "deploy/logging"

Document = dict[str, Any]

FITS = {
    "keyword": str,
    "match_only_text": str,
    "boolean": bool,
    "integer": int,
    "short": int,
    "float": (int, float),
}


def configuration() -> tuple[Document, Document, Document]:
    """Filebeat's settings, the pipeline, the template."""
    return (
        yaml.safe_load((FOLDER / "filebeat.yml").read_text()),
        json.loads((FOLDER / "ingest-pipeline.json").read_text()),
        json.loads((FOLDER / "index-template.json").read_text()),
    )


def ingested(line: Document) -> Document:
    """The document that a parsed line becomes; the few processors that we use, as Elasticsearch describes them."""
    filebeat, pipeline, _ = configuration()
    (parser,) = filebeat["filebeat.inputs"][0]["parsers"]
    document: Document = {parser["ndjson"]["target"]: dict(line)}
    for processor in pipeline["processors"]:
        ((kind, settings),) = processor.items()
        parent, name = _parent(document, settings["field"])
        if name not in parent:
            assert settings.get("ignore_missing") or "if" in settings, f"{settings} would fail"
            continue
        if kind == "remove":
            del parent[name]
        elif kind == "rename":
            target, target_name = _parent(document, settings["target_field"])
            assert target_name not in target, f"{settings['target_field']} is there already"
            target[target_name] = parent.pop(name)
        elif kind == "date":
            assert settings["formats"] == ["ISO8601"]
            datetime.fromisoformat(parent[name])
            target, target_name = _parent(document, settings["target_field"])
            target[target_name] = parent[name]
        else:
            raise AssertionError(f"a processor that this test does not know: {kind}")
    return document


def misfits(document: Document, properties: Document | None = None, path: str = "") -> list[str]:
    """Fields that the template does not have, or has with another type."""
    properties = (
        configuration()[2]["template"]["mappings"]["properties"] if properties is None else properties
    )
    found = []
    for name, value in document.items():
        where, field = f"{path}{name}", properties.get(name)
        if field is None:
            found.append(f"{where} is not mapped")
        elif "properties" in field:
            found += misfits(value, field["properties"], f"{where}.") if isinstance(value, dict) else [where]
        elif value is not None and not _fits(value, field["type"]):
            found.append(f"{where} is {value!r}, mapped as {field['type']}")
    return found


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, list):
        return all(_fits(one, kind) for one in value)
    if kind == "date":
        return bool(datetime.fromisoformat(value))
    return isinstance(value, FITS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _parent(document: Document, path: str) -> tuple[Document, str]:
    *before, name = path.split(".")
    for part in before:
        document = document.setdefault(part, {})
    return document, name
