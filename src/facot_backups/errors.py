"""Every error that the product raises on purpose, in one tree.

A class carries the exit code of the command line (docs/cli.md). Messages are in Spanish, made in
`__init__` (docstrings vanish under `-OO`), say what happened, and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from facot_backups import figures


class FacotBackupsError(Exception):
    """Root of the tree. `str(error)` is the whole text for the user, one or two lines."""

    exit_code = 1


class UsageError(FacotBackupsError):
    """The caller asked for something that cannot be: a bad argument, date, path or combination."""

    exit_code = 2


class SettingError(UsageError):
    """A setting is wrong.

    `setting` is its name, `origin` where it was read (a file, a variable, an argument), `problem` what is
    wrong, `allowed` what it may be. The value itself is never in the text: it can be a secret.
    """

    def __init__(self, setting: str, origin: str, problem: str, allowed: str) -> None:
        super().__init__(f"Ajuste «{setting}» ({origin}): {problem}. Se admite: {allowed}.")
        self.setting = setting
        self.origin = origin
        self.problem = problem
        self.allowed = allowed


class SettingErrors(SettingError):
    """Several settings are wrong. `errors` has each; the text is theirs, a line each."""

    def __init__(self, errors: Sequence[SettingError]) -> None:
        Exception.__init__(self, "\n".join(str(error) for error in errors))
        self.errors = tuple(errors)
        first = errors[0]
        self.setting, self.origin = first.setting, first.origin
        self.problem, self.allowed = first.problem, first.allowed


class SourceMismatch(UsageError):
    """The connection leads to another database than the one whose backups the folder holds."""

    def __init__(self, here: str, there: str) -> None:
        super().__init__(
            f"Esta carpeta guarda backups de {here}, y la conexión es a {there}: no se ha leído nada.\n"
            "Use otra carpeta (--backup-dir), o --adopt-source si el cambio es a propósito."
        )


class ReadBudgetExceeded(UsageError):
    """The run would pass `max_reads`, the bound for all reads of the local day.

    `what` needs the reads, `left` is what was not done for that; both in Spanish.
    """

    def __init__(
        self,
        needed: int,
        used: int,
        allowed: int,
        what: str = "El backup",
        left: str = "no se ha leído ningún documento",
    ) -> None:
        super().__init__(
            f"{what} necesita {needed} lecturas; hoy ya se hicieron {used} y el máximo diario "
            f"(max_reads) es {allowed}: {left}.\n"
            "Suba max_reads, limite las colecciones, o espere a mañana."
        )


class FirestoreUnavailable(FacotBackupsError):
    """Firestore could not be reached, or does not let us read: network, credentials, rights, quota."""

    exit_code = 10

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"Firestore no disponible: {problem}.\n{remedy}")
        self.problem = problem
        self.remedy = remedy


class CredentialsMissing(FirestoreUnavailable):
    """Nothing says with whose key to connect: no credentials, no emulator, no client."""


class SnapshotExpired(FacotBackupsError):
    """The instant of the backup is too old for the server to read any more."""

    exit_code = 10

    def __init__(self, read_time: str) -> None:
        super().__init__(
            f"El instante del backup ({read_time}) ya no se puede leer: la lectura tardó demasiado.\n"
            "Active la recuperación a un momento dado (PITR) de Firestore: conserva los instantes 7 días."
        )


class LockHeld(FacotBackupsError):
    """Another run holds the lock of the backup folder."""

    exit_code = 11

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"Otra ejecución está usando la carpeta de backups: {holder}.\nEspere a que termine."
        )
        self.holder = holder


class BackupNotFound(FacotBackupsError):
    """No backup bears that name."""

    exit_code = 12

    def __init__(self, name: str, backup_dir: Path) -> None:
        if name == "latest":
            super().__init__(
                f"No hay ningún backup completo («latest») en {backup_dir}.\n"
                "Haga el primero con: facot-backups run. Vea los que hay con: facot-backups list"
            )
        else:
            super().__init__(
                f"No hay ningún backup «{name}» en {backup_dir}.\nVea los que hay con: facot-backups list"
            )


class InvoiceNotFound(FacotBackupsError):
    """No backup that was looked at has an invoice of that number."""

    exit_code = 12

    def __init__(self, ncf: str) -> None:
        super().__init__(
            f"Ninguna factura lleva el NCF {ncf} en lo que se buscó.\n"
            "Mire si está bien escrito, o búsquelo en otro día: facot-backups list"
        )


class JournalNotFound(FacotBackupsError):
    """The journal of a restore is not there: it can be neither continued nor undone."""

    exit_code = 12

    def __init__(self, restore: str, backup_dir: Path) -> None:
        super().__init__(
            f"No hay ningún diario de la restauración «{restore}» en {backup_dir}.\n"
            "Sin él no se sabe qué escribió: restaure el backup que quiera con facot-backups restore FECHA."
        )


class BackupDirUnusable(FacotBackupsError):
    """The backup folder cannot be used: missing disk, no permission, no space."""

    exit_code = 13

    def __init__(self, backup_dir: Path, problem: str, remedy: str) -> None:
        super().__init__(f"No se puede usar la carpeta de backups {backup_dir}: {problem}.\n{remedy}")
        self.backup_dir = backup_dir


class RepositoryGone(BackupDirUnusable):
    """A known backup folder is no longer there, or is another: a disk that is not connected."""

    def __init__(self, backup_dir: Path) -> None:
        super().__init__(
            backup_dir,
            "aquí había backups y ya no están (¿disco desconectado?)",
            "Conecte el disco. Si quiere empezar de nuevo aquí: facot-backups run --create",
        )


class NoSpace(BackupDirUnusable):
    """The disk is full. `needed` is a size in bytes, or None where it is not known."""

    def __init__(
        self,
        backup_dir: Path,
        needed: int | None,
        remedy: str = "Libere espacio o elija otra carpeta. Los backups anteriores siguen intactos.",
    ) -> None:
        size = f"; el backup necesita unos {figures.size(needed)} o más" if needed else ""
        super().__init__(
            backup_dir,
            f"el disco está lleno{size}",
            remedy,
        )


class DamagedBackup(FacotBackupsError):
    """A backup is not what was published: its bytes, its counts or its form are wrong."""

    exit_code = 20


def _short(text: str) -> str:
    """A text that may quote what a file holds, which may be of any length."""
    return text if len(text) <= 2000 else f"{text[:2000]}…"


class FormatError(DamagedBackup):
    """Bytes that are not our format. `place` says where: a file, a line, a document, a field."""

    def __init__(self, place: str, problem: str) -> None:
        self.place, self.problem = _short(place), _short(problem)
        super().__init__(f"{self.place}: {self.problem}")


class BackupUnreadable(FacotBackupsError):
    """A backup, or a part of it, could not be read now: that is no damage, and says nothing of its content.

    A disk that answers late, a network share that went away, a file that this user may not read.
    """

    exit_code = 13


class DrillNotMade(FacotBackupsError):
    """The restore drill of the backup `backup` could not be made: that says nothing of the backup.

    `problem`, in Spanish, is what kept it from its end.
    """

    exit_code = 23

    def __init__(self, backup: str, problem: str, remedy: str) -> None:
        super().__init__(
            f"El simulacro de restauración de {backup} no se pudo hacer: {problem}. "
            f"No dice nada malo del backup.\n{remedy}"
        )
        self.backup = backup
        self.problem = problem


class NewerFormat(UsageError):
    """A backup of a later `format_version` than this program knows: listed, refused, never deleted."""

    def __init__(self, place: str, version: int) -> None:
        super().__init__(
            f"{place}: es de una versión más nueva del formato ({version}), que este programa no conoce.\n"
            "Actualice facot-backups para leerlo. No se ha tocado nada."
        )
        self.version = version


class UnorderedDocuments(FacotBackupsError):
    """Documents came in another order than that of their names, twice, or out of place: nothing is kept.

    `path` is the document's path, for the log.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"El documento «{path}» {problem}: la lectura no es de fiar y no se ha guardado.\n"
            "Repita el backup; si vuelve a pasar, avise al desarrollador."
        )
        self.path = path


