"""House rules about log lines: each field that the code can write has its place in Elasticsearch."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from pathlib import Path

from tests.shipping import configuration, ingested, misfits

ROOT = Path(__file__).parent.parent
METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
BOUND = {"bind", "say_always"}
ALWAYS = {
    "event": "request",
    "level": "info",
    "logger": "web.app",
    "timestamp": "2026-01-02T03:04:05.678901Z",
    "service": "web",
    "node": "n1",
}


def fields_of_the_code() -> set[str]:
    """Names of all keyword arguments of logging calls, and of ids that are bound."""
    found: set[str] = set()
    for path in [path for folder in ("bus", "web", "workers") for path in ROOT.glob(f"{folder}/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            whose = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            if (whose == "log" and node.func.attr in METHODS) or (
                whose in ("context", "logs") and node.func.attr in BOUND
            ):
                found |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


def test_every_field_has_a_place():
    fields = fields_of_the_code() - {"traceparents"} | {"trace_ids"}  # which they are written as
    assert {"message_ids", "took_ms", "code", "request_id"} <= fields
    line = ALWAYS | dict.fromkeys(sorted(fields), None) | {"service": "web", "node": "n1"}
    assert misfits(ingested(line)) == []


def test_a_field_without_a_place_is_found():
    assert misfits(ingested(ALWAYS | {"shoe_size": 43})) == ["quizwire.shoe_size is not mapped"]
    assert misfits(ingested(ALWAYS | {"took_ms": "long"})) == ["quizwire.took_ms is 'long', mapped as float"]


def test_filebeat_the_pipeline_and_the_template_are_about_the_same():
    filebeat, _, template = configuration()
    output = filebeat["output.elasticsearch"]
    assert output["pipeline"] == template["template"]["settings"]["index.default_pipeline"] == "quizwire"
    assert any(fnmatch(output["index"], pattern) for pattern in template["index_patterns"])
    assert "data_stream" in template
