"""A backup folder with hundreds of small backups, made from one real one: years of use in a second."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path

from facot_backups.archive.layout import METADATA_FILE, BackupName
from facot_backups.archive.metadata import Metadata, local_text, serialize
from facot_backups.archive.reader import Backup
from tests.desktop.world import DesktopWorld, desktop_world

# Every so many days there is none, or an incomplete one.
OFF, BAD = 23, 31


class ManyBackups(DesktopWorld):
    """`world` with a backup of each of the last `days` days but those that `OFF` and `BAD` say."""

    def fill(self, days: int) -> None:
        """Publish them, without waiting for the disk."""
        if not self.demo.make_history(1):  # before two in the morning
            self.demo.make_history(2)
        (real,) = self.backups()
        for ago in range(1, days):
            if ago % OFF:
                self._copy(real, ago)

    @cached_property
    def today(self) -> date:
        """The present local date."""
        return datetime.now(self.demo.clock.zone()).date()

    def _copy(self, real: Backup, ago: int) -> None:
        errors = ("quotations: Firestore no respondió a tiempo",) if ago % BAD == 0 else ()
        day = real.date - timedelta(days=ago)
        name = BackupName(day, time(2), "incomplete") if errors else BackupName(day)
        folder = self.folder / str(name)
        folder.mkdir()
        for entry in real.proven().files.values():
            os.link(real.path / entry.file, folder / entry.file)
        (folder / METADATA_FILE).write_bytes(serialize(self._as_of(real.proven(), ago, errors)))

    def _as_of(self, metadata: Metadata, ago: int, errors: tuple[str, ...]) -> Metadata:
        span = timedelta(days=ago)
        moments = {
            name: getattr(metadata, name) - span for name in ("started_at", "read_time", "finished_at")
        }
        day = metadata.backup_date - span
        return replace(
            metadata,
            backup_date=day,
            scheduled_for=day,
            run_id=f"{moments['started_at']:%Y%m%dT%H%M%SZ}-many",
            backup_time=local_text(moments["started_at"], self.demo.clock.zone()),
            errors=errors,
            server_count=None if errors else metadata.server_count,
            server_count_reason="el servidor no respondió a tiempo" if errors else None,
            **moments,
        )


@contextmanager
def many_backups(days: int) -> Iterator[ManyBackups]:
    """A world of its own with so many days of backups."""
    with desktop_world() as world:
        many = ManyBackups(world.demo)
        many.fill(days)
        yield many


def folders(root: Path) -> int:
    """How many backups lie there."""
    return sum(1 for path in root.iterdir() if path.is_dir() and path.name[0].isdigit())
