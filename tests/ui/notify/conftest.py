"""Servers that are told, a world that tells them, short deadlines, and an ear on every log record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from facot_backups.app.alerts import ping, services
from facot_backups.emulator.server import LocalFirestore
from tests.end_to_end.world import PatientClock, make_world
from tests.support.endpoints import Endpoint, endpoint
from tests.support.servers import FirestoreServer
from tests.support.waiting import PATIENCE
from tests.ui.notify.watched import Watched

# In every part of a URL where one may stand.
SECRET = "s3cr3t0-Ñ4ndú"


@pytest.fixture
def server() -> Iterator[Endpoint]:
    """A healthchecks-style server, or one for Apprise's json://."""
    with endpoint() as found:
        yield found


@pytest.fixture
def other() -> Iterator[Endpoint]:
    """Another one."""
    with endpoint() as found:
        yield found


@pytest.fixture
def watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, server: Endpoint, other: Endpoint
) -> Iterator[Watched]:
    clock = PatientClock()
    with LocalFirestore(clock=clock) as local:
        world = make_world(FirestoreServer(local.host, "memory", local=local), tmp_path, monkeypatch, capsys)
        world.clock = clock
        # No message is given up, and noted by its server later, because the computer is busy.
        monkeypatch.setattr(ping, "SECONDS", PATIENCE)
        monkeypatch.setattr(services, "SECONDS", PATIENCE)
        monkeypatch.setenv("BACKUP_HOUR", "02:00")
        monkeypatch.setenv("BACKUP_HEALTHCHECK_URL", server.url("/latido"))
        monkeypatch.setenv("BACKUP_NOTIFY_URLS", other.json_url("/aviso"))
        for number in range(30):
            world.write(f"invoices/{number}")
        world.write("clients/1")
        yield Watched(world, server, other, monkeypatch)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines for the impatient."""
    monkeypatch.setattr(ping, "SECONDS", 0.3)
    monkeypatch.setattr(services, "SECONDS", 0.3)


@dataclass(eq=False)
class Ear(logging.Handler):
    """Hears every record of every logger, as text and in all its attributes."""

    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.NOTSET)

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{self.format(record)}\n{record.__dict__}")

    @property
    def text(self) -> str:
        return "\n".join(self.heard)


@pytest.fixture
def ear() -> Iterator[Ear]:
    """What any library logs, at any level, while the test runs."""
    found = Ear()
    root = logging.getLogger()
    names = ("urllib3", "urllib3.connectionpool", "apprise", "facot_backups", "requests")
    levels = {name: logging.getLogger(name).level for name in names}
    before = root.level
    for name in names:
        logging.getLogger(name).setLevel(1)
    root.setLevel(1)
    root.addHandler(found)
    yield found
    root.removeHandler(found)
    root.setLevel(before)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
