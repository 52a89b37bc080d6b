"""One run at a time: between threads, between processes, between computers; the dead hold nothing."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, timedelta
from pathlib import Path

import orjson
import pytest

from facot_backups.archive import owner as owner_module
from facot_backups.archive.owner import Owner, host_id, parse_owner, process_start
from facot_backups.errors import BackupDirUnusable, LockHeld, NoSpace
from tests.support.archives import NOON, Archive, describe, document, fill, run
from tests.support.crash import watched
from tests.support.flaky_disk import FlakyDisk

DOCUMENTS = [document("clients/a", n=1)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "backups", tmp_path / "state")
    archive.backup(DOCUMENTS)
    return archive


def owner_file(archive: Archive) -> Path:
    return archive.root / ".facot/owner.json"


def foreign(
    archive: Archive, token: str = "t", beats: int = 0, host: str = "another", start: str = "x"
) -> None:
    owner = Owner(host, "otro-pc", 4242, start, NOON, token, NOON, beats)
    owner_file(archive).write_bytes(owner.to_bytes())


def assert_free(archive: Archive) -> None:
    with archive.store.locked():
        pass
    assert not owner_file(archive).exists()
    assert (archive.root / ".facot/lock").read_bytes() == b""


def test_a_second_one_in_the_same_process_is_refused(archive: Archive) -> None:
    found: list[BaseException] = []

    def other_thread() -> None:
        try:
            assert_free(archive)
        except LockHeld as error:
            found.append(error)

    store = archive.store
    with store.locked():
        with pytest.raises(LockHeld) as caught, store.locked():
            pass
        thread = threading.Thread(target=other_thread)
        thread.start()
        thread.join()
    assert str(os.getpid()) in str(caught.value) and caught.value.exit_code == 11
    assert len(found) == 1
    assert_free(archive)


@contextmanager
def holder(archive: Archive) -> Iterator[subprocess.Popen[str]]:
    """A process that took the lock and keeps it until it is told to end."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.support.archives import Archive\n"
        "with Archive(Path(sys.argv[1]), Path(sys.argv[2])).store.locked():\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-B", "-c", code, str(archive.root), str(archive.state_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def test_another_process_holds_it_until_it_ends_or_dies(archive: Archive) -> None:
    with holder(archive) as process:
        with pytest.raises(LockHeld, match=f"proceso {process.pid}, desde"):
            assert_free(archive)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0
        assert_free(archive)
    with holder(archive) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert owner_file(archive).exists()
        assert_free(archive)


def test_a_race_has_one_winner_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom facot_backups.errors import LockHeld\n"
        "from tests.support.archives import Archive, document\nsys.stdin.readline()\n"
        "archive = Archive(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "try:\n    print(archive.backup([document('clients/a', n=1)]).name)\n"
        "except LockHeld:\n    print('held')\n"
    )
    command = [sys.executable, "-B", "-c", code, str(tmp_path / "backups"), str(tmp_path / "state")]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = [racer.communicate()[0].strip() for racer in racers]
    assert all(racer.returncode == 0 for racer in racers)
    names = [str(b.name) for b in Archive(tmp_path / "backups", tmp_path / "state").store.backups()]
    won = [word for word in said if word != "held"]
    assert won and sorted(won) == sorted(names) and len(set(won)) == len(won)


def test_a_silent_foreign_owner_is_given_up_after_ten_minutes(archive: Archive) -> None:
    foreign(archive)
    for wait in (timedelta(), timedelta(minutes=9, seconds=59)):
        archive.clock.moment += wait
        with pytest.raises(LockHeld, match="otro-pc"):
            assert_free(archive)
    archive.clock.moment += timedelta(seconds=1)
    assert_free(archive)


def test_a_clock_set_back_makes_nobody_wait_longer(archive: Archive) -> None:
    foreign(archive)
    for wait in (timedelta(), timedelta(hours=-5)):
        archive.clock.moment += wait
        with pytest.raises(LockHeld):
            assert_free(archive)
    archive.clock.moment += timedelta(minutes=10)
    assert_free(archive)


def test_a_foreign_owner_that_beats_is_never_given_up(archive: Archive) -> None:
    for beat in range(5):
        foreign(archive, beats=beat)
        archive.clock.moment += timedelta(minutes=30)
        with pytest.raises(LockHeld):
            assert_free(archive)


def test_an_owner_that_cannot_be_read_is_waited_for_too(archive: Archive) -> None:
    for garbage in (b'{"host": ', b"[]"):
        owner_file(archive).write_bytes(garbage)
        with pytest.raises(LockHeld, match=r"owner\.json"):
            assert_free(archive)
        archive.clock.moment += timedelta(minutes=10)
    assert_free(archive)


