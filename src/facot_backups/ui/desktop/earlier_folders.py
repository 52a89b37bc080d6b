"""Folders that earlier settings named and that still hold backups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facot_backups.app.deadline import TooLate, within
from facot_backups.archive.store import Store
from facot_backups.errors import FacotBackupsError
from facot_backups.ui.desktop.habits import Habits

# A folder of before may be on a disk that never answers; the panel looks at it again and again.
_GLANCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Earlier:
    """A folder in which earlier backups stayed; `backups` is None where it cannot be read now."""

    folder: Path
    backups: int | None


def earlier_backups(store: Store) -> tuple[Earlier, ...]:
    """The folders of before that still hold backups, or cannot be read now."""
    folders = Habits(store.state.folder).earlier_folders(store.root)
    found = [Earlier(folder, _count(Store(folder, store.state, store.clock))) for folder in folders]
    return tuple(one for one in found if one.backups != 0)


def _count(store: Store) -> int | None:
    def count() -> int | None:
        return len(store.all_backups()) if store.root.is_dir() else None

    try:
        return within(_GLANCE_SECONDS, f"earlier {store.root}", count)
    except (TooLate, OSError, FacotBackupsError):
        return None
