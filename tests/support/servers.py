"""The Firestore servers that tests run against: ours in memory, and Google's emulator where there is one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import grpc
from filelock import FileLock
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from facot_backups.emulator.load import Fields, write_documents

Kind = Literal["memory", "emulator"]
NO_EMULATOR = "emulador oficial de Firestore: no está en esta máquina"
# Runs a command until it is told to end, or the process that is named first is gone.
_WATCH = """
owner=$1; shift; "$@" & child=$!
trap 'kill $child; wait $child; exit' TERM
while kill -0 $owner && kill -0 $child; do sleep 1 & wait $!; done 2>/dev/null
kill $child
"""
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


@dataclass(frozen=True)
class FirestoreServer:
    """A server with an empty database of its own. `host` is "127.0.0.1:port".

    `local` is the in-memory server itself (its switches and faults), None for the emulator.
    """

    host: str
    kind: Kind
    project: str = field(default_factory=lambda: f"prueba-{uuid.uuid4().hex[:12]}")
    local: Any = None

    def fresh(self) -> FirestoreServer:
        """The same server with another, empty project: for each example of a property test."""
        return replace(self, project=f"prueba-{uuid.uuid4().hex[:12]}")

    def write(self, documents: Iterable[tuple[str, Fields]], database: str = "(default)") -> int:
        """Write (relative path, plain protobuf fields) by raw BatchWrite. Returns how many."""
        return write_documents(self.host, documents, self.project, database)

    def client(self, database: str | None = None) -> firestore.Client:
        """Google's own client for this server; the environment stays as it was."""
        with patch.dict(os.environ, {"FIRESTORE_EMULATOR_HOST": self.host}):
            client = firestore.Client(self.project, AnonymousCredentials(), database)  # type: ignore[no-untyped-call]
            _ = client._firestore_api  # connects by the variable, so while it is set
        return client

    def channel(self) -> grpc.Channel:
        """A new raw channel to the server; the caller closes it."""
        return grpc.insecure_channel(self.host)


def emulator_jar() -> Path | None:
    """Google's emulator on this machine: beside gcloud, else the newest of firebase-tools; None without."""
    if shutil.which("java") is None:
        return None
    if gcloud := shutil.which("gcloud"):
        platform = Path(gcloud).resolve().parent.parent / "platform"
        jar = platform / "cloud-firestore-emulator" / "cloud-firestore-emulator.jar"
        if jar.is_file():
            return jar
    cache = Path.home() / ".cache" / "firebase" / "emulators"
    jars = sorted(cache.glob("cloud-firestore-emulator-*.jar"), key=lambda jar: jar.stat().st_mtime)
    return jars[-1] if jars else None


def kinds() -> list[Kind]:
    """The kinds of server that this machine can run."""
    return ["memory", "emulator"] if emulator_jar() else ["memory"]


def free_port() -> int:
    """A port of the loopback address on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_emulator(jar: Path, log: Path, owner: int | None = None) -> tuple[str, int]:
    """Start Google's emulator. Returns its host and a pid to end it by, as soon as it answers.

    It ends by itself when the process `owner` (this one by default) is gone, however that ended.
    Raises RuntimeError if it does not answer within a minute.
    """
    port = free_port()
    command = ["java", "-XX:+UseSerialGC", "-cp", str(jar), _MAIN, "start", "--host=127.0.0.1"]
    if os.name == "posix":
        command = ["/bin/sh", "-c", _WATCH, "sh", str(owner or os.getpid()), *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, f"--port={port}"], stdout=output, stderr=output, start_new_session=True
        )
    host = f"127.0.0.1:{port}"
    try:
        with grpc.insecure_channel(host) as channel:
            grpc.channel_ready_future(channel).result(timeout=60)
    except grpc.FutureTimeoutError:
        stop_process(process.pid)
        text = log.read_text(errors="replace")
        raise RuntimeError(f"the emulator does not start: {text}") from None
    except BaseException:  # also a run that is stopped while it waits
        stop_process(process.pid)
        raise
    return host, process.pid


def stop_process(pid: int) -> None:
    """End the process `pid`, which we started: kindly first, by force after 10 s."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        for _ in range(100):
            if _gone(pid):
                return
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)


def _gone(pid: int) -> bool:
    """Whether the process has ended; a child of ours is reaped, a zombie of somebody else counts as gone."""
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def shared_emulator(shared: Path) -> str:
    """The host of the one emulator of this test run, started by the first worker that asks.

    `shared` is the folder that all workers share, with the run's own pid in the file `owner`;
    `stop_shared` ends the emulator at the end of the run.
    """
    state = shared / "emulator.json"
    with FileLock(shared / "emulator.lock"):
        if not state.exists():
            jar = emulator_jar()
            if jar is None:
                raise RuntimeError(NO_EMULATOR)
            owner = int((shared / "owner").read_text())
            host, pid = start_emulator(jar, shared / "emulator.log", owner)
            state.write_text(json.dumps({"host": host, "pid": pid}))
        return str(json.loads(state.read_text())["host"])


def stop_shared(shared: Path) -> None:
    """End the emulator of this run, if one was started."""
    state = shared / "emulator.json"
    if state.exists():
        stop_process(json.loads(state.read_text())["pid"])
        state.unlink()


@contextlib.contextmanager
def memory_firestore() -> Iterator[FirestoreServer]:
    """A new in-memory server with an empty database, stopped at the end."""
    from facot_backups.emulator.server import LocalFirestore

    with LocalFirestore() as local:
        yield FirestoreServer(host=local.host, kind="memory", local=local)
