"""Errors as the panel tells them: what happened, and what to do in a window. No Qt."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from facot_backups import errors
from facot_backups.templates import fill
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.setting_names import problem_said

_log = logging.getLogger("facot_backups.desktop")

# What a button of the panel can do about it.
Offer: TypeAlias = Literal["create", "adopt", "settings", "firebase"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure in Spanish. `title` is short, `text` says what happened, `remedy` what to do (or is "").

    `stopped`: a person stopped it, which is no failure. `offers`: what could be done with a button.
    """

    title: str
    text: str
    remedy: str = ""
    stopped: bool = False
    offers: tuple[Offer, ...] = ()


class _Kind(NamedTuple):
    """What all errors of a class have in common; `remedy` is for those without one of their own."""

    title: str
    offers: tuple[Offer, ...] = ()
    remedy: str = ""
    stopped: bool = False


def failure(error: BaseException) -> Failure:
    """The words for an error; an unforeseen one says what it is, and goes to the log that they name."""
    if isinstance(error, errors.Unforeseen):
        error = error.error
    if not isinstance(error, errors.FacotBackupsError):
        return _unforeseen(error)
    if isinstance(error, errors.SettingError):
        return _setting(error)
    kind = next(kind for type_, kind in KINDS.items() if isinstance(error, type_))
    text, remedy = words_for(error)
    return Failure(kind.title, text, remedy or kind.remedy, kind.stopped, kind.offers)


def words_for(error: errors.FacotBackupsError) -> tuple[str, str]:
    """(what happened, what to do or "") in a window, where a title stands above it."""
    said = error.words
    what = said.problem[:1].upper() + said.problem[1:] if error.family in _UNFRAMED else said.what
    what = fill(TEXTS[error.code], error.fields) if error.code in TEXTS else what
    remedy = fill(REMEDIES[error.code], error.fields) if error.code in REMEDIES else said.remedy
    if error.family == "drill":
        remedy = f"{remedy} No dice nada malo del backup."
    return words.plainly(words.sentence(what)), words.plainly(" ".join(remedy.split()))


def hindrance(error: errors.FacotBackupsError) -> str:
    """Why something will not be done, and what to do, after a colon."""
    if isinstance(error, errors.SettingError):
        return "hay un ajuste que no vale."
    return f"{error.words.what} {words_for(error)[1]}".strip()


def _setting(error: errors.SettingError) -> Failure:
    each = error.errors if isinstance(error, errors.SettingErrors) else (error,)
    text = "\n".join(problem_said(one) for one in each)
    where: Offer = "firebase" if all(one.setting == "credentials" for one in each) else "settings"
    remedy = "Elija otro archivo." if where == "firebase" else "Corríjalo en los ajustes."
    return Failure("Hay un ajuste que no vale", text, remedy, offers=(where,))


def _unforeseen(error: BaseException) -> Failure:
    _log.error("fallo inesperado en el panel", exc_info=error)
    return Failure(
        "Fallo inesperado",
        words.sentence(f"{type(error).__name__}: {error}"),
        "Repítalo; si vuelve a pasar, comuníquelo con el registro del programa.",
    )


# The first whose class fits.
KINDS: Mapping[type[errors.FacotBackupsError], _Kind] = {
    errors.Interrupted: _Kind("Cancelado", stopped=True),
    errors.SourceMismatch: _Kind("Esta carpeta es de otra base de datos", ("settings", "adopt")),
    errors.ReadBudgetExceeded: _Kind("El límite de lecturas de hoy no alcanza", ("settings",)),
    errors.CredentialsMissing: _Kind("Primero, conecte su Firebase", ("firebase",)),
    errors.FirestoreUnavailable: _Kind("Firestore no disponible", ("firebase",)),
    errors.LockHeld: _Kind("Ya hay un backup en marcha"),
    errors.RepositoryGone: _Kind("La carpeta de los backups no está", ("create",)),
    errors.NoSpace: _Kind("El disco está lleno", ("settings",)),
    errors.BackupDirUnusable: _Kind("No se puede usar la carpeta", ("settings",)),
    errors.DamagedBackup: _Kind("Hay un backup dañado"),
    errors.BackupUnreadable: _Kind(
        "No se pudo leer el backup", remedy="Revise el disco y los permisos, y repita."
    ),
    errors.DrillNotMade: _Kind("El simulacro no se pudo hacer"),
    errors.FacotBackupsError: _Kind("No se pudo"),
}
# Their titles say what the frame of a sentence says elsewhere.
_UNFRAMED = ("firestore", "drill")

_ANOTHER_FOLDER = "Elija otra carpeta en los ajustes."
_ALLOW = "Dé permiso a su usuario sobre esa carpeta, o elija otra en los ajustes."
_ANOTHER_BACKUP = "Elija otro backup."
_CONNECTION = "Revise la conexión en «Configurar Firebase»."
_LATER = "Repítalo más tarde."

# By code: what happened, where a window says it in other words than a terminal.
TEXTS: Mapping[str, str] = {
    "interrupted": "Nada ha quedado a medias. Los backups anteriores siguen intactos.",
    "lock_held": "Otra ejecución está usando la carpeta: equipo {host}, proceso {pid}, desde "
    "{since:%Y-%m-%d %H:%M:%S}",
    "lock_held_by_unknown": "Otra ejecución está usando la carpeta: no se sabe quién",
    "lock_just_taken": "Otra ejecución está usando la carpeta: un proceso que aún no dice cuál es",
    "no_credentials": "Todavía no se sabe de qué base de datos leer.",
    "read_budget_exceeded": "{reader:term} necesita {needed} lecturas; hoy ya se hicieron {used} y el máximo "
    "diario es {allowed}: {left:term}.",
    "apprise_missing": "Este programa no puede enviar mensajes: le falta Apprise.",
}

