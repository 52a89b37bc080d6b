"""What the system says of a fault, for a person."""

from __future__ import annotations

import errno
import os

import pytest

from facot_backups.text import reason

COMMON = ("ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "ENOSPC", "EROFS", "EIO", "EBUSY", "ETIMEDOUT")


@pytest.mark.parametrize("name", COMMON)
def test_a_common_fault_of_the_system_is_told_in_spanish(name: str) -> None:
    number = getattr(errno, name)
    said = reason(OSError(number, os.strerror(number), "x"))
    assert said and os.strerror(number) not in said


def test_other_faults_keep_their_words() -> None:
    assert reason(OSError(errno.ELOOP, "es un enlace", "x")) == "es un enlace"
    assert reason(OSError("algo\npasó")) == "algo pasó"
    assert reason(OSError()) == "OSError"
    assert reason(OSError(99999, os.strerror(99999))) == os.strerror(99999)
