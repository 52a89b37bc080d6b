"""Who holds the lock of a backup folder: this computer, a process on it, and whether it still lives.

The host id is the operating system's machine id, so that it survives a new host name and cannot be
carried to another computer in a user's folder. It is written hashed: machine-id(5) asks for that. Copies of
one disk or image share it, so it proves no more than that an owner may be of this computer: that it is, its
boot proves, or that its token was noted here when it took the lock.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import orjson

from facot_backups.clock import from_iso_utc, in_zone, iso_utc
from facot_backups.errors import LockHeld


@dataclass(frozen=True, slots=True)
class Owner:
    """The text of `owner.json`.

    `token` is the lock's own for its whole life; `beats` grows by one with each heartbeat. `since` and
    `heartbeat` are aware, in UTC, by the owner's clock. `process_start` tells a process from a later one
    with the same `pid`; None where the system does not say.
    """

    host: str
    host_name: str
    pid: int
    process_start: str | None
    since: datetime
    token: str
    heartbeat: datetime
    beats: int = 0

    @property
    def mark(self) -> str:
        """What stays the same only while no heartbeat comes."""
        return f"{self.token}/{self.beats}"

    def held(self, zone: tzinfo) -> LockHeld:
        """The error for who finds it there, with times in `zone`."""
        if not self.host:
            return LockHeld("")
        return LockHeld(self.host_name, self.pid, in_zone(self.since, zone))

    def is_here(self, noted: str | None) -> bool:
        """Whether it is, or was for certain, a process of this computer.

        `noted`: the token of the last lock that was taken from here, as this computer remembers it.
        """
        boot = _boot_id()
        began_here = bool(boot) and (self.process_start or "").startswith(f"{boot}:")
        return self.host == host_id() and (began_here or self.token == noted)

    def is_alive(self) -> bool:
        """Whether that process runs on this computer now; only for an owner that `is_here`."""
        start = process_start(self.pid)
        return start is not None and self.process_start in (None, "", start)

    def to_bytes(self) -> bytes:
        """The owner as JSON."""
        times = {"since": iso_utc(self.since), "heartbeat": iso_utc(self.heartbeat)}
        return orjson.dumps(asdict(self) | times, option=orjson.OPT_INDENT_2)


def parse_owner(data: bytes) -> Owner:
    """The owner that `data` says.

    Anything else is an owner too, of no computer, whose token is the hash of `data`: what cannot be read
    may be alive, and is given up like any other, when it stays the same for long.
    """
    with suppress(ValueError, TypeError, KeyError):
        raw = orjson.loads(data)
        start = raw["process_start"]
        return Owner(
            host=str(raw["host"]),
            host_name=str(raw["host_name"]),
            pid=int(raw["pid"]),
            process_start=None if start is None else str(start),
            since=from_iso_utc(raw["since"]),
            token=str(raw["token"]),
            heartbeat=from_iso_utc(raw["heartbeat"]),
            beats=int(raw["beats"]),
        )
    never = datetime(1970, 1, 1, tzinfo=UTC)
    return Owner("", "", 0, None, never, hashlib.sha256(data).hexdigest(), never)


@functools.cache
def host_id() -> str:
    """This computer's id, hashed: the operating system's machine id, else the host name."""
    found = _machine_id() or f"nombre:{platform.node()}"
    return hashlib.sha256(f"facot-backups:{found}".encode()).hexdigest()[:32]


def process_start(pid: int) -> str | None:
    """When the process began, as this system says it; None if there is none with that pid.

    "" where it runs but the system does not say since when. A text to compare, not to read.
    """
    if sys.platform == "win32":
        return _windows_start(pid)
    proc = Path("/proc")
    if (proc / "self" / "stat").exists():
        return _linux_start(proc, pid)
    return _posix_start(pid)


def _linux_start(proc: Path, pid: int) -> str | None:
    try:
        # proc(5): the name in parentheses may hold anything; state is field 3, the start field 22.
        fields = (proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = _boot_id(proc)
    except OSError:
        return "" if _exists(pid) else None
    if fields[0] in "ZX":
        return None
    return f"{boot}:{fields[19]}" if boot else ""


def _boot_id(proc: Path = Path("/proc")) -> str | None:
    """What no other start of any computer bears; None where the system does not say."""
    with suppress(OSError):
        return (proc / "sys/kernel/random/boot_id").read_text().strip()
    return None


def _posix_start(pid: int) -> str | None:
    if not _exists(pid):
        return None
    return _output(["ps", "-o", "lstart=", "-p", str(pid)])


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _machine_id() -> str | None:
    if sys.platform == "win32":
        return _windows_machine_id()
    if sys.platform == "darwin":
        found = re.search(
            r'"IOPlatformUUID" = "([^"]+)"', _output(["ioreg", "-rd1", "-c", "IOPlatformExpertDevice"])
        )
        return found[1] if found else None
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        with suppress(OSError):
            text = Path(path).read_text(errors="replace").strip()
            if re.fullmatch(r"[0-9a-f]{32}", text):
                return text
    return None


def _output(command: list[str]) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        environment = os.environ | {"LC_ALL": "C", "TZ": "UTC"}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=True, env=environment
        )
        return done.stdout.strip()
    return ""


if sys.platform == "win32":
    import ctypes
    import winreg
    from ctypes import wintypes

    def _windows_machine_id() -> str | None:
        # The same key for 32- and 64-bit Pythons.
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with (
            suppress(OSError),
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography", 0, access) as key,
        ):
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        return None

    def _windows_start(pid: int) -> str | None:
        limited_information, still_active, access_denied = 0x1000, 259, 5
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = kernel.OpenProcess(limited_information, False, pid)
        if not handle:
            return "" if ctypes.get_last_error() == access_denied else None
        try:
            code, times = wintypes.DWORD(), [wintypes.FILETIME() for _ in range(4)]
            if not kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code)):
                return ""
            if code.value != still_active:
                return None
            if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *map(ctypes.byref, times)):
                return ""
            return str(times[0].dwHighDateTime << 32 | times[0].dwLowDateTime)
        finally:
            kernel.CloseHandle(wintypes.HANDLE(handle))

else:

    def _windows_machine_id() -> str | None:
        return None

    def _windows_start(pid: int) -> str | None:
        return None
