"""Servers that are told, short deadlines, and an ear on every log record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from facot_backups.faces.notify import ping, services
from tests.support.endpoints import Endpoint, endpoint

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
