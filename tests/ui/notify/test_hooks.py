"""Commands: facts in the environment, ended with their children at the deadline, never a fault of ours."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from facot_backups.app.alerts.hooks import environment, fact, run_hook
from facot_backups.app.service import windows
from facot_backups.app.service.plan import Service
from facot_backups.app.windows_program import program
from facot_backups.operations.cancellation import Stop
from facot_backups.text import lines

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are for sh")
HOSTILE = "$(touch atacado) `touch atacado`; touch atacado\n\"'\\ %PATH% \0 ñ \udce9"


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and nobody has asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_facts_are_data_and_never_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    facts = {"ERROR": HOSTILE, "PATH": "/copias/ñ 1"}
    command = 'printf %s "$FACOT_BACKUPS_ERROR" > error; echo "$FACOT_BACKUPS_PATH" && cat'
    ended = run_hook(command, facts, 10)
    assert (ended.problem, ended.output) == (None, "/copias/ñ 1\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["error"]
    written = (tmp_path / "error").read_text(encoding="utf-8")
    assert written == lines(HOSTILE)


def test_on_windows_a_fact_holds_nothing_that_cmd_obeys() -> None:
    assert fact("ERROR", 'a "b" & del x | %PATH%\n(c)', cmd=True) == "a  b    del x    PATH   c "
    assert fact("PATH", r"C:\a & b", cmd=True) == r"C:\a & b"
    assert fact("ERROR", "a & b", cmd=False) == "a & b"


def test_on_windows_no_program_of_the_working_directory_is_taken_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert environment({"ERROR": "a & b"}, cmd=True)["NoDefaultCurrentDirectoryInExePath"] == "1"
    assert environment({"ERROR": "a & b"}, cmd=True)["FACOT_BACKUPS_ERROR"] == "a   b"
    assert "NoDefaultCurrentDirectoryInExePath" not in environment({}, cmd=False)
    monkeypatch.setenv("SYSTEMROOT", r"D:\Ventanas")
    service = Service(program=("python",), backup_dir="b", folder="f", user="u")
    installed = windows.plan(service, Path("estado"))
    removed = windows.removal(Path("estado"))
    for words in (*installed.commands, *removed.before, *removed.after, windows.status()):
        assert words[0] == r"D:\Ventanas\System32\schtasks.exe"
    monkeypatch.delenv("SYSTEMROOT")
    assert program("taskkill") == r"C:\Windows\System32\taskkill.exe"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("exit 7", "código 7"),
        ("no-existe-esa-orden", "código 127"),
        ("kill -9 $$", "código -9"),
        ("x" * 3_000_000, "no se pudo"),
    ],
)
def test_what_goes_wrong_is_told(command: str, problem: str) -> None:
    ended = run_hook(command, {}, 10)
    assert ended.problem is not None and problem in ended.problem


def test_of_much_output_the_end_is_kept() -> None:
    ended = run_hook("seq 200000; echo fin; echo ay >&2", {}, 30)
    assert ended.problem is None
    assert ended.output.endswith("200000\nfin\nay\n")
    assert len(ended.output) < 20_000


@pytest.mark.parametrize("stubborn", [False, True], ids=["polite", "stubborn"])
def test_the_deadline_ends_the_whole_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubborn: bool
) -> None:
    from facot_backups.app.alerts import hooks

    monkeypatch.setattr(hooks, "_GRACE_SECONDS", 0.3)
    pids = tmp_path / "pids"
    trap = "trap '' TERM;" if stubborn else ""
    command = f"{trap} (sleep 60 & echo $! >> {pids}; wait) & echo $! >> {pids}; echo vivo; wait; sleep 60"
    ended = run_hook(command, {}, 0.5)
    assert ended.problem == "no terminó en 0 s y se ha cortado"
    assert "vivo" in ended.output
    children = [int(line) for line in pids.read_text().split()]
    assert len(children) == 2
    end = time.monotonic() + 10
    while any(map(alive, children)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not any(map(alive, children))


def test_a_stop_ends_it() -> None:
    stop = Stop()
    timer = threading.Timer(0.2, stop.request)
    timer.start()
    assert run_hook("exec sleep 60", {}, 60, stop).problem == "se interrumpió"
    timer.join()


def test_what_it_leaves_running_holds_nobody_up(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    ended = run_hook(f"sleep 60 & echo $! > {pid}; echo listo", {}, 30)
    assert (ended.problem, ended.output) == (None, "listo\n")
    os.kill(int(pid.read_text()), 9)


def test_it_inherits_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CLAVE", "x y")
    ended = run_hook(f'"{sys.executable}" -c "import os; print(os.environ[\'MI_CLAVE\'])"', {}, 30)
    assert ended.output == "x y\n"
