"""The system's timers: what would be written, to the letter, and that each system's own rules accept it."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from facot_backups.app.service import current_system, launchd, systemd, windows
from facot_backups.app.service.plan import Service
from facot_backups.errors import UsageError
from facot_backups.settings import load_settings
from tests.end_to_end.world import World

GOLDEN = Path(__file__).parent.parent / "golden" / "service"
NAMESPACE = {"t": windows.NAMESPACE}
POSIX = Service(
    program=("/opt/python/bin/python3", "-P", "-m", "facot_backups"),
    backup_dir='/mnt/disco "grande"/backups 100%',
    folder="/home/dueña/FACOT $1 100%",
    user="dueña",
    state_dir="/var/lib/facot backups",
)
WINDOWS = Service(
    program=(r"C:\Program Files\Python312\pythonw.exe", "-P", "-m", "facot_backups"),
    backup_dir=r"D:\Backups de María & Cía",
    folder=r"C:\Users\María\AppData\Roaming\FACOT",
    user=r"TIENDA\María",
)


def texts() -> dict[str, str]:
    """Every file that a service can consist of, for the two services above."""
    user, system = systemd.units(POSIX, system=False), systemd.units(POSIX, system=True)
    return {
        **{f"user-{name}": text for name, text in user.items()},
        **{f"system-{name}": text for name, text in system.items()},
        "launchd.plist": launchd.plist(POSIX),
        "windows.xml": windows.task_xml(WINDOWS),
    }


@pytest.mark.parametrize("name", texts())
def test_what_is_written_is_what_the_golden_file_holds(name: str) -> None:
    assert texts()[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(texts())


# --- systemd ------------------------------------------------------------------------------------------------


def verified(folder: Path, *flags: str) -> str:
    """All that systemd itself says of the units in `folder`; any word of it is a fault.

    It sees no other unit of this machine, only the targets that it adds to every unit by itself.
    """
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze no está en esta máquina")
    targets = folder.parent / "targets"
    targets.mkdir(exist_ok=True)
    for name in ("basic", "shutdown", "sysinit"):
        (targets / f"{name}.target").write_text(f"[Unit]\nDescription={name}\n", encoding="utf-8")
    units = sorted(map(str, folder.iterdir()))
    done = subprocess.run(
        [program, *flags, "verify", *units],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder.parent),
            "SYSTEMD_UNIT_PATH": f"{folder}:{targets}",
            "SYSTEMD_LOG_LEVEL": "info",
        },
    )
    return f"{done.stdout}{done.stderr}" + ("" if done.returncode == 0 else f"exit {done.returncode}")


def runnable(place: Path) -> Service:
    """A service of this machine: systemd looks whether the program is there."""
    return Service(
        program=(sys.executable, "-P", "-m", "facot_backups"),
        backup_dir=str(place / 'copias "100%" $X'),
        folder=str(place),
        user="root",
        state_dir=str(place / "estado"),
    )


@pytest.mark.parametrize("system", [False, True], ids=["user", "system"])
def test_systemd_accepts_the_units(tmp_path: Path, system: bool) -> None:
    """Also in a folder too long for the sockets that a machine's own units may have in it."""
    folder = tmp_path / ("x" * 108) / "units"
    folder.mkdir(parents=True)
    units = systemd.units(runnable(tmp_path), system=system)
    for name, text in units.items():
        (folder / name).write_text(text, encoding="utf-8")
    flags = [] if system else ["--user"]
    assert verified(folder, *flags) == ""
    unit = folder / "facot-backups.service"
    unit.write_text(unit.read_text(encoding="utf-8").replace("Nice=", "Nise="), encoding="utf-8")
    assert "Nise" in verified(folder, *flags), "the check finds what is wrong"


