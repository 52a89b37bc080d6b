"""`load_settings`: the sources joined, checked, and every mistake told at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from facot_backups.errors import SettingError, SettingErrors
from facot_backups.settings.model import DEFAULT, RULES, Settings
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
    except ValidationError as error:
        errors += explain(error, gathered.given)
    if settings is None or errors:
        raise errors[0] if len(errors) == 1 else SettingErrors(errors)
    origins = {name: given.origin for name, given in gathered.given.items()}
    foreign = foreign_commands(gathered.given, here, present)
    return settings.told(origins, tuple(gathered.notes), foreign)


def process() -> Mapping[str, str]:
    """The variables of the process, with the home that a service may run without."""
    try:
        return {"HOME": str(Path.home()), **os.environ}
    except RuntimeError:
        return dict(os.environ)


def check(given: Mapping[str, Given]) -> Settings:
    """The settings made of given values and defaults. Raises pydantic's ValidationError."""
    values = {name: one.value for name, one in given.items()}
    return Settings.model_validate(values, context={name: one.base for name, one in given.items()})


def explain(error: ValidationError, given: Mapping[str, Given]) -> Sequence[SettingError]:
    """A SettingError for each mistake, with the origin of the value and without the value."""
    errors = []
    for detail in error.errors(include_input=False, include_url=False):
        # The one check over several settings has no place of its own: it is about what is left out.
        name = str(detail["loc"][0]) if detail["loc"] else "exclude"
        problem = str(detail.get("ctx", {}).get("error", "no es válido"))
        origin = given[name].origin if name in given else DEFAULT
        errors.append(SettingError(name, origin, problem, RULES[name].allowed))
    return errors
