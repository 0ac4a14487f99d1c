"""The Aiken parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from web.importing.aiken import blocks, parse_aiken

GOOD = "What is it?\nA. this\nB) that\nANSWER: B\n"


def test_questions_with_and_without_blank_lines_between() -> None:
    questions, rejected = parse_aiken(f"{GOOD}{GOOD}\n\nAnd\nthis?\n\nA. x\nB. y\nC. z\nanswer: c".encode())
    assert rejected == []
    assert [(q.line, q.title) for q in questions] == [
        (1, "What is it?"),
        (5, "What is it?"),
        (11, "And\nthis?"),
    ]
    assert [[option.is_correct for option in q.options] for q in questions] == [
        [False, True],
        [False, True],
        [False, False, True],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What?\nA. a\nB. b", "no correct answer"),
        ("A. a\nB. b\nANSWER: A", "question is empty"),
        ("What?\nANSWER: A", "0 options"),
        ("What?\nA. a\nANSWER: A", "1 options"),
        ("What?\nA. a\nC. b\nANSWER: A", "option C stands where option B should be"),
        ("What?\nA. a\nB. b\nANSWER: C", "no such option"),
        ("What?\nA. a\nB. b\nANSWER: A, B", "not one letter"),
        ("What?\nA. a\nB. b\nANSWER:", "not one letter"),
        ("What?\nA. a\nB. b\nC. c\nD. d\nE. e\nANSWER: A", "5 options"),
        ("Wh\x00t?\nA. a\nB. b\nANSWER: A", "NUL"),
        (f"What?\nA. a\nB. {'b' * 70_000}\nANSWER: A", "too long"),
    ],
)
def test_what_is_no_question_is_rejected_and_the_next_one_is_not(text: str, expected: str) -> None:
    questions, rejected = parse_aiken(f"{text}\n\n{GOOD}".encode())
    assert len(questions) == 1
    assert [block.line for block in rejected] == [1]
    assert expected in rejected[0].reason


def test_a_missing_answer_does_not_swallow_the_next_question() -> None:
    questions, rejected = parse_aiken(b"One?\nA. a\nB. b\nTwo?\nA. c\nB. d\nANSWER: A\n")
    assert [q.title for q in questions] == ["Two?"]
    assert [block.line for block in rejected] == [1]


def test_text_and_a_blank_line_are_not_part_of_the_question_that_follows() -> None:
    questions, rejected = parse_aiken(b"A heading\n\nWhat?\n\nA. a\nB. b\n\nANSWER: A\n")
    assert [(q.line, q.title) for q in questions] == [(3, "What?")]
    assert [block.line for block in rejected] == [1]


LINES = st.sampled_from(
    [
        b"text",
        b"A. a",
        b"B) b",
        b"C. ",
        b"ANSWER: A",
        b"ANSWER:",
        b"",
        b" ",
        b"\xff",
        b"a\x00",
        b"\xef\xbb\xbfA. a",
    ]
)


@given(st.one_of(st.binary(max_size=200), st.lists(LINES, max_size=25).map(b"\n".join)))
@example(b"ANSWER: A")
@example(b"\xef\xbb\xbfq\nA. a\nB. b\nANSWER: A")
def test_every_line_of_any_bytes_belongs_to_one_block_that_is_imported_or_rejected(data: bytes) -> None:
    found = list(blocks(data))
    lines = [line for line in data.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    assert [line for _, block in found for line in block] == lines
    questions, rejected = parse_aiken(data)
    assert sorted([q.line for q in questions] + [r.line for r in rejected]) == [start for start, _ in found]
