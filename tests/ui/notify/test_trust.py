"""Commands of settings that lie in a folder of somebody else's: not run until the user allowed them."""

from __future__ import annotations

import errno
import json
import logging
import os
from pathlib import Path

import pytest

from facot_backups import create_backup
from facot_backups.settings.model import RULES
from facot_backups.ui.desktop.session import Session
from tests.end_to_end.world import World
from tests.support.flaky_disk import FlakyDisk

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for sh")
TRUST = "facot-backups config --trust"


@pytest.fixture
def place(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a folder that came from anywhere. The user's home is another."""
    for name in ("casa/.FACOT", "ajena"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "casa"))
    monkeypatch.chdir(tmp_path / "ajena")
    return tmp_path / "ajena"


def put(folder: Path, **commands: str) -> None:
    (folder / "facot_config.json").write_text(json.dumps({"backups": commands}))


def notes(place: Path) -> list[str]:
    """Which commands ran since: each writes its name."""
    file = place.parent / "corrió"
    found = file.read_text().split() if file.exists() else []
    file.unlink(missing_ok=True)
    return found


def noting(place: Path, name: str, extra: str = "") -> str:
    return f"echo {name} >> {place.parent / 'corrió'}{extra}"


def test_all_settings_that_are_commands_are_known() -> None:
    assert {name for name, rule in RULES.items() if rule.executes} == {
        "before_backup",
        "after_backup",
        "on_error",
    }


@pytest.mark.parametrize("file", ["facot_config.json", ".env"])
def test_a_command_of_another_folder_runs_once_it_is_allowed(world: World, place: Path, file: str) -> None:
    def give(extra: str = "") -> None:
        texts = {name: noting(place, name, extra) for name in ("before_backup", "after_backup")}
        if file == ".env":
            lines = [f"BACKUP_{name.upper()}='{text}'" for name, text in texts.items()]
            (place / file).write_text("\n".join(lines))
        else:
            put(place, **texts)

    give()
    ran = world.run("run", "--quiet")
    assert (ran.code, notes(place)) == (0, []), "the backup is made all the same"
    assert TRUST in "\n".join(world.run("config", "--offline", "--json").report["notes"])

    shown = world.run("config", "--trust")
    assert shown.code == 0 and noting(place, "after_backup") in shown.out, "what is allowed is shown"
    assert not world.run("config", "--offline", "--json").report["notes"]
    assert world.run("run", "--quiet").code == 0
    assert notes(place) == ["before_backup", "after_backup"]

    give(extra="; true")
    assert (world.run("run", "--quiet").code, notes(place)) == (0, []), "another command asks again"


def test_the_log_and_the_python_api_say_that_it_did_not_run(
    world: World, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(place, before_backup=noting(place, "before_backup"))
    with caplog.at_level(logging.WARNING, "facot_backups.notify"):
        assert create_backup(backup_dir=str(world.folder))["success"]
    assert notes(place) == []
    [said] = [text for text in caplog.messages if "before_backup" in text]
    assert str(place) in said and TRUST in said


def test_on_error_is_told_once_it_is_allowed(world: World, place: Path) -> None:
    put(place, on_error=noting(place, "on_error"))
    tried = world.run("notify", "test", "--json")
    assert (tried.code, notes(place)) == (14, [])
    assert TRUST in tried.report["channels"][0]["problem"]
    allowed = world.run("config", "--trust", "--json").report
    assert allowed == {"exit_code": 0, "allowed": [{"name": "on_error", "folder": str(place)}]}
    assert (world.run("notify", "test").code, notes(place)) == (0, ["on_error"])


def test_what_is_the_users_own_asks_nothing(
    world: World, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = place.parent / "casa/.FACOT"
    put(own, before_backup=noting(place, "before_backup"))
    monkeypatch.setenv("BACKUP_AFTER_BACKUP", noting(place, "after_backup"))
    assert world.run("run", "--quiet").code == 0
    assert notes(place) == ["before_backup", "after_backup"]
    monkeypatch.chdir(own)  # as FACOT itself may be started
    assert world.run("run", "--quiet").code == 0
    assert notes(place) == ["before_backup", "after_backup"]


def test_what_the_panel_saves_is_allowed_and_nothing_else(world: World, place: Path) -> None:
    put(place, before_backup=noting(place, "before_backup"), after_backup="echo otra")
    session = Session({"backup_dir": world.folder})
    session.save({"keep_last": "3"})
    assert world.run("run", "--quiet").code == 0
    assert notes(place) == []
    session.save({"after_backup": noting(place, "after_backup")})
    assert world.run("run", "--quiet").code == 0
    assert notes(place) == ["after_backup"]


@pytest.mark.parametrize("damage", ["[]", '{"commands": {"before_backup": 1}}', "{"])
def test_a_damaged_note_allows_nothing(world: World, place: Path, damage: str) -> None:
    put(place, before_backup=noting(place, "before_backup"))
    assert world.run("config", "--trust").code == 0
    [note] = world.state.glob("allowed-*.json")
    note.write_text(damage)
    assert world.run("run", "--quiet").code == 0
    assert notes(place) == []


def test_a_permission_that_cannot_be_read_or_noted_is_no_refusal_of_the_users(
    world: World, place: Path
) -> None:
    put(place, before_backup=noting(place, "before_backup"))
    assert world.run("config", "--trust").code == 0
    [note] = world.state.glob("allowed-*.json")
    with FlakyDisk(note.name, errno.EIO).fails():
        [said] = world.run("config", "--offline", "--json").report["notes"]
        assert "no se pudo leer" in said and TRUST not in said
        refused = world.run("config", "--trust")
        assert refused.code == 13 and str(world.state) in refused.err, "nothing pretends"
        assert "Permitida" not in refused.out
    assert world.run("run", "--quiet").code == 0
    assert notes(place) == ["before_backup"]
