"""What is remembered outside the backup folder, because the disk that holds it may fail or be unplugged.

One JSON file for each thing remembered, so that damage to one harms no other, under a folder of the
user's (platformdirs) or `FACOT_BACKUPS_STATE_DIR`. Every change is made under a lock of the whole folder
and lands by a rename: several processes may work at once, and a kill leaves the old text or the new.

A state that cannot be written never stops a backup: what was to be noted is kept in memory, goes to the
disk with the next note that can be written, and the user is warned. A file that cannot be read is never
replaced: what is in it may be whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

from facot_backups import atomic
from facot_backups.clock import from_iso_utc, iso_utc
from facot_backups.events import Emit, Warned, ignore
from facot_backups.model import Source
from facot_backups.text import reason

STATE_DIR_VARIABLE = "FACOT_BACKUPS_STATE_DIR"
# Enough for the read budget and the bound on a day's tries in any zone; older ones are in the ledger.
_KEEP_TRIES = timedelta(days=14)
# Of the tries of the future, the next so many: a clock that is wrong again and again must not fill the note.
_KEEP_AHEAD = 100
_MAX_BYTES = 4 * 2**20
_LOCK_SECONDS = 10
# Without a state that can be saved, alerts are so far apart.
_SPEAK_SECONDS = 86_400 - 3600
# How often the system's timer looks.
_TICK_MINUTES = 15

_Note: TypeAlias = dict[str, Any]
_Change: TypeAlias = Callable[[_Note], _Note]
# Why the file of a note says nothing.
_Fault: TypeAlias = Literal["damaged", "unreadable"]


@dataclass(frozen=True, slots=True)
class Known:
    """A path from which backups were published. `repository_id` is None if our note of it is damaged."""

    path: str
    repository_id: str | None


@dataclass(frozen=True, slots=True)
class Try:
    """One run's attempt. `started_at` is aware, in UTC. `reads`: documents billed so far.

    `outcome` is None while it runs, and stays so if it was killed; so does `ended_at`. `read_data`: it
    received documents, or may have, which costs and so is not repeated at will. `error` is the reason of a
    failure, for the user.
    """

    run_id: str
    trigger: str
    started_at: datetime
    reads: int = 0
    outcome: str | None = None
    ended_at: datetime | None = None
    read_data: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class SeenOwner:
    """The foreign owner of a lock as a try met it: its mark, and when that try first saw it (UTC)."""

    mark: str
    first_seen: datetime


class State:
    """The state folder. Methods take the path of a backup folder, resolved as it is given.

    `emit` gets a Warned when something remembered was damaged or cannot be written. No method raises for
    a fault of the disk.
    """

    def __init__(self, folder: Path | None = None, emit: Emit = ignore) -> None:
        chosen = os.environ.get(STATE_DIR_VARIABLE)
        self.folder = folder or (Path(chosen) if chosen else _usual_folder())
        self._remembers_emulators = folder is not None or bool(chosen)
        self._emit = emit
        # Of each note what could not be saved, by what it is about: the last change of each counts.
        self._unsaved: dict[str, dict[str, _Change]] = {}
        self._in_memory: set[str] = set()
        self._warned: set[str] = set()

    # --- paths -------------------------------------------------------------------------------------

    def known(self, path: Path) -> Known | None:
        """What is known of a backup folder's path: None until its first publish.

        A damaged note still proves that there were backups: the path stays known, without its id.
        """
        name = f"known-{_key(path)}.json"
        note, fault = self._read(name)
        if note is None:
            return None if fault is None else Known(_resolved(path), None)
        found = note.get("repository_id")
        return Known(_resolved(path), found if isinstance(found, str) else None)

    def remember(self, path: Path, repository_id: str, source: Source) -> None:
        """Know `path` from now on; the tries noted under the path alone become the repository's.

        An emulator's repository is remembered only in memory, unless the state folder was chosen on purpose.
        """
        if source.emulator:
            self.keep_in_memory(path)
        earlier = self.tries(path)
        # First, so that a kill between the two loses sight of no try.
        self._change_tries(_tries_of(repository_id), path, "", lambda found: _merged([*earlier, *found]))
        note = {"path": _resolved(path), "repository_id": repository_id, "source": asdict(source)}
        self._change(path, f"known-{_key(path)}.json", "", lambda _: note)

    def keep_in_memory(self, path: Path) -> None:
        """Write nothing of `path`, an emulator's, unless the state folder was chosen on purpose."""
        if not self._remembers_emulators:
            self._in_memory.add(_resolved(path))

    def remembers(self, path: Path) -> bool:
        """Whether what is noted of `path` is there for the next process."""
        return _resolved(path) not in self._in_memory

    # --- tries and their reads ---------------------------------------------------------------------

    def record_try(self, path: Path, attempt: Try, *, emulator: bool = False) -> None:
        """Note a try, before it reads anything; again with more reads, or its outcome, as it goes on.

        It began a moment ago by the present clock: older ones are forgotten by it, those of its future kept.
        """
        if emulator:
            self.keep_in_memory(path)
        self._change_tries(self._tries_name(path), path, attempt.run_id, lambda tries: _with(tries, attempt))

    def tries(self, path: Path) -> list[Try]:
        """The tries of the last days, and what a wrong clock noted in the future, oldest first."""
        return _tries(self._read(self._tries_name(path))[0])

    # --- alerts, warnings, lock owners -------------------------------------------------------------

    def warn_once(self, path: Path, subject: str) -> bool:
        """Whether this is the first time that `subject` is to be warned about for `path`; notes it."""
        name = f"warned-{_key(path)}.json"
        if subject in (self._read(name)[0] or {}):
            return False
        self._change(path, name, subject, lambda note: {**note, subject: True})
        return True

    def forget_warning(self, path: Path, subject: str) -> None:
        """Let `warn_once` be true for `subject` again."""

        name = f"warned-{_key(path)}.json"
        self._change(path, name, subject, lambda note: {k: v for k, v in note.items() if k != subject})

    def alert(self, path: Path, subject: str) -> str | None:
        """The state last noted for the alert `subject`, or None."""
        found = (self._read(f"alerts-{_key(path)}.json")[0] or {}).get(subject)
        return found if isinstance(found, str) else None

    def set_alert(self, path: Path, subject: str, value: str | None) -> None:
        """Note the state of the alert `subject`; None forgets it."""
        name = f"alerts-{_key(path)}.json"
        self._change(path, name, subject, lambda note: _with_alert(note, subject, value))

    def swap_alert(self, path: Path, subject: str, before: str | None, value: str | None) -> bool:
        """Note `value` if the state is still `before`; whether it was. Of several processes one succeeds."""
        swapped = False

        def change(note: _Note) -> _Note:
            nonlocal swapped
            found = note.get(subject)
            swapped = (found if isinstance(found, str) else None) == before
            return _with_alert(note, subject, value) if swapped else note

        self._change(path, f"alerts-{_key(path)}.json", subject, change)
        return swapped

    def may_speak(self, path: Path, now: datetime) -> bool:
        """Whether an alert about `path` may be sent although what was noted of alerts could not be saved.

        Once a day, remembered as the time of a file that is there: that takes no space of a full disk. Where
        not even that can be noted (a disk that is read-only), in the first minutes of a quarter of the day.
        """
        if f"alerts-{_key(path)}.json" not in self._unsaved or _resolved(path) in self._in_memory:
            return True
        note = self.folder / f"known-{_key(path)}.json"
        try:
            if 0 <= now.timestamp() - note.stat().st_mtime < _SPEAK_SECONDS:
                return False
            os.utime(note, (now.timestamp(), now.timestamp()))
        except OSError:
            return now.hour % 6 == 0 and now.minute < _TICK_MINUTES
        return True

    def taken_lock(self, path: Path) -> str | None:
        """The token of the lock of `path` that was taken last with this state folder, or None."""
        found = (self._read(f"lock-{_key(path)}.json")[0] or {}).get("token")
        return found if isinstance(found, str) else None

    def remember_lock(self, path: Path, token: str) -> None:
        """Note the token of the lock that is taken now, if the folder is known."""
        if self.known(path) is not None:
            self._change(path, f"lock-{_key(path)}.json", "", lambda _: {"token": token})

    def seen_owner(self, path: Path) -> SeenOwner | None:
        """The foreign lock owner that a try met here last, or None."""
        note = self._read(f"owner-{_key(path)}.json")[0] or {}
        with suppress(KeyError, TypeError, ValueError):
            return SeenOwner(str(note["mark"]), from_iso_utc(note["first_seen"]))
        return None

    def remember_owner(self, path: Path, owner: SeenOwner) -> None:
        """Note the foreign lock owner that this try met."""
        note = {"mark": owner.mark, "first_seen": iso_utc(owner.first_seen)}
        self._change(path, f"owner-{_key(path)}.json", "", lambda _: note)

    # --- commands of folders that are not the user's own -------------------------------------------

    def allowed_commands(self, folder: Path) -> dict[str, str] | None:
        """Digests by name of the commands of `folder` that the user allowed; None while unreadable."""
        note, fault = self._read(f"allowed-{_key(folder)}.json")
        if fault == "unreadable":
            return None
        found = (note or {}).get("commands")
        return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}

    def allow_commands(self, folder: Path, commands: Mapping[str, str]) -> bool:
        """Note which commands of the settings in `folder` the user allows; whether that is on the disk."""
        note = {"path": _resolved(folder), "commands": dict(commands)}
        return self._change(folder, f"allowed-{_key(folder)}.json", "", lambda _: note)

    # --- the files ---------------------------------------------------------------------------------

    def _tries_name(self, path: Path) -> str:
        known = self.known(path)
        if known is None or known.repository_id is None:
            return f"tries-{_key(path)}.json"
        return _tries_of(known.repository_id)

    def _change_tries(
        self, name: str, path: Path, subject: str, change: Callable[[list[Try]], list[Try]]
    ) -> None:
        self._change(
            path,
            name,
            subject,
            lambda note: {"path": _resolved(path), "tries": [_to_json(t) for t in change(_tries(note))]},
        )

    def _read(self, name: str) -> tuple[_Note | None, _Fault | None]:
        """The note `name`, with what could not be saved of it; else None, and what is wrong with its file."""
        try:
            note, damaged = self._stored(name)
            fault: _Fault | None = "damaged" if damaged else None
        except OSError as error:
            note, there = None, os.path.lexists(path := self.folder / name)
            fault = "unreadable" if there else None
            self._warn(f"No se puede leer el estado en {path if there else self.folder} ({reason(error)}).")
        for change in self._unsaved.get(name, {}).values():
            note, fault = change(note or {}), None
        return note, fault

    def _stored(self, name: str) -> tuple[_Note | None, bool]:
        """The note in its file, None where none is sound, and whether it is damaged. Raises OSError."""
        path = self.folder / name
        try:
            data = atomic.patiently(lambda: atomic.read_file(path, _MAX_BYTES), atomic.BRIEF)
            note = json.loads(data)
        except FileNotFoundError:
            return None, False
        except (ValueError, RecursionError) as error:
            self._warn_of(path, error)
            return None, True
        if not isinstance(note, dict):
            self._warn_of(path, ValueError("no es un objeto JSON"))
            return None, True
        return note, False

    def _change(self, path: Path, name: str, subject: str, change: _Change) -> bool:
        """Change the note `name` on the disk, or else in memory; whether it was on the disk."""
        if _resolved(path) not in self._in_memory:
            try:
                self._save(name, change)
            except OSError as error:  # TimeoutError of the lock is one
                self._warn(
                    f"No se puede guardar el estado en {self.folder} ({reason(error)}): el backup "
                    "sigue, pero los intentos y avisos de hoy se olvidarán al cerrar el programa."
                )
            else:
                return True
        note = self._read(name)[0] or {}
        if change(note) != note:
            others = {about: one for about, one in self._unsaved.get(name, {}).items() if about != subject}
            self._unsaved[name] = {**others, subject: change}
        return False

    def _save(self, name: str, change: _Change) -> None:
        """Change the note on the disk, with all that could not be saved before. Raises OSError."""
        with self._locked():
            note = self._stored(name)[0] or {}
            for one in (*self._unsaved.get(name, {}).values(), change):
                note = one(note)
            atomic.write_file(self.folder / name, json.dumps(note).encode())
            self._unsaved.pop(name, None)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock  # what only reads takes no lock

        atomic.make_folder(self.folder)
        with FileLock(
            self.folder / "lock", _LOCK_SECONDS, atomic.PRIVATE_MODE, is_singleton=False, thread_local=False
        ):
            atomic.remove_temporaries(self.folder, atomic.BRIEF)
            yield

    def _warn_of(self, path: Path, error: Exception) -> None:
        self._warn(
            f"La nota {path} está dañada ({error}). Se empieza otra; si era de una carpeta con backups, "
            "esa carpeta se sigue dando por conocida."
        )

    def _warn(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self._emit(Warned(message))


def _with_alert(note: _Note, subject: str, value: str | None) -> _Note:
    return {key: text for key, text in {**note, subject: value}.items() if text is not None}


def _resolved(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))


