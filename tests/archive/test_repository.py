"""Whose backups a folder holds, and whether it is still the folder that we knew."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest

from facot_backups.archive.repository import location_warnings, read_repository
from facot_backups.archive.store import Store
from facot_backups.errors import BackupDirUnusable, RepositoryGone, SourceMismatch
from facot_backups.events import Event
from facot_backups.model import Source
from facot_backups.state import State
from tests.support.archives import SOURCE, Archive, HandClock, days_later, document, run

DOCUMENTS = [document("clients/a", n=1)]
EMULATOR = Source("facot-prueba", emulator=True)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "disco/backups", tmp_path / "state")
    archive.backup(DOCUMENTS)
    days_later(archive.clock)
    return archive


def identity(archive: Archive) -> dict[str, object]:
    found: dict[str, object] = orjson.loads((archive.root / ".facot/repository.json").read_bytes())
    return found


def test_the_first_publish_makes_the_identity_and_no_later_one_changes_it(archive: Archive) -> None:
    first = identity(archive)
    assert first.items() >= {"project": "facot-prueba", "database": "(default)", "emulator": False}.items()
    archive.backup(DOCUMENTS)
    assert identity(archive) == first
    repository = archive.store.repository()
    assert repository is not None and (repository.id, repository.source) == (first["id"], SOURCE)


@pytest.mark.parametrize("other", [EMULATOR, Source("otro"), Source("facot-prueba", "segunda")])
def test_another_source_is_refused_unless_adopted(archive: Archive, other: Source) -> None:
    with archive.store.locked() as store:
        store.check_source(SOURCE)
        with pytest.raises(SourceMismatch) as caught:
            store.check_source(other)
        assert caught.value.exit_code == 2
        with pytest.raises(SourceMismatch):
            run(store, DOCUMENTS, source=other)
    assert len(archive.store.backups()) == 1
    before = identity(archive)
    with archive.store.locked() as store:
        store.check_source(other, adopt=True)
        assert identity(archive) == before  # a run that fails now has changed nothing
        adopted = run(store, DOCUMENTS, adopt=True, source=other)
    assert identity(archive)["id"] == before["id"] and identity(archive) != before
    assert archive.store.find("latest") == adopted


def test_a_pre_restore_gives_no_identity(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "backups", tmp_path / "state")
    backup = archive.backup(DOCUMENTS, trigger="pre-restore", source=Source("otro"))
    assert str(backup.name) == "2024-11-27T120005.pre-restore"
    assert archive.store.repository() is None
    assert archive.store.latest(Source("otro"), backup.proven().scope) is None


@pytest.mark.parametrize("loss", ["unplugged", "mount point left empty", "emptied", "another disk"])
def test_a_known_folder_that_is_gone_is_not_begun_anew(archive: Archive, loss: str, tmp_path: Path) -> None:
    shutil.move(archive.root.parent, tmp_path / "drawer")
    if loss == "mount point left empty":
        archive.root.mkdir(parents=True)
    elif loss == "emptied":
        (archive.root / ".facot").mkdir(parents=True)
    elif loss == "another disk":
        other = Archive(tmp_path / "other", tmp_path / "other-state")
        other.backup(DOCUMENTS)
        shutil.copytree(other.root, archive.root)
    there = sorted(archive.root.parent.rglob("*"))
    for attempt in (archive.store.backups, lambda: archive.backup(DOCUMENTS), archive.store.repository):
        with pytest.raises(RepositoryGone) as caught:
            attempt()
        assert caught.value.exit_code == 13
    assert sorted(archive.root.parent.rglob("*")) == there
    shutil.rmtree(archive.root.parent, ignore_errors=True)
    shutil.move(tmp_path / "drawer", archive.root.parent)
    assert archive.backup(DOCUMENTS).complete


@pytest.mark.parametrize("create", [False, True])
def test_a_backup_is_no_folder_of_backups(archive: Archive, create: bool) -> None:
    (backup,) = archive.store.backups()
    held = sorted(backup.path.rglob("*"))
    for place in (backup.path, backup.path / "dentro"):
        store = Store(place, archive.store.state, archive.clock)
        with pytest.raises(BackupDirUnusable, match="es un backup") as refused, store.locked(create=create):
            pass
        assert f"Use la carpeta que lo contiene: {archive.root}" in str(refused.value)
    assert sorted(backup.path.rglob("*")) == held


def test_create_begins_anew_on_purpose(archive: Archive) -> None:
    before = identity(archive)["id"]
    shutil.rmtree(archive.root)
    with archive.store.locked(create=True) as store:
        assert store.backups() == []
        backup = run(store, DOCUMENTS)
    assert archive.store.backups() == [backup]
    assert identity(archive)["id"] != before


def test_a_folder_is_known_only_from_its_first_publish_on(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "backups", tmp_path / "state")
    with archive.store.locked():
        pass
    shutil.rmtree(archive.root)
    assert archive.store.backups() == []
    with archive.store.locked() as store:
        run(store, DOCUMENTS)


def test_backups_brought_from_elsewhere_become_known(archive: Archive, tmp_path: Path) -> None:
    here = Archive(archive.root, tmp_path / "new-computer", archive.clock)
    with here.store.locked():
        pass
    shutil.rmtree(archive.root)
    with pytest.raises(RepositoryGone):
        here.store.backups()


def test_a_damaged_identity_stops_runs_and_not_readers(archive: Archive) -> None:
    (archive.root / ".facot/repository.json").write_bytes(b'{"id": 7}')
    with pytest.raises(BackupDirUnusable, match="dañado"):
        archive.backup(DOCUMENTS)
    assert len(archive.store.backups()) == 1


def test_an_emulators_folder_is_remembered_only_on_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FACOT_BACKUPS_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    root = tmp_path / "backups"
    for source, known in ((EMULATOR, False), (SOURCE, True)):
        state = State()
        assert state.folder.is_relative_to(tmp_path / "xdg")
        state.remember(root, "id", source)
        assert (State().known(root) is not None) is known
    assert read_repository(root) is None


def test_an_emulators_backups_leave_nothing_in_the_users_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So they are not warned of a risky place either: it would be at every run."""
    monkeypatch.delenv("FACOT_BACKUPS_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    told: list[Event] = []
    for _ in range(2):
        store = Store(tmp_path / "Dropbox" / "backups", State(), HandClock(), told.append)
        with store.locked() as locked:
            run(locked, DOCUMENTS, source=EMULATOR)
        store.repository()
        store.state.set_alert(store.root, "health", "warning")
    assert not (tmp_path / "xdg").exists()
    assert told == []


def test_risky_places_are_told_once(tmp_path: Path) -> None:
    for name in ("OneDrive", "OneDrive - Mi Empresa", "Dropbox (Personal)", "Google Drive", "iCloudDrive"):
        archive = Archive(tmp_path / name / "backups", tmp_path / "state")
        for _ in range(2):
            with archive.store.locked() as store:
                store.check_source(SOURCE)
        assert len([text for text in archive.warnings if "sincronizada" in text]) == 1
        assert len([text for text in archive.warnings if "mismo disco" in text]) == (
            "system-disk" in location_warnings(archive.root)
        )
    plain = tmp_path / "Mis copias de OneDriver"
    plain.mkdir()
    assert "synchronised" not in location_warnings(plain)
