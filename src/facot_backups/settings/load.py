"""`load_settings`: the sources joined, checked, and every mistake told at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from facot_backups.errors import SettingError, SettingErrors
from facot_backups.settings.model import RULES, Settings, parse
from facot_backups.settings.sources import Given, foreign_commands, gather


def load_settings(
    arguments: Mapping[str, object] | None = None,
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that count here and now. Reads files, changes none.

    A later source wins: defaults (also a `firebase-credentials.json` that is found); `facot_config.json`
    (`backups.*`, and `firebase.credentials_path` where `backups.credentials` says nothing); `.env` in the
    working directory; environment variables; `arguments`, by field name, None meaning "not given".
    `facot_config.json` and `firebase-credentials.json` are looked for in the working directory, then in
    FACOT's folder. `cwd` and `environ` stand for the process's own.

    Every setting has a variable `BACKUP_…`. Where one source has several variables of one setting, the
    first of these wins, and a note tells when they differ: `BACKUP_CREDENTIALS`, `FIREBASE_CREDENTIALS`,
    `FIREBASE_CREDENTIALS_PATH`, `GOOGLE_APPLICATION_CREDENTIALS`; `BACKUP_PROJECT`,
    `GOOGLE_CLOUD_PROJECT`; `BACKUP_EMULATOR_HOST`, `FIRESTORE_EMULATOR_HOST`.

    A relative path counts from the folder of the file that gives it, else from the working directory. A
    blank value of a setting that may be absent (credentials, project…) means "not given"; of another it is
    an error. Only the value that counts is checked, but a file that cannot be read is an error always.

    Raises SettingError; SettingErrors, which is one too, for several.
    """
    here = (cwd or Path.cwd()).absolute()
    present = process() if environ is None else environ
    gathered = gather(arguments or {}, here, present)
    errors = list(gathered.errors)
    settings = None
    try:
        settings = check(gathered.given)
    except SettingError as error:
        errors += each(error)
    if settings is None or errors:
        raise errors[0] if len(errors) == 1 else SettingErrors(errors)
    foreign = foreign_commands(gathered.given, here, present)
    return replace(settings, notes=gathered.notes, foreign_commands=foreign)


def process() -> Mapping[str, str]:
    """The variables of the process, with the home that a service may run without."""
    try:
        return {"HOME": str(Path.home()), **os.environ}
    except RuntimeError:
        return dict(os.environ)


def check(given: Mapping[str, Given]) -> Settings:
    """The settings made of given values and defaults. Raises SettingError; SettingErrors for several."""
    values: dict[str, Any] = {}
    errors = []
    for name in [name for name in RULES if name in given]:  # in the order of the documentation
        one = given[name]
        try:
            values[name] = parse(name, one.value, one.base)
        except ValueError as wrong:
            errors.append(SettingError(name, one.origin, str(wrong), RULES[name].allowed))
    chosen, left_out = values.get("collections"), values.get("exclude", ())
    if chosen is not None and set(chosen) <= set(left_out):
        problem = "deja fuera todas las colecciones elegidas"
        errors.append(SettingError("exclude", given["exclude"].origin, problem, RULES["exclude"].allowed))
    if errors:
        raise errors[0] if len(errors) == 1 else SettingErrors(errors)
    return Settings(**values, origins={name: one.origin for name, one in given.items()})


def each(error: SettingError) -> tuple[SettingError, ...]:
    """The mistakes that an error stands for, one or several."""
    return error.errors if isinstance(error, SettingErrors) else (error,)