def _usual_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_state_dir("facot-backups", appauthor=False))


def _key(path: Path) -> str:
    return hashlib.sha256(_resolved(path).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _tries_of(repository_id: str) -> str:
    return f"tries-{hashlib.sha256(repository_id.encode()).hexdigest()[:32]}.json"


def _to_json(attempt: Try) -> dict[str, Any]:
    ended = None if attempt.ended_at is None else iso_utc(attempt.ended_at)
    return asdict(attempt) | {"started_at": iso_utc(attempt.started_at), "ended_at": ended}


def _tries(note: dict[str, Any] | None) -> list[Try]:
    """The tries in a note; an entry of another form is left out: one bad entry must not hide the others."""
    raw = (note or {}).get("tries")
    found = [_from_json(entry) for entry in raw] if isinstance(raw, list) else []
    return [attempt for attempt in found if attempt is not None]


def _from_json(entry: Any) -> Try | None:
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        outcome, ended, error = entry["outcome"], entry.get("ended_at"), entry.get("error")
        reads = max(0, int(entry["reads"]))
        return Try(
            run_id=str(entry["run_id"]),
            trigger=str(entry["trigger"]),
            started_at=from_iso_utc(entry["started_at"]),
            reads=reads,
            outcome=None if outcome is None else str(outcome),
            ended_at=None if ended is None else from_iso_utc(ended),
            read_data=bool(entry.get("read_data", reads)),
            error=None if error is None else str(error),
        )
    return None


def _with(tries: list[Try], attempt: Try) -> list[Try]:
    """The tries with `attempt`, which begins at the present, and without what is too old by now.

    Nothing is too old for a clock that jumped: what is nearest before the present is kept with its days.
    """
    now = attempt.started_at
    others = [other for other in tries if other.run_id != attempt.run_id]
    ahead = [other for other in others if other.started_at > now][:_KEEP_AHEAD]
    past = [other for other in others if other.started_at <= now]
    last = past[-1].started_at if past and now - past[-1].started_at > _KEEP_TRIES else now
    return _merged([other for other in past if last - other.started_at <= _KEEP_TRIES] + [attempt, *ahead])


def _merged(tries: Iterable[Try]) -> list[Try]:
    """One try for each run, the last of several, oldest first."""
    by_run = {attempt.run_id: attempt for attempt in tries}
    return sorted(by_run.values(), key=lambda attempt: attempt.started_at)
