"""Errors as the panel tells them: what happened, and what to do in a window. No Qt."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from facot_backups import errors
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.setting_names import in_a_window, problem_said

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


def failure(error: BaseException) -> Failure:
    """The words for an error; an unforeseen one says what it is, and goes to the log that they name."""
    words_for = next((make for kind, make in _WORDS if isinstance(error, kind)), _unforeseen)
    return words_for(error)


def _interrupted(_error: Any) -> Failure:
    text = "Nada ha quedado a medias. Los backups anteriores siguen intactos."
    return Failure("Cancelado", text, stopped=True)


def _setting(error: errors.SettingError) -> Failure:
    each = error.errors if isinstance(error, errors.SettingErrors) else (error,)
    text = "\n".join(problem_said(one) for one in each)
    where: Offer = "firebase" if all(one.setting == "credentials" for one in each) else "settings"
    remedy = "Elija otro archivo." if where == "firebase" else "Corríjalo en los ajustes."
    return Failure("Hay un ajuste que no vale", text, remedy, offers=(where,))


def _mismatch(error: errors.SourceMismatch) -> Failure:
    return Failure(
        "Esta carpeta es de otra base de datos",
        _first(error),
        "Elija otra carpeta en los ajustes; o, si el cambio es a propósito, siga en esta.",
        offers=("settings", "adopt"),
    )


def _budget(error: errors.ReadBudgetExceeded) -> Failure:
    text = _first(error).replace(" (max_reads)", "")
    remedy = "Suba el límite de lecturas en los ajustes, o espere a mañana."
    return Failure("El límite de lecturas de hoy no alcanza", text, remedy, offers=("settings",))


def _unavailable(error: errors.FirestoreUnavailable) -> Failure:
    problem = error.problem[:1].upper() + error.problem[1:]
    text, remedy = words.plainly(words.sentence(problem)), in_a_window(_line(error.remedy))
    remedy = remedy or "Revise la conexión en «Configurar Firebase»."
    return Failure("Firestore no disponible", text, remedy, offers=("firebase",))


def _not_connected(_error: errors.CredentialsMissing) -> Failure:
    return Failure(
        "Primero, conecte su Firebase",
        "Todavía no se sabe de qué base de datos leer.",
        "Pulse «Conectar Firebase»: se hace una sola vez, paso a paso.",
        offers=("firebase",),
    )


def _held(error: errors.LockHeld) -> Failure:
    return Failure(
        "Ya hay un backup en marcha",
        words.sentence(f"Otra ejecución está usando la carpeta: {error.holder}"),
        "Espere a que termine; no hay que hacer nada.",
    )


def _gone(error: errors.RepositoryGone) -> Failure:
    return Failure(
        "La carpeta de los backups no está",
        _first(error),
        "Conecte el disco y repita. Si quiere empezar de nuevo aquí, dígalo con el botón.",
        offers=("create",),
    )


def _full(error: errors.NoSpace) -> Failure:
    return Failure("El disco está lleno", _first(error), _in_a_window(error), offers=("settings",))


def _folder(error: errors.BackupDirUnusable) -> Failure:
    return Failure("No se puede usar la carpeta", _first(error), _in_a_window(error), offers=("settings",))


def _damaged(error: errors.DamagedBackup) -> Failure:
    return Failure("Hay un backup dañado", _first(error), _in_a_window(error))


def _unreadable(error: errors.BackupUnreadable) -> Failure:
    remedy = _in_a_window(error) or "Revise el disco y los permisos, y repita."
    return Failure("No se pudo leer el backup", _first(error), remedy)


def _drill_not_made(error: errors.DrillNotMade) -> Failure:
    text = words.sentence(error.problem[:1].upper() + error.problem[1:])
    remedy = f"{_in_a_window(error) or 'Repítalo más tarde.'} No dice nada malo del backup."
    return Failure("El simulacro no se pudo hacer", text, remedy)


def _other(error: errors.FacotBackupsError) -> Failure:
    return Failure("No se pudo", _first(error), _in_a_window(error))


def _unforeseen(error: BaseException) -> Failure:
    _log.error("fallo inesperado en el panel", exc_info=error)
    return Failure(
        "Fallo inesperado",
        words.sentence(f"{type(error).__name__}: {error}"),
        "Repítalo; si vuelve a pasar, comuníquelo con el registro del programa.",
    )


def _first(error: BaseException) -> str:
    return words.plainly(words.sentence(str(error).partition("\n")[0]))


def _rest(error: BaseException) -> str:
    return _line(str(error).partition("\n")[2])


def _in_a_window(error: BaseException) -> str:
    """What to do, unless that is a matter of the terminal."""
    return in_a_window(_rest(error))


def _line(text: str) -> str:
    return " ".join(text.split())


# The first whose class fits.
_WORDS: tuple[tuple[type[BaseException], Callable[[Any], Failure]], ...] = (
    (errors.Interrupted, _interrupted),
    (errors.SourceMismatch, _mismatch),
    (errors.ReadBudgetExceeded, _budget),
    (errors.SettingError, _setting),
    (errors.CredentialsMissing, _not_connected),
    (errors.FirestoreUnavailable, _unavailable),
    (errors.LockHeld, _held),
    (errors.RepositoryGone, _gone),
    (errors.NoSpace, _full),
    (errors.BackupDirUnusable, _folder),
    (errors.DamagedBackup, _damaged),
    (errors.BackupUnreadable, _unreadable),
    (errors.DrillNotMade, _drill_not_made),
    (errors.Unforeseen, lambda error: _unforeseen(error.error)),
    (errors.FacotBackupsError, _other),
)
