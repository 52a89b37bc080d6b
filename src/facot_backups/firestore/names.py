"""Firestore's resource names, its rules for ids and field names, and the reference form of our format.

The limits were measured against Google's emulator and agree with its documentation.
"""

from __future__ import annotations

import re

from facot_backups.errors import FirestoreUnavailable
from facot_backups.model import DocumentPath, Source, numeric_id

MAX_NAME_BYTES = 1500
MAX_PATH_SEGMENTS = 200
_RESERVED = re.compile(r"__.*__", re.DOTALL)
# projects / P / databases / D / documents
_ROOT_SEGMENTS = 5


def database_name(source: Source) -> str:
    """`projects/P/databases/D`, the database's resource name."""
    return f"projects/{source.project}/databases/{source.database}"


def documents_root(source: Source) -> str:
    """`projects/P/databases/D/documents`, the parent of all root collections."""
    return database_name(source) + "/documents"


def path_of(name: str, root: str) -> DocumentPath:
    """The path of the document with the full resource name `name` below `root`.

    Raises FirestoreUnavailable for a name of another database: one that answers under another project's
    name would else give paths that are cut at the wrong place.
    """
    if not name.startswith(root):
        raise FirestoreUnavailable("other_names", name=name[:100])
    return tuple(name[len(root) + 1 :].split("/"))


def name_of(path: DocumentPath, root: str) -> str:
    """The full resource name of the document at `path`; the inverse of `path_of`."""
    return root + "/" + "/".join(path)


def field_name_problem(name: str) -> str | None:
    """Why Firestore refuses `name` for a field, in Spanish, or None."""
    if not name:
        return "nombre de campo vacío"
    if _RESERVED.fullmatch(name) and len(name) > 4:
        return f"nombre de campo reservado por Firestore: {name[:60]}"
    return _text_problem(name, "nombre de campo")


def id_problem(segment: str) -> str | None:
    """Why Firestore refuses `segment` for a document or collection id, in Spanish, or None."""
    if segment in ("", ".", "..") or "/" in segment:
        return f"identificador que Firestore no admite: «{segment[:60]}»"
    if _RESERVED.fullmatch(segment) and len(segment) > 4 and numeric_id(segment) is None:
        return f"identificador reservado por Firestore: {segment[:60]}"
    return _text_problem(segment, "identificador")


def _text_problem(text: str, what: str) -> str | None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return f"{what} con caracteres que no son Unicode válido"
    return f"{what} de más de {MAX_NAME_BYTES} bytes" if size > MAX_NAME_BYTES else None


def path_problem(segments: list[str]) -> str | None:
    """Why `segments` do not lead to a document, in Spanish, or None."""
    if len(segments) % 2 or not segments:
        return "no lleva a un documento"
    if len(segments) > MAX_PATH_SEGMENTS:
        return "ruta demasiado larga"
    return next((problem for segment in segments if (problem := id_problem(segment))), None)


def reference_text(name: str, root: str) -> str:
    """A reference as our format writes it: relative to this database, full for another one.

    The number of segments tells them apart (even: relative, odd: full), so a relative path that itself
    begins with `projects/` is not taken for a full name. Raises ValueError (Spanish) for a name that is
    neither, which Firestore does not store.
    """
    if name.startswith(root + "/"):
        relative = name[len(root) + 1 :]
        if relative.count("/") % 2:
            return relative
    elif _full_problem(name.split("/")) is None:
        return name
    raise ValueError(f"referencia que no lleva a un documento: {name[:200]}")


def reference_name(text: str, root: str) -> str:
    """The resource name of a reference that `reference_text` wrote. Raises ValueError (Spanish)."""
    segments = text.split("/")
    if len(segments) % 2:
        problem, name = _full_problem(segments), text
    else:
        problem, name = path_problem(segments), f"{root}/{text}"
    if problem:
        raise ValueError(f"referencia no válida: {problem}")
    return name


def _full_problem(segments: list[str]) -> str | None:
    head = segments[:_ROOT_SEGMENTS]
    if len(head) < _ROOT_SEGMENTS or head[0::2] != ["projects", "databases", "documents"] or not all(head):
        return "no es el nombre completo de un documento"
    return path_problem(segments[_ROOT_SEGMENTS:])
