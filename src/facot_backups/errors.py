"""Every error that the product raises on purpose, in one tree.

An error is a `code` and the fields of what happened; `str(error)` has it in words, from `error_texts`. A
class carries the exit code of the command line (docs/cli.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from facot_backups.error_texts import Words, describe

Reader: TypeAlias = Literal["backup", "comparison", "restore", "read-back"]
LeftUndone: TypeAlias = Literal["nothing-read", "nothing-written"]


class FacotBackupsError(Exception):
    """Root of the tree. `code` is stable, `fields` what the words are made of.

    `str(error)` is the whole text for the user in Spanish, one or two lines.
    """

    exit_code = 1
    # The frame of its words in `error_texts`.
    family: ClassVar[str] = ""

    def __init__(self, code: str, /, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

    @property
    def words(self) -> Words:
        """What happened and what to do, in Spanish, for a terminal or a log."""
        return describe(self.code, self.family, self.fields)

    def __str__(self) -> str:
        return str(self.words)


class UsageError(FacotBackupsError):
    """The caller asked for something that cannot be: a bad argument, date, path or combination."""

    exit_code = 2


class SettingError(UsageError):
    """A setting is wrong.

    `setting` is its name, `origin` where it was read (a file, a variable, an argument), `problem` what is
    wrong, `allowed` what it may be. The value itself is never in the text: it can be a secret.
    """

    family = "setting"

    def __init__(self, setting: str, origin: str, problem: str, allowed: str) -> None:
        super().__init__("setting", setting=setting, origin=origin, problem=problem, allowed=allowed)
        self.setting = setting
        self.origin = origin
        self.problem = problem
        self.allowed = allowed


class SettingErrors(SettingError):
    """Several settings are wrong. `errors` has each; the text is theirs, a line each."""

    def __init__(self, errors: Sequence[SettingError]) -> None:
        first = errors[0]
        super().__init__(first.setting, first.origin, first.problem, first.allowed)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


class SourceMismatch(UsageError):
    """The connection leads to another database (`there`) than the one whose backups the folder holds."""

    def __init__(self, here: object, there: object) -> None:
        super().__init__("source_mismatch", here=here, there=there)


class ReadBudgetExceeded(UsageError):
    """The run would pass `max_reads`, the bound for all reads of the local day.

    The `reader` needs the reads, `left` is what was not done for want of them.
    """

    def __init__(
        self,
        needed: int,
        used: int,
        allowed: int,
        reader: Reader = "backup",
        left: LeftUndone = "nothing-read",
    ) -> None:
        super().__init__(
            "read_budget_exceeded", needed=needed, used=used, allowed=allowed, reader=reader, left=left
        )


class FirestoreUnavailable(FacotBackupsError):
    """Firestore could not be reached, or does not let us read: network, credentials, rights, quota."""

    exit_code = 10
    family = "firestore"

    @property
    def problem(self) -> str:
        """What happened, in Spanish, for the middle of a sentence."""
        return self.words.problem


class CredentialsMissing(FirestoreUnavailable):
    """Nothing says with whose key to connect: no credentials, no emulator, no client."""

    def __init__(self) -> None:
        super().__init__("no_credentials")


class SnapshotExpired(FacotBackupsError):
    """The instant of the backup is too old for the server to read any more."""

    exit_code = 10

    def __init__(self, read_time: str) -> None:
        super().__init__("snapshot_expired", read_time=read_time)


class LockHeld(FacotBackupsError):
    """Another run holds the lock of the backup folder: the process `pid` of `host`, `since` then, local.

    `host` is None for one that has not said yet who it is, "" where nobody can tell.
    """

    exit_code = 11

    def __init__(self, host: str | None = None, pid: int = 0, since: datetime | None = None) -> None:
        unknown = "lock_just_taken" if host is None else "lock_held_by_unknown"
        code = unknown if since is None else "lock_held"
        super().__init__(code, host=host, pid=pid, since=since)


class BackupNotFound(FacotBackupsError):
    """No backup bears that name; `latest`: there is no complete one."""

    exit_code = 12

    def __init__(self, name: str, backup_dir: Path) -> None:
        code = "no_complete_backup" if name == "latest" else "backup_not_found"
        super().__init__(code, name=name, backup_dir=backup_dir)


class InvoiceNotFound(FacotBackupsError):
    """No backup that was looked at has an invoice of that number."""

    exit_code = 12

    def __init__(self, ncf: str) -> None:
        super().__init__("invoice_not_found", ncf=ncf)


class JournalNotFound(FacotBackupsError):
    """The journal of a restore is not there: it can be neither continued nor undone."""

    exit_code = 12

    def __init__(self, restore: str, backup_dir: Path) -> None:
        super().__init__("journal_not_found", restore=restore, backup_dir=backup_dir)


class BackupDirUnusable(FacotBackupsError):
    """The backup folder cannot be used: missing disk, no permission, no space."""

    exit_code = 13
    family = "folder"

    def __init__(self, backup_dir: Path, code: str, /, **fields: object) -> None:
        super().__init__(code, backup_dir=backup_dir, **fields)
        self.backup_dir = backup_dir


class RepositoryGone(BackupDirUnusable):
    """A known backup folder is no longer there, or is another: a disk that is not connected."""

    def __init__(self, backup_dir: Path) -> None:
        super().__init__(backup_dir, "repository_gone")


class NoSpace(BackupDirUnusable):
    """The disk is full. `needed` is a size in bytes, or None where it is not known.

    `writing`: in the middle of a restore, which can be finished or undone.
    """

    def __init__(self, backup_dir: Path, needed: int | None, *, writing: bool = False) -> None:
        code = "no_space_in_restore" if writing else "no_space_for" if needed else "no_space"
        super().__init__(backup_dir, code, needed=needed)


class DamagedBackup(FacotBackupsError):
    """A backup is not what was published: its bytes, its counts or its form are wrong."""

    exit_code = 20


def _short(text: str) -> str:
    """A text that may quote what a file holds, which may be of any length."""
    return text if len(text) <= 2000 else f"{text[:2000]}…"


class FormatError(DamagedBackup):
    """Bytes that are not our format. `place` says where: a file, a line, a document, a field."""

    family = "format"

    def __init__(self, place: str, problem: str) -> None:
        self.place, self.problem = _short(place), _short(problem)
        super().__init__("format", place=self.place, problem=self.problem)


class BackupUnreadable(FacotBackupsError):
    """A backup, or a part of it, could not be read now: that is no damage, and says nothing of its content.

    A disk that answers late, a network share that went away, a file that this user may not read.
    """

    exit_code = 13


class DrillNotMade(FacotBackupsError):
    """The restore drill of the backup `backup` could not be made: that says nothing of the backup."""

    exit_code = 23
    family = "drill"

    def __init__(self, backup: str, code: str, /, **fields: object) -> None:
        super().__init__(code, backup=backup, **fields)

    @property
    def problem(self) -> str:
        """What kept it from its end, in Spanish, for the middle of a sentence."""
        return self.words.problem


class NewerFormat(UsageError):
    """A backup of a later `format_version` than this program knows: listed, refused, never deleted."""

    def __init__(self, place: str, version: int) -> None:
        super().__init__("newer_format", place=place, version=version)


class UnorderedDocuments(FacotBackupsError):
    """Documents came in another order than that of their names, twice, or out of place: nothing is kept.

    `path` is the document's path, for the log.
    """

    family = "order"

    def __init__(self, path: str, code: str, /, **fields: object) -> None:
        super().__init__(code, path=path, **fields)
        self.path = path


class DocumentTooLarge(UsageError):
    """A document is too large for the format, and is not written. `path` is the document's."""

    def __init__(self, path: str) -> None:
        super().__init__("document_too_large", path=path)
        self.path = path


class Interrupted(FacotBackupsError):
    """Somebody stopped the run: Ctrl-C, a stop of the service, a button."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("interrupted")


class OutputUnwritable(FacotBackupsError):
    """What a command has to say does not fit on stdout: a file on a full disk, for example."""

    def __init__(self, error: OSError) -> None:
        super().__init__("output_unwritable", error=error)


class Unforeseen(FacotBackupsError):
    """A fault that nobody foresaw, of ours; `error` is what was raised."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("unforeseen", kind=type(error).__name__, error=error)
        self.error = error


class RestoreInterrupted(FacotBackupsError):
    """Somebody stopped the restore `restore` after it had begun to write.

    `written` documents were confirmed, `left` were not.
    """

    exit_code = 130

    def __init__(self, restore: str, written: int, left: int) -> None:
        super().__init__("restore_interrupted", restore=restore, written=written, left=left)
        self.restore = restore
        self.written = written
        self.left = left
