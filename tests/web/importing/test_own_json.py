"""Our own JSON, as strangers may have edited it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.importing.own_json import parse_own_json
from web.importing.questions import Unreadable

GOOD: dict[str, Any] = {"title": "q", "options": [{"text": "a"}, {"text": "b", "is_correct": True}]}
PNG = b"\x89PNG\r\n\x1a\n"


def document(*questions: Any, **more: Any) -> bytes:
    return json.dumps({"format": "quizwire-quiz", "version": 1, "questions": questions, **more}).encode()


def test_what_the_api_shows_of_a_quiz_can_be_imported() -> None:
    shown = {
        "id": "x",
        "title": "T",
        "status": "DRAFT",
        "questions": [GOOD | {"id": "y", "image_url": "/media/z"}],
    }
    parsed = parse_own_json(json.dumps(shown).encode())
    assert (parsed.title, len(parsed.questions), parsed.rejected) == ("T", 1, [])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (GOOD | {"options": GOOD["options"] * 3}, "6 options"),
        (GOOD | {"options": [{"text": "a"}, {"text": "b"}]}, "exactly one option must be correct, not 0"),
        (GOOD | {"title": " "}, "question is empty"),
        (GOOD | {"time_limit_s": 4}, "time limit is not 5 to 300"),
        (GOOD | {"weight": 11}, "weight is not 0 to 10"),
        (GOOD | {"weight": "1"}, "Expected `int"),
        (GOOD | {"title": "\x00"}, "NUL"),
        (GOOD | {"picture": "media/9.webp"}, "picture is not in the file"),
        (GOOD | {"picture": "media/text"}, "no JPEG, PNG or WebP"),
        ({}, "missing required field `title`"),
        (3, "Expected `object`"),
    ],
)
def test_a_question_that_cannot_be_is_rejected_by_its_number(question: Any, expected: str) -> None:
    parsed = parse_own_json(document(GOOD, question, GOOD), {"media/text": b"hello"})
    assert [q.line for q in parsed.questions] == [1, 3]
    assert [block.line for block in parsed.rejected] == [2]
    assert expected in parsed.rejected[0].reason


def test_a_picture_is_found_by_its_name() -> None:
    parsed = parse_own_json(document(GOOD | {"picture": "media/1.png"}), {"media/1.png": PNG})
    assert parsed.questions[0].picture == "media/1.png"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b'{"questions": 3}',
        b'{"title": "x"}',
        b"[" * 100_000,
        b'{"questions":' + b"[" * 100_000,
        document(format="other"),
        document(version=2),
        document(version=0),
        document(title=3),
    ],
)
def test_what_is_no_quiz_of_ours_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_own_json(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 400) | st.text(max_size=5) | st.just("a"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["title", "options", "text", "is_correct", "explanation", "weight", "picture"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(st.lists(JSON | st.just(GOOD), max_size=6))
def test_every_question_of_any_document_is_imported_or_rejected(questions: list[Any]) -> None:
    parsed = parse_own_json(document(*questions))
    places = sorted([q.line for q in parsed.questions] + [r.line for r in parsed.rejected])
    assert places == list(range(1, len(questions) + 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unreadable(data: bytes) -> None:
    try:
        parse_own_json(data)
    except Unreadable as reason:
        assert str(reason)