class DocumentTooLarge(UsageError):
    """A document is too large for the format, and is not written. `path` is the document's."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"El documento «{path}» es demasiado grande para un backup: ocuparía más de 16 MiB o tiene "
            "demasiados valores.\nDivídalo en varios documentos, o excluya su colección."
        )
        self.path = path


class Interrupted(FacotBackupsError):
    """Somebody stopped the run: Ctrl-C, a stop of the service, a button."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("Interrumpido: nada ha quedado a medias. Los backups anteriores siguen intactos.")


class OutputUnwritable(FacotBackupsError):
    """What a command has to say does not fit on stdout: a file on a full disk, for example."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"No se puede escribir el resultado en la salida: {reason}.\n"
            "Un backup o una restauración que terminó no se pierde por eso: véalo con facot-backups list."
        )


class Unforeseen(FacotBackupsError):
    """A fault that nobody foresaw, of ours; `error` is what was raised."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"fallo inesperado: {type(error).__name__}: {error}\n"
            "Repita con --verbose para ver el detalle y comuníquelo."
        )
        self.error = error


class RestoreInterrupted(FacotBackupsError):
    """Somebody stopped the restore `restore` after it had begun to write.

    `written` documents were confirmed, `left` were not.
    """

    exit_code = 130

    def __init__(self, restore: str, written: int, left: int) -> None:
        super().__init__(
            f"Restauración interrumpida: {written:,} documentos escritos, {left:,} sin confirmar.\n"
            f"Termínela con: facot-backups restore --continue {restore}"
        )
        self.restore = restore
        self.written = written
        self.left = left
