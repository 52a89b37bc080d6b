"""The demonstration's world for tests: a Firestore in memory, a business, backups on a quick disk."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from facot_backups.archive.reader import Backup
from facot_backups.archive.store import Store
from facot_backups.emulator.faults import Fault
from facot_backups.emulator.server import LocalFirestore
from facot_backups.ui.desktop.program.demo import Demo, demo
from facot_backups.ui.desktop.session import Session
from tests.support.archives import quick_folder

_INVOICES, _DAYS = 20, 40


@dataclass(frozen=True)
class DesktopWorld:
    """`session` is for the panel; `server` has switches and faults; `folder` holds the backups."""

    demo: Demo

    @property
    def session(self) -> Session:
        return self.demo.session

    @property
    def server(self) -> LocalFirestore:
        return self.demo.server

    @property
    def folder(self) -> Path:
        return self.demo.folder / "backups"

    @property
    def store(self) -> Store:
        return self.session.store()

    def backups(self) -> list[Backup]:
        return self.store.backups()

    def leftovers(self) -> list[Path]:
        """What is half done on disk."""
        own = self.folder / ".facot"
        return [*(own / "staging").glob("*"), *(own / "trash").glob("*"), *self.folder.rglob(".tmp-*")]

    @contextmanager
    def hung(self, method: str = "*") -> Iterator[threading.Event]:
        """The server does not answer calls of `method` while the block runs; the event: one has come."""
        come, go = threading.Event(), threading.Event()

        def wait(_request: object) -> bool:
            come.set()
            go.wait(60)
            return False

        self.server.add_fault(Fault(method, "error", when=wait))
        try:
            yield come
        finally:
            go.set()
            self.server.clear_faults()


@contextmanager
def desktop_world(*, history: bool = False, invoices: int = _INVOICES) -> Iterator[DesktopWorld]:
    """A world of its own; with `history` also the backups of the last weeks (made once per run)."""
    with quick_folder() as folder, demo(folder / "demo", invoices=invoices) as made:
        if history:
            shutil.copytree(_template() / "backups", folder / "demo/backups", copy_function=_copy)
        yield DesktopWorld(made)


def _copy(source: str, target: str) -> None:
    """Link what a backup holds, which nobody writes into; the ledger and its like are written in place."""
    if ".facot" in Path(source).parts:
        shutil.copy2(source, target)
    else:
        os.link(source, target)


@functools.cache
def _template() -> Path:
    stack = ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(quick_folder())
    with demo(folder / "demo", invoices=_INVOICES) as made:
        made.make_history(_DAYS)
    return folder / "demo"
