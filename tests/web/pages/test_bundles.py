"""One script of many: in order, each once, and what cannot be put together is refused at the start."""

from __future__ import annotations

import re

import pytest

from web.pages.assets import read_folder
from web.pages.bundles import BundleInvalid, bundle_scripts, bundle_styles
from web.pages.documents import FOLDER, PAGES, read_assets


@pytest.mark.parametrize("name", PAGES)
def test_a_bundle_has_each_script_once_after_those_that_it_needs(name: str) -> None:
    bundle = read_assets().get(f"bundles/{name}.js")
    assert bundle is not None
    text = bundle.content.decode()
    there = re.findall(r"^// (scripts/\S+)$", text, re.MULTILINE)
    assert there[-1] == f"scripts/{PAGES[name].script}"
    assert len(set(there)) == len(there)
    for used in re.finditer(r"^const (?:\{[^}]*\}|\w+) = (m\d+);$", text, re.MULTILINE):
        defined = re.search(
            rf"^(?:const {used[1]} = \(\(\) => \{{|import \* as {used[1]} )", text, re.MULTILINE
        )
        assert defined is not None and defined.start() < used.start()


def test_imports_and_exports_become_plain_names() -> None:
    files = {
        "scripts/host/main.js": b'import { a as one, b } from "../part.js";\nimport * as api from "../api.js";\none(b, api);\n',
        "scripts/part.js": b"export const b = 2;\nexport async function a() {}\nexport class C {}\nfunction own() {}\n",
        "scripts/api.js": b'import { h } from "../vendor/preact.js";\nexport function get() {\n  return h;\n}\n',
        "vendor/preact.js": b"export{h as h};",
    }
    assert bundle_scripts(files, "scripts/host/main.js").decode() == (
        'import * as m1 from "../vendor/preact.js";\n'
        "// scripts/part.js\n"
        "const m0 = (() => {\nconst b = 2;\nasync function a() {}\nclass C {}\nfunction own() {}\n"
        "return { b, a, C };\n})();\n"
        "// scripts/api.js\n"
        "const m2 = (() => {\nconst { h } = m1;\nfunction get() {\n  return h;\n}\nreturn { get };\n})();\n"
        "// scripts/host/main.js\n"
        "const m3 = (() => {\nconst { a: one, b } = m0;\nconst api = m2;\none(b, api);\nreturn {  };\n})();\n"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('import { a } from "./nowhere.js";', "not there"),
        ('import a from "./main.js";', "cannot be bundled"),
        ("export default 1;", "cannot be bundled"),
        ('const later = import("./main.js");', "cannot be bundled"),
        ("await start();", "cannot be bundled"),
        ('import { a } from "./main.js";', "cannot need each other"),
    ],
)
def test_what_cannot_be_bundled_is_refused(line: str, told: str) -> None:
    with pytest.raises(BundleInvalid, match=told):
        bundle_scripts({"scripts/main.js": line.encode() + b"\n"}, "scripts/main.js")


def test_every_script_can_be_bundled() -> None:
    files = read_folder(FOLDER)
    for name in files:
        if name.startswith("scripts/") and name != "scripts/early.js":
            bundle_scripts(files, name)


def test_styles_follow_each_other() -> None:
    assert bundle_styles({"b.css": b"b {}\n", "a.css": b"a {}\n"}, ["b.css", "a.css"]) == b"b {}\na {}\n"
