"""Settings as the panel speaks of them: by what they are, never by the name of a variable. No Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from facot_backups.errors import SettingError

TITLES: Mapping[str, str] = {
    "backup_dir": "La carpeta de los backups",
    "backup_hour": "La hora del backup diario",
    "retention_days": "Cuántos días se conservan los backups",
    "keep_last": "Cuántos backups se conservan siempre",
    "collections": "Las colecciones",
    "exclude": "Lo que se deja fuera",
    "max_reads": "El límite de lecturas",
    "project": "El proyecto de Firebase",
    "database": "La base de datos",
    "credentials": "El archivo de la llave de Firebase",
    "healthcheck_url": "La vigilancia externa",
    "notify_urls": "Los mensajes",
    "theme": "El aspecto",
}
_ANOTHER = "Un ajuste"
# What belongs in a terminal or a file: a command, an option, a variable, a setting's own name.
_SAVED = re.compile(r"^facot_config\.json \(.*?\): ")
_TECHNICAL = re.compile(
    r"facot-backups|(?<!\S)--?\w|\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\.env\b|facot_config|credentials_path|max_reads"
)


def in_a_window(text: str) -> str:
    """`text`, or "" where it is of use in a terminal alone."""
    return "" if _TECHNICAL.search(text) else text


def notes_said(notes: Iterable[str]) -> list[str]:
    """What is worth knowing of the sources, without what is of use in a terminal alone."""
    return list(filter(None, (in_a_window(_SAVED.sub("En los ajustes guardados: ", note)) for note in notes)))


def problem_said(error: SettingError) -> str:
    """What is wrong with a setting, and what it may be."""
    problem = in_a_window(error.problem) or "no vale"
    allowed = in_a_window(error.allowed)
    said = f"{TITLES.get(error.setting, _ANOTHER)}: {problem}."
    return f"{said} Se admite: {allowed}." if allowed else said


def origin_said(origin: str) -> str:
    """Where a value comes from."""
    name, _, place = origin.partition(" (")
    if name == "facot_config.json":
        return f"los ajustes guardados, en {place.rstrip(')')}"
    if name == "firebase-credentials.json":
        return f"el archivo que estaba en {place.rstrip(')')}"
    return "la configuración de este equipo" if origin else ""
