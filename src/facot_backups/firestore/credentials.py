"""Google credentials, found without ever asking the network unless the user chose that.

`google.auth.default()` probes the cloud's metadata address for many seconds where there is none, so it is
only asked for `credentials: default`. No text of a key is ever in an error.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from facot_backups import atomic
from facot_backups.errors import CredentialsMissing, FirestoreUnavailable, SettingError

SETTING = "credentials"
DEFAULT = "default"
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/datastore")
_ALLOWED = "el archivo JSON de una cuenta de servicio (consola de Firebase, Cuentas de servicio)"
# A key's file is 2 KB; what is far larger was chosen by mistake.
_MAX_BYTES = 100_000
_FIELDS = ("project_id", "client_email", "private_key", "token_uri")


def find(setting: str | None, origin: str | None = None) -> tuple[Any, str | None]:
    """(google-auth credentials, the project they belong to or None).

    `setting` is a path, "default" for Google's own search (environment, gcloud, metadata server), or None;
    `origin` says, for errors, where it was read.
    Raises CredentialsMissing where there are none, SettingError for a file that cannot serve.
    """
    if not setting:
        raise CredentialsMissing()
    if setting == DEFAULT:
        return _default()
    try:
        return _from_file(Path(setting))
    except _Unfit as unfit:
        where = origin or "archivo"
        where = where if setting in where else f"{where}: {setting}"
        raise SettingError(SETTING, where, str(unfit), _ALLOWED) from None


class _Unfit(Exception):
    """Why a file cannot serve, in Spanish; no text of the file is in it."""


def _default() -> tuple[Any, str | None]:
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        credentials, project = google.auth.default(scopes=_SCOPES)
    except (GoogleAuthError, OSError, ValueError) as error:
        raise FirestoreUnavailable("no_default_credentials", kind=type(error).__name__) from None
    return credentials, project


def _from_file(path: Path) -> tuple[Any, str | None]:
    info = _read(path)
    kind = info.get("type")
    if kind == "authorized_user":
        raise _Unfit("pertenece a una persona, no a una cuenta de servicio")
    if kind != "service_account":
        raise _Unfit(_other_file(info))
    missing = [name for name in _FIELDS if not isinstance(info.get(name), str) or not info[name]]
    if missing:
        raise _Unfit(f"le falta {', '.join(missing)}")
    from google.oauth2 import service_account

    make: Any = service_account.Credentials
    try:
        credentials = make.from_service_account_info(info, scopes=_SCOPES)
    except Exception:  # noqa: BLE001 - the key parser raises errors of three libraries, some quoting the key
        raise _Unfit("su clave privada (private_key) está dañada") from None
    return credentials, info["project_id"]


def _other_file(info: dict[str, Any]) -> str:
    """What another file of Firebase's or Google's is, which is easily taken for the key."""
    if "project_info" in info and "client" in info:
        return "es el archivo de la app (google-services.json); hace falta la clave de una cuenta de servicio"
    if "apiKey" in info:
        return "es la configuración de una app web; hace falta la clave de una cuenta de servicio"
    if "installed" in info or "web" in info:
        return "es un cliente de OAuth; hace falta la clave de una cuenta de servicio"
    return "no es la clave de una cuenta de servicio"


def _read(path: Path) -> dict[str, Any]:
    try:
        data = atomic.read_start(path, _MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise _Unfit("es demasiado grande")
        if data.lstrip().startswith(b"<?xml"):
            raise _Unfit(
                "es el archivo de la app (GoogleService-Info.plist); hace falta la clave de una cuenta de "
                "servicio"
            )
        info = json.loads(data.decode("utf-8-sig"))
    except FileNotFoundError:
        raise _Unfit("no existe") from None
    except OSError as error:
        raise _Unfit(f"no se puede leer ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise _Unfit("no es JSON") from None
    if not isinstance(info, dict):
        raise _Unfit("no es un objeto JSON")
    return info
