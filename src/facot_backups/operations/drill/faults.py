"""Why a restore drill could not be made, in words. None of it says anything of the backup."""

from __future__ import annotations

import tempfile

import grpc

from facot_backups.errors import DrillNotMade, FacotBackupsError, FirestoreUnavailable, NoSpace
from facot_backups.text import one_line

# The backup is whole, and restoring nothing shows nothing.
NOTHING_TO_PROVE = (
    "no guarda ningún documento, así que no probaría nada",
    "Compruebe qué se guarda (facot-backups config), y hágalo con un backup que tenga documentos.",
)
_AGAIN = "Repítalo: facot-backups verify latest --drill"


def not_made(backup: str, error: Exception) -> DrillNotMade:
    """The error for a drill of `backup` that `error` kept from its end."""
    return DrillNotMade(backup, *_explained(error))


def _explained(error: Exception) -> tuple[str, str]:
    """(what happened, what to do) in Spanish."""
    match error:
        case MemoryError():
            return "no hay memoria suficiente", f"Cierre otros programas. {_AGAIN}"
        case ImportError():
            missing = f" ({error.name})" if error.name else ""
            return f"falta el cliente de Firestore de Google{missing}", (
                "Instálelo: pip install google-cloud-firestore"
            )
        case NoSpace():
            return f"la carpeta temporal {tempfile.gettempdir()} está llena", f"Libere espacio. {_AGAIN}"
        case FirestoreUnavailable():
            return f"el Firestore en memoria dejó de responder ({error.problem})", _AGAIN
        case FacotBackupsError():
            return one_line(error).rstrip("."), _AGAIN
    if isinstance(error, grpc.RpcError | OSError | RuntimeError):
        what, remedy = "el Firestore en memoria no arrancó o dejó de responder", _AGAIN
    else:
        what, remedy = "fallo inesperado", "Repítalo con --verbose y comunique lo que diga."
    return f"{what} ({_said(error)})", remedy


def _said(error: Exception) -> str:
    text = one_line(error)
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
