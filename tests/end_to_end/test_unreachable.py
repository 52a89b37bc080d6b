"""No server, none that answers, no credentials: an error within seconds, and nothing on disk but a line."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from facot_backups.emulator.faults import Fault
from facot_backups.errors import FirestoreUnavailable
from facot_backups.firestore.connection import Connection, ConnectionOptions, connect
from facot_backups.operations.backup.run import BackupRequest, back_up
from tests.end_to_end.world import World
from tests.support.servers import free_port


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def impatient(host: str) -> Connection:
    return connect(ConnectionOptions(project="p", emulator_host=host, connect_timeout=0.3))


def test_no_server(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    world.run("run").failed(10, "Firestore no disponible", "no hay conexión", "Compruebe la red")
    world.nothing_happened("FAILED")
    ran = world.run("run", "--json")
    assert (ran.code, ran.report["exit_code"], ran.report["success"]) == (10, 10, False)
    assert ran.report["error"].startswith("Firestore no disponible")


def test_a_server_that_takes_the_connection_and_is_mute(world: World, mute_port: int) -> None:
    with pytest.raises(FirestoreUnavailable, match="Compruebe la red"):
        back_up(lambda: impatient(f"127.0.0.1:{mute_port}"), world.store(), BackupRequest(), world.emit)
    world.nothing_happened("FAILED")


def test_a_server_that_takes_the_call_and_never_answers(world: World) -> None:
    done = threading.Event()
    world.server.local.add_fault(Fault("*", "error", when=lambda _: done.wait(30)))
    try:
        with pytest.raises(FirestoreUnavailable, match="no respondió a tiempo"):
            back_up(lambda: impatient(world.server.host), world.store(), BackupRequest(), world.emit)
    finally:
        done.set()
    world.nothing_happened("FAILED")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, "el emulador pide un token"),
        (grpc.StatusCode.NOT_FOUND, "no existe"),
        (grpc.StatusCode.PERMISSION_DENIED, "roles/datastore.viewer"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "saturada"),
        (grpc.StatusCode.DATA_LOSS, "DATA_LOSS"),
    ],
)
def test_a_server_that_refuses_everything(world: World, code: grpc.StatusCode, words: str) -> None:
    world.server.local.add_fault(Fault("*", "error", code=code))
    world.run("run").failed(10, "Firestore no disponible", words)
    world.nothing_happened("FAILED")


def test_no_credentials_at_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    world.run("run").failed(10, "Firestore no disponible", "credenciales")
    world.nothing_happened("FAILED")


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"type": "authorized_user"}), ""])
def test_credentials_that_are_none(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "clave.json"
    file.write_text(content)
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    monkeypatch.setenv("FIREBASE_CREDENTIALS", str(file))
    ran = world.run("run")
    assert (ran.code, "clave.json" in ran.err, "Traceback" in ran.err) == (2, True, False), ran
    assert world.published() == []


def test_the_first_failure_is_not_hidden_by_a_second(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Failing tries make a ledger, no identity: the folder is nobody's until the first publish."""
    port = free_port()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{port}")
    assert [world.run("run").code for _ in range(3)] == [10, 10, 10]
    assert world.outcomes() == ["FAILED"] * 3
    assert not (world.folder / ".facot/repository.json").exists()
    other = world.with_server(replace(world.server, project="otro"))
    other.write("invoices/1")
    assert other.back_up().complete
