"""The log file: kept however the disk behaves, and never the end of what is logged."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from facot_backups.app import logs
from tests.support.crash import windows_error


def test_a_file_that_cannot_be_put_aside_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows: another process of ours, or an editor, has it open when it is to be renamed."""

    def held(*_: Any, **__: Any) -> None:
        raise windows_error(32)

    monkeypatch.setattr(logs, "_LOG_BYTES", 500)
    monkeypatch.setattr(os, "rename", held)
    with logs.written(logging.INFO, tmp_path / "log", to_stderr=False):
        for number in range(50):
            logs.SCHEDULER.info("línea %d", number)
    written = (tmp_path / "log").read_text(encoding="utf-8")
    assert [int(line.rpartition(" ")[2]) for line in written.splitlines()] == list(range(50))
    assert capsys.readouterr().err == ""
    monkeypatch.undo()
    monkeypatch.setattr(logs, "_LOG_BYTES", 500)
    with logs.written(logging.INFO, tmp_path / "log", to_stderr=False):
        logs.SCHEDULER.info("otra")
    assert (tmp_path / "log.1").exists(), "it is put aside as soon as it can be"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_told_once_and_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), logs.written(logging.INFO, Path("/dev/full"), to_stderr=False):
        for number in range(20):
            logs.SCHEDULER.info("línea %d", number)
        raise KeyError  # how the block ended
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "/dev/full" in told
