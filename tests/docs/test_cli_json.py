"""What commands print with --json against the tables of docs/cli.md: every field, in every kind of answer."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import grpc
import pytest

from facot_backups.app.alerts.trial import ChannelKind
from facot_backups.archive import reader
from facot_backups.archive.metadata import Trigger
from facot_backups.emulator.faults import Fault
from facot_backups.emulator.load import delete_documents
from facot_backups.operations.comparison import changes, history
from facot_backups.operations.health import findings as health_findings
from facot_backups.operations.health import judgement as health
from facot_backups.operations.retention import alarms as retention_alarms
from facot_backups.operations.retention import anomaly
from facot_backups.operations.retention import plan as retention
from facot_backups.operations.search import find
from facot_backups.operations.verification import verify
from facot_backups.ui.cli import main
from tests.docs.place import DAYS, GONE, INVOICE, Place
from tests.docs.schemas import FAILURE, check, schemas

SCHEMAS = schemas()
ALL_COMPANIES = ["companies/1", "companies/2", "companies/145236"]
ENUMERATIONS = {
    ("status --json", "findings[].code"): {*get_args(health_findings.Code)},
    ("status --json", "findings[].severity"): {*get_args(health_findings.Severity)},
    ("status --json", "state"): {*get_args(health.State)},
    ("status --json", "anomalies[].kind"): {*get_args(anomaly.AnomalyKind)},
    ("list --json", "backups[].kind"): {*get_args(reader.Kind), "facot2"},
    ("list --json", "backups[].trigger"): {*get_args(Trigger)},
    ("verify --json", "backups[].problems[].kind"): {*get_args(verify.ProblemKind)},
    ("cleanup --json", "deleted[].rule"): {*get_args(retention.Rule)},
    ("cleanup --json", "kept[].rule"): {*get_args(retention.Rule)},
    ("cleanup --json", "alarms[].kind"): {*get_args(retention_alarms.AlarmKind)},
    ("notify test --json", "channels[].kind"): {*get_args(ChannelKind)},
    ("diff --json", "changes[].kind"): {*get_args(changes.Kind)} - {"equal"},
    ("history --json", "chapters[].event"): {*get_args(history.Event)},
    ("show --json", "state"): {*get_args(history.State)},
    ("find --json", "found[].state"): {*get_args(find.State)},
}


@pytest.mark.parametrize(("title", "path"), ENUMERATIONS)
def test_the_words_of_an_enumeration(title: str, path: str) -> None:
    assert SCHEMAS[title][path].words == ENUMERATIONS[title, path]


@pytest.mark.slow
def test_what_commands_print(place: Place, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: defaultdict[str, set[str]] = defaultdict(set)

    def told(title: str, *words: str, code: int = 0) -> Any:
        assert main([*words, "--json"]) == code
        report = json.loads(capsys.readouterr().out)
        assert report.get("exit_code", code) == code
        seen[title] |= check(report, SCHEMAS[title])
        return report

    _of_a_good_day(place, told)
    _of_a_loss(place, told)
    _of_a_misspelt_setting(place, told, monkeypatch)
    _of_a_bad_day(place, told, monkeypatch)
    assert set(seen) == set(SCHEMAS) - ENDLESS
    never = {
        title: sorted(left)
        for title, schema in SCHEMAS.items()
        if title not in ENDLESS and (left := set(schema) - seen[title])
    }
    assert never == NEVER_SEEN


# What no answer of this test holds; each is tested where it is made.
NEVER_SEEN = {
    "run --json": ["server_count_reason"],
    "status --json": [
        "drill_problem",
        "growth",
        "growth.days",
        "growth.documents",
        "growth.size_bytes",
        "last_drill.error",
    ],
    "list --json": ["backups[].drill.error"],
    "cleanup --json": ["errors[]"],
    "config --trust --json": ["allowed[].folder", "allowed[].name"],
    "find --json": ["unreadable[]"],
    "diff --json": ["changes[].fields[].new.types", "changes[].fields[].old.types"],
    "verify --json": [
        "backups[].unread[].file",
        "backups[].unread[].message",
        "journals[].part",
        "journals[].pre_restore",
        "journals[].problem",
        "journals[].restore",
    ],
    "verify --drill --json": [
        "drill.differences[].path",
        "drill.differences[].problem",
        "drill.notes[]",
        "drill.problems[]",
    ],
    "restore --dry-run --json": [
        "conflicts[].path",
        "conflicts[].reason",
        "documents[].fields[].new.types",
        "documents[].fields[].old.types",
        "notes[]",
        "questions[]",
        "undoes",
    ],
    "restore --json": [
        "answered[]",
        "continue_command",
        "edited[]",
        "error",
        "errors[]",
        "notes[]",
        "troubles[].kind",
        "troubles[].path",
        "troubles[].reason",
    ],
}
# It runs until it is stopped: tests/ui/test_cli_serve.py.
ENDLESS = {"serve --json"}


def _of_a_good_day(place: Place, told: Callable[..., Any]) -> None:
    told("stats --json", "stats")
    told("status --json", "status", code=31)
    told("list --json", "list")
    told("config --json", "config")
    told("config --json", "config", "--offline")
    told("config --trust --json", "config", "--trust")
    told("run --dry-run --json", "run", "--dry-run")
    place.change_between()
    told("run --json", "run")
    told("run --if-due --json", "run", "--if-due")
    told("run --json", "run", "--collection", "invoices")
    told("list --json", "list")
    told("stats --json", "stats")
    told("verify --json", "verify")
    told("diff --json", "diff", *DAYS)
    told("diff --json", "diff", DAYS[0], "live", "--stat")
    told("history --json", "history", INVOICE)
    told("history --json", "history", GONE)
    told("history --json", "history", "invoices/ninguna", code=12)
    told("find --json", "find", INVOICE.rpartition("/")[2])
    told("find --json", "find", GONE.rpartition("/")[2])
    told("find --json", "find", "nadie", "así", code=12)
    told("show --json", "show", DAYS[0], INVOICE)
    told("show --json", "show", DAYS[0], "invoices/ninguna", code=12)
    told("cleanup --json", "cleanup", "--dry-run")
    told("verify --drill --json", "verify", DAYS[0], "--drill")
    told("status --json", "status")
    told("list --json", "list")
    told("audit --json", "audit", DAYS[0], "--csv", "auditoria.csv")


def _of_a_loss(place: Place, told: Callable[..., Any]) -> None:
    """Every company is gone, and a cleanup would have something to delete."""
    for number in "123":
        _old_folder(place.folder / f"backups/2020-01-0{number}")
    told("list --json", "list")
    delete_documents(place.server.host, ALL_COMPANIES, place.server.project)
    told("run --json", "run")
    told("run --if-due --json", "run", "--if-due")
    told("cleanup --json", "cleanup", code=30)
    told("status --json", "status", code=31)
    told("restore --dry-run --json", "restore", DAYS[0], "--dry-run", "--fields")
    done = told("restore --json", "restore", DAYS[0], "--yes")
    undone = told("restore --json", "restore", done["pre_restore"], "--yes")
    told("restore --json", "restore", undone["pre_restore"], "--yes")
    told("restore --json", "restore", done["pre_restore"], "--yes", code=21)
    delete_documents(place.server.host, ALL_COMPANIES, place.server.project)
    told("cleanup --json", "cleanup", "--accept-anomaly")


def _of_a_misspelt_setting(place: Place, told: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_COLLECTIONS", "invoice,clients,companies")
    monkeypatch.setenv("BACKUP_EXCLUDE", "companies")
    told("config --json", "config")
    told("run --dry-run --json", "run", "--dry-run")
    told("run --json", "run")
    told("list --json", "list")
    monkeypatch.delenv("BACKUP_COLLECTIONS")
    monkeypatch.delenv("BACKUP_EXCLUDE")
    monkeypatch.setenv("BACKUP_DATABASE", "otra")
    told("config --json", "config")
    monkeypatch.delenv("BACKUP_DATABASE")


def _of_a_bad_day(place: Place, told: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    told(FAILURE, "verify", "2020-01-01T000000", code=12)
    told(FAILURE, "run", "--nada", code=2)
    monkeypatch.setenv("BACKUP_MAX_READS", "50")
    told("run --dry-run --json", "run", "--dry-run", code=2)
    monkeypatch.delenv("BACKUP_MAX_READS")
    fault = Fault("RunQuery", "error", collection="quotations", code=grpc.StatusCode.PERMISSION_DENIED)
    place.server.local.add_fault(fault)
    told("run --json", "run", code=3)
    told("diff --json", "diff", DAYS[0], "live", code=3)
    _damage(place.folder / "backups" / DAYS[1] / "items.json")
    told("verify --json", "verify", code=20)
    told("list --json", "list")
    told("history --json", "history", "quotations/ninguna", code=12)
    told("show --json", "show", told("list --json", "list")["backups"][0]["name"], "quotations/1", code=12)
    told("cleanup --json", "cleanup", code=30)
    monkeypatch.setenv("BACKUP_HEALTHCHECK_URL", "http://127.0.0.1:1/secreto")
    monkeypatch.setenv("BACKUP_ON_ERROR", "true")
    told("notify test --json", "notify", "test", code=14)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.setenv("BACKUP_RETENTION_DAY", "3")
    told("status --json", "status", code=31)
    told("config --json", "config", code=10)


def _old_folder(folder: Path) -> None:
    """One of FACOT 2.0's own."""
    folder.mkdir()
    (folder / "companies.json").write_text('[{"name": "Peña", "_id": "1"}]', encoding="utf-8")


def _damage(file: Path) -> None:
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-2])
