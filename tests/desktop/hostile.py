"""A business whose every text is hostile: HTML that opens a file, in ids, names, values, paths and errors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.metadata import serialize
from facot_backups.clock import SystemClock
from facot_backups.emulator.encode import fields
from facot_backups.emulator.load import delete_documents
from facot_backups.emulator.sample import Business, documents
from facot_backups.emulator.server import LocalFirestore
from facot_backups.model import Source
from facot_backups.operations.backup.run import BackupRequest, back_up
from facot_backups.ui.desktop.program.demo import PROJECT, Demo
from facot_backups.ui.desktop.session import Session
from tests.desktop.world import DesktopWorld

# What has no `/`: for names of documents, collections and files.
ID = "<img src=trampa.png>&lt;b>A & B[*]"
_LOST = "<i>"


@dataclass(frozen=True)
class HostileWorld(DesktopWorld):
    """Two backups of it: of `html` everywhere, and of less; an incomplete and a damaged one beside them."""

    html: str

    @property
    def credentials(self) -> Path:
        """A service account's file with a hostile name that says hostile things."""
        path = self.demo.folder / f"{ID}.json"
        content = {"type": "service_account", "project_id": self.html, "client_email": self.html}
        path.write_text(json.dumps({**content, "private_key": "no", "token_uri": self.html}))
        return path

    @property
    def whole(self) -> list[str]:
        """The names of the complete backups, newest first."""
        return [str(backup.name) for backup in self.backups() if backup.complete]

    def invoice(self, number: int, **changes: Any) -> tuple[str, dict[str, Any]]:
        """An invoice in which all is hostile; so is its line."""
        values = {
            **dict.fromkeys(
                ("ncf", "invoice_number", "third_party_name", "client_name", "rnc", "client_rnc"), self.html
            ),
            **dict.fromkeys(("invoice_type", "invoice_date", "currency", "company_id"), self.html),
            self.html: {self.html: [self.html, 1, {self.html: None}]},
            "total_amount": 1.5,
        }
        return f"invoices/{ID}{number}", fields({**values, **changes})

    def fill(self) -> None:
        """Load the business, make a backup, take some away, make the others."""
        self.server.load(documents(self.demo.business), PROJECT)
        lost = [(f"{_LOST}{ID}/{ID}{n}", fields({self.html: self.html, "name": self.html})) for n in range(3)]
        line = (f"invoices/{ID}0/items/{ID}", fields({self.html: self.html, "description": self.html}))
        self.server.load([self.invoice(0), self.invoice(1), line, *lost], PROJECT)
        self._back_up()
        delete_documents(self.server.host, [path for path, _ in lost], PROJECT)
        self.server.load([self.invoice(0, total_amount=2.5, notes=self.html)], PROJECT)
        self._back_up()
        self._spoil()

    def _back_up(self) -> None:
        back_up(self.session.connector(self.session.settings()), self.store, BackupRequest())

    def _spoil(self) -> None:
        newest = self.backups()[0]
        metadata = newest.proven()
        for name, change in (("2020-01-01T020000.incomplete", False), ("2020-01-02", True)):
            folder = self.folder / name
            folder.mkdir()
            for entry in metadata.files.values():
                os.link(newest.path / entry.file, folder / entry.file)
            said = serialize(
                replace(metadata, errors=(f"{self.html}: {self.html}",), source=Source(self.html, self.html))
            )
            twice = f'{{{json.dumps(self.html)}: 1, {json.dumps(self.html)}: 2, "'.encode()
            (folder / METADATA_FILE).write_bytes(said.replace(b"{", twice, 1) if change else said)


@contextmanager
def hostile_world(folder: Path, html: str) -> Iterator[HostileWorld]:
    """The world in `folder`, on a disk whose paths are hostile too."""
    place = folder / ID
    place.mkdir()
    clock = SystemClock()
    with LocalFirestore() as server:
        business = Business(invoices=3, today=clock.now(), project=PROJECT)
        arguments = {"backup_dir": place / "backups", "project": PROJECT, "emulator_host": server.host}
        environ = {"HOME": str(place), "APPDATA": str(place)}
        session = Session(arguments, clock=clock, environ=environ, cwd=place)
        world = HostileWorld(Demo(session, server, place, business, clock), html)
        world.fill()
        yield world
