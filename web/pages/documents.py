"""The pages: the HTML of each, which is next to nothing, and the files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from web.pages import bundles
from web.pages.assets import Asset, Assets, asset, read_folder

__all__ = ["FOLDER", "PAGES", "Page", "document", "read_assets"]

FOLDER = Path(__file__).parents[1] / "static" / "pages"
TEMPLATE = Path(__file__).parents[1] / "templates" / "page.html"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is made of."""

    title: str
    script: str  # below scripts/
    styles: tuple[str, ...]  # below styles/, after those of all pages


COMMON_STYLES = ("theme.css", "base.css")

DESK_STYLES = ("parts.css", "desk.css", "forms.css")

HOST_STYLES = (*DESK_STYLES, "standings.css", "quizzes.css", "editor.css", "run.css", "results.css")

PAGES: Mapping[str, Page] = {
    "participant": Page("Quizwire", "participant/main.js", ("parts.css", "standings.css", "participant.css")),
    "host": Page("Quizwire · Host", "host/main.js", HOST_STYLES),
    "screen": Page("Quizwire · Screen", "screen/main.js", ("parts.css", "standings.css", "screen.css")),
    "admin": Page("Quizwire · Admin", "admin/main.js", (*DESK_STYLES, "admin.css")),
}


@cache
def read_assets() -> Assets:
    """All files of the pages, and their bundles. Blocks the first time; call it before serving."""
    files = read_folder(FOLDER)
    for name, page in PAGES.items():
        styles = [f"styles/{style}" for style in (*COMMON_STYLES, *page.styles)]
        files[f"{bundles.FOLDER}/{name}.css"] = bundles.bundle_styles(files, styles)
        files[f"{bundles.FOLDER}/{name}.js"] = bundles.bundle_scripts(files, f"scripts/{page.script}")
    return Assets({name: asset(content, Path(name).suffix) for name, content in files.items()})


@cache
def document(name: str) -> Asset:
    """The HTML of a page of `PAGES`. Blocks the first time; call it before serving."""
    static = f"/static/{read_assets().version}"
    html = Template(TEMPLATE.read_text()).substitute(title=PAGES[name].title, static=static, name=name)
    return asset(html.encode(), ".html")
