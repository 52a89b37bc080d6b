"""How a try gets at the backup folder, and what is remembered of one that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TypeAlias

from facot_backups.archive.ledger import FAILED
from facot_backups.archive.metadata import Trigger
from facot_backups.archive.store import LockedStore, Store
from facot_backups.errors import BackupDirUnusable, FacotBackupsError
from facot_backups.operations.runs import new_id
from facot_backups.state import Try
from facot_backups.text import one_line

# Told when a try begins: the lock is held and nothing but the backup is to come, or the folder is not usable.
Begin: TypeAlias = Callable[[], None]


def silent() -> None:
    """A `Begin` of callers that do not care."""


@contextmanager
def opened(store: Store, begin: Begin = silent, *, create: bool = False) -> Iterator[LockedStore]:
    """The lock of the store's folder.

    Where the folder cannot be used `begin` may mend it (mount its disk): then it is asked for once more.
    Raises as `Store.locked` does.
    """
    with ExitStack() as stack:
        try:
            locked = stack.enter_context(store.locked(create=create))
        except BackupDirUnusable:
            if begin is silent:
                raise
            begin()
            locked = stack.enter_context(store.locked(create=create))
        yield locked


def remember_failure(store: Store, trigger: Trigger, started_at: datetime, error: FacotBackupsError) -> None:
    """Note a try that ended before its run began: the folder that should hold the ledger is not usable."""
    attempt = Try(
        run_id=new_id(started_at),
        trigger=trigger,
        started_at=started_at,
        outcome=FAILED,
        ended_at=store.clock.now(),
        error=one_line(error),
    )
    store.state.record_try(store.root, attempt)