# By code: what to do, where it is other than in a terminal.
REMEDIES: Mapping[str, str] = {
    "lock_held": "Espere a que termine; no hay que hacer nada.",
    "lock_held_by_unknown": "Espere a que termine; no hay que hacer nada.",
    "lock_just_taken": "Espere a que termine; no hay que hacer nada.",
    "repository_gone": "Conecte el disco y repita. Si quiere empezar de nuevo aquí, dígalo con el botón.",
    "source_mismatch": "Elija otra carpeta en los ajustes; o, si el cambio es a propósito, siga en esta.",
    "file_too_large": "FAT32 no pasa de 4 GB por archivo: use un disco con otro formato (NTFS, exFAT).",
    "read_only": "Quite la protección contra escritura, o elija otra carpeta en los ajustes.",
    "no_permission": _ALLOW,
    "not_permitted": _ALLOW,
    "no_folder": _ANOTHER_FOLDER,
    "disk_fails": "Revise el cable y el disco; si sigue fallando, use otro disco.",
    "maybe_away": "Compruebe que el disco o la carpeta de red siguen conectados y desbloqueados, o elija "
    "otra carpeta en los ajustes.",
    "disk_refuses": "Revise el disco, o elija otra carpeta en los ajustes.",
    "read_differs": "El disco o la memoria fallan: revíselos, o use otro disco.",
    "backup_not_found": "Puede que se haya borrado: elija otro de la lista.",
    "no_complete_backup": "Haga el primero con «Crear backup ahora».",
    "invoice_not_found": "Mire si está bien escrito, o búsquelo en el backup de otro día.",
    "journal_not_found": "Sin él no se sabe qué escribió: restaure el backup que quiera.",
    "unknown_collection": _ANOTHER_BACKUP,
    "unknown_document": _ANOTHER_BACKUP,
    "document_nowhere": "Elija lo que quiere de la lista.",
    "collection_nowhere": "Elija lo que quiere de la lista.",
    "newer_format": "Actualice el programa para leerlo. No se ha tocado nada.",
    "damaged": _ANOTHER_BACKUP,
    "new_damaged": "Revise el disco y haga otro backup. Los anteriores no dependen de este.",
    "older_damaged_alone": "Ningún otro se ha comprobado: haga uno ahora. Revise el disco.",
    "drill_failed": "Haga otro backup, y repita el simulacro con él.",
    "journal_damaged": "Restaure otro backup.",
    "journal_damaged_kept": "Lo que había antes sigue guardado en {kept}. O restaure otro backup.",
    "not_as_journal_says": "No se ha escrito nada más. Restaure otro backup.",
    "new_unread": "No quiere decir que esté dañado. Revise el disco, y verifíquelo desde su detalle.",
    "latest_unread": "Revise el disco y los permisos, y repita; o elija usted el backup que quiere.",
    "read_budget_exceeded": "Suba el límite de lecturas en los ajustes, o espere a mañana.",
    "no_credentials": "Pulse «Conectar Firebase»: se hace una sola vez, paso a paso.",
    "no_default_credentials": _CONNECTION,
    "no_app_credentials": _CONNECTION,
    "token_unknown": _CONNECTION,
    "unknown_value": "Actualice el programa y vuelva a intentarlo.",
    "read_back_failed": "Compare el backup con lo que hay ahora.",
    "no_client": "El programa que abre este panel lo tiene que corregir.",
    "restore_interrupted": "Ábrala de nuevo con «Restaurar…» y termínela.",
    "undoes_all": "Deshágala entera.",
    "no_mirror_of_facot2": "Elija otra manera de restaurar.",
    "incomplete": "Elija otro, o diga que quiere lo que este tiene.",
    "other_target": "Elija el destino en «Configurar Firebase».",
    "other_target_database": "Elija el destino en «Configurar Firebase».",
    "other_target_of_restore": "Conecte la base de datos de la restauración en «Configurar Firebase».",
    "other_target_of_test_restore": "Siga con el Firestore de prueba en el que empezó.",
    "kept_by_restore_compared": _ANOTHER_BACKUP,
    "kept_by_restore_served": _ANOTHER_BACKUP,
    "kept_by_restore_drilled": _ANOTHER_BACKUP,
    "nothing_to_prove": "Hágalo con un backup que tenga documentos.",
    "needs_memory": "Hágalo desde el detalle de ese backup.",
    "no_memory": "Cierre otros programas y repítalo.",
    "temporary_full": "Libere espacio y repítalo.",
    "drill_unavailable": _LATER,
    "drill_stopped_by": _LATER,
    "drill_server_failed": _LATER,
    "drill_unforeseen": "Repítalo; si vuelve a pasar, comuníquelo con el registro del programa.",
    "service_failed": "Corríjalo y repita; lo que ya se escribió se quita con «Quitar».",
    "packed_program": "Deje abierto este programa, o haga que empiece con el equipo.",
    "session_variables": "Guárdelos en los ajustes, y repita.",
    "apprise_missing": "Pida a quien lo instaló que lo añada.",
    "output_unwritable": "Un backup o una restauración que terminó no se pierde por eso.",
}
