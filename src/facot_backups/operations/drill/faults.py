"""Why a restore drill could not be made. None of it says anything of the backup."""

from __future__ import annotations

import tempfile

import grpc

from facot_backups.errors import DrillNotMade, FacotBackupsError, FirestoreUnavailable, NoSpace
from facot_backups.text import one_line


def not_made(backup: str, error: Exception) -> DrillNotMade:
    """The error for a drill of `backup` that `error` kept from its end."""
    if isinstance(error, ImportError):
        return DrillNotMade(backup, "no_google_client", module=error.name)
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "drill_unforeseen")
    return DrillNotMade(backup, code, error=error, said=_said(error), folder=tempfile.gettempdir())


# By the class of the error: the first that fits.
_CODES: dict[type[Exception], str] = {
    MemoryError: "no_memory",
    NoSpace: "temporary_full",
    FirestoreUnavailable: "drill_unavailable",
    FacotBackupsError: "drill_stopped_by",
    grpc.RpcError: "drill_server_failed",
    OSError: "drill_server_failed",
    RuntimeError: "drill_server_failed",
}


def _said(error: Exception) -> str:
    text = one_line(error)
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
