"""The places where settings are given, gathered one after another: a later one wins, and is remembered."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from facot_backups.errors import SettingError
from facot_backups.model import Json
from facot_backups.settings.files import (
    CONFIG_NAME,
    DOTENV_NAME,
    DotenvLine,
    parse_config,
    parse_dotenv,
    read_text,
    shown,
)
from facot_backups.settings.model import ARGUMENT, DEFAULT, RULES, may_be_absent, variables

CREDENTIALS_NAME = "firebase-credentials.json"
_PREFIX = "BACKUP_"
_OBJECT = "un objeto JSON entre llaves"
# The settings that are paths.
_PATHS = ("backup_dir", "credentials")


@dataclass(frozen=True, slots=True)
class Given:
    """A value as a source gave it, unchecked. A relative path counts from `base`.

    `in_file`: a file in that folder gave it.
    """

    value: object
    origin: str
    base: Path
    in_file: bool = False


@dataclass(slots=True)
class Gathered:
    """What the sources said so far: the values that count, what is wrong, what is worth a note."""

    given: dict[str, Given] = field(default_factory=dict)
    errors: list[SettingError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def give(self, name: str, value: object, origin: str, base: Path, *, in_file: bool = False) -> None:
        """Take a value; a blank one of a setting that may be absent means "not given"."""
        if not (is_blank(value) and may_be_absent(name)):
            self.given[name] = Given(value, origin, base, in_file)


def is_blank(value: object) -> bool:
    """Whether a source named a setting without a value: null, or text without a character."""
    return value is None or (isinstance(value, str) and not value.strip())


def config_folders(cwd: Path, environ: Mapping[str, str]) -> list[Path]:
    """Where `facot_config.json` and `firebase-credentials.json` are looked for, the first one found counts.

    The working directory, then FACOT's folder: `%APPDATA%\\FACOT` (Windows alone has that variable), or
    `.FACOT` in the user's home.
    """
    folders = [cwd]
    if appdata := environ.get("APPDATA"):
        folders.append(cwd / appdata / "FACOT")
    if home := environ.get("HOME") or environ.get("USERPROFILE"):
        folders.append(cwd / home / ".FACOT")
    return folders


def foreign_commands(given: Mapping[str, Given], cwd: Path, environ: Mapping[str, str]) -> dict[str, Path]:
    """Each command that a file gives, and its folder, where that is not FACOT's own folder of the user.

    Whoever can write into the working directory would else run what they like.
    """
    return {
        name: one.base
        for name, one in given.items()
        if one.in_file and RULES[name].executes and not _is_own(one.base, cwd, environ)
    }


def _is_own(folder: Path, cwd: Path, environ: Mapping[str, str]) -> bool:
    """Whether it is FACOT's own folder of the user, where nobody else writes."""
    own = {os.path.realpath(one) for one in config_folders(cwd, environ)[1:]}
    return os.path.realpath(folder) in own


def config_file(cwd: Path, environ: Mapping[str, str]) -> Path:
    """The `facot_config.json` that counts; where there is none, its place in FACOT's folder.

    That one is found from every working directory. Without a home it is the working directory's.
    """
    folders = config_folders(cwd, environ)
    found = next((folder for folder in folders if (folder / CONFIG_NAME).exists()), None)
    return (found or folders[min(1, len(folders) - 1)]) / CONFIG_NAME


def gather(arguments: Mapping[str, object], cwd: Path, environ: Mapping[str, str]) -> Gathered:
    """All sources in order, the weakest first. Reads files; raises nothing: errors are in the result."""
    gathered = Gathered()
    folders = config_folders(cwd, environ)
    _defaults(gathered, cwd, folders)
    _config(gathered, folders)
    _dotenv(gathered, cwd / DOTENV_NAME, environ)
    _environment(gathered, environ, cwd, dotenv=None)
    _arguments(gathered, arguments, cwd)
    return gathered


def _defaults(gathered: Gathered, cwd: Path, folders: Iterable[Path]) -> None:
    gathered.give("backup_dir", "backups", DEFAULT, cwd)
    for folder in folders:
        if _is_file(path := folder / CREDENTIALS_NAME):
            gathered.give("credentials", str(path), f"{CREDENTIALS_NAME} ({path})", folder)
            return


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # A folder that we may not enter has no credentials for us.
        return False


def _config(gathered: Gathered, folders: Iterable[Path]) -> None:
    for folder in folders:
        path = folder / CONFIG_NAME
        try:
            text = read_text(path)
            if text is None:
                continue
            _config_values(gathered, parse_config(text, path), path)
        except SettingError as error:
            gathered.errors.append(error)
        return


