"""Names of downloads."""

from __future__ import annotations

import re
from pathlib import PureWindowsPath
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from web.app import create_app
from web.config import Config
from web.exporting.downloads import attachment, download, require_room, written
from web.problems import Problem


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Capitals", 'attachment; filename="Capitals.json"'),
        ("Où?", "attachment; filename=\"Ou.json\"; filename*=UTF-8''O%C3%B9.json"),
        ("日本", "attachment; filename=\"quizwire.json\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.json"),
        ("../../etc/passwd", 'attachment; filename="etc passwd.json"'),
        ('a"; filename="b.exe', 'attachment; filename="a ; filename= b.exe.json"'),
        ("con", 'attachment; filename="_con.json"'),
        ("invoice\u202efdp", 'attachment; filename="invoice fdp.json"'),
        ("...", 'attachment; filename="quizwire.json"'),
    ],
)
def test_names_of_files(title: str, expected: str) -> None:
    assert attachment(title, "json") == expected


@given(st.text(max_size=200))
@example("\r\nSet-Cookie: a=b")
@example("%2e%2e%2f")
def test_any_title_is_one_harmless_file_name(title: str) -> None:
    header = attachment(title, "xlsx")
    assert header.isascii()
    assert header.isprintable()
    disposition, parameters = parse_options_header(header)
    assert disposition == "attachment"
    plain = re.match(r'attachment; filename="([^"\\%]*)"', header)
    assert plain
    for name in (plain[1], unquote(parameters["filename"])):
        assert name.endswith(".xlsx")
        assert len(name) <= 90
        assert PureWindowsPath(name).name == name
        assert not PureWindowsPath(name).is_reserved()
        assert not any(ord(character) < 32 for character in name)


def test_a_file_that_could_not_be_written_is_closed() -> None:
    opened = []

    def fail(file):
        opened.append(file)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        written(fail)
    assert opened[0].closed


async def test_only_so_many_files_are_on_their_way_at_once() -> None:
    app = create_app(Config(secret="x" * 32, database_url="postgresql://nowhere/none"))
    async with app.app_context():
        opened = [written(lambda file: file.write(b"x")) for _ in range(4)]
        for file in opened:
            require_room("ann")
            download(file, {}, "ann")
        with pytest.raises(Problem) as refused:
            require_room("ann")
        assert (refused.value.status, refused.value.code) == (429, "rate_limited")
        assert "Retry-After" in refused.value.headers
        require_room("bob")
        opened[0].close()  # it has been read
        require_room("ann")
        del file, opened[-1]  # nobody ever read it
        download(written(lambda file: file.write(b"x")), {}, "ann")
        require_room("ann")
        others = [written(lambda file: file.write(b"x")) for _ in range(38)]
        for number, file in enumerate(others):
            download(file, {}, f"user {number}")
        with pytest.raises(Problem):
            require_room("bob")