def test_a_dead_or_reused_pid_of_this_computer_holds_nothing(archive: Archive) -> None:
    boot = (process_start(os.getpid()) or "").split(":")[0]
    foreign(archive, host=host_id(), start=f"{boot}:1")  # no process 4242 began then
    if boot:
        assert_free(archive)
    alive = Owner(host_id(), "aquí", os.getppid(), process_start(os.getppid()), NOON, "t", NOON)
    owner_file(archive).write_bytes(alive.to_bytes())
    with pytest.raises(LockHeld) as caught:
        assert_free(archive)
    reused = Owner(host_id(), "aquí", os.getppid(), f"{boot}:1", NOON, "t", NOON)
    ours = Owner(host_id(), "aquí", os.getpid(), process_start(os.getpid()), NOON, "t", NOON)
    for over in (reused, ours) if boot else ():
        owner_file(archive).write_bytes(over.to_bytes())
        assert_free(archive)
    # Who keeps the refusal, with all that its traceback holds, keeps no lock.
    assert caught.tb is not None


def test_a_computer_with_the_same_machine_id_is_another_one(archive: Archive) -> None:
    """As two copies of one disk are: only what this computer noted, or its own boot, proves an owner its."""
    foreign(archive, host=host_id(), start="another-boot:1")
    for wait in (timedelta(), timedelta(minutes=9, seconds=59)):
        archive.clock.moment += wait
        with pytest.raises(LockHeld, match="otro-pc"):
            assert_free(archive)
    archive.clock.moment += timedelta(seconds=1)
    assert_free(archive)


def test_its_own_lock_from_before_a_restart_holds_nothing(archive: Archive) -> None:
    with archive.store.locked():
        ours = orjson.loads(owner_file(archive).read_bytes())
    owner_file(archive).write_bytes(orjson.dumps(ours | {"pid": 4242, "process_start": "another-boot:1"}))
    assert_free(archive)


def test_who_lost_the_lock_publishes_nothing(archive: Archive) -> None:
    names = [str(backup.name) for backup in archive.store.backups()]
    with pytest.raises(LockHeld, match="otro-pc"), archive.store.locked() as store:
        foreign(archive, token="taken over")
        run(store, DOCUMENTS)
    with pytest.raises(LockHeld):
        store.record("run", "FAILED")
    assert [str(backup.name) for backup in archive.store.backups()] == names
    assert parse_owner(owner_file(archive).read_bytes()).token == "taken over"
    assert not list((archive.root / ".facot/staging").iterdir())


def test_who_lost_the_lock_while_it_read_publishes_nothing(archive: Archive) -> None:
    with (
        pytest.raises(LockHeld, match="otro-pc"),
        archive.store.locked() as store,
        store.begin("r2") as staging,
    ):
        files = fill(staging, DOCUMENTS)
        foreign(archive, token="taken over")
        store.publish(staging, describe(NOON, UTC, files, run_id="r2"))
    assert len(archive.store.backups()) == 1
    assert not list((archive.root / ".facot/staging").iterdir())


def test_who_lost_the_lock_deletes_nothing(archive: Archive) -> None:
    (backup,) = archive.store.backups()
    with pytest.raises(LockHeld), archive.store.locked() as store:
        owner_file(archive).unlink()
        store.delete(backup)
    assert archive.store.backups() == [backup]


def test_a_lock_that_is_gone_with_its_disk(archive: Archive) -> None:
    with (
        pytest.raises(BackupDirUnusable, match="desconectado"),
        archive.store.locked() as store,
    ):
        archive.root.rename(archive.root.with_name("gone"))
        store.still_ours()


def test_the_heart_beats_while_the_lock_is_held(archive: Archive) -> None:
    def beating() -> list[str]:
        return [thread.name for thread in threading.enumerate() if "heartbeat" in thread.name]

    with archive.store.locked(heartbeat_seconds=0.001) as store:
        wait_until(lambda: parse_owner(owner_file(archive).read_bytes()).beats >= 3)
        store.still_ours()
        assert beating()
    assert not beating() and not owner_file(archive).exists()


def test_the_heart_of_who_lost_the_lock_beats_no_more(archive: Archive) -> None:
    with archive.store.locked(heartbeat_seconds=0.001):

        def ended() -> bool:
            foreign(archive, token="taken over")
            return not [one for one in threading.enumerate() if "heartbeat" in one.name]

        wait_until(ended)
    assert parse_owner(owner_file(archive).read_bytes()).token == "taken over"


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EINVAL])
def test_a_lock_that_cannot_be_let_go_is_told_and_holds_nothing(archive: Archive, number: int) -> None:
    """What was done under it is done: that is a warning."""

    def fail(name: str, args: tuple[object, ...]) -> None:
        if name == "unlink" and str(args[0]).endswith("owner.json"):
            raise OSError(number, os.strerror(number))

    with watched(fail):
        assert archive.backup(DOCUMENTS).complete
    assert ["owner.json" in text for text in archive.warnings].count(True) == 1
    assert_free(archive)


def test_a_lock_that_cannot_be_let_go_hides_no_error(archive: Archive) -> None:
    def fail(name: str, args: tuple[object, ...]) -> None:
        if name == "unlink" and str(args[0]).endswith("owner.json"):
            raise OSError(errno.EIO, "no disk")

    with watched(fail), pytest.raises(ZeroDivisionError), archive.store.locked():
        _ = 1 // 0


def full(name: str, args: tuple[object, ...]) -> None:
    if name == "open" and ".tmp-" in str(args[0]):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))


