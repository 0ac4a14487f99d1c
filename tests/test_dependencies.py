"""House rule: what the code imports is installed with it, and not only because something else wants it."""

from __future__ import annotations

import ast
import re
import sys
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"bus", "client", "db", "web", "workers"}
# `prod` or the wheel of the same module brings the driver; `tracing` is imported when traces are asked for.
EXTRAS = {folder: {"prod", "tracing"} for folder in OURS} | {"client": {"client"}}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(folder: str) -> set[str]:
    """Packages that an installation of this folder brings along."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup["options"]["install_requires"].splitlines()
    for extra in EXTRAS[folder]:
        lines += setup["options.extras_require"][extra].splitlines()
    return {normal(found[0]) for line in lines if (found := re.match(r"[\w.-]+", line.strip()))}


def imported(folder: str) -> dict[str, Path]:
    """Modules of others, each with a file that imports it."""
    found: dict[str, Path] = {}
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0]: path.relative_to(ROOT) for name in names}
    return {name: path for name, path in found.items() if name not in OURS | sys.stdlib_module_names}


@pytest.mark.parametrize("folder", sorted(OURS))
def test_every_import_is_of_a_declared_package(folder: str) -> None:
    packages = packages_distributions()
    # Its wheel installs the module of `psycopg2`; `playhouse` and the like are known by the package that has them.
    undeclared = {
        f"{path}: {module}"
        for module, path in imported(folder).items()
        if not {normal(name).removesuffix("-binary") for name in packages.get(module, [module])}
        & declared(folder)
    }
    assert undeclared == set()
