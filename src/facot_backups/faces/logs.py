"""Events as log lines, in the form that FACOT documents; through `logging`, never on a screen of ours."""

from __future__ import annotations

import logging

from facot_backups.archive.reader import Backup
from facot_backups.events import CollectionDone, CollectionFailed, Event, Retried, Warned
from facot_backups.operations.cleanup import RetentionResult

# One logger per component, below the package's: a program can silence or route each.
BACKUP = logging.getLogger("facot_backups.backup")
RETENTION = logging.getLogger("facot_backups.retention")
NOTIFY = logging.getLogger("facot_backups.notify")
SCHEDULER = logging.getLogger("facot_backups.scheduler")


def log_event(event: Event) -> None:
    """An `Emit` that logs what a run tells."""
    match event:
        case CollectionDone(collection, documents, _):
            BACKUP.info("[BACKUP] Exportados %d documentos de %s", documents, collection)
        case CollectionFailed(collection, reason):
            BACKUP.error("[BACKUP] No se pudo exportar %s: %s", collection, reason)
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
    BACKUP.error("[BACKUP] Backup fallido: %s", " ".join(reason.split()))


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