def test_a_disk_without_room_for_a_note_is_locked_for_what_frees_space_alone(archive: Archive) -> None:
    (backup,) = archive.store.backups()
    with watched(full), archive.store.locked() as store:
        assert not owner_file(archive).exists()
        with pytest.raises(LockHeld), archive.store.locked():
            pass
        with pytest.raises(NoSpace), store.begin("r2"):
            pass
        store.delete(backup)
    assert archive.store.backups() == [] and not owner_file(archive).exists()
    assert_free(archive)


def test_a_lock_without_a_note_is_lost_to_who_notes_itself(archive: Archive) -> None:
    (backup,) = archive.store.backups()
    with watched(full), pytest.raises(LockHeld, match="otro-pc"), archive.store.locked() as store:
        foreign(archive)
        store.delete(backup)
    assert archive.store.backups() == [backup] and owner_file(archive).exists()


def test_a_note_is_written_as_soon_as_there_is_room(archive: Archive) -> None:
    with ExitStack() as stack:
        with watched(full):
            store = stack.enter_context(archive.store.locked())
        assert not owner_file(archive).exists()
        store.still_ours()
        assert parse_owner(owner_file(archive).read_bytes()).pid == os.getpid()
    assert not owner_file(archive).exists()


def test_a_heartbeat_that_fails_is_told_before_a_publish(archive: Archive) -> None:
    failing = threading.Event()
    failed = threading.Event()

    def fail(name: str, args: tuple[object, ...]) -> None:
        if failing.is_set() and "owner.json" in str(args[1:2]) and name == "replace":
            failed.set()
            raise OSError(errno.EIO, "no disk")

    with watched(fail), archive.store.locked(heartbeat_seconds=0.001) as store:
        failing.set()
        wait_until(failed.is_set)
        with pytest.raises(BackupDirUnusable):
            run(store, DOCUMENTS)
        failing.clear()
        store.still_ours()
        assert run(store, DOCUMENTS).complete
    assert_free(archive)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOENT])
def test_a_note_that_one_look_does_not_find_loses_no_run(archive: Archive, number: int) -> None:
    """Else an hour's reading, or a restore that has begun to write, would end for it."""
    with archive.store.locked() as store:
        for times in (1, 3):
            with FlakyDisk("owner.json", number, times=times).fails():
                store.still_ours()
        with FlakyDisk("owner.json", number).fails(), pytest.raises((BackupDirUnusable, LockHeld)):
            store.still_ours()
        assert run(store, DOCUMENTS).complete


def test_the_heart_goes_on_after_a_look_that_did_not_find_its_note(archive: Archive) -> None:
    with archive.store.locked(heartbeat_seconds=0.001):
        flaky = FlakyDisk("owner.json", errno.ENOENT, times=3)
        with flaky.fails():
            wait_until(lambda: flaky.opened > 3)
        before = parse_owner(owner_file(archive).read_bytes()).beats
        wait_until(lambda: parse_owner(owner_file(archive).read_bytes()).beats > before)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for another thread, for as long as a very slow machine may need."""
    for _ in range(6000):
        if condition():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it never came")


def test_the_lock_is_no_way_out_of_the_folder(archive: Archive, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    lock = archive.root / ".facot/lock"
    lock.unlink()
    lock.symlink_to(victim)
    with pytest.raises(BackupDirUnusable):
        assert_free(archive)
    assert victim.read_bytes() == b"precious"


def test_this_computer_and_its_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Not the parent: what starts us at once began in the same hundredth of a second.
    ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert process_start(os.getpid()) == process_start(os.getpid()) != process_start(ended.pid)
    assert ended.stdin is not None
    ended.stdin.close()
    # Nobody has asked how it ended: it has a pid yet, and holds nothing.
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert process_start(ended.pid) is None
    ended.wait()
    assert process_start(ended.pid) is None
    assert len(host_id()) == 32
    machine_id = Path("/etc/machine-id")
    if machine_id.exists():
        assert machine_id.read_text().strip() not in host_id()
    # Where there is no /proc: what `ps` says, if it is there, is as good.
    assert owner_module._posix_start(os.getpid()) is not None
    assert owner_module._posix_start(ended.pid) is None
    # After a restart of the computer the same pid and the same start are another process.
    (tmp_path / "7").mkdir()
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    stat = "7 (a) b (c) S " + " ".join(map(str, range(4, 53)))
    (tmp_path / "7/stat").write_text(stat)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot\n")
    assert owner_module._linux_start(tmp_path, 7) == "boot:22"

    def refuse(pid: int, number: int) -> None:
        raise PermissionError(errno.EPERM, "another user's")

    monkeypatch.setattr(os, "kill", refuse)
    assert owner_module._exists(7)


def test_owner_json_says_who(archive: Archive) -> None:
    with archive.store.locked():
        said = orjson.loads(owner_file(archive).read_bytes())
    assert said["pid"] == os.getpid() and said["host"] == host_id()
    assert said["since"] == said["heartbeat"] == "2024-11-27T12:00:05.123456Z"
