"""The panel's tests where Qt cannot be loaded: found without importing their files, and skipped."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# The variable that says what Qt lacks here, which is why they are skipped.
LACKING = "PANEL_TESTS_LACK"


class LeftOutTest(pytest.Item):
    """A test that is there, and cannot run."""

    def runtest(self) -> None:
        """Never called: its mark skips it."""

    def reportinfo(self) -> tuple[Path, int, str]:
        """All at one place of their file, so that the summary has a line for each file."""
        return self.path, 0, self.name


class LeftOutFile(pytest.Module):
    """A file of tests that is read and not imported."""

    def collect(self) -> Iterator[LeftOutTest]:
        """Its tests, whatever their parameters."""
        for node in ast.walk(ast.parse(self.path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                test = LeftOutTest.from_parent(self, name=node.name)
                test.add_marker(pytest.mark.skip(reason=os.environ[LACKING]))
                yield test
