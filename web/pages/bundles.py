"""All scripts of a page in one, and all its style sheets: two requests instead of forty, for each of five hundred phones.

Each script becomes a function that returns what it exports. That takes no parser, because our scripts keep to a few forms
of `import` and `export`, each at the beginning of a line; any other is refused at the start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from posixpath import dirname, join, normpath, relpath

__all__ = ["FOLDER", "BundleInvalid", "bundle_scripts", "bundle_styles"]

FOLDER = "bundles"
"""Where bundles are; as deep as scripts/, so that `new URL("../texts/…", import.meta.url)` means the same in both."""

VENDORED = "vendor/"
"""These stay files of their own: they are written in other forms, and rarely change."""

_IMPORT = re.compile(
    r"""^import\s+(?:\{(?P<names>[^}]*)\}\s+from\s+|\*\s+as\s+(?P<all>\w+)\s+from\s+)?"(?P<path>\.{1,2}/[^"]+)";$""",
    re.MULTILINE,
)
_EXPORT = re.compile(
    r"^export\s+(?P<what>(?:async\s+)?function\s+|class\s+|const\s+)(?P<name>\w+)", re.MULTILINE
)
_REFUSED = re.compile(r"^(?:import|export|await)\b.*|\bimport\(.*", re.MULTILINE)


class BundleInvalid(Exception):
    """A script has an import or an export that cannot be bundled; the text says which and where."""


def bundle_scripts(files: Mapping[str, bytes], first: str) -> bytes:
    """`first` and every script that it needs, as one module. Raises BundleInvalid."""
    order: list[str] = []
    _visit(files, first, order, [])
    numbers = {name: number for number, name in enumerate(order)}
    lines = []
    for name in order:
        if name.startswith(VENDORED):
            lines.append(f'import * as m{numbers[name]} from "{relpath(name, FOLDER)}";')
    for name in order:
        if not name.startswith(VENDORED):
            lines.append(
                f"// {name}\nconst m{numbers[name]} = (() => {{\n{_body(files, name, numbers)}}})();"
            )
    return "\n".join(lines).encode() + b"\n"


def bundle_styles(files: Mapping[str, bytes], names: Sequence[str]) -> bytes:
    """The style sheets, one after the other."""
    return b"".join(files[name] for name in names)


def _visit(files: Mapping[str, bytes], name: str, order: list[str], above: list[str]) -> None:
    """Put `name` after everything that it imports."""
    if name in order:
        return
    if name in above:
        raise BundleInvalid(f"{' imports '.join([*above, name])}: scripts cannot need each other")
    if not name.startswith(VENDORED):
        for imported in _IMPORT.finditer(files[name].decode()):
            _visit(files, _target(files, name, imported["path"]), order, [*above, name])
    order.append(name)


def _target(files: Mapping[str, bytes], name: str, path: str) -> str:
    target = normpath(join(dirname(name), path))
    if target not in files:
        raise BundleInvalid(f"{name} imports {path}, which is not there")
    return target


def _body(files: Mapping[str, bytes], name: str, numbers: Mapping[str, int]) -> str:
    """The script without import and export, returning what it exports."""
    exported: list[str] = []

    def bring_in(found: re.Match[str]) -> str:
        module = f"m{numbers[_target(files, name, found['path'])]}"
        if found["all"]:
            return f"const {found['all']} = {module};"
        if found["names"] is None:
            return ""
        names = ", ".join(
            re.sub(r"\s+as\s+", ": ", part.strip()) for part in found["names"].split(",") if part.strip()
        )
        return f"const {{ {names} }} = {module};"

    def give_out(found: re.Match[str]) -> str:
        exported.append(found["name"])
        return f"{found['what']}{found['name']}"

    text = _EXPORT.sub(give_out, _IMPORT.sub(bring_in, files[name].decode()))
    if refused := _REFUSED.search(text):
        raise BundleInvalid(f"{name} has `{refused[0]}`, which cannot be bundled: see web/pages/bundles.py")
    return f"{text}return {{ {', '.join(exported)} }};\n"
