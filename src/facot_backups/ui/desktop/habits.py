"""What the panel's own program remembers of its user: a small file in the state folder. No Qt here.

In the state folder, because it is no setting of FACOT's: it belongs to one user of one computer, and to
nothing that is backed up. It goes with `FACOT_BACKUPS_STATE_DIR`, so a demonstration leaves nothing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from facot_backups import atomic

_log = logging.getLogger("facot_backups.desktop")


class Place(NamedTuple):
    """Where a window was on its screens, in Qt's pixels, without its frame; `full`: it filled one."""

    x: int
    y: int
    width: int
    height: int
    full: bool


class Habits:
    """`stay`: whether closing the window leaves the program running; None until that was asked.

    `hints_folded`: whether the state card's hints are folded away. `place`: where the window was; None before
    that is known.
    A file that cannot be read or written is as if nothing was remembered.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "panel" / "habits.json"

    @property
    def stay(self) -> bool | None:
        """What was answered. Reads the file."""
        found = self._read().get("stay")
        return found if isinstance(found, bool) else None

    def remember_stay(self, stay: bool) -> None:
        """Note the answer."""
        self._remember("stay", stay)

    @property
    def hints_folded(self) -> bool:
        """Whether they are. Reads the file."""
        return self._read().get("hints_folded") is True

    def remember_hints_folded(self, folded: bool) -> None:
        """Note whether they are."""
        self._remember("hints_folded", folded)

    @property
    def place(self) -> Place | None:
        """Where the window was. Reads the file."""
        found = self._read().get("place")
        if not isinstance(found, list) or [type(one) for one in found] != [int, int, int, int, bool]:
            return None
        return Place(*found)

    def remember_place(self, place: Place) -> None:
        """Note where it is."""
        self._remember("place", list(place))

    def earlier_folders(self, folder: Path) -> list[Path]:
        """Where backups were made before they were made in `folder`, and stayed; the latest first."""
        found = self._earlier().get(os.path.realpath(folder))
        return [Path(text) for text in found if isinstance(text, str)] if isinstance(found, list) else []

    def remember_earlier_folders(self, folder: Path, earlier: Iterable[Path]) -> None:
        """Note them, in place of those noted before."""
        note = {**self._earlier(), os.path.realpath(folder): list(dict.fromkeys(map(str, earlier)))}
        self._remember("earlier_folders", note)

    def _earlier(self) -> dict[str, Any]:
        found = self._read().get("earlier_folders")
        return found if isinstance(found, dict) else {}

    def _remember(self, what: str, value: object) -> None:
        try:
            atomic.make_folder(self._path.parent)
            atomic.write_file(self._path, json.dumps({**self._read(), what: value}).encode())
        except OSError as error:
            _log.warning("no se pudo recordar cómo quedó el panel (%s): %s", what, error)

    def _read(self) -> dict[str, Any]:
        try:
            note = json.loads(atomic.read_file(self._path, 2**20))
        except (OSError, ValueError, RecursionError):
            return {}
        return note if isinstance(note, dict) else {}
