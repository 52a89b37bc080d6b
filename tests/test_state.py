"""What is remembered outside the backup folder: kept by kills, damage and several processes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path

import pytest

from facot_backups.events import Event, Warned
from facot_backups.model import Source
from facot_backups.operations.runs import on
from facot_backups.state import SeenOwner, State, Try
from tests.support.archives import NOON
from tests.support.crash import At, watched
from tests.support.flaky_disk import FlakyDisk

SOURCE = Source("facot-prueba")
RD = timezone(timedelta(hours=-4))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def notes(folder: Path, kind: str) -> list[Path]:
    return sorted(folder.glob(f"{kind}-*.json"))


def reads_on(state: State, root: Path, day: date, zone: tzinfo) -> int:
    return sum(found.reads for found in on(state.tries(root), day, zone))


def test_a_try_is_known_before_it_reads_and_grows(state_dir: Path, root: Path) -> None:
    State().record_try(root, Try("r1", "scheduled", NOON))
    assert State().tries(root) == [Try("r1", "scheduled", NOON)]
    State().record_try(root, Try("r1", "scheduled", NOON, reads=700))
    State().record_try(root, Try("r2", "manual", NOON + timedelta(hours=1), reads=30, outcome="FAILED"))
    assert [(found.run_id, found.reads) for found in State().tries(root)] == [("r1", 700), ("r2", 30)]
    assert State().known(root) is None
    assert State().tries(root.parent / "other") == []


def test_reads_belong_to_the_local_day(state_dir: Path, root: Path) -> None:
    state = State()
    state.record_try(root, Try("late", "manual", datetime(2024, 11, 28, 3, 59, tzinfo=UTC), 5))
    state.record_try(root, Try("early", "manual", datetime(2024, 11, 28, 4, 0, tzinfo=UTC), 7))
    assert reads_on(state, root, date(2024, 11, 27), RD) == 5
    assert reads_on(state, root, date(2024, 11, 28), RD) == 7
    assert reads_on(state, root, date(2024, 11, 28), UTC) == 12


def test_old_tries_are_forgotten(state_dir: Path, root: Path) -> None:
    for day in range(40):
        State().record_try(root, Try(f"r{day}", "manual", NOON + timedelta(days=day)))
    assert [found.run_id for found in State().tries(root)] == [f"r{day}" for day in range(25, 40)]


@pytest.mark.parametrize("wrong", [timedelta(days=14 * 365), timedelta(hours=30), -timedelta(days=20 * 365)])
def test_one_run_under_a_wrong_clock_makes_no_other_forgotten(
    state_dir: Path, root: Path, wrong: timedelta
) -> None:
    """Neither what was noted before it, nor what is noted after the clock was set right."""
    for hour in range(3):
        State().record_try(
            root, Try(f"before{hour}", "scheduled", NOON + timedelta(hours=hour), 10, "FAILED")
        )
    for reads in (1, 5):
        State().record_try(root, Try("wrong", "scheduled", NOON + wrong, reads))
    now = NOON + timedelta(hours=4)
    State().record_try(root, Try("after", "scheduled", now, 7))
    State().record_try(root, Try("after", "scheduled", now, 70, "COMPLETE"))
    assert reads_on(State(), root, NOON.date(), UTC) == 100


def test_what_a_wrong_clock_notes_again_and_again_is_bounded(state_dir: Path, root: Path) -> None:
    noted = [NOON + timedelta(days=800 + number) for number in range(150)]
    for moment in reversed(noted):
        State().record_try(root, Try(f"r{moment}", "manual", moment))
    State().record_try(root, Try("now", "manual", NOON, 3))
    found = State().tries(root)
    assert len(found) <= 102 and found[0] == Try("now", "manual", NOON, 3)


@pytest.mark.parametrize("reads", ["-700", "1e999", "NaN", '"x"'])
def test_reads_that_nobody_can_have_made_do_not_count(state_dir: Path, root: Path, reads: str) -> None:
    State().record_try(root, Try("r1", "manual", NOON, 700))
    State().record_try(root, Try("r2", "manual", NOON, 5))
    (file,) = notes(state_dir, "tries")
    file.write_text(file.read_text().replace('"reads": 700', f'"reads": {reads}'))
    assert reads_on(State(), root, NOON.date(), UTC) == 5


def test_tries_follow_the_repository_to_another_path(state_dir: Path, root: Path, tmp_path: Path) -> None:
    state = State()
    state.record_try(root, Try("r1", "manual", NOON, 10))
    state.remember(root, "id", SOURCE)
    state.record_try(root, Try("r2", "manual", NOON, 20))
    moved = tmp_path / "E/backups"
    state.remember(moved, "id", SOURCE)
    assert reads_on(state, moved, NOON.date(), UTC) == 30
    known = state.known(moved)
    assert known is not None and known.repository_id == "id"


def test_two_spellings_of_a_path_are_one(
    state_dir: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    State().remember(root, "id", SOURCE)
    (tmp_path / "link").symlink_to(root)
    monkeypatch.chdir(tmp_path)
    for spelling in (Path("backups"), tmp_path / "x/../backups", tmp_path / "link"):
        assert State().known(spelling) is not None


@pytest.mark.parametrize("damage", [b"", b'{"a', b"[]", b"\xff", b"{}", b'{"tries": 7, "repository_id": []}'])
def test_damage_is_told_and_loses_no_known_path(state_dir: Path, root: Path, damage: bytes) -> None:
    state = State()
    state.remember(root, "id", SOURCE)
    state.record_try(root, Try("r1", "manual", NOON, 10))
    state.set_alert(root, "anomaly", "on")
    state.remember_owner(root, SeenOwner("m", NOON))
    assert state.warn_once(root, "place")
    for file in state_dir.glob("*.json"):
        file.write_bytes(damage)
    events: list[Event] = []
    after = State(emit=events.append)
    known = after.known(root)
    assert known is not None and known.repository_id is None
    assert after.tries(root) == [] and after.alert(root, "anomaly") is None
    assert after.seen_owner(root) is None and after.warn_once(root, "place")
    if damage[:1] != b"{" or damage == b'{"a':
        assert any(isinstance(event, Warned) and "dañada" in event.message for event in events)
    after.remember(root, "id", SOURCE)
    after.record_try(root, Try("r2", "manual", NOON, 5))
    assert State().known(root) == after.known(root) != known
    assert [found.run_id for found in State().tries(root)] == ["r2"]


def test_one_bad_try_hides_no_other(state_dir: Path, root: Path) -> None:
    State().record_try(root, Try("r1", "manual", NOON, 10))
    (file,) = notes(state_dir, "tries")
    file.write_bytes(file.read_bytes().replace(b'"tries": [', b'"tries": [7, {"run_id": 1}, '))
    assert [found.run_id for found in State().tries(root)] == ["r1"]


def test_alerts_and_warnings(state_dir: Path, root: Path) -> None:
    state = State()
    assert state.warn_once(root, "links") and not State().warn_once(root, "links")
    assert state.warn_once(root, "place")
    state.set_alert(root, "anomaly", "on")
    state.set_alert(root, "health", "critical")
    state.set_alert(root, "anomaly", None)
    assert State().alert(root, "anomaly") is None and State().alert(root, "health") == "critical"
    state.remember_owner(root, SeenOwner("mark", NOON))
    assert State().seen_owner(root) == SeenOwner("mark", NOON)


def test_a_state_that_cannot_be_written_warns_and_works_on(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    events: list[Event] = []
    state = State(tmp_path / "file/state", events.append)
    state.record_try(root, Try("r1", "manual", NOON, 10))
    state.record_try(root, Try("r2", "manual", NOON, 10))
    state.remember(root, "id", SOURCE)
    assert reads_on(state, root, NOON.date(), UTC) == 20 and state.known(root) is not None
    told = [event.message for event in events if isinstance(event, Warned)]
    assert len(told) == len(events) == 2 and all(str(state.folder) in text for text in told)


def test_a_state_that_cannot_be_read_makes_no_folder_gone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert State(tmp_path / "file/state").known(root) is None


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ESTALE])
def test_what_cannot_be_read_for_a_moment_is_not_forgotten(state_dir: Path, root: Path, number: int) -> None:
    """Else the reads of the day and what was told would begin anew with one fault of the disk."""
    state = State(state_dir)
    state.remember(root, "id", SOURCE)
    state.record_try(root, Try("r1", "manual", NOON, 10))
    state.set_alert(root, "mail", "told")
    (tries,), (alerts,) = notes(state_dir, "tries"), notes(state_dir, "alerts")
    with FlakyDisk(tries.name, number).fails(), FlakyDisk(alerts.name, number).fails():
        state.record_try(root, Try("r2", "manual", NOON, 5))
        assert reads_on(state, root, NOON.date(), UTC) == 5
        assert state.swap_alert(root, "hook", None, "told") and state.alert(root, "hook") == "told"
    for reader in (state, State(state_dir)):
        reader.record_try(root, Try("r3", "manual", NOON, 1))
        assert reads_on(reader, root, NOON.date(), UTC) >= 11
    assert reads_on(state, root, NOON.date(), UTC) == 16
    state.set_alert(root, "other", "told")
    again = State(state_dir)
    assert [again.alert(root, name) for name in ("mail", "hook", "other")] == ["told"] * 3


@pytest.mark.parametrize("error", [errno.EACCES, errno.EIO, errno.EINVAL, errno.ETIMEDOUT])
def test_what_cannot_be_read_for_a_moment_is_not_begun_anew(state_dir: Path, root: Path, error: int) -> None:
    """A virus scanner, a home on the network: what was noted stays, and what comes meanwhile is added."""
    State().record_try(root, Try("r1", "manual", NOON, 10))
    State().set_alert(root, "anomaly", "on")
    State().allow_commands(root, {"on_error": "digest"})
    (tries,), (alerts,), (allowed,) = (notes(state_dir, kind) for kind in ("tries", "alerts", "allowed"))
    state = State()
    with (
        FlakyDisk(tries.name, error).fails(),
        FlakyDisk(alerts.name, error).fails(),
        FlakyDisk(allowed.name, error).fails(),
    ):
        for reads in (3, 7):
            state.record_try(root, Try("r2", "manual", NOON, reads))
        assert state.swap_alert(root, "sending", None, "now")
        assert not state.swap_alert(root, "sending", None, "later"), "it is told, and told once"
        assert state.allowed_commands(root) is None, "nobody can say"
    assert reads_on(State(), root, NOON.date(), UTC) == 10 and State().alert(root, "anomaly") == "on"
    assert reads_on(state, root, NOON.date(), UTC) == 17
    State().record_try(root, Try("r3", "manual", NOON, 100))  # another process, meanwhile
    state.set_alert(root, "health", "critical")
    state.record_try(root, Try("r4", "manual", NOON, 1000))
    after = State()
    assert reads_on(after, root, NOON.date(), UTC) == 1117
    assert [after.alert(root, about) for about in ("anomaly", "sending", "health")] == [
        "on",
        "now",
        "critical",
    ]
    assert after.allowed_commands(root) == {"on_error": "digest"}


def test_a_kill_or_fault_at_any_step_keeps_old_or_new(state_dir: Path, root: Path) -> None:
    class Killed(BaseException):
        pass

    def kill(name: str, args: tuple[object, ...]) -> None:
        raise Killed

    State().record_try(root, Try("r1", "manual", NOON, 10))
    step, hook = 0, At(0, kill)
    while hook.steps >= step:
        step += 1
        hook = At(step, kill, and_after=True)
        state = State()
        try:
            with watched(hook):
                state.remember(root, f"id{step}", SOURCE)
        except Killed:
            events: list[Event] = []
            assert [found.run_id for found in State(emit=events.append).tries(root)] == ["r1"]
            assert events == []
    assert step > 10
    assert len(list(state_dir.glob(".tmp-*"))) == 0


@pytest.mark.slow
def test_several_processes_lose_nothing(state_dir: Path, root: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom datetime import timedelta\n"
        "from facot_backups.state import State, Try\nfrom tests.support.archives import NOON\n"
        "for n in range(15):\n"
        "    State().record_try(Path(sys.argv[1]), Try(f'{sys.argv[2]}-{n}', 'manual', NOON, 1))\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-B", "-c", code, str(root), str(n)], env=os.environ)
        for n in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert reads_on(State(), root, NOON.date(), UTC) == 45


def test_an_emulators_tries_stay_in_memory(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FACOT_BACKUPS_STATE_DIR")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    state = State()
    state.record_try(root, Try("r1", "manual", NOON, 10), emulator=True)
    assert len(state.tries(root)) == 1 and State().tries(root) == []
    assert not (tmp_path / "xdg").exists()
