"""`config`: an error of the credentials names the setting, and where it was read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facot_backups.ui.cli import main


@pytest.mark.parametrize(
    "source", ["FIREBASE_CREDENTIALS", "BACKUP_CREDENTIALS", "facot_config.json", "found"]
)
def test_a_bad_credentials_file_is_named_by_its_origin(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    name = "firebase-credentials.json" if source == "found" else "mala.json"
    (tmp_path / name).write_text('{"type": "authorized_user", "refresh_token": "SECRETO"}')
    monkeypatch.chdir(tmp_path)
    if source == "facot_config.json":
        (tmp_path / source).write_text(json.dumps({"firebase": {"credentials_path": name}}))
    elif source != "found":
        monkeypatch.setenv(source, name)

    assert main(["config"]) == 2
    told = capsys.readouterr()
    error = next(line for line in told.out.splitlines() if "Ajuste «credentials»" in line)
    assert source == "found" or source in error
    assert name in error and "pertenece a una persona" in error
    assert "SECRETO" not in told.out + told.err
