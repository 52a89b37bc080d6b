"""The layers hold, and a violation would be seen: `lint-imports` on a copy with one planted import.

What a contract of import-linter cannot say is computed here from the imports themselves.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
PACKAGE = "facot_backups"
# Where the program is put together, a module knows both Qt and the product.
BOTH_ALLOWED = "facot_backups.ui.desktop.program."
PRODUCT = tuple(
    f"{PACKAGE}.{room}."
    for room in ("operations", "firestore", "archive", "emulator", "state", "app.wiring", "ui.api")
)
# A token that a button sets.
TOKEN = "facot_backups.operations.cancellation"
PLANTED = {
    None: None,
    "archive/lines.py": "from facot_backups.operations import verify",  # upwards
    "firestore/retry.py": "from facot_backups.archive import lines",  # a sibling
    "archive/links.py": "import google.auth",  # Google's on the disk side
    "operations/verification/verify.py": "import click",  # an operation that talks to the terminal
    "operations/backup/run.py": "from facot_backups.operations.restore import plan",  # a use case above
    "app/wiring.py": "from facot_backups.app.alerts import watch",  # upwards inside app
    "ui/desktop/session.py": "from facot_backups.ui.cli import output",  # the panel and the command line
    "ui/desktop/toolkit/notice.py": "from facot_backups.ui.desktop.audit import texts",  # a feature
}


@pytest.mark.slow
@pytest.mark.parametrize("where", PLANTED)
def test_a_planted_violation_is_caught(where: str | None, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    if where is not None:
        module = tmp_path / "src/facot_backups" / where
        module.write_text(f"{module.read_text(encoding='utf-8')}\n{PLANTED[where]}\n", encoding="utf-8")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == (where is None), done.stdout + done.stderr
    assert where is None or "broken" in done.stdout.lower()


def test_no_modules_and_no_packages_form_a_ring() -> None:
    graph = _imports()
    assert len(graph) > 300
    assert _rings(graph) == []
    packages = {name.rpartition(".")[0] for name in graph} - {""}
    for package in sorted(packages):
        units: dict[str, set[str]] = {}
        for module, imported in graph.items():
            for other in imported:
                one, two = _unit(module, package), _unit(other, package)
                if one and two and one != two:
                    units.setdefault(one, set()).add(two)
        assert _rings(units) == [], package
    assert _rings({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == [["a", "b", "c"]]


def test_a_module_of_the_panel_knows_qt_or_the_product_never_both() -> None:
    both = []
    for module, imported in _imports(outside=True).items():
        if module.startswith(f"{PACKAGE}.ui.desktop.") and not module.startswith(BOTH_ALLOWED):
            qt = any(one.startswith("qtpy") for one in imported)
            product = [one for one in imported - {TOKEN} if f"{one}.".startswith(PRODUCT)]
            if qt and product:
                both.append((module, product))
    assert both == []


def _imports(outside: bool = False) -> dict[str, set[str]]:
    """By module of the package what it imports, at its top or later: our modules, or with `outside` all."""
    source = PROJECT / "src"
    files = {_name(path.relative_to(source)): path for path in (source / PACKAGE).rglob("*.py")}
    found: dict[str, set[str]] = {}
    for name, path in files.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    found.setdefault(name, set()).add(full if full in files else node.module)
            elif isinstance(node, ast.Import):
                found.setdefault(name, set()).update(alias.name for alias in node.names)
    return found if outside else {name: imported & files.keys() for name, imported in found.items()}


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _unit(module: str, package: str) -> str:
    """The child of `package` that `module` is, or is in; "" outside, and for the package itself."""
    return module[len(package) + 1 :].partition(".")[0] if module.startswith(f"{package}.") else ""


def _rings(graph: Mapping[str, Collection[str]]) -> list[list[str]]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [sorted(set(error.args[1]))]
    return []
