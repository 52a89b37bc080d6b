"""The settings as a form shows, checks and saves them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import TypeAlias, get_args

from facot_backups.app.alerts.trust import refusals
from facot_backups.errors import FacotBackupsError, SettingError
from facot_backups.events import Emit
from facot_backups.operations.cancellation import Stop
from facot_backups.settings.files import CONFIG_NAME
from facot_backups.settings.load import check
from facot_backups.settings.model import ARGUMENT, Theme
from facot_backups.settings.model import Settings as Model
from facot_backups.settings.sources import Gathered, Given
from facot_backups.state import State
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.settings.folder_task import folder_of, refusal
from facot_backups.ui.desktop.toolkit.setting_names import notes_said, origin_said, problem_said

# What an input of the form holds: a text, the items of a list, or None where a person says "no limit".
Value: TypeAlias = str | tuple[str, ...] | None

NAMES = (
    "backup_dir",
    "backup_hour",
    "retention_days",
    "keep_last",
    "collections",
    "exclude",
    "max_reads",
    "project",
    "database",
    "healthcheck_url",
    "notify_urls",
    "theme",
)
# The free plan gives 50,000 reads a day; the rest is for working.
FREE_PLAN_READS = 40_000


@dataclass(frozen=True, slots=True)
class Field:
    """A setting in the form. `problem`, Spanish, says what is wrong with the value, "" if nothing.

    `fixed` says what gives it and is stronger than the file ("el programa"): then the form cannot change it.
    "" if the form can.
    """

    name: str
    value: Value
    fixed: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """All fields, the file that is written, and the collections that a person may choose from.

    `problem` says why that file cannot be read, and so not be changed, "" if it can. `notes`, Spanish: what
    else is worth knowing of the sources.
    """

    fields: Mapping[str, Field]
    path: Path
    exists: bool
    known: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to. `problems`: what is wrong by field ("" for the file); then nothing was saved.

    `theme` is the look that the form asks for. `note`: what else came of it, Spanish, a `warning` or none.
    """

    path: Path
    problems: Mapping[str, str] = dataclasses.field(default_factory=dict)
    changed: tuple[str, ...] = ()
    theme: Theme = "sistema"
    note: str = ""
    warning: bool = False


def read_form(session: Session, _emit: Emit, _stop: Stop) -> Form:
    """What the form shows first. Wrong settings are no error: each is told at its field."""
    given, path = session.given(), session.config_file()
    files = [error for error in given.errors if error.setting == CONFIG_NAME]
    others = [problem_said(error) for error in given.errors if error.setting != CONFIG_NAME]
    return Form(
        fields={name: field(given, name) for name in NAMES},
        path=path,
        exists=path.exists(),
        known=_known_collections(session),
        notes=(*notes_said(given.notes), *others, *_waiting_commands(session)),
        problem=" ".join(map(_problem, files)),
    )


def field(given: Gathered, name: str) -> Field:
    """One field, of what the sources give."""
    one = given.given.get(name)
    if one is None:
        return Field(name, _plain(getattr(Model(), name)))
    value, problem = _checked(name, one)
    return Field(name, value, fixed_by(one.origin), problem)


def fixed_by(origin: str) -> str:
    """What is stronger than `facot_config.json`, for a sentence; "" for that file and what is weaker."""
    if origin == ARGUMENT:
        return "el programa"
    return origin_said(origin) if origin.startswith(("variable ", ".env")) else ""


def problem_of(name: str, value: Value) -> str:
    """What is wrong with a value that a person typed, in Spanish, "" if nothing. Reads nothing."""
    return "" if value is None else _checked(name, Given(value, "", Path()))[1]


def save_form(session: Session, _emit: Emit, _stop: Stop, form: Form, values: Mapping[str, Value]) -> Saved:
    """Save what was changed in `form`: all of it, or nothing if anything is wrong, which is no error here.

    A field that something stronger fixes is left alone.
    """
    own = {name: value for name, value in values.items() if not form.fields[name].fixed}
    problems = {name: problem for name, value in own.items() if (problem := problem_of(name, value))}
    changes = changes_of(form, values)
    if isinstance(folder := changes.get("backup_dir"), str) and "backup_dir" not in problems:
        with suppress(OSError, RuntimeError, ValueError):  # what else is wrong with it is seen at its field
            problems |= {"backup_dir": said} if (said := refusal(folder_of(session, folder))) else {}
    if not problems and changes:
        try:
            session.save(changes)
        except SettingError as error:
            problems[error.setting if error.setting in own else ""] = _problem(error)
    words: tuple[Theme, ...] = get_args(Theme)
    theme: Theme = next((word for word in words if word == own.get("theme")), "sistema")
    return Saved(form.path, problems, () if problems else tuple(changes), theme)


def changes_of(form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """What a person changed in `form` and may change, as it is saved: a blank takes the key out."""
    fields = form.fields
    return {
        name: value or None
        for name, value in values.items()
        if not fields[name].fixed and value != fields[name].value
    }


def _checked(name: str, one: Given) -> tuple[Value, str]:
    """(what an input shows, what is wrong with it or "")."""
    try:
        return _plain(getattr(check({name: one}), name)), ""
    except SettingError as error:
        return _raw(one.value), _problem(error)


def _problem(error: SettingError) -> str:
    return f"{error.problem[:1].upper()}{error.problem[1:]}. Se admite: {error.allowed}."


def _plain(value: object) -> Value:
    if value is None:
        return None
    if isinstance(value, time):
        return value.isoformat("minutes")
    return tuple(value) if isinstance(value, tuple) else str(value)


def _raw(value: object) -> Value:
    """A wrong value, so that a person sees what stands there."""
    return _items(value) if isinstance(value, (list, tuple)) else str(value)


def _items(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()


def _waiting_commands(session: Session) -> list[str]:
    """What is said of commands that do not run until the user allows them."""
    with suppress(SettingError):
        return refusals(session.settings(), State())
    return []


def _known_collections(session: Session) -> tuple[str, ...]:
    """Those of the newest complete backup, if there is one that can be read."""
    with suppress(FacotBackupsError):
        for backup in session.store().backups():
            if backup.complete and backup.metadata is not None:
                return tuple(sorted(backup.metadata.collections))
    return ()
