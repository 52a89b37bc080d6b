"""What is told around a try to make a backup, and at every look at how things stand.

`Alerts.attempt` is put around a try: heartbeat, `before_backup`, `after_backup`. `Alerts.tell_changes` tells
each channel of `notify_urls`, and `on_error`, what changed since it was told last.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from facot_backups.app import wiring
from facot_backups.app.alerts.exit_wait import linger
from facot_backups.app.alerts.heartbeat import RETRY, Heartbeat, id_of, is_recent
from facot_backups.app.alerts.redaction import Redactor
from facot_backups.app.alerts.trust import refusal
from facot_backups.app.deadline import Undelivered
from facot_backups.app.logs import NOTIFY
from facot_backups.archive.metadata import Trigger
from facot_backups.archive.reader import Backup
from facot_backups.archive.store import Store
from facot_backups.clock import iso_utc
from facot_backups.errors import BackupDirUnusable, DamagedBackup, FacotBackupsError, Interrupted, LockHeld
from facot_backups.events import Emit, PhaseStarted, ignore
from facot_backups.operations.cancellation import Stop
from facot_backups.operations.health import alerts
from facot_backups.operations.verification.recheck import OlderDamaged
from facot_backups.settings import Settings
from facot_backups.text import one_line, visible

if TYPE_CHECKING:
    from facot_backups.app.alerts.hooks import Ended

HookName = Literal["before_backup", "after_backup", "on_error"]

# Who stops a program does not want to wait.
_HASTE_SECONDS = 3.0
_POLL_SECONDS = 0.1
_STALE_SINCE = "stale-since"


# Hears what ended a try.
Failed: TypeAlias = Callable[[Exception], None]


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to a person that is told once per change of state. `send` raises Undelivered.

    It takes less time than `takes`: after that, somebody who was sending is taken for dead.
    """

    id: str
    name: str
    send: Callable[[alerts.News, alerts.Message], None]
    takes: timedelta = timedelta(minutes=2)