def test_systemd_runs_every_quarter_of_an_hour(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze no está en esta máquina")
    timer = systemd.units(POSIX, system=False)["facot-backups.timer"]
    calendar = next(line.partition("=")[2] for line in timer.splitlines() if line.startswith("OnCalendar="))
    done = subprocess.run(
        [program, "calendar", "--iterations=2", calendar], capture_output=True, text=True, check=True
    )
    assert "*-*-* *:00/15:00" in done.stdout


# --- launchd ------------------------------------------------------------------------------------------------


def test_launchd_reads_it_back() -> None:
    keys = plistlib.loads(launchd.plist(POSIX).encode())
    assert keys["ProgramArguments"] == list(POSIX.command)
    assert (keys["StartInterval"], keys["RunAtLoad"]) == (900, True)
    assert keys["WorkingDirectory"] == POSIX.folder


# --- Windows ------------------------------------------------------------------------------------------------

# [MS-TSCH] 2.5.3.1 and 2.5.3.9: triggerBaseType is a sequence, calendarTriggerType goes on after it.
TRIGGER = ["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "RandomDelay",
           "ScheduleByDay"]  # fmt: skip


def test_the_task_follows_the_documented_order() -> None:
    task = ET.fromstring(windows.task_xml(WINDOWS).encode("utf-16"))
    names = [child.tag.partition("}")[2] for child in task.find(".//t:CalendarTrigger", NAMESPACE) or ()]
    assert names == sorted(names, key=TRIGGER.index)
    assert {"StartBoundary", "Repetition", "ScheduleByDay"} <= set(names)
    assert all(element.tag.startswith(f"{{{windows.NAMESPACE}}}") for element in task.iter())


def test_the_task_never_gives_up() -> None:
    task = ET.fromstring(windows.task_xml(WINDOWS).encode("utf-16"))

    def text(path: str) -> str | None:
        found = task.find(path, NAMESPACE)
        return None if found is None else found.text

    assert text(".//t:Repetition/t:Interval") == "PT15M"
    assert text(".//t:Repetition/t:Duration") is None, "without end"
    assert text("t:Settings/t:StartWhenAvailable") == "true"
    assert text("t:Settings/t:DisallowStartIfOnBatteries") == "false"
    assert text("t:Settings/t:StopIfGoingOnBatteries") == "false"
    assert text("t:Settings/t:ExecutionTimeLimit") == "PT0S"
    assert text(".//t:Exec/t:Command") == WINDOWS.program[0]
    assert text(".//t:Exec/t:Arguments") == (
        '-P -m facot_backups run --if-due --quiet --backup-dir "D:\\Backups de María & Cía"'
    )
    (file,) = windows.plan(WINDOWS, Path("estado")).files
    assert file.data.startswith(b"\xff\xfe") or file.data.startswith(b"\xfe\xff")


# --- names that would be lines of their own -----------------------------------------------------------------


@pytest.mark.parametrize("field", ["backup_dir", "folder", "user", "state_dir", "program"])
@pytest.mark.parametrize("hostile", ["\n", "\r", "\x1b", "\x00", "\x85", "\u2028", "\udc80"])
def test_a_control_character_never_gets_into_a_file_of_the_system(field: str, hostile: str) -> None:
    value = f"/srv/a{hostile}ExecStartPre=/tmp/x"
    given: dict[str, Any] = {field: (value,) if field == "program" else value}
    with pytest.raises(UsageError, match="carácter de control") as refused:
        replace(POSIX, **given)
    assert hostile not in str(refused.value).replace(".\nCambie", "")


@pytest.mark.parametrize("name", ["carpeta\\", "carpeta "])
def test_systemd_is_not_told_of_a_folder_that_would_swallow_the_next_line(name: str) -> None:
    with pytest.raises(UsageError, match="acaba en"):
        systemd.units(replace(POSIX, folder=f"/srv/{name}"), system=False)


def test_a_working_folder_with_a_line_feed_is_refused(
    machine: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "a\nExecStartPre=" / "x"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    machine.run("service", "install", "--yes").failed(2, "carácter de control")
    assert units_of(machine) == []


def test_an_installed_service_says_which_commands_wait_for_permission(
    machine: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facot_config.json").write_text('{"backups": {"after_backup": "true"}}')
    assert "after_backup no se ejecuta" in machine.run("service", "install").out
    assert machine.run("config", "--trust").code == 0
    assert "after_backup" not in machine.run("service", "install").out


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def machine(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A machine with a `systemctl` that notes how it is called, and settings that come from a file."""
    if not sys.platform.startswith("linux"):
        pytest.skip("el servicio de esta máquina no es de systemd")
    for name in ("FIRESTORE_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name)
    programs = tmp_path / "programas"
    programs.mkdir()
    script = programs / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/llamadas\ntest ! -e {tmp_path}/falla\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return world


def units_of(world: World) -> list[str]:
    folder = world.state.parent / "config/systemd/user"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def calls(world: World) -> list[str]:
    noted = world.state.parent / "llamadas"
    return noted.read_text().splitlines() if noted.exists() else []


def test_nothing_is_written_without_being_asked(machine: World) -> None:
    before = sorted(machine.state.parent.rglob("*"))
    shown = machine.run("service", "install")
    assert shown.code == 0
    assert "OnCalendar=*:0/15" in shown.out and str(machine.folder) in shown.out
    assert "No se ha tocado nada. Para hacerlo: facot-backups service install --yes" in shown.out
    assert "No instalado" in machine.run("service", "status").out
    assert machine.run("service", "remove").code == 0
    assert "No había nada que quitar" in machine.run("service", "remove", "--yes").out
    assert sorted(machine.state.parent.rglob("*")) == sorted({*before, machine.state.parent / "llamadas"}), (
        "but for the note of our own systemctl"
    )


def test_installed_shown_and_removed(machine: World) -> None:
    assert machine.run("service", "install", "--yes").code == 0
    assert units_of(machine) == ["facot-backups.service", "facot-backups.timer"]
    assert calls(machine) == ["--user daemon-reload", "--user enable --now facot-backups.timer"]
    assert machine.run("service", "status").out.startswith("Instalado (systemd (de su usuario)).")
    other = machine.folder.with_name("otra")
    machine.folder = other
    assert "con otros ajustes" in machine.run("service", "status").out
    assert machine.run("service", "remove", "--yes").code == 0
    assert units_of(machine) == []
    assert calls(machine)[-2:] == ["--user disable --now facot-backups.timer", "--user daemon-reload"]


@pytest.mark.slow
def test_what_is_installed_runs(machine: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very command line of the unit, from its working directory, with nothing else in the environment."""
    import shlex

    seen = {**machine.settings, "BACKUP_HOUR": "00:00"}
    seen.pop("FACOT_BACKUPS_STATE_DIR")
    dotenv = "".join(f"{name}={value}\n" for name, value in seen.items())
    (machine.state.parent / ".env").write_text(dotenv, encoding="utf-8")
    assert machine.run("service", "install", "--yes").code == 0
    unit = machine.state.parent / "config/systemd/user/facot-backups.service"
    lines = dict(line.partition("=")[::2] for line in unit.read_text(encoding="utf-8").splitlines())
    words = shlex.split(lines["ExecStart"])
    environment = dict([shlex.split(lines["Environment"])[0].split("=", 1)])
    done = subprocess.run(
        words, cwd=lines["WorkingDirectory"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(machine.published()) == 1


def test_a_system_that_refuses_is_told(machine: World) -> None:
    (machine.state.parent / "falla").touch()
    ran = machine.run("service", "install", "--yes")
    ran.failed(1, "El sistema no aceptó", "systemctl --user daemon-reload")
    assert machine.run("service", "remove", "--yes").code == 1
    assert units_of(machine) == []


def test_what_the_service_could_not_see_is_refused(machine: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIREBASE_CREDENTIALS", "clave.json")
    for words in (("install",), ("install", "--yes")):
        machine.run("service", *words).failed(2, "variable FIREBASE_CREDENTIALS", ".env")
    assert units_of(machine) == []
    assert "No instalado" in machine.run("service", "status").out
    assert machine.run("service", "remove", "--yes").code == 0


def test_a_packed_program_is_no_service(machine: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    machine.run("service", "install").failed(2, "empaquetado")


@pytest.mark.parametrize("sudo", [False, True])
def test_the_systems_unit_can_write_all_that_a_run_writes(
    machine: World, monkeypatch: pytest.MonkeyPatch, sudo: bool
) -> None:
    """What a run remembers is where its user's own runs look for it, and is theirs. Root asks for it."""
    import pwd

    home, user = machine.state.parent / "casa", pwd.getpwnam("nobody")
    home.mkdir()
    monkeypatch.setenv("LOGNAME", "root")
    monkeypatch.delenv("FACOT_BACKUPS_STATE_DIR")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwnam", lambda _: pwd.struct_passwd((*user[:5], str(home), *user[6:])))
    monkeypatch.setenv("SUDO_USER", "nobody") if sudo else monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("HOME", str(home.with_name("root") if sudo else home))
    owned: list[tuple[str, int, int]] = []
    monkeypatch.setattr(os, "chown", lambda path, *ids, **_: owned.append((str(path), *ids)))
    monkeypatch.setattr(systemd, "SYSTEM_FOLDER", machine.state.parent / "etc")
    assert machine.run("service", "install", "--system", "--yes").code == 0
    unit = (machine.state.parent / "etc/facot-backups.service").read_text(encoding="utf-8")
    state = home / ".local/state/facot-backups"
    assert f'Environment="FACOT_BACKUPS_STATE_DIR={state}"' in unit
    assert f'ReadWritePaths="-{machine.folder}" "-{state}"\n' in unit
    assert ("User=nobody\n" in unit) == sudo
    made = [machine.folder, state, state.parent, state.parent.parent]
    assert owned == [(str(path), user.pw_uid, user.pw_gid) for path in made]


@pytest.mark.parametrize(("system", "word"), [("darwin", "launchctl"), ("win32", "schtasks")])
def test_the_other_systems_show_theirs(
    machine: World, monkeypatch: pytest.MonkeyPatch, system: str, word: str
) -> None:
    settings = load_settings({"backup_dir": machine.folder})
    monkeypatch.setenv("USER", "maria")
    monkeypatch.setattr(sys, "platform", system)
    found = current_system.here(settings, system_wide=False)
    monkeypatch.undo()
    assert word in found.plan.commands[0][0]
    assert str(machine.folder) in found.plan.files[0].text
