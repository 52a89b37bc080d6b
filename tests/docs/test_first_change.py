"""docs/first-change.md is applied to a copy of the tree, as its reader would, and its commands run there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import pages

PAGE = pages.PROJECT / "docs/first-change.md"
_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "__pycache__", "imagenes")


@pytest.mark.slow
def test_the_page_leads_to_a_working_change(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(pages.PROJECT, tree, ignore=_NOT_COPIED)
    (tree / ".venv").symlink_to(sys.prefix)
    lines = pages.read(PAGE).splitlines()
    ran = 0
    for block in pages.blocks(PAGE):
        if block.language in ("diff", "python"):
            target = tree / _file_before(lines, block.line)
            before = target.read_text(encoding="utf-8") if block.language == "diff" else None
            text = block.text if before is None else _changed(before, block)
            target.write_text(text, encoding="utf-8")
        elif block.language == "bash":
            _run(block.text, tree)
            ran += 1
    assert ran == 2
    for tool in ("check", "format --check"):
        _run(f".venv/bin/ruff {tool} --no-cache .", tree)


def _file_before(lines: list[str], first: int) -> str:
    """The path that was named last before the block whose text begins at line `first`."""
    named = re.findall(r"`((?:src|tests|docs)/[^`…]+)`", " ".join(lines[: first - 1]))
    return str(named[-1])


def _changed(text: str, block: pages.Block) -> str:
    """`text` with the hunks of a diff: each finds exactly one place. `…` stands for what stays, in a line."""
    for hunk in block.text.split("@@\n"):
        lines = hunk.splitlines()
        old = [line[1:] for line in lines if line[0] in " -"]
        new = [line[1:] for line in lines if line[0] in " +"]
        pattern = "^" + re.escape("\n".join(old) + "\n").replace("…", "(.*?)")
        (match,) = re.finditer(pattern, text, re.MULTILINE)
        kept = iter(match.groups())
        added = re.sub("…", lambda _: next(kept), "\n".join(new) + "\n")  # noqa: B023 - used at once
        text = text[: match.start()] + added + text[match.end() :]
    return text


def _run(script: str, folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
