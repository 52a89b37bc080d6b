"""Backups in memory for retention, and tables of cases in plain text (tests/golden/retention)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from facot_backups.archive.facot2 import OldBackup
from facot_backups.archive.layout import BackupName
from facot_backups.archive.metadata import FileEntry
from facot_backups.archive.reader import Backup
from facot_backups.errors import FormatError, NewerFormat
from facot_backups.model import Scope, Source
from facot_backups.operations.retention.alarms import ClockReading
from facot_backups.operations.retention.plan import Facts, Plan, Policy, plan
from tests.support.folders import metadata_of

ROOT = Path("backups")
SOURCE = Source("facot")
ZONE = ZoneInfo("America/Santo_Domingo")
SCHEDULE = time(2, 0)


def old_folder(name: str) -> OldBackup:
    """A folder of FACOT 2.0's own."""
    parsed = BackupName.parse(name)
    assert parsed is not None, name
    return OldBackup(ROOT / name, parsed, ("clients",))


def entry(collection: str, documents: int, nested: int = 0) -> FileEntry:
    return FileEntry(f"{collection}.json", documents, nested, 1, "0" * 64, None)


def made(name: str, read: datetime | None = None, counts: Mapping[str, str] = {}, **changes: Any) -> Backup:
    """A published backup; `counts` gives `root/nested` documents by collection.

    `read` is the `read_time` (aware); without it, what the name says, 2 o'clock if it says no time.
    """
    parsed = BackupName.parse(name)
    assert parsed is not None, name
    instant = read or datetime.combine(parsed.date, parsed.time or SCHEDULE, ZONE)
    instant = instant.astimezone(UTC)
    files = {c: entry(c, *map(int, numbers.split("/"))) for c, numbers in counts.items()}
    keys: dict[str, Any] = {
        "backup_date": parsed.date,
        "read_time": instant,
        "started_at": instant,
        "finished_at": max(instant, changes.get("started_at", instant)),
        "source": SOURCE,
        "errors": ("clients: sin permiso",) if parsed.suffix == "incomplete" else (),
    }
    if parsed.suffix == "pre-restore":
        keys |= {"trigger": "pre-restore", "scope": Scope(collections=(), restore="r")}
    return Backup(ROOT / name, parsed, metadata_of(files, **keys | changes))


def damaged(name: str) -> Backup:
    parsed = BackupName.parse(name)
    assert parsed is not None, name
    return Backup(ROOT / name, parsed, None, FormatError(f"{name}/_metadata.json", "falta el archivo"))


def newer(name: str) -> Backup:
    parsed = BackupName.parse(name)
    assert parsed is not None, name
    return Backup(ROOT / name, parsed, None, NewerFormat(f"{name}/_metadata.json", 2))


# --- tables ------------------------------------------------------------------------------------------


@dataclass
class Table:
    """A case in text: one line for each fact. See tests/golden/retention/README.md."""

    now: datetime = datetime(2024, 12, 31, 6, 5, tzinfo=UTC)
    policy: Policy = field(default_factory=Policy)
    backups: list[Backup] = field(default_factory=list)
    old: list[OldBackup] = field(default_factory=list)
    source: Source | None = SOURCE
    scope: Scope = field(default_factory=Scope)
    accepted: datetime | None = None
    last_run: ClockReading | None = None

    @classmethod
    def parse(cls, text: str) -> Table:
        table = cls()
        for line in text.splitlines():
            if line and not line.startswith("#"):
                word, *values = line.split()
                getattr(table, f"_{word}")(*values)
        return table

    def plan(self) -> Plan:
        facts = Facts(
            backups=self.backups,
            old_backups=self.old,
            now=self.now,
            zone=ZONE,
            source=self.source,
            scope=self.scope,
            accepted=self.accepted,
            last_run=self.last_run,
        )
        return plan(facts, self.policy)

    def _now(self, text: str) -> None:
        self.now = _instant(text)

    def _policy(self, *pairs: str) -> None:
        numbers: dict[str, Any] = {name: int(text) for name, text in (pair.split("=") for pair in pairs)}
        self.policy = Policy(**numbers)

    def _source(self, text: str) -> None:
        self.source = None if text == "-" else Source(text)

    def _scope(self, text: str) -> None:
        self.scope = _scope(text)

    def _accepted(self, text: str) -> None:
        self.accepted = _instant(text)

    def _last_run(self, local: str, server: str) -> None:
        self.last_run = ClockReading(_instant(local), _instant(server))

    def _old(self, name: str) -> None:
        self.old.append(old_folder(name))

    def _backup(self, name: str, *words: str) -> None:
        if words == ("damaged",):
            self.backups.append(damaged(name))
        elif words == ("newer",):
            self.backups.append(newer(name))
        else:
            self.backups.append(_described(name, words))


def _described(name: str, words: tuple[str, ...]) -> Backup:
    changes: dict[str, Any] = {"counts": {}}
    for word in words:
        key, _, value = word.partition("=")
        if key == "label":
            changes["label"] = True
        elif key == "source":
            changes["source"] = Source(value)
        elif key == "scope":
            changes["scope"] = _scope(value)
        elif key in ("read", "started_at", "finished_at"):
            changes[key] = _instant(value)
        else:
            changes["counts"][key] = value
    return made(name, **changes)


def _instant(text: str) -> datetime:
    """Local time, to the minute."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=ZONE).astimezone(UTC)


def _scope(text: str) -> Scope:
    """`all`, `invoices,clients` or `-audit`."""
    if text == "all":
        return Scope()
    if text.startswith("-"):
        return Scope(exclude=tuple(text[1:].split(",")))
    return Scope(collections=tuple(text.split(",")))


def shown(plan: Plan) -> Iterator[str]:
    """A plan as the tables have it."""
    for alarm in plan.alarms:
        yield f"ALARM {alarm.kind}"
        yield from (f"    {line}" for line in alarm.message.splitlines())
    yield from (f"WARNING {warning}" for warning in plan.warnings)
    for decision in plan.decisions:
        word = "delete" if decision.delete else "keep"
        yield f"{word:6} {decision.path.name:30} {decision.rule:12} {decision.reason}"
    if plan.to_verify:
        yield "verify " + " ".join(str(backup.name) for backup in plan.to_verify)
