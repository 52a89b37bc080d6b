"""A world whose days pass by a clock of the test, and what its people were told meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import grpc
import pytest

from facot_backups.app import scheduled_work
from facot_backups.emulator.faults import Fault
from facot_backups.errors import FacotBackupsError
from facot_backups.events import ignore
from facot_backups.operations.schedule import uptime
from facot_backups.operations.schedule.due import decide
from facot_backups.operations.schedule.facts import facts_of
from facot_backups.operations.schedule.scheduled_run import unproven
from facot_backups.settings import Settings, load_settings
from tests.end_to_end.world import PatientClock, World
from tests.support.endpoints import Endpoint

QUARTER = timedelta(minutes=15)


@dataclass
class Watched:
    """A world whose clock and Firestore's are one, and what its heartbeat and its messages were told."""

    world: World
    heartbeat: Endpoint
    messages: Endpoint
    variables: pytest.MonkeyPatch

    @property
    def clock(self) -> PatientClock:
        return self.world.clock

    @property
    def settings(self) -> Settings:
        return load_settings({"backup_dir": self.world.folder})

    @property
    def pings(self) -> list[str]:
        """The signals so far; the list begins anew."""
        found = [told.path.removeprefix("/latido") or "ok" for told in self.heartbeat.told]
        self.heartbeat.told.clear()
        return found

    @property
    def said(self) -> list[str]:
        """The titles of the messages so far, without the product's name; the list begins anew."""
        found = [told.message["title"].removeprefix("FACOT Backups: ") for told in self.messages.told]
        self.messages.told.clear()
        return found

    def tick(self) -> None:
        """What the system's timer does every 15 minutes, at the present instant of the clock."""
        settings = self.settings
        job = scheduled_work.job(settings, ignore, clock=self.clock)
        uptime.tick(job.store)
        try:
            facts = facts_of(job.store, job.hour, job.scope)
            if decide(facts).due or unproven(job.store, facts) is not None:
                scheduled_work.run(settings, ignore, clock=self.clock)
            else:
                scheduled_work.tell_changes(settings, self.clock)
        except FacotBackupsError:
            pass  # the exit code tells

    def days(self, number: float, step: timedelta = timedelta(hours=3)) -> None:
        """Time passes, with a tick after each step."""
        end = self.clock.moment + timedelta(days=number)
        while self.clock.moment < end:
            self.clock.moment += step
            self.tick()

    def unreadable(self, collection: str) -> None:
        fault = Fault("*", "error", collection=collection, code=grpc.StatusCode.PERMISSION_DENIED)
        assert self.world.server.local is not None
        self.world.server.local.add_fault(fault)

    def readable(self) -> None:
        assert self.world.server.local is not None
        self.world.server.local.clear_faults()
