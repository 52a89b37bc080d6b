"""Every way in which a connection fails says so in seconds; every way in which it is given works."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import firebase_admin
import firebase_admin.credentials
import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport

from facot_backups.emulator.faults import Fault
from facot_backups.errors import FirestoreUnavailable, SettingError, UsageError
from facot_backups.firestore.connection import ConnectionOptions, connect
from facot_backups.firestore.faults import explain, failure
from facot_backups.firestore.scan import Scan
from facot_backups.model import Source
from tests.firestore.conftest import connect_to
from tests.firestore.faulty import Code, ManualClock, ScriptedError
from tests.support import values
from tests.support.servers import FirestoreServer, free_port

ONE = {"n": values.value("integer_value", 1)}
# The frame with which an HTTP/2 server begins: without it a client waits for the server.
SETTINGS_FRAME = b"\0\0\0\4\0\0\0\0\0"


@contextlib.contextmanager
def raw_server(*, drip: bool) -> Iterator[str]:
    """A server that takes connections and says nothing, or with `drip` a byte at a time, never an answer."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=_serve, args=(listener, stop, drip))
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def _serve(listener: socket.socket, stop: threading.Event, drip: bool) -> None:
    taken: list[socket.socket] = []
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            taken.append(listener.accept()[0])
            if drip:
                taken[-1].sendall(SETTINGS_FRAME)
        for connection in taken if drip else ():
            with contextlib.suppress(OSError):
                # The beginning of a ping frame without end.
                connection.sendall(b"\0")
    for connection in taken:
        connection.close()


def emulator_options(host: str, **more: Any) -> ConnectionOptions:
    """Options for a server without credentials."""
    return ConnectionOptions(emulator_host=host, project="prueba", use_firebase_app=False, **more)


def probe(options: ConnectionOptions) -> str:
    """The error of a probe that must fail."""
    with connect(options) as connection, pytest.raises(FirestoreUnavailable) as caught:
        connection.probe()
    assert caught.value.exit_code == 10
    return str(caught.value)


def test_nobody_listens() -> None:
    assert "no hay conexión" in probe(emulator_options(f"127.0.0.1:{free_port()}"))


@pytest.mark.parametrize("drip", [False, True])
def test_a_server_that_never_answers(drip: bool) -> None:
    with raw_server(drip=drip) as host:
        assert "no respondió a tiempo" in probe(emulator_options(host, connect_timeout=0.3))


def test_a_scan_of_a_dripping_server_is_cut_and_resumed(memory_server: FirestoreServer) -> None:
    memory_server.write([(f"a/{number}", ONE) for number in range(5)])
    gate = threading.Semaphore(0)
    memory_server.local.add_fault(Fault("RunQuery", "drip", calls=(1, 2), after=2, gate=gate))
    with connect_to(memory_server) as connection:
        scan = Scan(connection, clock=ManualClock(), page_timeout=0.3)
        assert [document.path[1] for document in scan] == ["0", "1", "2", "3", "4"]
    gate.release(100)


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (Code.PERMISSION_DENIED, "Missing or insufficient permissions.", "roles/datastore.viewer"),
        (Code.PERMISSION_DENIED, "Cloud Firestore API has not been used in project", "API de Firestore"),
        (Code.NOT_FOUND, "The database (default) does not exist for project", "no existe"),
        (Code.UNAUTHENTICATED, "Request had invalid authentication credentials.", "no reconoce"),
        (Code.FAILED_PRECONDITION, "The Cloud Firestore API is not available for Firestore in Datastore Mode "
         "database", "modo Datastore"),
        (Code.RESOURCE_EXHAUSTED, "Quota exceeded.", "cuota"),
        (Code.RESOURCE_EXHAUSTED, "busy", "saturada"),
        (Code.UNIMPLEMENTED, "what?", "UNIMPLEMENTED: what?"),
    ],
)  # fmt: skip
def test_a_server_that_refuses(memory_server: FirestoreServer, code: Code, message: str, words: str) -> None:
    memory_server.local.add_fault(Fault("*", "error", code=code, message=message))
    assert words in probe(emulator_options(memory_server.host))
    with (
        connect_to(memory_server) as connection,
        pytest.raises(FirestoreUnavailable, match=re.escape(words.partition(":")[0])),
    ):
        list(Scan(connection, clock=ManualClock()))


