"""What all tests share: a clean environment, the Firestore servers, a plain word about what was tested."""

# ruff: noqa: E402 (the environment must be set before other modules read it)
from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Before anything of Google's or Qt's is imported: nothing leaves this machine, no window opens, and no
# setting of the developer's own reaches a test.
os.environ["NO_GCE_CHECK"] = "true"
os.environ["QT_QPA_PLATFORM"] = "offscreen"
# A server that stops tells its clients, and gRPC tells the terminal.
os.environ["GRPC_VERBOSITY"] = "ERROR"
_FOREIGN = ("BACKUP_", "FACOT_BACKUPS_", "FIREBASE_", "FIRESTORE_", "GOOGLE_", "GCLOUD_")
for _name in [name for name in os.environ if name.startswith(_FOREIGN)]:
    del os.environ[_name]

import hypothesis
import hypothesis.configuration
import pytest

from tests.support import servers
from tests.support.memory_disk import memory_disk
from tests.support.servers import FirestoreServer

_SHARED = "PYTEST_FACOT_SHARED"
# Where pytest makes `tmp_path`; a developer may name another place.
if _memory := memory_disk():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_memory))

hypothesis.settings.register_profile(
    "facot",
    deadline=None,
    database=None,
    derandomize=os.environ.get("CI") == "true",
    # Property tests take a server from a fixture and ask it for a fresh project in each example.
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
    ],
)
hypothesis.settings.load_profile("facot")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the workers of this run share; they inherit the variable that names it."""
    if not _is_worker(config):
        os.environ[_SHARED] = tempfile.mkdtemp(prefix="facot-backups-tests-")
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(_shared() / "hypothesis")
        (_shared() / "owner").write_text(str(os.getpid()))
    hypothesis.configuration.set_hypothesis_home_dir(_shared() / "hypothesis")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where workers share the tests, each begins with slow ones: none is left to wait for in the end.

    Each worker is given its part of the list, and takes from the end of another's when it has done.
    """
    if not _is_worker(config):
        return
    workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    items[:] = [
        item for part in range(workers) for tests in (slow, quick) for item in _part(tests, part, workers)
    ]


def _part(tests: list[pytest.Item], part: int, parts: int) -> list[pytest.Item]:
    return tests[len(tests) * part // parts : len(tests) * (part + 1) // parts]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that began the run ends the emulator and removes the shared folder."""
    if not _is_worker(config):
        servers.stop_shared(_shared())
        shutil.rmtree(os.environ.pop(_SHARED), ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers were tested, and plainly when this machine has no emulator."""
    tested = [kind for kind in ("memory", "emulator") if (_shared() / f"tested-{kind}").exists()]
    names = {"memory": "el nuestro en memoria", "emulator": "el emulador oficial"}
    if tested:
        words = " y ".join(names[kind] for kind in tested)
        terminalreporter.write_line(f"Servidores de Firestore probados: {words}.")
    if "emulator" not in servers.kinds():
        terminalreporter.write_line(
            f"{servers.NO_EMULATOR}; las pruebas usaron solo el nuestro en memoria.", yellow=True
        )


def _shared() -> Path:
    return Path(os.environ[_SHARED])


def _server(kind: str) -> Iterator[FirestoreServer]:
    (_shared() / f"tested-{kind}").touch()
    if kind == "emulator":
        yield FirestoreServer(host=servers.shared_emulator(_shared()), kind="emulator")
    else:
        with servers.memory_firestore() as server:
            yield server


@pytest.fixture(autouse=True)
def state_dir(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh state folder for each test, so that none remembers another's repositories."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("FACOT_BACKUPS_STATE_DIR", str(folder))
    return folder


@pytest.fixture(params=servers.kinds())
def firestore_server(request: pytest.FixtureRequest) -> Iterator[FirestoreServer]:
    """Each kind of server that this machine has, with an empty database of the test's own."""
    yield from _server(request.param)


@pytest.fixture
def memory_server() -> Iterator[FirestoreServer]:
    """Our in-memory server with an empty database; `memory_server.local` has its switches and faults."""
    yield from _server("memory")


@pytest.fixture
def emulator() -> Iterator[FirestoreServer]:
    """Google's emulator with an empty database; the test is skipped, and says so, without one."""
    if "emulator" not in servers.kinds():
        pytest.skip(servers.NO_EMULATOR)
    yield from _server("emulator")
