"""The store: names, order, what counts, what is deleted, and nothing outside the folder."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import UTC, date, timedelta, timezone
from pathlib import Path

import pytest

from facot_backups.archive import journal
from facot_backups.archive import metadata as metadata_module
from facot_backups.archive.ledger import COMPLETE, INCOMPLETE, INTERRUPTED
from facot_backups.archive.metadata import serialize
from facot_backups.errors import BackupDirUnusable, BackupNotFound, UsageError
from facot_backups.model import EVERYTHING, Scope, Source
from tests.support.archives import NOON, SOURCE, Archive, days_later, describe, document, fill, run
from tests.support.crash import Unflushed, watched
from tests.support.flaky_disk import FlakyDisk

DOCUMENTS = [document("clients/a", n=1), document("invoices/1", total=2.5)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "backups", tmp_path / "state")


def names(archive: Archive) -> list[str]:
    return [str(backup.name) for backup in archive.store.backups()]


def test_names_are_never_given_twice(archive: Archive) -> None:
    given = [str(archive.backup(DOCUMENTS).name) for _ in range(3)]
    given.append(str(archive.backup(DOCUMENTS, errors=("x",)).name))
    given.append(str(archive.backup(DOCUMENTS, trigger="pre-restore", errors=("x",)).name))
    given.append(str(archive.backup(DOCUMENTS, backup_date=date(2024, 1, 2), label=True).name))
    given.append(str(archive.backup(DOCUMENTS, backup_date=date(2024, 1, 2), label=True).name))
    assert given == [
        "2024-11-27",
        "2024-11-27T120005",
        "2024-11-27T120006",
        "2024-11-27T120005.incomplete",
        "2024-11-27T120005.pre-restore",
        "2024-01-02",
        "2024-01-02T120005",
    ]


def test_the_time_in_a_name_is_local(archive: Archive) -> None:
    archive.clock.local = timezone(timedelta(hours=-4))
    archive.clock.moment = NOON.replace(hour=3)
    assert str(archive.backup(DOCUMENTS).name) == "2024-11-26"
    assert str(archive.backup(DOCUMENTS).name) == "2024-11-26T230005"


@pytest.mark.parametrize("form", ["empty folder", "file", "dangling link", "link to a folder", "full folder"])
def test_nothing_is_replaced_in_any_form(archive: Archive, form: str, tmp_path: Path) -> None:
    archive.root.mkdir()
    taken = archive.root / "2024-11-27"
    if form == "file":
        taken.write_bytes(b"precious")
    elif form == "dangling link":
        taken.symlink_to(tmp_path / "nowhere")
    elif form == "link to a folder":
        (tmp_path / "outside").mkdir()
        taken.symlink_to(tmp_path / "outside")
    else:
        taken.mkdir()
        if form == "full folder":
            (taken / "precious").write_bytes(b"precious")
    before = os.lstat(taken)
    assert str(archive.backup(DOCUMENTS).name) == "2024-11-27T120005"
    after = os.lstat(taken)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not (tmp_path / "nowhere").exists()


def test_what_is_not_ours_is_not_listed(archive: Archive, tmp_path: Path) -> None:
    backup = archive.backup(DOCUMENTS)
    for name in ("2024-11-28.bak", "2024-13-01", "fotos", "2024-11-28T1200"):
        shutil.copytree(backup.path, archive.root / name)
    (archive.root / "2024-11-29").write_bytes(b"")
    (archive.root / "2024-11-30").symlink_to(backup.path)
    assert names(archive) == ["2024-11-27"]
    with pytest.raises(BackupNotFound) as caught:
        archive.store.find("../backups/2024-11-27")
    assert caught.value.exit_code == 12


def test_order_goes_by_the_instant_read_and_never_by_name(archive: Archive) -> None:
    archive.backup(DOCUMENTS, backup_date=date(2030, 1, 1), label=True)
    days_later(archive.clock)
    archive.backup(DOCUMENTS)
    shutil.copytree(archive.root / "2024-11-28", archive.root / "2024-11-20")
    (archive.root / "2024-11-20/_metadata.json").chmod(0o600)
    (archive.root / "2024-11-20/_metadata.json").write_bytes(b"{}")
    assert names(archive) == ["2024-11-28", "2030-01-01", "2024-11-20"]
    for local in (timezone(timedelta(hours=-14)), timezone(timedelta(hours=14))):
        archive.clock.local = local
        for name in ("0001-01-01", "9999-12-31T235959"):
            (archive.root / name).mkdir(exist_ok=True)
        assert names(archive)[0] == "9999-12-31T235959" and names(archive)[-1] == "0001-01-01"


def test_latest_is_complete_of_the_source_and_covers_the_scope(archive: Archive) -> None:
    only = Scope(collections=("clients",))
    counts = archive.backup(DOCUMENTS)
    for changes in (
        {"errors": ("x",)},
        {"trigger": "pre-restore"},
        {"scope": only},
    ):
        days_later(archive.clock)
        archive.backup(DOCUMENTS, **changes)
    store = archive.store
    assert store.find("latest") == store.latest(SOURCE, EVERYTHING) == counts
    assert store.find("latest", only) == store.backups()[0]
    assert store.latest(Source("otro"), only) is None
    with pytest.raises(BackupNotFound):
        Archive(archive.root.parent / "none", archive.state_folder).store.find("latest")


def test_a_relative_folder_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Archive(Path("backups"), tmp_path / "state").store
    monkeypatch.chdir("/")
    assert store.root == tmp_path / "backups"


def test_a_run_that_fails_leaves_nothing(archive: Archive) -> None:
    with pytest.raises(KeyboardInterrupt), archive.store.locked() as store, store.begin("r1") as staging:
        writer = staging.writer(EVERYTHING)
        writer.add(DOCUMENTS[0])
        raise KeyboardInterrupt
    assert names(archive) == [] and not list((archive.root / ".facot/staging").iterdir())
    with archive.store.locked() as store:
        with store.begin("r1"):
            pass
        assert not list((archive.root / ".facot/staging").iterdir())
        for bad in ("", "../x", "a/b", ".", "ñ", "x" * 65):
            with pytest.raises(ValueError), store.begin(bad):
                pass


def test_metadata_that_does_not_describe_the_files_is_refused(archive: Archive) -> None:
    with archive.store.locked() as store, store.begin("r1") as staging:
        files = fill(staging, DOCUMENTS)
        described = describe(NOON, UTC, files, run_id="r1")
        (staging.path / "stray").write_bytes(b"x")
        with pytest.raises(ValueError):
            store.publish(staging, described)
        (staging.path / "stray").unlink()
        (staging.path / "clients.json").chmod(0o600)
        os.truncate(staging.path / "clients.json", 5)
        with pytest.raises(ValueError):
            store.publish(staging, described)
    assert names(archive) == []


def test_all_is_flushed_before_the_name_is_given(archive: Archive) -> None:
    """After a power cut, too, a good name means a whole backup: what the rename relies on is on the disk."""
    archive.backup(DOCUMENTS)
    days_later(archive.clock)
    paths: dict[int, str] = {}
    steps: list[tuple[str, str]] = []

    def note(name: str, args: tuple[object, ...]) -> None:
        first = args[0]
        path = Path(f"/proc/self/fd/{first}").readlink() if isinstance(first, int) else Path(str(first))
        inode = path.stat().st_ino if path.exists() else 0
        paths[inode] = str(path)
        steps.append((name, str(inode)))

    if not Path("/proc/self/fd").exists():
        pytest.skip("sin /proc no se sabe qué archivo se vacía al disco")
    with watched(note):
        backup = archive.backup([*DOCUMENTS, document("items/1")])
    folder = str(backup.path.stat().st_ino)
    published = max(n for n, step in enumerate(steps) if step == ("rename", folder))
    for path in backup.path.iterdir():
        inode = str(path.stat().st_ino)
        flushed = max((n for n, step in enumerate(steps) if step == ("fsync", inode)), default=-1)
        written = max((n for n, step in enumerate(steps) if step == ("write", inode)), default=-2)
        linked = path.stat().st_nlink > 1
        assert linked or written < flushed < published, path.name
    assert any(step == ("fsync", folder) for step in steps[:published])
    changes = [n for n, (name, _) in enumerate(steps[:published]) if name in ("link", "replace")]
    last_flush = max(n for n, step in enumerate(steps[:published]) if step == ("fsync", folder))
    assert all(n < last_flush for n in changes if ".facot/staging" in paths.get(int(steps[n][1]), ""))
    for parent in (archive.root, archive.root / ".facot/staging"):
        assert ("fsync", str(parent.stat().st_ino)) in steps[published:]


def test_published_files_are_private_and_final(archive: Archive) -> None:
    backup = archive.backup(DOCUMENTS)
    assert backup.path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in backup.path.iterdir()} == {0o400}


def test_delete_removes_one_and_no_other(archive: Archive) -> None:
    for _ in range(3):
        archive.backup(DOCUMENTS)
        days_later(archive.clock)
    with archive.store.locked() as store:
        unflushed = Unflushed(archive.root)
        with watched(unflushed):
            store.delete(store.backups()[1])
        assert unflushed.lost == set()
        assert not list((archive.root / ".facot/trash").iterdir())
    assert names(archive) == ["2024-11-29", "2024-11-27"]
    for backup in archive.store.backups():
        assert list(backup.documents("clients")) == DOCUMENTS[:1]


def test_delete_refuses_what_is_not_a_backups(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = archive.backup(DOCUMENTS)
    other = Archive(archive.root.parent / "other", archive.state_folder).backup(DOCUMENTS)
    with archive.store.locked() as store:
        with pytest.raises(UsageError):
            store.delete(other)
        (backup.path / "Thumbs.db").write_bytes(b"")
        for stray in ("notas.txt", "otra.json", "clients.json.bak"):
            (backup.path / stray).write_bytes(b"precious")
            with pytest.raises(UsageError, match=stray):
                store.delete(backup)
            (backup.path / stray).unlink()
        file = backup.path / "clients.json"
        file.rename(archive.root.parent / "moved.json")
        file.symlink_to(archive.root.parent / "moved.json")
        with pytest.raises(UsageError, match=r"clients\.json"):
            store.delete(backup)
        (archive.root.parent / "moved.json").rename(file)
        metadata = backup.path / "_metadata.json"
        kept = metadata.read_bytes()
        _write(metadata, b"{}")
        with pytest.raises(UsageError, match="dañado"):
            store.delete(store.backups()[0])
        _write(metadata, kept)
        monkeypatch.setattr(metadata_module, "FORMAT_VERSION", 0)
        with pytest.raises(UsageError, match="más nueva"):
            store.delete(store.backups()[0])
        monkeypatch.undo()
        store.delete(store.backups()[0])
    assert names(archive) == [] and names(Archive(other.path.parent, archive.state_folder)) == ["2024-11-27"]


@pytest.mark.parametrize("name", [".facot", ".facot/staging", ".facot/trash"])
def test_a_link_does_not_lead_out_of_the_folder(archive: Archive, name: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "precious").mkdir(parents=True)
    (outside / "precious/file").write_bytes(b"x")
    link = archive.root / name
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    with pytest.raises(BackupDirUnusable):
        archive.backup(DOCUMENTS)
    assert [str(path.relative_to(outside)) for path in sorted(outside.rglob("*"))] == [
        "precious",
        "precious/file",
    ]


def test_recovery_spares_what_links_lead_to(archive: Archive, tmp_path: Path) -> None:
    archive.backup(DOCUMENTS)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"x")
    for folder in ("staging", "trash"):
        (archive.root / ".facot" / folder / "link").symlink_to(outside)
        deep = archive.root / ".facot" / folder / "deep"
        deep.mkdir()
        (deep / "link").symlink_to(outside)
    with archive.store.locked() as store:
        assert store.interrupted == ("deep", "link")
    assert (outside / "precious").read_bytes() == b"x"
    for folder in ("staging", "trash"):
        assert not list((archive.root / ".facot" / folder).iterdir())


def test_recovery_publishes_only_what_proves_itself(archive: Archive) -> None:
    staging = archive.root / ".facot/staging"
    with archive.store.locked():
        pass

    def leave(run_id: str, **changes: object) -> Path:
        """What a run leaves that was killed just before its rename."""
        kept = archive.root.parent / "kept"
        with archive.store.locked() as store, store.begin(run_id) as place:
            files = fill(place, DOCUMENTS)
            metadata = describe(NOON, UTC, files, **{"run_id": run_id, **changes})
            place.write_metadata(metadata)
            shutil.move(place.path, kept)
        return Path(shutil.move(kept, staging / run_id))

    days_later(archive.clock, 3)
    for run_id, harm in (
        ("other-run", lambda folder: folder.rename(staging / "renamed")),
        ("flipped", lambda folder: _write(folder / "clients.json", b'[\n{"_id":"a","n":2}\n]\n')),
        ("stray", lambda folder: _write(folder / "stray", b"")),
        ("short", lambda folder: (folder / "invoices.json").unlink()),
        ("linked", lambda folder: folder.symlink_to(folder.rename(archive.root.parent / "outside"))),
    ):
        harm(leave(run_id))
        with archive.store.locked() as store:
            assert store.recovered == () and len(store.interrupted) == 1
    assert names(archive) == [] and archive.store.repository() is None
    good = leave("good").rename(archive.root.parent / "good")
    leave("bad", errors=("clients: permiso denegado",))
    good.rename(staging / "good")
    with archive.store.locked() as store:
        assert sorted(str(backup.name) for backup in store.recovered) == [
            "2024-11-27",
            "2024-11-27T120005.incomplete",
        ]
    repository = archive.store.repository()
    assert repository is not None and repository.source == SOURCE
    interrupted = [e.details["run_id"] for e in archive.store.ledger.entries() if e.outcome == INTERRUPTED]
    assert interrupted == ["renamed", "flipped", "stray", "short", "linked"]
    recorded = [
        (e.details["run_id"], e.outcome) for e in archive.store.ledger.entries() if e.kind == "recovery"
    ]
    assert recorded == [("bad", INCOMPLETE), ("good", COMPLETE)]


@pytest.mark.parametrize("file", ["_metadata.json", "clients.json"])
def test_a_finished_run_that_cannot_be_read_now_is_published_later(archive: Archive, file: str) -> None:
    """A virus scanner holds a file for a moment: no reason to throw a backup away."""
    kept = archive.root.parent / "kept"
    with archive.store.locked() as store, store.begin("killed") as place:
        place.write_metadata(describe(NOON, UTC, fill(place, DOCUMENTS), run_id="killed"))
        place.path.rename(kept)
    left = Path(shutil.move(kept, archive.root / ".facot/staging/killed"))
    with FlakyDisk(file, errno.EACCES).fails(), archive.store.locked() as store:
        assert (store.recovered, store.interrupted) == ((), ())
    assert left.is_dir() and archive.store.ledger.entries() == []
    assert str(left) in archive.warnings[-1] and "próxima vez" in archive.warnings[-1]
    # Nor is it lost when one reading is wrong.
    with FlakyDisk(file, 0, times=1).fails(), archive.store.locked() as store:
        (backup,) = store.recovered
    assert backup.complete and list(backup.documents("clients")) == DOCUMENTS[:1]


def test_a_killed_run_that_adopted_a_source_is_published_for_it(archive: Archive) -> None:
    archive.backup(DOCUMENTS)
    other = Source("otro")
    kept = archive.root.parent / "kept"
    with (
        pytest.raises(KeyboardInterrupt),
        archive.store.locked() as store,
        store.begin("adopting") as place,
    ):
        store.check_source(other, adopt=True)
        place.write_metadata(describe(NOON, UTC, fill(place, DOCUMENTS), run_id="adopting", source=other))
        place.path.rename(kept)
        raise KeyboardInterrupt
    kept.rename(archive.root / ".facot/staging/adopting")
    with archive.store.locked() as store:
        assert [backup.proven().source for backup in store.recovered] == [other]
    repository = archive.store.repository()
    assert repository is not None and repository.source == other


def test_a_journal_lasts_as_long_as_what_its_restore_kept(archive: Archive) -> None:
    archive.backup(DOCUMENTS)
    kept = archive.backup(
        DOCUMENTS, trigger="pre-restore", scope=Scope(collections=(), restore="r1"), run_id="r1"
    )
    journals = journal.folder_of(archive.root)
    journals.mkdir()
    (journals / "r1.jsonl").write_bytes(b'{"end":"COMPLETE"}\n')
    (journals / "gone.jsonl").write_bytes(b'{"end":"COMPLETE"}\n')
    metadata = kept.path / "_metadata.json"
    good = metadata.read_bytes()
    for text, left in ((b"{}", ["gone", "r1"]), (good, ["r1"])):
        _write(metadata, text)
        with archive.store.locked():
            assert journal.ids(archive.root) == left
    with archive.store.locked() as store:
        store.delete(next(one for one in store.backups() if one.kind == "pre-restore"))
        assert journal.ids(archive.root) == []


def _write(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def test_recovery_leaves_a_newer_programs_work_alone(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.backup(DOCUMENTS)
    newer = archive.root / ".facot/staging/newer"
    newer.mkdir()
    monkeypatch.setattr(metadata_module, "FORMAT_VERSION", 2)
    (newer / "_metadata.json").write_bytes(serialize(describe(NOON, UTC, {}, run_id="newer")))
    monkeypatch.undo()
    with archive.store.locked() as store:
        assert store.interrupted == () and store.recovered == ()
    assert newer.is_dir() and any("versión más nueva" in text for text in archive.warnings)


def test_rubbish_that_cannot_be_removed_stops_nothing(archive: Archive) -> None:
    archive.backup(DOCUMENTS)
    (archive.root / ".facot/trash/old").mkdir()

    def refuse(name: str, args: tuple[object, ...]) -> None:
        if name == "rmdir":
            raise PermissionError(13, "in use", str(args[0]))

    with watched(refuse), archive.store.locked() as store:
        assert run(store, DOCUMENTS).complete
    assert any("papelera" in text for text in archive.warnings)


def test_a_killed_run_is_recorded_once_though_its_remains_stay(archive: Archive) -> None:
    archive.backup(DOCUMENTS)
    (archive.root / ".facot/staging/killed").mkdir()

    def refuse(name: str, args: tuple[object, ...]) -> None:
        if name == "rename" and str(args[0]).endswith("/killed"):
            raise PermissionError(13, "in use", str(args[0]))

    for _ in range(2):
        with watched(refuse), archive.store.locked():
            pass
    assert [e.details for e in archive.store.ledger.entries() if e.outcome == INTERRUPTED] == [
        {"run_id": "killed"}
    ]
    assert any("siguen en" in text for text in archive.warnings)