def _config_values(gathered: Gathered, config: dict[str, Json], path: Path) -> None:
    origin = f"{CONFIG_NAME} ({path})"
    for name, rule in RULES.items():
        if rule.elsewhere is not None:
            section = _section(gathered, config, rule.elsewhere[0], origin)
            if rule.elsewhere[1] in section:
                gathered.give(name, section[rule.elsewhere[1]], origin, path.parent, in_file=True)
    backups = _section(gathered, config, "backups", origin)
    for name, value in backups.items():
        if name in RULES:
            gathered.give(name, value, origin, path.parent, in_file=True)
        else:
            gathered.notes.append(f"{origin}: «backups.{shown(name)}» no se conoce y se ignora.{_near(name)}")


def _section(gathered: Gathered, config: dict[str, Json], name: str, origin: str) -> dict[str, Json]:
    section = config.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        gathered.errors.append(SettingError(name, origin, "no es un objeto JSON", _OBJECT))
        return {}
    return section


def _near(name: str, names: Iterable[str] = RULES, cutoff: float = 0.6) -> str:
    import difflib  # Seldom needed.

    near = difflib.get_close_matches(name, list(names), n=1, cutoff=cutoff)
    return f" ¿Quería decir «{near[0]}»?" if near else ""


def _dotenv(gathered: Gathered, path: Path, environ: Mapping[str, str]) -> None:
    origin = f"{DOTENV_NAME} ({path})"
    try:
        text = read_text(path)
    except SettingError as error:
        gathered.errors.append(error)
        return
    values: dict[str, str] = {}
    own = _is_own(path.parent, path.parent, environ)
    for line in parse_dotenv(text, environ) if text else []:
        if line.name is not None and line.value is not None:
            if not own and line.name not in environ and (lent := _sent_out(line)) is not None:
                problem = (
                    f"la línea {line.number} usa ${{{shown(lent)}}}, una variable de su equipo, y la carpeta "
                    "no es la suya de ajustes: quien escribió el archivo podría recibir su valor"
                )
                allowed = f"el valor mismo, o {line.name} como variable del equipo"
                gathered.errors.append(SettingError(line.name, origin, problem, allowed))
            values[line.name] = line.value
        elif variable := _ours(line.text):
            problem = f"la línea {line.number} {line.problem}"
            gathered.errors.append(SettingError(variable, origin, problem, f"{variable}=valor"))
        elif line.name is None:
            gathered.notes.append(f"{origin}: la línea {line.number} {line.problem} y se ignora.")
    _environment(gathered, values, path.parent, dotenv=origin)


def _sent_out(line: DotenvLine) -> str | None:
    """A variable of the process that a statement of ours could send to another computer, if there is one.

    A path that is no network's stays here; a command does not run before the user has seen it.
    """
    name = next((one for one in RULES if line.name in variables(one)), None)
    if name is None or not line.borrowed or RULES[name].executes:
        return None
    if name in _PATHS and not str(line.value).strip().replace("\\", "/").startswith("//"):
        return None
    return min(line.borrowed)


def _ours(statement: str) -> str | None:
    words = set(re.findall(r"\w+", statement))
    return next((variable for variable in _known_variables() if variable in words), None)


def _known_variables() -> list[str]:
    return [variable for name in RULES for variable in variables(name)]


def _environment(gathered: Gathered, values: Mapping[str, str], base: Path, *, dotenv: str | None) -> None:
    """Take variables: those of a `.env` if `dotenv` names it, else those of the process."""
    for name in RULES:
        present = [
            v for v in variables(name) if v in values and not (is_blank(values[v]) and may_be_absent(name))
        ]
        if not present:
            continue
        chosen = present[0]
        for other in present[1:]:
            if values[other].strip() != values[chosen].strip():
                where = f" ({dotenv})" if dotenv else ""
                gathered.notes.append(f"{chosen} y {other} dicen cosas distintas{where}: vale {chosen}.")
        value, origin = _from_text(name, values[chosen]), dotenv or f"variable {chosen}"
        gathered.give(name, value, origin, base, in_file=dotenv is not None)
    _misspelt(gathered, values, dotenv or "variables de entorno")


def _from_text(name: str, text: str) -> object:
    rule = RULES[name]
    return [part.strip() for part in rule.separator.split(text) if part.strip()] if rule.listed else text


def _misspelt(gathered: Gathered, values: Iterable[str], origin: str) -> None:
    """Note a variable that is nearly one of ours; others called BACKUP_… may belong to another program."""
    ours = [variable for variable in _known_variables() if variable.startswith(_PREFIX)]
    for variable in values:
        if variable in ours or not variable.upper().startswith(_PREFIX):
            continue
        if near := _near(variable.upper(), ours, cutoff=0.85):
            gathered.notes.append(f"{origin}: «{shown(variable)}» no se conoce y se ignora.{near}")


def _arguments(gathered: Gathered, arguments: Mapping[str, object], cwd: Path) -> None:
    for name, value in arguments.items():
        if name not in RULES:
            allowed = ", ".join(RULES)
            gathered.errors.append(SettingError(name, ARGUMENT, "no existe ese ajuste", allowed))
        elif value is not None:
            gathered.given[name] = Given(value, ARGUMENT, cwd)