class Alerts:
    """Everything that the settings want told, for the folder of `store`. Making one does nothing.

    `emit` hears that people are being told, which may take its time. `stop` ends commands, and lets nothing
    new begin. No method raises for what cannot be told: it is logged.
    """

    def __init__(
        self, settings: Settings, store: Store, emit: Emit = ignore, stop: Stop | None = None
    ) -> None:
        self.settings = settings
        self.store = store
        self._emit = emit
        self._asking = threading.Lock()
        self._answer: bool | None = None
        self._stop = stop
        self.redact = Redactor(urls_of(settings))

    # --- around a try --------------------------------------------------------------------------------

    @contextmanager
    def attempt(
        self, trigger: Trigger, *, whole: bool = True, failed: Failed | None = None
    ) -> Iterator[Attempt]:
        """Around a try. It tells `Attempt.begin` that it begins, and `Attempt.made` what came of it.

        `whole`: of all that is configured; the heartbeat hears nothing of another, which keeps no day safe.

        An error that leaves the block is how the try ended: `failed` gets it at once, and it goes on after
        people were told. On a daemon thread, the end of the program waits for that (`linger`).
        """
        attempt = Attempt(self, trigger, self.heartbeat() if whole else None)
        try:
            yield attempt
        except BaseException as error:
            with linger():
                if failed is not None and isinstance(error, Exception):
                    failed(error)
                self.begin_to_tell()
                attempt.failed(error)
            raise
        attempt.end()

    def begin_to_tell(self) -> None:
        """Let `emit` hear that people are about to be told, if anybody is to be."""
        settings = self.settings
        if settings.healthcheck_url or settings.notify_urls or settings.on_error or settings.after_backup:
            with suppress(Interrupted):
                self._emit(PhaseStarted("telling"))

    # --- at any time ---------------------------------------------------------------------------------

    def tell_changes(self) -> None:
        """Tell what changed, and what could not be told before. Cheap where no channel is configured."""
        heartbeat = self.heartbeat()
        if heartbeat is not None:
            heartbeat.send_owed()
        services, command = self._services(), self.settings.on_error
        if not (services or command) or (self._stop is not None and self._stop.requested):
            return
        standing, self._answer = self._standing(), None
        threads = [
            threading.Thread(target=self._tell, args=(service, standing), daemon=True) for service in services
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            self._join(thread)
        if command is not None:
            takes = timedelta(minutes=self.settings.hook_minutes + 1)
            self._tell(Channel("on_error", "on_error", self._on_error, takes), standing)

    def _join(self, thread: threading.Thread) -> None:
        """Wait for a message, which is bounded in time; not when the program is to stop."""
        while thread.is_alive() and not (self._stop is not None and self._stop.requested):
            thread.join(_POLL_SECONDS)

    def _standing(self) -> alerts.Standing:
        store = self.store
        health = wiring.health(self.settings, store)
        found = alerts.standing(health)
        if "staleness" in found.unknown:
            return found
        stale = next((alarm for alarm in found.alarms if alarm.subject == "staleness"), None)
        noted = store.state.alert(store.root, _STALE_SINCE)
        told, since = alerts.patient(stale, noted, health.checked_at)
        if since != noted:
            store.state.set_alert(store.root, _STALE_SINCE, since)
        others = (alarm for alarm in found.alarms if alarm.subject != "staleness")
        return alerts.Standing((*others, *told), found.unknown)

    def _may_speak(self, now: datetime) -> bool:
        """`State.may_speak`, asked once for all channels of a look."""
        with self._asking:
            if self._answer is None:
                self._answer = self.store.state.may_speak(self.store.root, now)
            return self._answer

    def _tell(self, channel: Channel, standing: alerts.Standing) -> None:
        """Tell one channel what is news to it; what does not arrive stays news."""
        state, root, now = self.store.state, self.store.root, self.store.clock.now()
        before = state.alert(root, f"told {channel.id}")
        news = alerts.news(standing.alarms, alerts.parse_told(before), standing.unknown)
        after = alerts.to_text(news.told)
        if not news:
            if after != before:
                state.swap_alert(root, f"told {channel.id}", before, after)
            return
        sending = f"sending {channel.id}"
        claim = state.alert(root, sending)
        if is_recent(claim, now, channel.takes) or is_recent(
            state.alert(root, f"failed {channel.id}"), now, RETRY
        ):
            return
        if not state.swap_alert(root, sending, claim, iso_utc(now)):
            return  # another process is telling it
        message = alerts.message(news, f"Equipo {platform.node()}, carpeta {root}")
        try:
            if state.alert(root, f"told {channel.id}") != before or not self._may_speak(now):
                return  # another process has just told it; or nothing that is told could be remembered
            channel.send(news, message)
        except (Undelivered, FacotBackupsError) as problem:
            state.set_alert(root, f"failed {channel.id}", iso_utc(now))
            NOTIFY.warning("[NOTIFY] No se pudo avisar por %s: %s", channel.name, self.redact(str(problem)))
        else:
            state.set_alert(root, f"failed {channel.id}", None)
            state.set_alert(root, f"told {channel.id}", after)
            NOTIFY.info("[NOTIFY] Aviso enviado por %s: %s", channel.name, message.title)
        finally:
            state.set_alert(root, sending, None)

    # --- the ways ------------------------------------------------------------------------------------

    def heartbeat(self) -> Heartbeat | None:
        """The heartbeat, if one is configured."""
        url = self.settings.healthcheck_url
        return None if url is None else Heartbeat(url, self.store)

    def _services(self) -> list[Channel]:
        return [service(number, url) for number, url in enumerate(self.settings.notify_urls, start=1)]

    def _on_error(self, news: alerts.News, message: alerts.Message) -> None:
        if not news.new:
            return  # a command for errors is not asked about their end
        if (refused := refusal(self.settings, "on_error", self.store.state)) is not None:
            raise Undelivered(f"la orden {refused}")
        subjects = " ".join(dict.fromkeys(alarm.subject for alarm in news.new))
        self.hook("on_error", {"STATE": subjects, "ERROR": message.body})

    def hook(self, name: HookName, facts: dict[str, str]) -> None:
        """Run a command of the settings, if there is one, and log what it wrote and how it ended."""
        ended = self.command(name, facts)
        if ended is None:
            return
        for line in ended.output.splitlines():
            NOTIFY.info("[NOTIFY] %s: %s", name, line)
        if ended.problem is not None:
            last = f" Lo último que escribió: {ended.output.splitlines()[-1]}" if ended.output else ""
            NOTIFY.warning("[NOTIFY] La orden %s %s.%s", name, ended.problem, last)

    def command(self, name: HookName, facts: dict[str, str]) -> Ended | None:
        """Run a command of the settings with the facts in its environment; None if there is none to run.

        One that the user has not allowed is not run: its problem says so.
        Its output is without secrets of the settings, and printable.
        """
        command = getattr(self.settings, name)
        if command is None or (self._stop is not None and self._stop.requested):
            return None
        from facot_backups.app.alerts.hooks import Ended, run_hook

        if (refused := refusal(self.settings, name, self.store.state)) is not None:
            return Ended(refused, "")
        present = self.store.clock.now().astimezone(self.store.clock.zone())
        common = {"EVENT": name, "DIR": str(self.store.root), "DATE": present.date().isoformat()}
        empty = dict.fromkeys(("PATH", "STATE", "DOCUMENTS", "ERROR", "TRIGGER"), "")
        ended = run_hook(command, {**empty, **common, **facts}, self.settings.hook_minutes * 60, self._stop)
        return replace(ended, output=_printable(self.redact(ended.output)))


def service(number: int, url: str) -> Channel:
    """The channel of one of `notify_urls`, the first being number 1; its name shows only the scheme."""

    def send(_news: alerts.News, message: alerts.Message) -> None:
        from facot_backups.app.alerts import services

        services.send(url, message.title, message.body, message.kind)

    return Channel(id_of(url), f"notify_urls[{number}] ({url.partition('://')[0]})", send)


def urls_of(settings: Settings) -> list[str]:
    """The URLs of the settings that hold secrets."""
    one = settings.healthcheck_url
    return [*settings.notify_urls, *([one] if one is not None else [])]


class Attempt:
    """One try: whether it began, and what came of it."""

    def __init__(self, owner: Alerts, trigger: Trigger, heartbeat: Heartbeat | None) -> None:
        self._owner = owner
        self._trigger = trigger
        self._heartbeat = heartbeat
        self._begun = False
        self._backup: Backup | None = None
        self._fault: FacotBackupsError | None = None
        self._first: Callable[[], None] | None = None

    def begin(self) -> None:
        """A try begins now: nothing but the backup is to come. Again is harmless."""
        if self._begun:
            return
        self._begun = True
        if self._heartbeat is not None:
            self._heartbeat.begin()
        self._owner.hook("before_backup", {"TRIGGER": self._trigger})

    def made(
        self,
        backup: Backup | None,
        fault: FacotBackupsError | None = None,
        first: Callable[[], None] | None = None,
    ) -> None:
        """What was published, None if nothing was due; `fault`: what was found to be wrong afterwards.

        `first` is called at the end of the block, before anybody is told.
        """
        self._backup, self._fault, self._first = backup, fault, first

    def end(self) -> None:
        """The block ended well: tell how the try did, and run `after_backup` if it is to be."""
        with linger():
            if self._first is not None:
                self._first()
            self._owner.begin_to_tell()
            good = self._tell_how_it_did()
        if good is not None:
            facts = {**_facts(good), "TRIGGER": self._trigger, "STATE": "COMPLETE"}
            self._owner.hook("after_backup", facts)

    def _tell_how_it_did(self) -> Backup | None:
        """Tell it; returns the backup if it is new and whole."""
        backup, fault = self._backup, self._fault
        is_damaged = isinstance(fault, DamagedBackup) and not isinstance(fault, OlderDamaged)
        damage = str(fault) if is_damaged else None
        if backup is None:
            if damage is not None:  # of one that a person made, found by the proof that followed
                self._tell(damage, None)
            # Only a disk that `before_backup` mounted shows that.
            elif self._begun and self._heartbeat is not None:
                self._heartbeat.end(None, "El backup de hoy ya estaba hecho.")
            if fault is not None:
                self._owner.tell_changes()
            return None
        errors = backup.proven().errors
        reason = damage or (None if backup.complete else "; ".join(errors) or "incompleto")
        self._tell(reason, backup)
        self._owner.tell_changes()
        return backup if reason is None else None

    def failed(self, error: BaseException) -> None:
        """The block ended with an error: tell it, if the try had begun."""
        if isinstance(error, LockHeld) or not (self._begun or isinstance(error, BackupDirUnusable)):
            return
        if isinstance(error, (Interrupted, KeyboardInterrupt)):
            self._tell("Interrumpido: alguien paró el backup.", None, _HASTE_SECONDS)
        elif isinstance(error, Exception):
            known = isinstance(error, FacotBackupsError)
            self._tell(one_line(error if known else type(error).__name__), None)
            self._owner.tell_changes()

    def _tell(self, reason: str | None, backup: Backup | None, seconds: float | None = None) -> None:
        if self._heartbeat is None:
            return
        lines = [one_line(reason)] if reason is not None else []
        if backup is not None:
            facts = _facts(backup)
            lines.append(visible(f"{facts['PATH']}: {facts['DOCUMENTS']} documentos"))
        self._heartbeat.end(
            None if reason is None else alerts.key_of(reason) or "?", "\n".join(lines), seconds
        )


def _facts(backup: Backup) -> dict[str, str]:
    metadata = backup.proven()
    return {
        "PATH": str(backup.path),
        "DATE": metadata.backup_date.isoformat(),
        "DOCUMENTS": str(metadata.total_documents + metadata.nested_documents),
        "ERROR": "; ".join(metadata.errors),
    }


def _printable(text: str) -> str:
    return "\n".join(visible(line) for line in map(str.rstrip, text.splitlines()) if line)
