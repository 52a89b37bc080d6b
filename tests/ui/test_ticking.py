"""The scheduler's mind without its thread: time that passes, a network that is not there yet."""

from __future__ import annotations

import logging
from datetime import time as hour
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from facot_backups.app.scheduler_tick import Listener, Ticker
from facot_backups.errors import FirestoreUnavailable, SettingError
from facot_backups.operations.cancellation import Stop
from tests.operations.test_schedule_year import Ways
from tests.support.year import Computer, Year


def test_time_that_passed_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    """A sleep, a clock set ahead, a clock set back: each is logged, and none is an error."""
    caplog.set_level(logging.INFO, "facot_backups")
    year = Year(ZoneInfo("America/Santo_Domingo"), seed=1, always_on=True)
    year.wrong = [(year.start + timedelta(hours=1), timedelta(hours=1), -1)]
    computer = Computer(year)
    faults: list[str] = []
    nothing: Any = lambda *_: None  # noqa: E731
    ticker = Ticker(Ways(computer, hour(23, 59)), Listener(nothing, nothing, nothing, faults.append))
    for _ in range(59):
        computer.sleep(60)
        ticker.tick(Stop())
    assert "estuvo suspendido" not in caplog.text
    computer.sleep(60)
    ticker.tick(Stop())
    assert "El reloj del equipo se atrasó 86400 s" in caplog.text
    computer.sleep(7200)
    ticker.tick(Stop())
    assert "El equipo estuvo suspendido" in caplog.text
    assert faults == []


class Woken(Ways):
    """A computer whose backup is due, with a network or without."""

    network = False
    runs = 0

    def reachable(self, _settings: Any) -> bool:
        return self.network

    def run_if_due(self, *_: Any) -> Any:
        self.runs += 1
        raise FirestoreUnavailable("given_up")


def test_after_waking_it_gives_the_network_five_minutes() -> None:
    """No network yet is no failure; none for good is one, whose next try waits."""
    computer = Computer(Year(ZoneInfo("America/Santo_Domingo"), seed=1, always_on=True))
    faults: list[str] = []
    nothing: Any = lambda *_: None  # noqa: E731
    ways = Woken(computer, hour(0, 0))
    ticker = Ticker(ways, Listener(nothing, nothing, nothing, faults.append))
    for _ in range(5):
        ticker.tick(Stop())
        assert ticker.waiting is not None and ticker.waiting.startswith("Esperando la red")
        computer.sleep(60)
    assert (ways.runs, faults) == (0, [])
    ticker.tick(Stop())
    assert (ways.runs, len(faults)) == (1, 1)
    computer.sleep(7200)
    ticker.tick(Stop())
    assert ways.runs == 1, "it slept: the network gets its time again"
    ways.network = True
    computer.sleep(60)
    ticker.tick(Stop())
    assert ways.runs == 2


class Deaf(Woken):
    """A computer whose settings, or whose look at the folder, fail from some time on."""

    wrong: Exception | None = None
    looks = 0

    def settings(self) -> Any:
        if isinstance(self.wrong, SettingError):
            raise self.wrong
        return super().settings()

    def decide(self, settings: Any) -> Any:
        if self.wrong is not None:
            raise self.wrong
        return super().decide(settings)

    def tell_changes(self, settings: Any) -> None:
        assert settings == super().settings()
        self.looks += 1
        if self.wrong is not None:
            raise ZeroDivisionError


@pytest.mark.parametrize("wrong", [SettingError("keep_last", "facot_config.json", "x", "y"), KeyError("x")])
def test_people_hear_of_missing_backups_though_the_settings_break(
    wrong: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """By the settings that were good last: the broken ones name nobody to be told."""
    computer = Computer(Year(ZoneInfo("America/Santo_Domingo"), seed=1, always_on=True))
    nothing: Any = lambda *_: None  # noqa: E731
    ways = Deaf(computer, hour(23, 59))
    ticker = Ticker(ways, Listener(nothing, nothing, nothing, nothing))
    ticker.tick(Stop())
    looked, ways.wrong = ways.looks, wrong
    computer.sleep(60)
    ticker.tick(Stop())
    assert ways.looks == looked + 1
    assert "No se pudo avisar: ZeroDivisionError" in caplog.text, "the thread lives on"
