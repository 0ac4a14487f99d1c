"""Frames from outside: whatever comes, the answer is a message or one clear error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.gateway.errors import BadFrame
from web.gateway.incoming import Answer, Hello, Leave, Pong, Sync, parse

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
CODES = {"malformed_json", "unknown_type", "invalid_message"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"hello","ticket":"t"}', Hello(ticket="t")),
        (
            '{"type":"hello","resume_token":"r","epoch":"e","seq":41}',
            Hello(resume_token="r", epoch="e", seq=41),
        ),
        (
            '{"type":"answer","id":"1","question_id":"q","option":"B"}',
            Answer(id="1", question_id="q", option="B"),
        ),
        ('{"type":"sync"}', Sync()),
        ('{"type":"pong","t":1.5}', Pong(t=1.5)),
        ('{"type":"leave"}', Leave()),
    ],
)
def test_every_message_of_the_contract_is_understood(text, message):
    assert parse(text) == message


@pytest.mark.parametrize(
    ("text", "code", "re"),
    [
        ("", "malformed_json", None),
        ("{", "malformed_json", None),
        ('{"type":"answer"', "malformed_json", None),
        ("[]", "invalid_message", None),
        ('"hello"', "invalid_message", None),
        ("{}", "unknown_type", None),
        ('{"type":"shout","id":"7"}', "unknown_type", "7"),
        ('{"type":3}', "unknown_type", None),
        ('{"type":"answer","id":"7","question_id":"q"}', "invalid_message", "7"),
        ('{"type":"answer","id":"7","question_id":"q","option":2}', "invalid_message", "7"),
        ('{"type":"answer","id":"7","question_id":"q","option":"A","score":9}', "invalid_message", "7"),
        ('{"type":"answer","id":"' + "x" * 65 + '","question_id":"q","option":"A"}', "invalid_message", None),
        (
            r'{"type":"answer","id":"evil\u0000","question_id":"q","option":"A"}',
            "invalid_message",
            "evil\x00",
        ),
        (r'{"type":"answer","id":"a\n","question_id":"q","option":"A"}', "invalid_message", "a\n"),
        ('{"type":"answer","id":"a b","question_id":"q","option":"A"}', "invalid_message", "a b"),
        ('{"type":"hello","seq":-1}', "invalid_message", None),
    ],
)
def test_what_is_not_a_message_has_a_stable_code_and_names_its_id(text, code, re):
    with pytest.raises(BadFrame) as caught:
        parse(text)
    assert (caught.value.code, caught.value.re) == (code, re)
    assert caught.value.message.endswith(".")


@given(st.text(max_size=64) | json_values.map(json.dumps) | st.just("[" * 5000))
def test_no_text_crashes_the_parser(text):
    try:
        parse(text)
    except BadFrame as bad:
        assert bad.code in CODES
