"""A folder where the documentation's blocks run: a business on an in-memory Firestore, and the programs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from facot_backups.emulator import encode
from facot_backups.emulator.load import delete_documents
from facot_backups.emulator.sample import Business, documents
from facot_backups.state import State
from facot_backups.ui.api import BackupRunner
from tests.docs.pages import Block
from tests.firestore.test_connection import key_file
from tests.support.servers import FirestoreServer

# What the pages' examples name.
INVOICE = "invoices/1732654800000"
CALLED = {"invoice_number": "B0100000163", "third_party_name": "Ferretería Núñez"}
GONE = "third_parties/5"
DAYS = ("2024-11-26", "2024-11-27")
# Lines of bash blocks that do not run here, and why. Each must stand in a page.
NOT_RUN = {
    "make demo": "it installs itself first; tests/ui/test_cli_demo.py runs the demonstration",
    "facot-backups restore 2024-11-26 --document invoices/1732654800000": (
        "it asks at a terminal; docs/cli.md has it with --yes"
    ),
    "facot-backups serve 2024-11-27": "it serves until Ctrl-C; its own tests start and stop it",
    "facot-backups gui": "it is a window; tests/desktop/test_application.py opens it",
    "facot-backups gui --demo": "likewise",
    "facot-backups schedule --log-file backups.log": "it runs until Ctrl-C",
    "facot-backups notify test": "there is nobody to tell; tests/ui/notify has servers that are told",
    "facot-backups notify test --json": "likewise",
    "facot-backups service install": "these four are about the system's own timer",
    "facot-backups service install --yes": "it would change this computer",
    "facot-backups service status": "not every system that tests has such a timer",
    "facot-backups service remove --yes": "it would change this computer",
    "make install": "it needs the network; tests/test_installation.py has none",
    ". .venv/bin/activate": "it is there after the line before",
}


@dataclass(frozen=True)
class Place:
    """`folder` is the working directory of the blocks; the process's environment leads to `server`."""

    folder: Path
    programs: Path
    server: FirestoreServer

    def run(self, block: Block) -> None:
        """Run a bash or python block here; it must end well. Every line of a bash block must."""
        if block.language == "python":
            self._execute(block, [sys.executable, "-B", "-c", block.text])
        else:
            lines = [line for line in block.text.splitlines() if line not in NOT_RUN]
            self._execute(block, ["bash", "-euo", "pipefail", "-c", "\n".join(lines)])

    def _execute(self, block: Block, command: Sequence[str]) -> None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{block}: {done.returncode}\n{done.stdout}{done.stderr}"

    def change_between(self) -> None:
        """Make two backups, of 26 and 27 November 2024, with a few changes between them."""
        self._write({"total_amount": 1180.0, "notas": {"a": [1, None]}}, "Producto 1")
        assert BackupRunner().run_backup(DAYS[0])["success"]
        self._write({"total_amount": 1200.0, "notas": {"a": [2]}}, "Producto uno")
        self.server.write([("categories/nueva", encode.fields({"name": "Nueva"}))])
        delete_documents(self.server.host, [GONE], self.server.project)
        assert BackupRunner().run_backup(DAYS[1])["success"]

    def _write(self, invoice: dict[str, Any], item: str) -> None:
        rows = [
            (INVOICE, {"company_id": 1, "invoice_type": "gasto", **CALLED, **invoice}),
            (f"{INVOICE}/items/0", {"description": item}),
        ]
        self.server.write([(path, encode.fields(values)) for path, values in rows])


def make_place(server: FirestoreServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """An empty folder but for the credentials file, which an emulator never asks for."""
    server.write(documents(Business(invoices=12, project=server.project)))
    home, programs, here = folder / "home", folder / "programs", folder / "aqui"
    for each in (home, programs, here):
        each.mkdir()
    program = programs / "facot-backups"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -B -m facot_backups "$@"\n')
    program.chmod(0o755)
    key_file(here, project_id=server.project).rename(here / "firebase-credentials.json")
    for name, value in {
        "FIRESTORE_EMULATOR_HOST": server.host,
        "GOOGLE_CLOUD_PROJECT": server.project,
        "HOME": str(home),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(here)
    # That the folder is on the system's own disk is not what the pages are about.
    State().warn_once(here / "backups", "system-disk")
    return Place(here, programs, server)
