"""The HTML of each page: next to nothing, with everything named that the page will need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from web.pages.assets import Asset, asset, read_assets

__all__ = ["PAGES", "Page", "document"]

TEMPLATE = Path(__file__).parents[1] / "templates" / "page.html"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is made of."""

    title: str
    script: str  # below scripts/
    styles: tuple[str, ...]  # below styles/, beside those of all pages


COMMON_STYLES = ("theme.css", "base.css")

PAGES: Mapping[str, Page] = {
    "participant": Page("Quizwire", "participant/main.js", ("participant.css", "standings.css")),
    "host": Page("Quizwire · Host", "host/main.js", ("host.css", "standings.css")),
    "screen": Page("Quizwire · Screen", "screen/main.js", ("screen.css", "standings.css")),
    "admin": Page("Quizwire · Admin", "admin/main.js", ("admin.css",)),
}


@cache
def document(name: str) -> Asset:
    """The HTML of a page of `PAGES`. Blocks the first time; call it before serving."""
    page, assets = PAGES[name], read_assets()
    static = f"/static/{assets.version}"
    styles = [f"styles/{style}" for style in (*COMMON_STYLES, *page.styles)]
    scripts = assets.imported_by(f"scripts/{page.script}")
    html = Template(TEMPLATE.read_text()).substitute(
        title=page.title,
        static=static,
        script=page.script,
        styles="\n".join(f'<link rel="stylesheet" href="{static}/{style}">' for style in styles),
        # Fetched at once, instead of one after the other as each names the next.
        preloads="\n".join(f'<link rel="modulepreload" href="{static}/{script}">' for script in scripts),
    )
    return asset(html.encode(), ".html", "text/html; charset=utf-8")