def test_credentials_that_google_refuses_are_not_tried_again() -> None:
    details = "Getting metadata from plugin failed with error: ('invalid_grant: Invalid JWT Signature.', {})"
    told = failure(ScriptedError(Code.UNAVAILABLE, details), Source("prueba"))
    assert "rechazó las credenciales" in str(told) and "fecha y hora" in str(told)


def key_file(folder: Path, **changes: Any) -> Path:
    """A service account's file with a real key; None as a change removes the field."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info: dict[str, Any] = {
        "type": "service_account",
        "project_id": "mi-proyecto",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "copias@mi-proyecto.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    } | changes
    path = folder / "credenciales.json"
    path.write_text(json.dumps({name: value for name, value in info.items() if value is not None}))
    return path


def with_credentials(credentials: str | None) -> ConnectionOptions:
    """Options that lead to Google itself; nothing is ever sent there."""
    return ConnectionOptions(credentials=credentials, use_firebase_app=False)


def test_a_service_account_names_its_project(tmp_path: Path) -> None:
    path = key_file(tmp_path)
    with connect(with_credentials(str(path))) as connection:
        assert connection.source == Source("mi-proyecto")
    named = ConnectionOptions(
        credentials=str(path), project="otro", database="segunda", use_firebase_app=False
    )
    with connect(named) as connection:
        assert connection.source == Source("otro", "segunda")
        assert connection.root == "projects/otro/databases/segunda/documents"


BAD_FILES: list[tuple[dict[str, Any], str]] = [
    ({"private_key": None}, "le falta private_key"),
    ({"client_email": None, "token_uri": ""}, "le falta client_email, token_uri"),
    ({"project_id": 7}, "le falta project_id"),
    (
        {"private_key": "-----BEGIN PRIVATE KEY-----\nU0VDUkVUTw==\n-----END PRIVATE KEY-----\n"},
        "está dañada",
    ),
    ({"private_key": "SECRETO"}, "está dañada"),
    ({"type": "authorized_user"}, "pertenece a una persona"),
    ({"type": "external_account"}, "no es la clave de una cuenta de servicio"),
    ({"type": None}, "no es la clave de una cuenta de servicio"),
]


@pytest.mark.parametrize(("changes", "words"), BAD_FILES)
def test_a_credentials_file_that_cannot_serve(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    path = key_file(tmp_path, **changes)
    with pytest.raises(SettingError) as caught:
        connect(with_credentials(str(path)))
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert "SECRETO" not in str(caught.value) and "U0VDUkVUTw" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no es JSON"),
        ("[]", "objeto"),
        (b"\xff\xfe\0", "JSON"),
        ("[" * 99_000, "no es JSON"),
        (b"\0" * 200_000, "demasiado grande"),
        ('{"project_info": {}, "client": []}', r"archivo de la app \(google-services.json\)"),
    ],
)
def test_a_credentials_file_that_is_something_else(tmp_path: Path, content: str | bytes, words: str) -> None:
    path = tmp_path / "credenciales.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingError, match=words):
        connect(with_credentials(str(path)))
    with pytest.raises(SettingError, match="no existe"):
        connect(with_credentials(str(tmp_path / "otra.json")))
    with pytest.raises(SettingError, match="no se puede leer"):
        connect(with_credentials(str(tmp_path)))


def test_no_credentials_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FirestoreUnavailable, match="FIREBASE_CREDENTIALS"):
        connect(with_credentials(None))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    with pytest.raises(FirestoreUnavailable, match="credenciales por defecto"):
        connect(with_credentials("default"))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "http://127.0.0.1:8080", ":8080", "h:0", "h:70000", "h:x", "h:٣"]
)
def test_an_emulator_host_that_is_none(host: str) -> None:
    with pytest.raises(SettingError, match="FIRESTORE_EMULATOR_HOST"):
        connect(emulator_options(host))


def test_a_given_client_lends_everything_but_its_channel(firestore_server: FirestoreServer) -> None:
    firestore_server.write([("a/1", ONE)], "segunda")
    client = firestore_server.client("segunda")
    other = ConnectionOptions(client=client, project="otro", emulator_host="127.0.0.1:1")
    with connect(other) as connection:
        assert connection.source == Source(firestore_server.project, "segunda", emulator=True)
        assert [document.path for document in Scan(connection, clock=ManualClock())] == [("a", "1")]
    with pytest.raises(ValueError, match="closed"):
        connection.probe()
    assert client.document("a/1").get().to_dict() == {"n": 1}


def test_a_client_with_a_transport_of_its_own_is_used_as_it_is(
    firestore_server: FirestoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    firestore_server.write([("a/1", ONE)])
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
    client = firestore.Client(firestore_server.project, anonymous)
    with grpc.insecure_channel(firestore_server.host) as channel:
        transport = FirestoreGrpcTransport(channel=channel)
        client._firestore_api_internal = FirestoreClient(transport=transport)
        for _ in range(2):
            with connect(ConnectionOptions(client=client)) as connection:
                connection.probe()
                assert [document.path for document in Scan(connection, clock=ManualClock())] == [("a", "1")]


def test_a_client_that_is_none() -> None:
    with pytest.raises(UsageError, match=r"google\.cloud\.firestore"):
        connect(ConnectionOptions(client="cliente"))


@pytest.fixture
def firebase_app(tmp_path: Path) -> Iterator[Any]:
    """An initialised default app of firebase_admin, as FACOT has one."""
    certificate = firebase_admin.credentials.Certificate(str(key_file(tmp_path, project_id="de-firebase")))
    app = firebase_admin.initialize_app(certificate)
    try:
        yield app
    finally:
        firebase_admin.delete_app(app)


def test_firebase_admin_is_used_when_the_program_initialised_it(
    firestore_server: FirestoreServer, monkeypatch: pytest.MonkeyPatch, firebase_app: Any
) -> None:
    with connect(ConnectionOptions()) as connection:
        assert connection.source == Source("de-firebase")
    with connect(ConnectionOptions(emulator_host=firestore_server.host)) as connection:
        assert connection.source == Source("de-firebase", emulator=True)
        connection.probe()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_server.host)
    with connect(ConnectionOptions(database="segunda")) as connection:
        assert connection.source == Source("de-firebase", "segunda", emulator=True)
    with pytest.raises(FirestoreUnavailable, match="no hay credenciales"):
        connect(ConnectionOptions(use_firebase_app=False))


def test_an_explicit_client_comes_before_firebase_admin(
    firestore_server: FirestoreServer, firebase_app: Any
) -> None:
    with connect(ConnectionOptions(client=firestore_server.client())) as connection:
        assert connection.source.project == firestore_server.project


CHECK_IMPORTS = """
import sys
import facot_backups.firestore.connection as connection
assert not [name for name in sys.modules if name.startswith(("google.cloud", "grpc"))], "imported too early"
connection.connect(connection.ConnectionOptions(emulator_host="127.0.0.1:1", project="p")).close()
assert "firebase_admin" not in sys.modules
"""


def test_google_is_imported_late_and_firebase_admin_never() -> None:
    subprocess.run([sys.executable, "-B", "-c", CHECK_IMPORTS], check=True)


def test_a_refused_call_of_google_speaks_of_the_credentials_and_one_of_ours_of_its_token() -> None:
    code = grpc.StatusCode.UNAUTHENTICATED
    assert explain(code, "", Source("tienda")) == "credentials_unknown"
    assert explain(code, "", Source("tienda", emulator=True)) == "token_unknown"
