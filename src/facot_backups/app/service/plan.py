"""What a service is, and what installing or removing it would do: first shown, then done if asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import pwd

from facot_backups import atomic
from facot_backups.errors import FacotBackupsError, UsageError
from facot_backups.text import visible

NAME = "facot-backups"
DESCRIPTION = "FACOT Backups: el backup diario de Firestore"
EVERY_MINUTES = 15
# Others may read a unit; it holds no secret.
_FILE_MODE = 0o644
# Controls, line and paragraph separators; half a surrogate pair, which no file in UTF-8 can hold.
_NO_PART_OF_A_LINE = ("Cc", "Zl", "Zp", "Cs")


class ServiceFailed(FacotBackupsError):
    """The system refused a step. `output` is what its program said."""

    def __init__(self, command: Sequence[str], output: str) -> None:
        said = " ".join(output.split()) or "sin explicación"
        super().__init__("service_failed", command=" ".join(command), output=said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the system is to call. All paths are absolute, as texts of the system concerned.

    `program` is the beginning of the command line. The settings are found from `folder`, the working
    directory. `state_dir` is the state folder, None for the usual one. `user` runs it.

    Raises UsageError for a text with a control character: a line feed would begin a line of its own in the
    file of the system's, with a command that nobody chose.
    """

    program: tuple[str, ...]
    backup_dir: str
    folder: str
    user: str
    state_dir: str | None = None

    def __post_init__(self) -> None:
        texts = (*self.program, self.backup_dir, self.folder, self.user, self.state_dir or "")
        for text in texts:
            if any(unicodedata.category(letter) in _NO_PART_OF_A_LINE for letter in text):
                raise UsageError("control_character", text=visible(text))

    @property
    def command(self) -> tuple[str, ...]:
        """The whole command line."""
        return (*self.program, "run", "--if-due", "--quiet", "--backup-dir", self.backup_dir)


@dataclass(frozen=True, slots=True)
class File:
    """A file to write: `text` is what a person is shown, in `encoding` it is what is written."""

    path: Path
    text: str
    encoding: str = "utf-8"

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self.text.encode(self.encoding)


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order: folders to make, files to write, commands to run. `notes`: what a person must know.

    `owner`: the user to whom the folders belong that have to be made, None for who installs.
    """

    files: tuple[File, ...]
    commands: tuple[tuple[str, ...], ...]
    folders: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    owner: str | None = None

    @property
    def present(self) -> bool:
        """Whether all files are there, just as they would be written now."""
        return all(_is_there(file) for file in self.files)


@dataclass(frozen=True, slots=True)
class Removal:
    """Steps in order: commands, then files to remove, then commands again."""

    before: tuple[tuple[str, ...], ...]
    files: tuple[Path, ...]
    after: tuple[tuple[str, ...], ...] = ()


def _is_there(file: File) -> bool:
    try:
        return file.path.read_bytes() == file.data
    except OSError:
        return False


def install(plan: Plan) -> None:
    """Carry a plan out. Raises BackupDirUnusable for the disk's faults, ServiceFailed."""
    for folder in plan.folders:
        with atomic.explained(folder):
            _make_folder(folder, plan.owner)
    for file in plan.files:
        with atomic.explained(file.path.parent):
            atomic.make_folder(file.path.parent)
    for file in plan.files:
        with atomic.explained(file.path):
            atomic.write_file(file.path, file.data, _FILE_MODE)
    for command in plan.commands:
        run(command)


def _make_folder(folder: Path, owner: str | None) -> None:
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    atomic.make_folder(folder)
    if sys.platform == "win32" or owner is None:
        return
    try:
        found = pwd.getpwnam(owner)
    except KeyError:  # a number without a name
        return
    for path in missing:
        os.chown(path, found.pw_uid, found.pw_gid, follow_symlinks=False)


def remove(removal: Removal) -> bool:
    """Carry a removal out; whether there was anything to remove. What is gone already is no error."""
    present = [path for path in removal.files if path.exists()]
    failures: list[ServiceFailed] = []
    for command in removal.before:
        try:
            run(command)
        except ServiceFailed as failure:
            failures.append(failure)
    for path in present:
        with atomic.explained(path):
            path.unlink()
    for command in removal.after:
        run(command)
    if present and failures:
        raise failures[0]
    return bool(present)


def run(command: Sequence[str]) -> str:
    """Run one of the system's programs, at most for a minute; what it printed. Raises ServiceFailed."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceFailed(command, str(error)) from error
    if done.returncode != 0:
        raise ServiceFailed(command, done.stderr or done.stdout)
    return done.stdout
