"""`Session`: the panel's one door to the rest of the product. No Qt here.

Every method may read files or wait, so the tasks (`tasks/`) call them on a worker's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facot_backups.app import logs, manual_backup, wiring
from facot_backups.app.alerts import trust
from facot_backups.archive.reader import Backup
from facot_backups.archive.store import Store
from facot_backups.clock import Clock, SystemClock
from facot_backups.errors import SettingError
from facot_backups.events import Emit, Event, ignore
from facot_backups.operations.cancellation import Stop, StoppableClock
from facot_backups.settings import Settings, load_settings, save_settings
from facot_backups.settings.load import process
from facot_backups.settings.sources import Gathered, config_file, gather
from facot_backups.state import State

if TYPE_CHECKING:
    from facot_backups.firestore.connection import Connection
    from facot_backups.operations.backup.run import BackupRequest


class Session:
    """Settings, backup folder and Firestore of one panel.

    `arguments` stand for settings, as in `load_settings`; `environ` for the process's variables, `cwd` for
    its working directory. `client` is a google.cloud.firestore client to read from. Making a session reads
    and connects nothing.
    """

    def __init__(
        self,
        arguments: Mapping[str, object] | None = None,
        *,
        client: Any = None,
        clock: Clock | None = None,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self._arguments = dict(arguments or {})
        self._client = client
        self._environ = environ
        # The program around us may change it; a relative path means what it meant at the start.
        self._cwd = cwd or Path.cwd()

    def settings(self, changes: Mapping[str, object] | None = None) -> Settings:
        """The settings as they are now, or as they would be with `changes`. Raises SettingError."""
        return load_settings({**self._arguments, **(changes or {})}, cwd=self._cwd, environ=self._environ)

    def given(self) -> Gathered:
        """What the sources say, unchecked: each setting's value and where it comes from. Reads files."""
        return gather(self._arguments, self._cwd, self._variables())

    def config_file(self) -> Path:
        """The `facot_config.json` that is read, and that `save` writes."""
        return config_file(self._cwd, self._variables())

    def save(self, changes: Mapping[str, object]) -> Path:
        """Save settings as `save_settings` does; where. Raises SettingError, and then nothing is saved.

        A command that a person saves here is one that they allow (`notify.trust`).
        """
        path = self.config_file()
        save_settings(path, changes)
        if commands := trust.COMMANDS.intersection(changes):
            with suppress(SettingError):  # another setting is wrong: nothing runs before that is mended
                trust.allow(self.settings(), State(), commands)
        return path

    def _variables(self) -> Mapping[str, str]:
        return process() if self._environ is None else self._environ

    @property
    def lent(self) -> bool:
        """Whether the program around us gives the connection, so that no credentials of ours count."""
        from facot_backups.firestore.connection import firebase_app

        return self._client is not None or firebase_app() is not None

    def store(self, emit: Emit = ignore, stop: Stop | None = None) -> Store:
        """The store of the backup folder; its waits end when `stop` is asked for. Raises SettingError."""
        clock = StoppableClock(self.clock, stop) if stop is not None else self.clock
        return wiring.open_store(self.settings(), emit, clock)

    def connector(self, settings: Settings) -> Callable[[], Connection]:
        """What opens the connection to Firestore; calling it raises FirestoreUnavailable, SettingError."""
        return wiring.connector(settings, self._client)

    def back_up(self, request: BackupRequest, emit: Emit, stop: Stop) -> Backup:
        """A backup that a person asked for, logged and told of. Raises as `operations.backup.back_up`."""
        settings = self.settings()

        def tell(event: Event) -> None:
            logs.log_event(event)
            emit(event)

        backup = manual_backup.back_up(
            settings, request, tell, client=self._client, clock=self.clock, stop=stop
        )
        logs.log_backup(backup)
        return backup
