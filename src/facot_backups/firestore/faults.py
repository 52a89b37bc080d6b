"""What a gRPC error of Firestore means: whether to try again, and what to tell the user, in Spanish.

The decisions are the table of docs/firestore.md ("Reintentos"), from Google's documentation.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import grpc

from facot_backups.errors import FirestoreUnavailable
from facot_backups.model import Source

Code = grpc.StatusCode


class Decision(Enum):
    """What to do about an error."""

    BACK_OFF = "wait longer and longer, resume, give up after a time without progress"
    ONCE = "try once more"
    NEVER = "the next try would fail alike"


_DECISIONS = {
    Code.UNAVAILABLE: Decision.BACK_OFF,
    Code.DEADLINE_EXCEEDED: Decision.BACK_OFF,
    Code.ABORTED: Decision.BACK_OFF,
    Code.RESOURCE_EXHAUSTED: Decision.BACK_OFF,
    Code.INTERNAL: Decision.ONCE,
    Code.UNKNOWN: Decision.ONCE,
}

# The texts in which google-auth reports, through gRPC, that Google refused the credentials.
_AUTH_REFUSED = ("invalid_grant", "invalid_client", "unauthorized_client", "RefreshError")
_EXPIRED = ("read_time' is too old", "snapshot version is too old", "read time is too old")
_UNKNOWN_TOKEN = (
    "el emulador pide un token y no reconoce el que se le mostró",
    "Ponga en la variable BACKUP_EMULATOR_TOKEN el que dijo: facot-backups serve --token",
)


class CallFailed(FirestoreUnavailable):
    """A call to Firestore failed for good. `code` is gRPC's, None for streams that were cut in silence."""

    def __init__(self, code: Code | None, problem: str, remedy: str, details: str = "") -> None:
        super().__init__(problem, remedy)
        self.code = code
        self.details = details

    @property
    def reason(self) -> str:
        """One line for a collection that this failure left unread."""
        return f"{self.problem}. {self.remedy}"


def failure(error: grpc.RpcError, source: Source) -> CallFailed:
    """The error for the user that a gRPC error is."""
    code, details = code_of(error), details_of(error)
    problem, remedy = explain(code, details, source)
    return CallFailed(code, problem, remedy, details)


def code_of(error: grpc.RpcError) -> Code:
    """The gRPC code of an error that a call raised."""
    call: Any = error  # what calls raise is a grpc.Call too, which the types do not say
    code = call.code() if hasattr(call, "code") else None
    return code if isinstance(code, Code) else Code.UNKNOWN


def details_of(error: grpc.RpcError) -> str:
    """The server's own text, or an empty one."""
    call: Any = error
    return str(call.details() or "") if hasattr(call, "details") else ""


def decide(code: Code, details: str) -> Decision:
    """Whether an error with this code and server's text may pass by itself."""
    if is_quota(code, details) or _auth_refused(details):
        return Decision.NEVER
    return _DECISIONS.get(code, Decision.NEVER)


def is_quota(code: Code, details: str) -> bool:
    """Whether the project's own quota is used up, which does not pass in a minute."""
    return code is Code.RESOURCE_EXHAUSTED and "quota" in details.lower()


def is_expired(code: Code | None, details: str) -> bool:
    """Whether the server no longer keeps the instant that was asked for."""
    return code is Code.FAILED_PRECONDITION and any(text in details for text in _EXPIRED)


def _auth_refused(details: str) -> bool:
    return any(text in details for text in _AUTH_REFUSED)


def explain(code: Code, details: str, source: Source) -> tuple[str, str]:
    """(what happened, what to do) in Spanish."""
    if _auth_refused(details):
        return (
            "Google rechazó las credenciales",
            "Compruebe la fecha y hora del equipo; si son correctas, la clave fue revocada: "
            "cree otra en la consola de Firebase (Configuración > Cuentas de servicio).",
        )
    if is_expired(code, details):
        return (
            "el instante del backup ya no se puede leer: la lectura tardó demasiado",
            "Active la recuperación a un momento dado (PITR) de Firestore: conserva los instantes 7 días.",
        )
    if is_quota(code, details):
        return (
            f"la cuota del proyecto {source.project} está agotada",
            "Espere a que se renueve (la gratuita, a medianoche del Pacífico) o active la facturación.",
        )
    if code is Code.FAILED_PRECONDITION and "Datastore Mode" in details:
        return (
            f"la base de datos {source} está en modo Datastore",
            "Este programa lee bases de datos Firestore en modo nativo: revise project y database.",
        )
    if code is Code.PERMISSION_DENIED and ("disabled" in details or "has not been used" in details):
        return (
            f"la API de Firestore no está activada en el proyecto {source.project}",
            "Actívela en la consola de Google Cloud, o revise el proyecto configurado.",
        )
    return _by_code(code, details, source)


def _by_code(code: Code, details: str, source: Source) -> tuple[str, str]:
    texts = {
        Code.UNAVAILABLE: (
            f"no hay conexión con {source}",
            "Compruebe la red (o que el emulador esté en marcha) y vuelva a intentarlo.",
        ),
        Code.DEADLINE_EXCEEDED: (
            f"{source} no respondió a tiempo",
            "Compruebe la red y vuelva a intentarlo.",
        ),
        Code.RESOURCE_EXHAUSTED: (
            f"{source} está saturada",
            "Espere unos minutos y vuelva a intentarlo.",
        ),
        Code.UNAUTHENTICATED: _UNKNOWN_TOKEN
        if source.emulator
        else (
            f"Google no reconoce las credenciales para {source}",
            "Compruebe la fecha y hora del equipo y el archivo de la cuenta de servicio.",
        ),
        Code.PERMISSION_DENIED: (
            f"las credenciales no tienen permiso en {source}",
            "Dé a la cuenta de servicio el rol roles/datastore.viewer (para restaurar, "
            "roles/datastore.user), y revise el proyecto configurado.",
        ),
        Code.NOT_FOUND: (
            f"la base de datos {source} no existe",
            "Revise el proyecto y la base de datos configurados.",
        ),
    }
    if code in texts:
        return texts[code]
    said = f": {details[:200]}" if details else ""
    return f"{source} respondió {code.name}{said}", "Vuelva a intentarlo; si persiste, avise con este texto."
