"""The alarms that stop retention: while one stands, nothing at all is deleted. Pure: no I/O.

Each says that what is newest is not to be trusted, or that the clock is not; then what is old may be the
best there is (docs/architecture.md, "Retention").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Literal, TypeAlias

from facot_backups.archive.reader import Backup
from facot_backups.clock import from_wall, in_zone
from facot_backups.operations.retention.anomaly import Anomaly, find_anomalies
from facot_backups.text import one_line

AlarmKind: TypeAlias = Literal[
    "incomplete",  # the newest backup is incomplete
    "damaged",  # the newest backup does not prove itself
    "unreadable",  # the newest backup, or one that the deletions rely on, could not be read
    "anomaly",  # collections shrank too much
    "stale",  # the newest complete backup is old by the local clock, or none counts
    "clock",  # at the last run, the local clock and the server's time were far apart
    "future",  # a backup is ahead of the local clock
    "verification",  # a backup that the deletions rely on is damaged
]

# By the local clock; a machine that was off, or whose clock jumped forward, must not delete.
MAX_AGE = timedelta(days=7)
# Between the local clock and the server's.
MAX_SKEW = timedelta(hours=24)
_LATER = "No se borra nada; se intentará otra vez en la próxima limpieza. Revise el disco y los permisos."


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why nothing is deleted: in Spanish `what` is wrong, and the `remedy`.

    `backup` is the name of the one concerned, `anomalies` those of an alarm of that kind.
    """

    kind: AlarmKind
    what: str
    remedy: str
    backup: str | None = None
    anomalies: tuple[Anomaly, ...] = ()

    @property
    def message(self) -> str:
        """All of it, for the user."""
        return f"{self.what}\n{self.remedy}"


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The local clock and the server's time at one moment of a run; both aware, in UTC."""

    local: datetime
    server: datetime

    @property
    def skew(self) -> timedelta:
        """How far they are apart, never negative."""
        return abs(self.local - self.server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the alarms judge: all backups of ours; those that count, newest first; the local clock."""

    backups: Sequence[Backup]
    counting: Sequence[Backup]
    now: datetime
    zone: tzinfo

    @property
    def ordinary(self) -> list[Backup]:
        """What runs left. What a restore kept is no run's, and says nothing of the state of backups."""
        return [backup for backup in self.backups if backup.name.suffix != "pre-restore"]


def moment(backup: Backup, zone: tzinfo) -> datetime:
    """When the data is of: the `read_time`; without metadata, what the name says (local, in `zone`)."""
    if backup.metadata is not None:
        return backup.metadata.read_time
    return from_wall(datetime.combine(backup.name.date, backup.name.time or time()), zone)


def clock_of(backup: Backup) -> ClockReading:
    """The clocks at the run that made `backup`, at the moment when they were the furthest apart.

    The server's instant lies near the start of the run; the end may come long after it, never before it.
    """
    metadata = backup.proven()
    start = ClockReading(metadata.started_at, metadata.read_time)
    end = ClockReading(min(metadata.finished_at, metadata.read_time), metadata.read_time)
    return max(start, end, key=lambda reading: reading.skew)


def find_alarms(
    judged: Judged, *, accepted: datetime | None, drop_percent: int, last_run: ClockReading | None
) -> tuple[Alarm, ...]:
    """All alarms that stand; none for a folder that holds no backup of a run.

    `accepted` and `drop_percent` as in `find_anomalies`; `last_run`: the clocks at the last run, also one
    that left no backup, beside what the newest backup says of its own run.
    """
    return (
        *_incomplete(judged),
        *_damaged(judged),
        *_anomaly(judged, accepted, drop_percent),
        *_stale(judged),
        *_clock(judged, last_run),
        *_future(judged),
    )


def verification_failed(backup: Backup, problem: str, *, damaged: bool) -> Alarm:
    """The alarm for a backup that should stay and is damaged, or could not be read; `problem` in Spanish."""
    if not damaged:
        return Alarm(
            "unreadable",
            f"El backup {backup.name}, que debe quedar, no se pudo leer entero: {problem}.",
            _LATER,
            str(backup.name),
        )
    return Alarm(
        "verification",
        f"El backup {backup.name}, que debe quedar, está dañado: {problem}.",
        "No se borra nada. Haga un backup nuevo (facot-backups run) y revise el disco.",
        str(backup.name),
    )


def _incomplete(judged: Judged) -> Iterator[Alarm]:
    """Only a backup that counts ends this alarm: a later one of a single collection does not."""
    newest = judged.counting[0].proven().read_time if judged.counting else None
    found = [
        backup
        for backup in judged.ordinary
        if backup.kind == "incomplete" and (newest is None or backup.proven().read_time >= newest)
    ]
    if found:
        backup = max(found, key=lambda b: (b.proven().read_time, str(b.name)))
        errors = backup.proven().errors
        why = f": {_clause(errors[0])}" if errors else ""
        yield Alarm(
            "incomplete",
            f"El backup más reciente ({backup.name}) está incompleto{why}.",
            "No se borra nada hasta que haya uno completo más nuevo: facot-backups run",
            str(backup.name),
        )


def _damaged(judged: Judged) -> Iterator[Alarm]:
    newest = judged.counting[0] if judged.counting else None
    found = [
        backup
        for backup in judged.ordinary
        if backup.kind in ("damaged", "unreadable")
        and (newest is None or not _is_before(backup, newest, judged.zone))
    ]
    if found:
        backup = max(found, key=lambda b: (moment(b, judged.zone), str(b.name)))
        if backup.kind == "unreadable":
            yield Alarm(
                "unreadable",
                f"El backup más reciente ({backup.name}) no se pudo leer: {_clause(backup.problem or '')}.",
                _LATER,
                str(backup.name),
            )
            return
        yield Alarm(
            "damaged",
            f"El backup más reciente ({backup.name}) está dañado: {_clause(backup.problem or '')}.",
            "No se borra nada hasta que haya uno completo más nuevo: facot-backups run",
            str(backup.name),
        )


def _is_before(damaged: Backup, newest: Backup, zone: tzinfo) -> bool:
    """Whether a backup without metadata was made before `newest`, as far as its name can tell.

    A name without a time is the first of its day, but a run after midnight may serve the day before: both
    the moment and the order of names must agree. The name of a labelled one says nothing of when it was
    made: beside it, the day of a name without a time must be over.
    """
    read_time = newest.proven().read_time
    if moment(damaged, zone) >= read_time:
        return False
    if newest.proven().label:
        return damaged.name.time is not None or damaged.name.date < in_zone(read_time, zone).date()
    return str(damaged.name) < str(newest.name)


def _anomaly(judged: Judged, accepted: datetime | None, drop_percent: int) -> Iterator[Alarm]:
    found = find_anomalies(judged.counting, accepted=accepted, drop_percent=drop_percent)
    if found:
        listed = "\n".join(f"- {anomaly}." for anomaly in found)
        yield Alarm(
            "anomaly",
            f"El backup más reciente tiene muchos menos documentos que otro anterior:\n{listed}",
            "No se borra nada hasta que se recuperen. Si el cambio es a propósito: "
            "facot-backups cleanup --accept-anomaly",
            str(judged.counting[0].name),
            found,
        )


def _stale(judged: Judged) -> Iterator[Alarm]:
    """Old by the local clock; backups that do not count prove nothing, so with them alone it stands too."""
    if not judged.counting:
        if judged.ordinary:
            yield Alarm(
                "stale",
                "Ningún backup completo es de la base de datos de esta carpeta y guarda todo lo que ahora "
                "se pide guardar.",
                "No se borra nada hasta que haya uno: facot-backups run",
            )
        return
    newest = judged.counting[0]
    age = judged.now - newest.proven().read_time
    if age > MAX_AGE:
        yield Alarm(
            "stale",
            f"El backup completo más reciente ({newest.name}) tiene {age.days} días según el reloj de este "
            "equipo.",
            "No se borra nada: revise la fecha del equipo y haga un backup (facot-backups run).",
            str(newest.name),
        )


def _clock(judged: Judged, last_run: ClockReading | None) -> Iterator[Alarm]:
    readings = [] if last_run is None else [last_run]
    proven = [backup for backup in judged.ordinary if backup.metadata is not None]
    if proven:
        readings.append(clock_of(max(proven, key=lambda b: (b.proven().read_time, str(b.name)))))
    worst = max(readings, key=lambda reading: reading.skew, default=None)
    if worst is not None and worst.skew > MAX_SKEW:
        yield Alarm(
            "clock",
            f"En la última ejecución el reloj de este equipo ({_local(worst.local, judged.zone)}) y la hora "
            f"del servidor ({_local(worst.server, judged.zone)}) diferían en más de 24 horas.",
            "No se borra nada: ponga en hora el equipo y haga un backup (facot-backups run).",
        )


def _future(judged: Judged) -> Iterator[Alarm]:
    """All of ours, what a restore kept too: its instant is a server's all the same."""
    proven = [backup for backup in judged.backups if backup.metadata is not None]
    newest = max(proven, key=lambda b: b.proven().read_time, default=None)
    if newest is not None and newest.proven().read_time - judged.now > MAX_SKEW:
        read_time = _local(newest.proven().read_time, judged.zone)
        yield Alarm(
            "future",
            f"El backup {newest.name} se leyó el {read_time}, y el reloj de este equipo dice que es "
            f"{_local(judged.now, judged.zone)}.",
            "No se borra nada: ponga en hora el equipo.",
            str(newest.name),
        )


def _local(instant: datetime, zone: tzinfo) -> str:
    return f"{in_zone(instant, zone):%d/%m/%Y %H:%M}"


def _clause(text: object) -> str:
    """A reason within a sentence of ours."""
    return one_line(text).rstrip(".")
