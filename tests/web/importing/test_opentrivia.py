"""The OpenTriviaQA parser: real files, and dirt."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.opentrivia import opentrivia
from web.importing.opentrivia import parse_opentrivia
from web.limits import MAX_QUESTIONS


def block_starts(data: bytes) -> list[int]:
    """First line of each block, counted without the parser."""
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    filled = [bool(line.strip()) for line in lines]
    return [n for n, full in enumerate(filled, start=1) if full and (n == 1 or not filled[n - 2])]


def reason(text: str | bytes) -> str:
    """Why a single block is rejected."""
    questions, rejected = parse_opentrivia(text if isinstance(text, bytes) else text.encode())
    assert not questions
    assert len(rejected) == 1
    return rejected[0].reason


def one(text: str | bytes) -> tuple[str, list[str], str]:
    """`(title, options, correct option)` of a single block."""
    questions, rejected = parse_opentrivia(text if isinstance(text, bytes) else text.encode())
    assert not rejected
    (question,) = questions
    (correct,) = (option.text for option in question.options if option.is_correct)
    return question.title, [option.text for option in question.options], correct


@pytest.mark.parametrize(
    ("name", "imported", "rejected_lines"),
    [
        ("for-kids", 756, [1790, 1792, 1824, 1826, 1838, 1840]),
        ("geography", 842, []),
        ("science-technology", 2485, [884, 886]),
    ],
)
def test_real_files_are_imported_but_for_questions_with_a_blank_line_inside(
    name: str, imported: int, rejected_lines: list[int]
) -> None:
    data = opentrivia(name).read_bytes()
    questions, rejected = parse_opentrivia(data)
    assert len(questions) == imported
    assert [block.line for block in rejected] == rejected_lines
    assert sorted([q.line for q in questions] + [r.line for r in rejected]) == block_starts(data)
    for question in questions:
        assert sum(option.is_correct for option in question.options) == 1


def test_no_real_text_is_mangled() -> None:
    questions, _ = parse_opentrivia(opentrivia("science-technology").read_bytes())
    (greek,) = (question.title for question in questions if "phusis" in question.title)
    # The file itself has lost the second letter of φύσις: a first byte, then a question mark.
    assert "φ\ufffdσις (phusis)" in greek
    everything = "".join(q.title + "".join(option.text for option in q.options) for q in questions)
    assert "“spook hunter”" in everything
    assert everything.count("\ufffd") == 1
    assert not any(mojibake in everything for mojibake in ("â€", "Ã", "Ï", "Â", "\r"))


def test_a_question_may_go_on_over_several_lines() -> None:
    text = "#Q Complete this line:\nI am ______. \nA thing!\n^ Sam\nA A Lamb\nB Sam\n"
    assert one(text) == ("Complete this line:\nI am ______.\nA thing!", ["A Lamb", "Sam"], "Sam")


def test_line_ends_may_be_mixed() -> None:
    questions, rejected = parse_opentrivia(b"\r\n#Q a?\r\n^ b\nA b\r\nB c\n\r\n#Q d?\r^ e\rA f\rB e")
    assert [(q.line, q.title) for q in questions] == [(2, "a?"), (7, "d?")]
    assert rejected == []


def test_encodings_may_be_mixed() -> None:
    utf8 = "#Q Où est “Zürich”?\n^ là\nA là\nB ici".encode()
    windows = "#Q Où est “Genève”?\n^ là\nA là\nB ici".encode("cp1252")
    questions, _ = parse_opentrivia(b"\xef\xbb\xbf" + utf8 + b"\n\n" + windows + b"\n\n" + utf8)
    assert [q.title for q in questions] == ["Où est “Zürich”?", "Où est “Genève”?", "Où est “Zürich”?"]
    assert [q.options[0].text for q in questions] == ["là"] * 3


def test_encodings_may_be_mixed_within_a_line() -> None:
    assert one("#Q “caf".encode() + b"\xe9\x94? " + "é”\n^ b\nA b\nB c".encode())[0] == "“café”? é”"


def test_the_answer_is_found_despite_case_and_spaces() -> None:
    assert one("#Q q\n^  New   york \nA New York\nB Paris")[2] == "New York"
    assert one("#Q q\n^ us\nA US\nB us")[2] == "us"


def test_two_options_and_equal_wrong_options_are_fine() -> None:
    assert one("#Q q\n^ True\nA True\nB False")[1] == ["True", "False"]
    assert one("#Q q\n^ a\nA a\nB b\nC b")[1] == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Q q\n^ a\nA a\nB b\nC c\nD d\nE e", "5 options"),
        ("#Q q\n^ a\nA a", "1 options"),
        ("#Q q", "no correct answer"),
        ("#Q q\nA a\nB b", "no correct answer"),
        ("q\n^ a\nA a\nB b", "does not begin with `#Q`"),
        ("#Q q\n^ a\nA a\nB b\n#Q q\n^ a\nA a\nB b", "two questions"),
        ("#Q q\n^ a\n^ b\nA a\nB b", "two correct answers"),
        ("#Q q\n^ c\nA a\nB b", "not among the options"),
        ("#Q q\n^ a\nA a\nB a", "occurs twice"),
        ("#Q q\n^ A\nA a\nB a", "occurs twice"),
        ("#Q q\n^\nA a\nB b", "correct answer is empty"),
        ("#Q q\n^ a\nA a\nB\nC c", "option B is empty"),
        ("#Q q\n^ a\nA a\nC c", "option C stands where option B should be"),
        ("#Q\n^ a\nA a\nB b", "question is empty"),
        ("#Q q\x00\n^ a\nA a\nB b", "NUL"),
        (f"#Q {'q' * 2001}\n^ a\nA a\nB b", "longer than 2,000 characters"),
        (f"#Q q\n^ a\nA a\nB {'b' * 501}", "longer than 500 characters"),
        (f"#Q q\n^ a\nA a\nB {'b' * 70_000}", "too long"),
    ],
)
def test_a_block_that_is_no_question_is_rejected_with_a_reason(text: str, expected: str) -> None:
    assert expected in reason(text)


def test_what_is_too_much_for_one_quiz_is_rejected() -> None:
    questions, rejected = parse_opentrivia(b"#Q q\n^ a\nA a\nB b\n\n" * (MAX_QUESTIONS + 2))
    assert len(questions) == MAX_QUESTIONS
    assert [block.line for block in rejected] == [MAX_QUESTIONS * 5 + 1, MAX_QUESTIONS * 5 + 6]
    assert "at most 10,000" in rejected[0].reason


LINES = [
    b"#Q ",
    b"#Q what?\n",
    b"^ a\n",
    b"A a\n",
    b"B b\n",
    b"C \n",
    b"\n",
    b"\r\n",
    b"\r",
    b" \n",
    b"^",
    b"A",
]
DIRT = [b"\xe9", b"\xcf?", b"\xef\xbb\xbf", "“".encode(), b"\x00", b"\xc2\xa0\n", b"\x85", b"\x1c"]
PIECES = st.sampled_from([*LINES, *DIRT])


@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(b"".join)))
@example(b"")
@example(b"\xef\xbb\xbf#Q a\n^ b\nA b\nB c")
@example(b"#Q q\n^ a\nA a\nB b\n\n#Q q")
def test_every_block_of_any_bytes_is_imported_or_rejected(data: bytes) -> None:
    questions, rejected = parse_opentrivia(data)
    assert sorted([q.line for q in questions] + [r.line for r in rejected]) == block_starts(data)
    for question in questions:
        assert question.title.strip() == question.title != ""
        assert 2 <= len(question.options) <= 4
        assert sum(option.is_correct for option in question.options) == 1
        assert all(option.text.strip() for option in question.options)
