"""The two files that hold settings, read with errors that name the file and never quote it."""

from __future__ import annotations

import io
import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from facot_backups import atomic
from facot_backups.errors import SettingError
from facot_backups.model import Json
from facot_backups.text import reason

CONFIG_NAME = "facot_config.json"
DOTENV_NAME = ".env"
# Far more than settings take, also of a program that keeps much else beside ours.
_MAX_BYTES = 2**20


class DotenvLine(NamedTuple):
    """A statement of a `.env`, at line `number`, with its characters as `text`.

    `value` is None where `problem` says, in Spanish, why there is none; then `name` may be None too.
    `borrowed`: the variables of the process from which the value comes, also through other statements.
    """

    number: int
    text: str
    name: str | None
    value: str | None
    problem: str = ""
    borrowed: frozenset[str] = frozenset()


def shown(name: str) -> str:
    """A name found in a file, fit for any terminal: short, and printable."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:60])


def read_text(path: Path) -> str | None:
    """The file's text without a byte order mark, or None where there is no such file.

    Raises SettingError when it cannot be read, or is not UTF-8.
    """
    try:
        data = atomic.read_start(path, _MAX_BYTES + 1)
        if len(data) <= _MAX_BYTES:
            return data.decode("utf-8-sig")
        problem = "es demasiado grande"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        problem = "no está en UTF-8 (guárdelo de nuevo con esa codificación)"
    except OSError as error:
        problem = f"no se puede leer ({reason(error)})"
    raise SettingError(path.name, str(path), problem, "un archivo de texto en UTF-8")


def parse_config(text: str, path: Path) -> dict[str, Json]:
    """The JSON object in `text`. Raises SettingError for anything else, also for a key given twice."""
    try:
        config = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        problem = f"no es JSON válido (línea {error.lineno}, columna {error.colno})"
    except (ValueError, RecursionError) as error:
        problem = str(error) if isinstance(error, _Refused) else "no es JSON válido"
    else:
        if isinstance(config, dict):
            return config
        problem = "no es un objeto JSON"
    raise SettingError(path.name, str(path), problem, "un objeto JSON, como en la documentación")


class _Refused(ValueError):
    """JSON that Python reads and that we cannot keep or trust; its text is for the user."""


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise _Refused(f"la clave «{shown(twice)}» está dos veces")
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Refused("tiene un número demasiado grande")
    return number


def _no_constant(word: str) -> float:
    raise _Refused(f"tiene {word}, que no es JSON")


def parse_dotenv(text: str, environ: Mapping[str, str]) -> list[DotenvLine]:
    """The statements of a `.env`, as python-dotenv reads them, with `${NAME}` replaced.

    A name stands for an earlier statement or else a variable of `environ`. python-dotenv itself skips what
    it cannot read, and takes an undefined name for nothing; here both are problems.
    """
    from dotenv.parser import parse_stream  # 0.03 s, and most have no such file.

    known: dict[str, str | None] = dict(environ)
    origins = {name: frozenset({name}) for name in environ}
    lines = []
    for binding in parse_stream(io.StringIO(text)):
        at, characters = binding.original.line, binding.original.string
        if binding.error:
            lines.append(DotenvLine(at, characters, None, None, "no se entiende"))
        elif binding.key is not None:
            value, problem, used = _expanded(binding.value, known)
            borrowed = frozenset().union(*(origins.get(name, frozenset()) for name in used))
            known[binding.key], origins[binding.key] = value, borrowed
            lines.append(DotenvLine(at, characters, binding.key, value, problem, borrowed))
    return lines


def _expanded(value: str | None, known: Mapping[str, str | None]) -> tuple[str | None, str, list[str]]:
    """The value, or why there is none; and the names that stand in it."""
    from dotenv.variables import Variable, parse_variables

    if value is None:
        return None, "no tiene valor", []
    atoms = list(parse_variables(value))
    named = [atom for atom in atoms if isinstance(atom, Variable)]
    used = [atom.name for atom in named]
    for atom in named:
        if atom.default is None and known.get(atom.name) is None:
            return None, f"usa ${{{shown(atom.name)}}}, que no está definida", used
    return "".join(atom.resolve(known) for atom in atoms), "", used
