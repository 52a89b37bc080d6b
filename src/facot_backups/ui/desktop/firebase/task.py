"""The credentials of Firebase: which are used, whose a file is, and what they permit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from facot_backups.app import wiring
from facot_backups.app.deadline import TooLate, within
from facot_backups.clock import Clock
from facot_backups.errors import FirestoreUnavailable, SettingError
from facot_backups.events import Emit, PhaseStarted
from facot_backups.model import Scope
from facot_backups.operations.backup.collection_names import find_unknown
from facot_backups.operations.cancellation import Stop, StoppableClock
from facot_backups.text import one_line
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.settings.task import field
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.error_text import words_for
from facot_backups.ui.desktop.toolkit.setting_names import origin_said

if TYPE_CHECKING:
    from facot_backups.firestore.connection import Connection

# For reading a file that somebody chose, and for the whole test of a connection.
FILE_SECONDS, TEST_SECONDS = 10.0, 45.0
_DEFAULT = "default"
_GET_ONE = (
    "Descárguelo en la consola de Firebase: Configuración del proyecto > Cuentas de servicio > Generar nueva "
    "clave privada."
)


@dataclass(frozen=True, slots=True)
class Access:
    """What is configured. `path`: the credentials file, "" for none, or the word `default`.

    `origin` says where that was read; `fixed` what is stronger than the file of settings, "" if nothing.
    `target` is the file that a save writes. `notes`: sentences on what counts instead of the credentials.
    """

    path: str
    origin: str
    fixed: str
    target: Path
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose a credentials file is. `problem` (Spanish) says why it cannot serve, "" if it can."""

    path: str
    project: str = ""
    email: str = ""
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Firestore said. `read` and `write` are None where that could not be found out.

    `doubts`, Spanish, or "": why it may not be the database that was meant.
    `problem` and `remedy`, Spanish, are "" unless something failed. `untried`: an emulator answered, and not
    the database of the file that was to be tried.
    """

    source: str
    read: bool | None
    write: bool | None
    collections: tuple[str, ...] = ()
    doubts: str = ""
    problem: str = ""
    remedy: str = ""
    untried: bool = False


def read_access(session: Session, _emit: Emit, _stop: Stop) -> Access:
    """What is configured now. Wrong settings are no error: they are told."""
    given = session.given()
    one, path = field(given, "credentials"), session.config_file()
    origin = origin_said(given.given["credentials"].origin) if "credentials" in given.given else ""
    emulator = given.given.get("emulator_host")
    notes = []
    if session.lent:
        notes.append(
            "El programa ya tiene abierta su propia conexión a Firebase, y los backups usan esa. Lo que "
            "elija aquí cuenta cuando no la tenga."
        )
    if emulator is not None:
        notes.append(f"Ahora se usa el emulador de {one_line(str(emulator.value))}, que no pide llave.")
    text = one.value if isinstance(one.value, str) else ""
    return Access(text, origin, one.fixed, path, tuple(notes), one.problem)


def read_account(session: Session, _emit: Emit, _stop: Stop, path: str) -> Account:
    """Whose the file at `path` is, without asking anybody; nothing of its key leaves this function."""
    try:
        return within(FILE_SECONDS, f"credentials {path}", lambda: _account(session, path))
    except TooLate:
        return Account(path, problem="El archivo no se puede leer: el disco no responde.")


def save_access(session: Session, emit: Emit, stop: Stop, path: str) -> Account:
    """Save the file as `firebase.credentials_path`; nothing is saved if the account has a `problem`."""
    account = read_account(session, emit, stop, path)
    if account.problem:
        return account
    try:
        session.save({"credentials": account.path})
    except SettingError as error:
        return Account(path, problem=words.sentence(f"No se pudo guardar: {error.problem}"))
    return account


def _account(session: Session, path: str) -> Account:
    from facot_backups.firestore import credentials

    if not path:
        return Account(path, problem="Falta el archivo de la cuenta de servicio.", remedy=_GET_ONE)
    if path == _DEFAULT:
        return Account(path, "el de este equipo", "la que Google encuentre en este equipo")
    try:
        place = str(session.config_file().parent / Path(path).expanduser())
        found, project = credentials.find(place)
    except SettingError as error:
        return Account(path, problem=f"Este archivo no sirve: {error.problem}.", remedy=_GET_ONE)
    except (ValueError, RuntimeError):  # a path that no system takes
        return Account(path, problem="Esa ruta no es válida.", remedy=_GET_ONE)
    return Account(place, one_line(project or ""), one_line(found.service_account_email))


def try_access(session: Session, emit: Emit, stop: Stop, path: str) -> Answer:
    """Ask Firestore, as the account of `path`, whether it answers, and whether we may read and write.

    Changes nothing there; costs two or three reads. Takes at most TEST_SECONDS. Where an emulator or the
    program around us gives the connection and `path` is "", that one is asked. Raises SettingError for the
    other settings, Interrupted.
    """
    emit(PhaseStarted("connecting"))
    own = Stop()
    with stop.closing(own.request):
        try:
            return within(TEST_SECONDS, f"firebase {path}", lambda: _ask(session, emit, own, path))
        except TooLate:
            own.request()
            problem, remedy = "Firestore no respondió a tiempo.", "Compruebe la red y repita."
            return Answer("", None, None, problem=problem, remedy=remedy)


def _ask(session: Session, emit: Emit, stop: Stop, path: str) -> Answer:
    settings = session.settings({"credentials": path or None})
    lent = session.lent and not path
    if not lent and (path or settings.emulator_host is None):
        account = _account(session, path)
        if account.problem:
            return Answer("", None, None, problem=account.problem, remedy=account.remedy)
    connect = session.connector(settings) if lent else wiring.connector(settings, use_firebase_app=False)
    try:
        connection = connect()
    except FirestoreUnavailable as error:
        return _refused(Answer("", None, None), error)
    with connection, stop.closing(connection.close):
        answer = _permissions(connection, StoppableClock(session.clock, stop), emit)
    answer = replace(answer, untried=bool(path) and connection.source.emulator)
    return replace(answer, doubts=_doubts(answer, settings.scope)) if answer.read else answer


def _doubts(answer: Answer, scope: Scope) -> str:
    if not answer.collections:
        return "No hay nada que guardar: compruebe que este proyecto es el suyo."
    return " ".join(one_line(str(one)) for one in find_unknown(scope, answer.collections))


def _permissions(connection: Connection, clock: Clock, emit: Emit) -> Answer:
    from grpc import StatusCode

    from facot_backups.firestore.check import list_collections
    from facot_backups.firestore.faults import CallFailed
    from facot_backups.firestore.permission import may_write

    answer, refusal = Answer(words.plainly(str(connection.source)), True, None), None
    try:
        connection.probe()
        answer = replace(answer, collections=tuple(list_collections(connection, clock=clock, emit=emit)))
    except CallFailed as error:
        if error.status is not StatusCode.PERMISSION_DENIED:
            return _refused(replace(answer, read=None), error)
        answer, refusal = replace(answer, read=False), error
    try:
        answer = replace(answer, write=may_write(connection))
    except CallFailed as error:
        refusal = refusal or error
    return answer if refusal is None else _refused(answer, refusal)


def _refused(answer: Answer, error: FirestoreUnavailable) -> Answer:
    problem, remedy = words_for(error)
    return replace(answer, problem=problem, remedy=remedy)
