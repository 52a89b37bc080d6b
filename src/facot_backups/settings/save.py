"""`save_settings`: change settings in `facot_config.json` and nothing else of it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import time
from pathlib import Path

from facot_backups import atomic
from facot_backups.errors import SettingError
from facot_backups.model import Json
from facot_backups.settings.files import parse_config, read_text
from facot_backups.settings.load import check, each
from facot_backups.settings.model import ARGUMENT, RULES, Settings
from facot_backups.settings.sources import Given
from facot_backups.text import reason

_INDENT = re.compile(r'\n([ \t]+)"')


def save_settings(path: Path, changes: Mapping[str, object]) -> None:
    """Write `changes` (field name to value; None takes the key out) under `backups` of the file at `path`.

    A setting that has a place elsewhere in the file (`firebase.credentials_path`) is written there alone.

    Every other key stays, in its order, as does the file's mode; a file that is absent is made, with its
    folder, for its owner alone. A relative path stays so, and counts from the file's folder. The file is
    replaced by one rename: whatever happens, the old or the new one is there, whole. Raises SettingError,
    and changes nothing, for a wrong value, a file that is not sound JSON, or one that cannot be written.
    """
    checked = _checked(changes)
    target = Path(os.path.realpath(path))  # A link stays a link.
    text = read_text(target)
    config = {} if text is None else parse_config(text, target)
    backups = _section(config, "backups", target)
    for name, value in changes.items():
        section, key = backups, name
        if (elsewhere := RULES[name].elsewhere) is not None:
            backups.pop(name, None)
            section, key = _section(config, elsewhere[0], target), elsewhere[1]
        if value is None:
            section.pop(key, None)
        else:
            section[key] = _as_json(getattr(checked, name))
    _check_together(backups, changes, target)
    _replace(target, _encode(config, text or ""))


def _section(config: dict[str, Json], name: str, path: Path) -> dict[str, Json]:
    """The object `name` of the file, made if it is absent."""
    section = config.get(name)
    if section is None:
        section = config[name] = {}
    if not isinstance(section, dict):
        raise SettingError(name, str(path), "no es un objeto JSON", "un objeto JSON entre llaves")
    return section


def _checked(changes: Mapping[str, object]) -> Settings:
    for name in changes:
        if name not in RULES:
            raise SettingError(name, ARGUMENT, "no existe ese ajuste", ", ".join(RULES))
    # From an empty base a relative path comes out relative.
    given = {name: Given(value, ARGUMENT, Path()) for name, value in changes.items() if value is not None}
    return check(given)


def _check_together(backups: dict[str, Json], changes: Mapping[str, object], path: Path) -> None:
    """Refuse changes that are right alone and wrong beside what stays; what was wrong before may stay."""
    kept = {name: Given(value, str(path), path.parent) for name, value in backups.items() if name in RULES}
    try:
        check(kept)
    except SettingError as error:
        for problem in each(error):
            if problem.setting in changes or (problem.setting == "exclude" and "collections" in changes):
                raise problem from None


def _as_json(value: object) -> Json:
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _encode(config: dict[str, Json], before: str) -> bytes:
    """The new text in the style of the old one: its indent, its line ends."""
    indent = match[1] if (match := _INDENT.search(before)) else "  "
    try:
        text = json.dumps(config, ensure_ascii=False, indent=indent) + "\n"
        encoded = text.encode()
    except UnicodeEncodeError:  # Half a surrogate pair, which only an escape can write.
        encoded = (json.dumps(config, indent=indent) + "\n").encode()
    return encoded.replace(b"\n", b"\r\n") if "\r\n" in before else encoded


def _replace(path: Path, content: bytes) -> None:
    import tempfile  # Only a save needs it.

    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            _keep_owner_and_mode(path.stat(), temporary)
        atomic.patiently(lambda: Path(name).replace(path), atomic.BRIEF)
    except OSError as error:
        problem = f"no se puede escribir ({reason(error)}); sigue como estaba"
        raise SettingError(path.name, str(path), problem, "un archivo en el que se pueda escribir") from error
    finally:
        if temporary is not None:
            with suppress(OSError):  # what it ended with counts, not what is left
                temporary.unlink(missing_ok=True)


def _keep_owner_and_mode(before: os.stat_result, temporary: Path) -> None:
    if os.name == "posix" and os.geteuid() == 0:  # What root saves must stay readable for FACOT's user.
        os.chown(temporary, before.st_uid, before.st_gid)
    temporary.chmod(before.st_mode & 0o7777)
