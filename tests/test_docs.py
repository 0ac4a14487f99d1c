"""House rules about the docs: every variable is documented, every link leads somewhere, every command exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from web.config import Config as WebConfig
from workers.config import Config as WorkersConfig

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])


class Asked(Mapping[str, str]):
    """An environment that remembers what was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._values = {"DATABASE_URL": "postgresql://u:p@127.0.0.1/d", "QUIZWIRE_SECRET": "s" * 48}

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.mark.parametrize("config", [WebConfig, WorkersConfig])
def test_every_environment_variable_is_documented(config):
    environment = Asked()
    config.from_environment(environment)
    page = (ROOT / "docs/reference/configuration.md").read_text()
    assert environment.names and {name for name in environment.names if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_index_lists_every_page():
    index = ROOT / "docs/README.md"
    linked = {(index.parent / link).resolve() for link in re.findall(r"\]\(([^)#]+)\)", index.read_text())}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page.parent.name != "decisions"}
    assert pages - linked == {index}


def test_the_index_of_decisions_lists_every_one():
    index = ROOT / "docs/decisions/README.md"
    linked = re.findall(r"\]\((\d{4}-[^)#]+)\)", index.read_text())
    assert {page.name for page in index.parent.glob("[0-9]*.md")} - set(linked) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_ours_exists(page):
    commands = set(re.findall(r"(?:\./)?(scripts/[a-z]+)\b(?!/|\.)", page.read_text()))
    assert [command for command in sorted(commands) if not (ROOT / command).exists()] == []


def test_every_close_code_of_the_gateway_is_documented():
    from web.gateway.errors import Close

    page = (ROOT / "docs/reference/websocket.md").read_text()
    assert [int(code) for code in Close if str(int(code)) not in page] == []


def test_every_command_of_the_console_is_documented():
    from web.console.command import commands

    page = (ROOT / "docs/reference/console.md").read_text()
    missing = [
        " ".join(words)
        for words in commands()
        if f"`quizwire {' '.join(words)}" not in page and f"`{words[-1]}`" not in page
    ]
    assert missing == []


def test_the_page_of_error_codes_is_that_of_the_code():
    from scripts.observing.errors import errors_page

    page = (ROOT / "docs/reference/errors.md").read_text()
    assert page == errors_page(), "run scripts/dashboards"
