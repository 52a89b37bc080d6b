"""Events as log lines, in the form that FACOT documents; through `logging`, never on a screen of ours."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import cast

from facot_backups import atomic
from facot_backups.archive.reader import Backup
from facot_backups.errors import UsageError
from facot_backups.events import CollectionDone, CollectionFailed, Event, Retried, Warned
from facot_backups.operations.retention.cleanup import RetentionResult
from facot_backups.text import hanging, one_line, reason, visible


def _component(name: str) -> logging.Logger:
    """The logger of a component, below the package's: a program can silence or route each.

    Whoever handles its records, no name or value in them begins a line of its own or commands a terminal.
    """
    made = logging.getLogger(f"facot_backups.{name}")
    made.addFilter(_one_line)
    return made


def _one_line(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(arg if isinstance(arg, (int, float)) else one_line(arg) for arg in record.args)
    return True


BACKUP = _component("backup")
RETENTION = _component("retention")
NOTIFY = _component("notify")
SCHEDULER = _component("scheduler")
DESKTOP = _component("desktop")
# A year of backups is about one of these files.
_LOG_BYTES, _LOG_FILES = 2_000_000, 5
_FORMAT = "%(asctime)s %(levelname)s %(message)s"


def log_event(event: Event) -> None:
    """An `Emit` that logs what a run tells."""
    match event:
        case CollectionDone(collection, documents, _):
            BACKUP.info("[BACKUP] Exportados %d documentos de %s", documents, visible(collection))
        case CollectionFailed(collection, reason):
            BACKUP.error("[BACKUP] No se pudo exportar %s: %s", visible(collection), reason)
        case Retried(reason, wait_seconds):
            BACKUP.info("[BACKUP] Reintento en %.0f s: %s", wait_seconds, reason)
        case Warned(message):
            BACKUP.warning("[BACKUP] Aviso: %s", message)


def log_backup(backup: Backup) -> None:
    """The line at the end of a run that published something."""
    if backup.complete:
        BACKUP.info("[BACKUP] Backup completado: %s", backup.path)
    else:
        BACKUP.error("[BACKUP] Backup INCOMPLETO: %s", backup.path)


def log_failure(reason: str) -> None:
    """The line at the end of a run that published nothing."""
    BACKUP.error("[BACKUP] Backup fallido: %s", reason)


def log_retention(result: RetentionResult) -> None:
    """The line at the end of a cleanup, and one for each thing that stopped it."""
    for alarm in result.alarms:
        RETENTION.warning("[RETENTION] No se elimina nada: %s", alarm.message)
    for error in result.errors:
        RETENTION.error("[RETENTION] %s", error)
    verb = "Simulación completada: %d se eliminarían, %d conservados"
    if not result.dry_run:
        verb = "Limpieza completada: %d eliminados, %d conservados"
    RETENTION.info("[RETENTION] " + verb, len(result.deleted), len(result.kept))


@contextmanager
def written(level: int, file: Path | None, *, to_stderr: bool = True) -> Iterator[None]:
    """Let the package's loggers write to stderr, where there is one, and to `file`, while the block runs.

    The file is kept apart and begun anew when it grows. Raises UsageError where it cannot be opened.
    """
    root = logging.getLogger("facot_backups")
    handlers: list[logging.Handler] = []
    if to_stderr and sys.stderr is not None:
        handlers.append(logging.StreamHandler(sys.stderr))
    if file is not None:
        handlers.append(_to_file(file))
    before = root.level
    root.setLevel(level)
    for handler in handlers:
        handler.setFormatter(_Formatter(_FORMAT))
        root.addHandler(handler)
    try:
        yield
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            with suppress(OSError):  # what a full disk did not take is lost, not what the block came to
                handler.close()


class _Formatter(logging.Formatter):
    """A record begins a line; what follows it (a trace, another's text) is indented."""

    def format(self, record: logging.LogRecord) -> str:
        return hanging(super().format(record))


class _PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner can read: it names folders, collections and what went wrong.

    What the disk does not take is lost, and told once.
    """

    _told = False

    def doRollover(self) -> None:  # noqa: N802 - of the base class
        """Begin another file; where one is in use (Windows), go on with this one."""
        try:
            super().doRollover()
        except OSError:
            self.stream = self.stream or self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - of the base class
        """Tell of a fault of the disk in a line, where Python would show a stack trace for each record."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._told and sys.stderr is not None:
            self._told = True
            with suppress(OSError):
                sys.stderr.write(
                    f"No se puede escribir el registro en {visible(self.baseFilename)}: {reason(error)}.\n"
                )

    def _open(self) -> TextIOWrapper:
        made = open(self.baseFilename, self.mode, encoding=self.encoding, opener=_private)  # noqa: SIM115
        return cast("TextIOWrapper", made)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, atomic.PRIVATE_MODE)


def _to_file(file: Path) -> logging.Handler:
    try:
        return _PrivateFile(file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
    except OSError as error:
        raise UsageError("log_unwritable", file=file, error=error) from error
