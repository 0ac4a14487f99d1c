"""The GIFT parser: what Moodle writes, and dirt."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from web.importing.gift import parse_gift
from web.importing.questions import ImportedQuestion


def one(text: str) -> ImportedQuestion:
    questions, rejected = parse_gift(text.encode())
    assert not rejected, rejected
    (question,) = questions
    return question


def options(question: ImportedQuestion) -> dict[str, bool]:
    return {option.text: option.is_correct for option in question.options}


def test_multiple_choice_with_everything() -> None:
    question = one(
        "// from last year\n"
        "::Capitals\\: easy:: What is the\n  capital of Australia? {\n"
        "\t~Sydney # the largest city\n\t=Canberra # right!\n"
        "// a comment in between\n\t~%50%Melbourne\n\t#### Founded in 1913.\n}"
    )
    assert question.title == "What is the\ncapital of Australia?"
    assert options(question) == {"Sydney": False, "Canberra": True, "Melbourne": False}
    assert question.explanation == "Founded in 1913.\nright!"


@pytest.mark.parametrize(
    ("answers", "truth"), [("T", True), ("TRUE", True), ("F", False), ("False#no#yes", False)]
)
def test_true_or_false(answers: str, truth: bool) -> None:
    question = one(f"The sun is a star. {{{answers}}}")
    assert options(question) == {"True": truth, "False": not truth}
    assert question.explanation == ("yes" if "#" in answers else None)


def test_escaped_characters_are_themselves() -> None:
    question = one(r"::x:: 1 \= \{1\}\: \~ \# \\ \q? \n next {=a\=b ~c\~d\#e ~\{\}}")
    assert question.title == "1 = {1}: ~ # \\ \\q? \n next"
    assert options(question) == {"a=b": True, "c~d#e": False, "{}": False}


def test_answers_inside_the_text_leave_a_gap() -> None:
    assert one("Grant is {~buried =entombed} in his tomb.").title == "Grant is _____ in his tomb."


def test_html_becomes_text() -> None:
    question = one("[html]<p>2 &lt; 3 &amp; <b>so</b><br/>on</p>{=[plain]<x> ~[html]<i>y</i>&nbsp;}")
    assert question.title == "2 < 3 & so\non"
    assert options(question) == {"<x>": True, "y": False}


def test_the_weight_tells_the_correct_answer() -> None:
    assert options(one("q {~%100%a ~%-50%b}")) == {"a": True, "b": False}
    assert options(one("q {~%33.333%a =%100%b}")) == {"a": False, "b": True}


def test_categories_and_comments_are_no_questions() -> None:
    assert parse_gift(b"$CATEGORY: a/b\n\n// nothing\n// here\n\n\n") == ([], [])
    questions, _ = parse_gift(b"$CATEGORY: a\nq {=a ~b}")
    assert [question.title for question in questions] == ["q"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just text", "description"),
        ("q {}", "essay"),
        ("q {#3:2}", "numerical"),
        ("q {=a -> b =c -> d}", "matching"),
        ("q {=a =b}", "short answer"),
        ("q {~a ~b}", "no answer alone"),
        ("q {~%50%a ~%50%b}", "no answer alone"),
        ("q {=a =b ~c}", "2 answers are fully correct"),
        ("q {=a ~b", "braces"),
        ("q =a ~b}", "braces"),
        ("q } {=a ~b", "braces"),
        ("q {=a ~b} and {=c ~d}", "more than one group"),
        ("q {a =b ~c}", "text before the first answer"),
        ("{=a ~b}", "question is empty"),
        ("q {=a ~}", "option B is empty"),
        ("q {=a ~b ~c ~d ~e}", "5 options"),
        ("q {~=a}", "1 options"),
        ("q\x00 {=a ~b}", "NUL"),
        (f"q {{=a ~b ####{'e' * 2001}}}", "explanation is longer"),
        (f"q {{=a ~{'b' * 501}}}", "longer than 500"),
        (f"q {{=a ~{'b' * 70_000}}}", "too long"),
    ],
)
def test_what_we_cannot_ask_is_rejected_with_a_reason(text: str, expected: str) -> None:
    questions, rejected = parse_gift(b"// one\n\n" + text.encode())
    assert not questions
    assert [block.line for block in rejected] == [3]
    assert expected in rejected[0].reason


MARKS = rb"q| {|}|=a |~b |~%100%c|%|#|####|\|\{|//|::|$CATEGORY:|T|[html]|<p|>|&#0;|->".split(b"|")
PIECES = st.sampled_from([*MARKS, b"\n", b"\n\n", b"\r", b"\xff", "é".encode(), b"\x00"])


@given(st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=40).map(b"".join)))
@example(b"q {=a ~b}\n\n{")
@example(b"q {~}")
@example(b"\xef\xbb\xbf// x\nq {T}")
def test_every_block_of_any_bytes_is_imported_or_rejected(data: bytes) -> None:
    questions, rejected = parse_gift(data)
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    expected, speaks = 0, False
    for line in [*lines, b""]:
        if not line.strip():
            expected += speaks
            speaks = False
        elif not line.strip().startswith((b"//", b"$CATEGORY:")):
            speaks = True
    assert len(questions) + len(rejected) == expected
    for question in questions:
        assert sum(option.is_correct for option in question.options) == 1
        question.title.encode()  # no half surrogate is left of what was escaped
        assert all(option.text.encode() for option in question.options)
