"""What the tests of settings share."""

from pathlib import Path

import pytest

from tests.settings.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A computer of the test's own, with no settings yet."""
    return Machine(tmp_path)
