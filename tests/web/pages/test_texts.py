"""Every text in every language: none missing, none left over, the same names in braces."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from web.pages.documents import FOLDER

LANGUAGES = ("en", "vi")
PARTS = sorted(path.stem for path in (FOLDER / "texts/en").glob("*.json"))
USED = re.compile(r"""\bt\(\s*"([\w.]+)\"""")
ANY_USE = re.compile(r"""(?<![\w.])t\((?!\s*"[\w.]+"\s*[,)])""")
BRACES = re.compile(r"\{(\w+)\}")
FORMS = {"en": {"one", "other"}, "vi": {"other"}}
"""What Intl.PluralRules tells apart."""

Text = str | dict[str, str]


def texts(language: str, part: str) -> dict[str, Text]:
    content = (FOLDER / f"texts/{language}/{part}.json").read_text()
    pairs: list[tuple[str, Text]] = json.loads(content, object_pairs_hook=list)
    names = Counter(name for name, _ in pairs)
    assert [name for name, count in names.items() if count > 1] == []
    return {name: dict(text) if isinstance(text, list) else text for name, text in pairs}


def scripts() -> dict[Path, str]:
    return {path: path.read_text() for path in (FOLDER / "scripts").rglob("*.js")}


def braces(text: Text) -> set[str]:
    return set(BRACES.findall(text if isinstance(text, str) else " ".join(text.values())))


def test_languages_have_the_same_parts() -> None:
    for language in LANGUAGES:
        assert sorted(path.stem for path in (FOLDER / "texts" / language).glob("*.json")) == PARTS


@pytest.mark.parametrize("part", PARTS)
def test_languages_have_the_same_texts_with_the_same_names_in_braces(part: str) -> None:
    english, vietnamese = texts("en", part), texts("vi", part)
    assert english.keys() == vietnamese.keys()
    for key, text in english.items():
        assert text and vietnamese[key], key
        assert braces(text) == braces(vietnamese[key]), key
        for language, found in (("en", text), ("vi", vietnamese[key])):
            if isinstance(found, dict):
                assert found.keys() == FORMS[language], key


def test_every_text_that_is_used_is_there_and_every_text_is_used() -> None:
    used = {key for content in scripts().values() for key in USED.findall(content)}
    there = [key for part in PARTS for key in texts("en", part)]
    assert [key for key, count in Counter(there).items() if count > 1] == []
    assert used - set(there) == set()
    assert set(there) - used == set()


def test_texts_are_named_where_they_are_used() -> None:
    """A key that is put together cannot be looked for."""
    for path, content in scripts().items():
        if path.name != "text.js":
            assert ANY_USE.findall(content) == [], path


def test_what_all_pages_share_needs_only_texts_that_all_pages_have() -> None:
    needed = {key for path in (FOLDER / "scripts").glob("*.js") for key in USED.findall(path.read_text())}
    assert needed - texts("en", "common").keys() == set()


def test_a_text_is_in_the_part_that_its_page_loads() -> None:
    for folder in (path for path in (FOLDER / "scripts").iterdir() if path.is_dir()):
        main = (folder / "main.js").read_text()
        opened = re.search(r"openPage\(\w+((?:,\s*\"\w+\")*)\)", main)
        assert opened is not None, folder
        loaded = {"common", *re.findall(r'"(\w+)"', opened[1])}
        known = {key for part in loaded for key in texts("en", part)}
        needed = {key for path in folder.glob("*.js") for key in USED.findall(path.read_text())}
        assert needed - known == set(), folder.name
