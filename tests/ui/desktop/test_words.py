"""The panel's words: dates and numbers, the state card, failures, progress. No Qt."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest

from facot_backups import errors
from facot_backups.events import Counted, Event, PhaseStarted, Progressed, Retried
from facot_backups.model import Source
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.health.findings import Code
from facot_backups.ui.desktop.overview.state_texts import REMEDIES, Standing, standing
from facot_backups.ui.desktop.program.demo import demo
from facot_backups.ui.desktop.snapshot import overview
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.error_text import failure
from facot_backups.ui.desktop.toolkit.progress_text import Progress
from tests.support.archives import HandClock, quick_folder

ZONE = timezone(timedelta(hours=-4))
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW.replace(hour=2, minute=0), "hoy a las 02:00"),
        (NOW.replace(hour=1, minute=5), "hoy a la 01:05"),
        (NOW - timedelta(days=1), "ayer a las 15:30"),
        (NOW + timedelta(hours=11), "mañana a las 02:30"),
        (NOW - timedelta(days=3), "el sábado 21 de noviembre a las 15:30"),
        (NOW - timedelta(days=400), "el 20 de octubre de 2025 a las 15:30"),
    ],
)
def test_a_moment_as_one_says_it(moment: datetime, said: str) -> None:
    assert words.when(moment, NOW) == said


def test_numbers_as_dominicans_write_them() -> None:
    assert (words.number(1234567), words.number(None)) == ("1,234,567", "—")
    assert (words.counted(1, "documento"), words.counted(2300, "documento")) == (
        "1 documento",
        "2,300 documentos",
    )
    assert [words.size(n) for n in (812, 4200, 13_000_000, 2**43)] == ["812 B", "4.2 KB", "13.0 MB", "8.8 TB"]
    assert [words.duration(n) for n in (3.4, 125, 4320)] == ["3 s", "2 min 5 s", "1 h 12 min"]
    assert [words.time_left(n) for n in (9, 61, 300, 7200)] == [
        "queda menos de un minuto",
        "queda 1 minuto",
        "quedan unos 5 minutos",
        "quedan unas 2 horas",
    ]


def test_progress_says_where_it_is_and_how_long_it_takes() -> None:
    progress = Progress("Empezando…", 100.0)
    assert (progress.shown(100.0).title, progress.shown(100.0).fraction) == ("Empezando…", None)
    told: list[tuple[float, Event]] = [
        (101.0, PhaseStarted("reading")),
        (102.0, Progressed("clients", 250)),
        (102.5, Counted(4000)),
        (111.0, Progressed("invoices", 1000)),
    ]
    for at, event in told:
        progress.take(event, at)
    shown = progress.shown(111.0)
    assert shown.title == "Leyendo los datos…" and shown.fraction == 0.25
    assert shown.detail == "invoices: 1,000 de 4,000 documentos" and shown.left == "queda menos de un minuto"
    progress.take(Retried("no answer", 4.0), 112.0)
    assert "se reintenta" in progress.shown(112.0).title and progress.shown(112.0).left == ""
    progress.take(Progressed("x\x1b[31m\ny", 4100), 113.0)
    assert "\x1b" not in progress.shown(113.0).detail and progress.shown(113.0).fraction == 1.0


FOLDER = Path("/mnt/disco/backups")
FAILURES = [
    (errors.Interrupted(), "Cancelado", ""),
    (
        errors.FirestoreUnavailable("no_connection", source=Source("facot-1")),
        "Firestore no disponible",
        "red",
    ),
    (errors.LockHeld("PC-CAJA", 12, NOW), "Ya hay un backup en marcha", "termine"),
    (errors.RepositoryGone(FOLDER), "La carpeta de los backups no está", "Conecte el disco"),
    (errors.NoSpace(FOLDER, 5_000_000), "El disco está lleno", "Libere espacio"),
    (
        errors.DrillNotMade("2024-11-27", "no_memory"),
        "El simulacro no se pudo hacer",
        "No dice nada malo del backup",
    ),
    (errors.SourceMismatch("a/x", "b/x"), "Esta carpeta es de otra base de datos", "otra carpeta"),
    (
        errors.SettingError("backup_hour", "f.json", "no vale", "HH:MM"),
        "Hay un ajuste que no vale",
        "ajustes",
    ),
    (errors.ReadBudgetExceeded(10, 5, 8), "El límite de lecturas de hoy no alcanza", "límite de lecturas"),
    (errors.BackupNotFound("2020-01-01", FOLDER), "No se pudo", ""),
    (ZeroDivisionError("x"), "Fallo inesperado", "Repítalo"),
]


@pytest.mark.parametrize(("error", "title", "remedy"), FAILURES)
def test_a_failure_says_what_to_do_in_a_window(error: BaseException, title: str, remedy: str) -> None:
    told = failure(error)
    assert told.title == title and told.text and remedy in told.remedy
    assert "facot-backups" not in told.remedy and "--" not in told.text + told.remedy
    assert told.stopped == isinstance(error, errors.Interrupted)


def test_only_what_nobody_foresaw_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    fault = ZeroDivisionError("x")
    assert "registro" in failure(fault).remedy
    failure(errors.Interrupted())
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [fault]


def _standing(days: int, later: timedelta = timedelta()) -> Standing:
    clock = HandClock(moment=NOW, local=ZONE)
    with quick_folder() as folder, demo(folder / "demo", invoices=4, clock=clock) as made:
        if days:
            made.make_history(days)
        clock.moment += later
        return standing(overview(made.session, lambda _event: None, Stop()))


def test_the_card_is_calm_only_when_it_may_be() -> None:
    none, fresh, old = _standing(0), _standing(3), _standing(3, timedelta(days=5))
    assert (none.level, none.title, none.text) == ("critical", "Todavía no hay ningún backup", "")
    assert (fresh.level, fresh.title) == ("ok", "Protegido")
    assert fresh.text == "Último backup hoy a las 02:00, verificado."
    assert fresh.next == "Próximo backup: mañana a las 02:00" and not fresh.points
    assert (old.level, old.title) == ("critical", "Sin protección")
    assert old.text == "Último backup el martes 24 de noviembre a las 02:00, verificado."
    told = [*none.points, *old.points, *old.hints, *fresh.hints]
    assert told and all("facot-backups" not in point.text + point.remedy for point in told)


def test_every_finding_has_a_remedy_for_a_window() -> None:
    """Those of the core that are commands of the terminal are said in other words."""
    as_they_are = {"disk_full_next", "clock", "catching_up", "same_disk", "synchronised"}
    as_they_are.add("anomaly")  # backups/losses_texts.py tells it whole
    assert set(get_args(Code)) - set(REMEDIES) == as_they_are


def test_words_and_tasks_need_no_qt() -> None:
    program = (
        "import sys; sys.modules['qtpy'] = None\n"
        "from facot_backups.ui import desktop\n"
        "from facot_backups.ui.desktop import habits, session, snapshot\n"
        "from facot_backups.ui.desktop.program import demo, instance, startup\n"
        "from facot_backups.ui.desktop.overview import backup_task, state_texts\n"
        "from facot_backups.ui.desktop.audit import texts\n"
        "from facot_backups.ui.desktop.toolkit import error_text, progress_text\n"
        "assert 'numpy' not in sys.modules and 'PySide6' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
