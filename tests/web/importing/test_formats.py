"""Which format a file has is seen from its content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.opentrivia import opentrivia
from tests.web.importing.test_kahoot import workbook
from tests.web.importing.test_unpacking import zipped
from web.importing.formats import FORMATS, detect, parse
from web.importing.questions import Unreadable


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xef\xbb\xbf\n#Q q\n^ a\nA a\nB b", "opentrivia"),
        (b"// a comment\n\n::x:: q {=a ~b}", "gift"),
        (b"q {\n  =a\n#Question?\n  ~b\n}", "gift"),
        (b"The sun {TRUE}", "gift"),
        (b"q\nA. a\nB. {=b}\nANSWER: A\n\nq\nA. a\nB. b\nANSWER: B", "aiken"),
        (b'\xef\xbb\xbf {\n "title": "x", "questions": []}', "json"),
        (zipped({"quiz.json": b"{}"}), "zip"),
        (workbook((1, "q")), "xlsx"),
        (b"", "opentrivia"),
        (b"anything", "opentrivia"),
    ],
)
def test_each_format_is_recognised(data: bytes, expected: str) -> None:
    assert detect(data) == expected


@pytest.mark.parametrize("name", ["for-kids", "geography", "science-technology"])
def test_every_real_opentrivia_file_is_recognised(name: str) -> None:
    assert detect(opentrivia(name).read_bytes()) == "opentrivia"


@pytest.mark.parametrize(
    "data", [zipped({"a": b""}), b"PK\x03\x04rubbish", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_what_is_surely_something_else_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        detect(data)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"\x8f\x00rubbish {=}", "x.xlsx", "The XLSX file is damaged"),
        (workbook((1, "q"))[:-300], "Kahoot.XLSX", "The XLSX file is damaged"),
        (b"\x8frubbish {=}", "x.zip", "The zip file is damaged"),
        (zipped({"quiz.json": b"{}"})[:-9], "x.zip", "The zip file is damaged"),
        (b'{"title": "x", "a": {}', "x.json", "The JSON file is damaged"),
        (b'{"title": "x", "a": {}', "x.txt", "The JSON file is damaged"),
        (b'[{"title": "x"', "", "This JSON is no quiz of ours"),
        (b"{", "", "The JSON file is damaged"),
        (b"[]", "", "This JSON is no quiz of ours"),
        (b"rubbish\x00", "x.txt", "This file is damaged"),
    ],
)
def test_a_damaged_file_is_called_by_its_format(data: bytes, name: str, said: str) -> None:
    with pytest.raises(Unreadable, match=f"^{said}"):
        parse(data, detect(data, name))


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"#Q q\n^ a\nA a\nB b", "x.json", "opentrivia"),
        (b"#Q q\x00\n^ a\nA a\nB b", "x.txt", "opentrivia"),
        (b"[html]q {=a ~b}", "x.txt", "gift"),
    ],
)
def test_text_stays_text(data: bytes, name: str, expected: str) -> None:
    assert detect(data, name) == expected


BEGINNINGS = st.sampled_from(
    [b"", b"PK\x03\x04", b"PK\x05\x06", b"{", b'{"questions"', b"#Q ", b"\xef\xbb\xbf", b"q {="]
)


@given(BEGINNINGS, st.binary(max_size=100), st.sampled_from([None, *FORMATS]))
def test_any_bytes_as_any_format_are_read_or_unreadable(start: bytes, data: bytes, form: str | None) -> None:
    try:
        parse(start + data, form or detect(start + data))  # type: ignore[arg-type]
    except Unreadable as reason:
        assert str(reason).endswith(".")
