"""The AsyncAPI document says what the types say, and the official parser takes it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.web.people import People
from web.asyncapi import FROM_CLIENT, FROM_SERVER, document
from web.asyncapi_texts import EXAMPLES
from web.gateway import outgoing
from web.gateway.error_codes import ERROR_CODES
from web.gateway.errors import Close
from web.gateway.outgoing import BoardView

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/websocket.md").read_text()
PARSER = "@asyncapi/parser@3.6.6"
MESSAGES = [*FROM_CLIENT, *FROM_SERVER]
DOCUMENT = document("wss://quiz.example.com/ws")
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def section(title: str) -> str:
    """The part of the reference page below a heading."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


async def test_it_is_served_for_the_host_that_was_asked(people: People) -> None:
    served = (await people.guest().get("/asyncapi.json")).body
    assert served["channels"] == json.loads(json.dumps(DOCUMENT["channels"]))
    assert served["servers"]["gateway"]["protocol"] == "ws"
    assert DOCUMENT["servers"]["gateway"]["host"] == "quiz.example.com"
    assert document("wss://a.example/quiz/ws")["servers"]["gateway"]["pathname"] == "/quiz"


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_every_message_has_its_fields_with_a_word_on_each(kind: type[msgspec.Struct]) -> None:
    message = DOCUMENT["components"]["messages"][kind.__name__]
    assert message["name"] == kind.__struct_config__.tag
    assert message["summary"]
    schema = SCHEMAS[kind.__name__]
    assert set(schema["properties"]) == {"type", *kind.__struct_encode_fields__}
    operations = DOCUMENT["operations"].values()
    action = "receive" if kind in FROM_CLIENT else "send"
    named = {"$ref": f"#/channels/session/messages/{kind.__name__}"}
    assert any(named in one["messages"] and one["action"] == action for one in operations)


def test_every_field_is_described_and_typed() -> None:
    for name, schema in SCHEMAS.items():
        for field, content in schema.get("properties", {}).items():
            assert content.get("description"), f"{name}.{field}: describe it in web/asyncapi_texts.py"
            assert content.keys() & {"type", "anyOf", "allOf", "enum", "const"}, f"{name}.{field}"


def test_no_message_is_left_out() -> None:
    tagged = {
        kind
        for kind in vars(outgoing).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.tag
    }
    assert set(FROM_SERVER) == tagged


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_examples_are_messages_and_together_they_show_every_field(kind: type[msgspec.Struct]) -> None:
    shown: set[str] = set()
    for example in EXAMPLES[kind.__name__]:
        raw = {name: json.dumps(example[name]) for name in ("leaderboard",) if name in example}
        decoded = msgspec.convert(
            example | {name: msgspec.Raw(text.encode()) for name, text in raw.items()} | _tag(kind), kind
        )
        written = json.loads(outgoing.encode(decoded))
        assert {name: written[name] for name in example} == example
        for text in raw.values():
            assert json.loads(outgoing.encode(msgspec.json.decode(text, type=BoardView))) == json.loads(text)
        shown |= set(example)
    assert shown == set(kind.__struct_encode_fields__)


def _tag(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"type": kind.__struct_config__.tag}


def test_every_error_code_that_is_sent_is_listed() -> None:
    raised = re.compile(
        r"""(?:BadFrame\(|(?:Refused|Violation)\(\s*[\w.]+,|Error\(\s*code=)\s*"(?P<code>[a-z0-9_]+)\""""
    )
    sent = {
        match["code"]
        for file in (ROOT / "web/gateway").rglob("*.py")
        for match in raised.finditer(file.read_text())
    }
    assert len(sent) > 10
    assert sent == set(ERROR_CODES)
    assert [one["code"] for one in DOCUMENT["channels"]["session"]["x-error-codes"]] == list(ERROR_CODES)


def test_every_close_code_is_listed_with_what_to_do() -> None:
    listed = DOCUMENT["channels"]["session"]["x-close-codes"]
    assert {(one["code"], one["reconnect"]) for one in listed} == {
        (int(close), close.reconnect) for close in Close
    }
    assert all(one["meaning"] for one in listed)


def test_the_reference_page_has_every_message_with_every_field() -> None:
    for title, kinds in (("Client → server", FROM_CLIENT), ("Server → client", FROM_SERVER)):
        told = {re.findall(r"`(\w+)`", message)[0]: fields for message, fields in rows(title)}
        assert set(told) == {kind.__struct_config__.tag for kind in kinds}
        for kind in kinds:
            words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", told[_tag(kind)["type"]]))))
            top = set(kind.__struct_encode_fields__)
            assert top <= words, f"{kind.__name__}: {top - words} missing in docs/reference/websocket.md"


def test_the_reference_page_has_every_error_code() -> None:
    told = {
        code: re.search(r"closed with (\d{4})", meaning)
        for codes, meaning in rows("Error codes")
        for code in re.findall(r"`(\w+)`", codes)
    }
    assert {code: None if close is None else int(close[1]) for code, close in told.items()} == {
        code: None if error.close is None else int(error.close) for code, error in ERROR_CODES.items()
    }


def test_the_reference_page_has_every_close_code_on_the_right_side() -> None:
    again, stop = (
        [int(cell[:4]) for cell in column if cell] for column in zip(*rows("Close codes"), strict=True)
    )
    assert sorted(again) == sorted(int(close) for close in Close if close.reconnect)
    assert sorted(stop) == sorted(
        int(close) for close in Close if not close.reconnect and close is not Close.NORMAL
    )


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """AsyncAPI's own parser, fetched once and kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quizwire"
    folder = cache / PARSER.rpartition("/")[2]
    if not folder.exists():
        making = cache / f"{folder.name}.{os.getpid()}"
        making.mkdir(parents=True)
        command = [
            "npm",
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            making,
            PARSER,
        ]
        try:
            if shutil.which("npm") is None or shutil.which("node") is None:
                _unavailable("Node.js with npm is not on PATH")
            done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
            if done.returncode:
                _unavailable(f"npm could not install {PARSER}: {done.stderr[-500:]}")
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder / "node_modules"


def _unavailable(reason: str) -> None:
    """Without the parser there is nothing to see; where it must be seen that is a failure."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.mark.parametrize("broken", [False, True], ids=["as it is", "with a reference to nothing"])
def test_the_official_parser_takes_it(node_modules: Path, broken: bool) -> None:
    tried = json.loads(json.dumps(DOCUMENT))
    if broken:
        tried["channels"]["session"]["messages"]["Ack"]["$ref"] = "#/components/messages/Nothing"
    done = subprocess.run(
        ["node", Path(__file__).parent / "asyncapi_check.js"],
        env=os.environ | {"NODE_PATH": str(node_modules)},
        input=json.dumps(tried),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode != 0) is broken, done.stdout + done.stderr
