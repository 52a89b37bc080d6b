"""Another folder for the backups: what is to be done with those that are in the folder of before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from facot_backups.app.deadline import TooLate, within
from facot_backups.archive.reader import size_on_disk
from facot_backups.archive.store import Store
from facot_backups.errors import FacotBackupsError, SettingError
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop, StoppableClock
from facot_backups.operations.relocation import Relocation, relocate, why_not
from facot_backups.state import State
from facot_backups.ui.desktop.earlier_folders import _count
from facot_backups.ui.desktop.habits import Habits
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.settings.folder_task import SECONDS, folder_of
from facot_backups.ui.desktop.settings.task import Form, Saved, Value, changes_of, save_form
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.error_text import failure


@dataclass(frozen=True, slots=True)
class Move:
    """The backups of the folder `old`, which the new settings leave for `new`.

    `refusal` says why they cannot be copied there, Spanish, "" if they can.
    """

    old: Path
    new: Path
    backups: int
    size_bytes: int
    refusal: str


def planned_move(
    session: Session, _emit: Emit, _stop: Stop, form: Form, values: Mapping[str, Value]
) -> Move | None:
    """What a person is to be asked before `values` are saved; None where no backups stay behind."""
    folder, old = changes_of(form, values).get("backup_dir"), _present_folder(session)
    if not isinstance(folder, str) or old is None:
        return None
    with suppress(TooLate, OSError, RuntimeError, ValueError, FacotBackupsError):
        new = folder_of(session, folder)
        return within(SECONDS, f"folder {old}", lambda: _move(session, old, new, form, values))
    return None


def _move(session: Session, old: Path, new: Path, form: Form, values: Mapping[str, Value]) -> Move | None:
    found = session.store().all_backups()
    if not found or _same(old, new):
        return None
    found_wrong = why_not(old, new)
    refusal = "" if found_wrong is None else failure(found_wrong).text
    if {"project", "database"} & changes_of(form, values).keys():
        refusal = "Son de la base de datos de antes, y los de otra van aparte."
    return Move(old, new, len(found), size_on_disk(found), refusal)


def save_leaving(session: Session, emit: Emit, stop: Stop, form: Form, values: Mapping[str, Value]) -> Saved:
    """Save; the backups of a folder that is left stay where they are, and the panel keeps telling where."""
    old = _present_folder(session)
    saved = save_form(session, emit, stop, form, values)
    if "backup_dir" in saved.changed and old is not None:
        _remember(session, old, left=True)
    return saved


def save_copying(
    session: Session, emit: Emit, stop: Stop, form: Form, values: Mapping[str, Value], move: Move
) -> Saved:
    """Copy the backups to the new folder, proven, then save. Raises as `relocate`; then nothing is saved."""
    new = Store(move.new, State(emit=emit), StoppableClock(session.clock, stop), emit)
    saved: list[Saved] = []

    def save() -> None:
        saved.append(save_form(session, emit, stop, form, values))

    result = relocate(session.store(emit, stop), new, emit, stop, save)
    if saved[0].problems:
        return saved[0]
    _remember(session, move.old, left=bool(result.left))
    return replace(saved[0], note=_told(result, move.old), warning=bool(result.left))


def _present_folder(session: Session) -> Path | None:
    try:
        return session.settings().backup_dir
    except SettingError:
        return None


def _remember(session: Session, old: Path, *, left: bool) -> None:
    """Note where backups stay, now that the settings name another folder than `old`."""
    with suppress(SettingError):  # another setting is wrong, which is told at its field
        store = session.store()
        state = store.state
        holds = state.known(old) is not None or bool(_count(Store(old, state, session.clock)))
        habits = Habits(state.folder)
        before = [*habits.earlier_folders(old), *habits.earlier_folders(store.root)]
        others = [one for one in before if not _same(one, old) and not _same(one, store.root)]
        habits.remember_earlier_folders(store.root, [old, *others] if left and holds else others)


def _told(result: Relocation, old: Path) -> str:
    whole = words.counted(result.copied + result.present, "backup")
    lines = [f"Copiados y comprobados: {whole}. Los de {old} siguen allí; bórrelos cuando ya no los quiera."]
    if not result.linked:
        lines.append("El disco nuevo no admite enlaces: cada backup ocupa ahora su tamaño completo.")
    return "\n".join([*lines, *(f"No se copió {one.name}: {one.reason}" for one in result.left)])


def _same(one: Path, other: Path) -> bool:
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))
