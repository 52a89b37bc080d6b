"""What is to be known of the backups: each finding with its code, how bad it is, and what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from facot_backups.archive.layout import STATE_DIR
from facot_backups.clock import in_zone
from facot_backups.figures import age, counted, size
from facot_backups.operations.backup.coverage import left_out_text
from facot_backups.operations.health.basis import CUT, Basis, documents_in
from facot_backups.operations.retention.alarms import Judged, find_alarms
from facot_backups.operations.retention.anomaly import Anomaly
from facot_backups.operations.runs import SCHEDULED
from facot_backups.operations.verification.record import still_good
from facot_backups.text import one_line

Severity: TypeAlias = Literal["note", "warning", "critical"]
# Stable: scripts and alerts tell findings by them.
Code: TypeAlias = Literal[
    "folder_unusable",  # the disk is unplugged, or the folder cannot be read
    "no_backup",  # no complete backup of all that is configured
    "stale",  # the last one is old
    "failing",  # the last tries failed
    "damage",  # a backup is damaged
    "unreadable",  # a backup could not be read, or not all of it
    "anomaly",  # a collection lost too many documents
    "empty_backup",  # the newest backup holds no document
    "unknown_collection",  # the settings name a collection that does not exist
    "left_out",  # earlier backups hold collections that are not backed up any more
    "disk_full_next",  # the next backup does not fit
    "restore_cut",  # a restore did not come to its end
    "journal_damaged",  # the journal of a restore does not say all that it was to say
    "journal_unread",  # the disk did not give it: that says nothing of what is in it
    "drill_failed",  # what the last restore drill gave back was not the backup
    "drill_not_made",  # the last attempt at a drill came to no end
    "unverified",  # nobody has read the newest backup again
    "clock",  # the clock of the computer is wrong
    "catching_up",  # the computer just woke: its backup is about to be made
    "never_drilled",
    "drill_overdue",
    "reread_overdue",  # older backups were not read again for too long
    "unattended",  # nothing here makes the backup of each day
    "same_disk",  # the backups are on the system's own disk
    "synchronised",  # in a folder that another program synchronises
]

WARNING_AGE, CRITICAL_AGE = timedelta(hours=36), timedelta(hours=72)
UNVERIFIED = timedelta(hours=24)
# Failed tries since the last complete backup.
MANY_FAILURES = 3
# Every backup is to be read again at least so often; later than that by a week is remarked.
REREAD, REREAD_LATE = timedelta(days=30), timedelta(days=37)
_ATTENDED = timedelta(days=7)
# By the part of a journal that is spoilt: what it is, what to do.
_JOURNALS: Mapping[str, tuple[str, str]] = {
    "plan": (
        "está dañado y no se puede deshacer con él",
        "Lo que había antes sigue guardado: facot-backups diff {kept} live. Revise el disco.",
    ),
    "results": (
        "está dañado en parte",
        "Lo que no dice se juzga por lo que hay en Firestore: se puede deshacer (facot-backups restore "
        "{kept}) o completar (facot-backups restore --continue {restore}). Revise el disco.",
    ),
    "missing": (
        "falta, y sin él no se puede deshacer",
        "Lo que había antes sigue guardado: facot-backups diff {kept} live. Si copió la carpeta sin lo que "
        f"hay en {STATE_DIR}, cópielo también.",
    ),
    "unread": ("no se pudo leer", "Repita la orden; si sigue así, revise el disco."),
}
_RUN = "Haga uno ahora: facot-backups run"
_MEANT = "Si es a propósito: facot-backups cleanup --accept-anomaly"
_WIDEN = "Si las quiere guardar, cambie «collections» o «exclude» en los ajustes."
_DRILL = "Hágalo: facot-backups verify latest --drill"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know. `text` says what is so, `remedy` what to do (or is ""); in Spanish.

    `subject` tells it from others of its `code`: a backup, a collection; "" where there is but one.
    """

    code: Code
    severity: Severity
    text: str
    remedy: str = ""
    subject: str = ""


def find(basis: Basis) -> Iterator[Finding]:
    """All findings, in no order of severity."""
    data = (_folder, _damage, _unreadable, _anomalies, _empty, _coverage, _restores)
    for part in (*data, _age, _failing, _space, _drill, _unverified, _clock, _remarks):
        yield from part(basis)


def _folder(basis: Basis) -> Iterator[Finding]:
    if basis.disk.problem is not None:
        text, _, remedy = basis.disk.problem.partition("\n")
        yield Finding("folder_unusable", "critical", text, one_line(remedy))


def _damage(basis: Basis) -> Iterator[Finding]:
    good = still_good(basis.complete, basis.proofs)
    # What those that are whole lost, a damaged one may hold.
    keep = "no borre nada: a los que siguen enteros les faltan documentos."
    then = keep if basis.anomalies else "cuando ya no le sirva borre esa carpeta."
    for backup in basis.damaged:
        proof = basis.proof(backup)
        problem = str(backup.problem) if backup.problem is not None else proof.error if proof else None
        why = f": {_sentence(problem)}" if problem else "."
        yield Finding(
            "damage",
            "critical",
            f"El backup {backup.name} está dañado{why}",
            f"{good} Revise el disco, y {then}",
            str(backup.name),
        )


def _unreadable(basis: Basis) -> Iterator[Finding]:
    """What a disk that answers late, or a missing permission, hides: no damage, and to be tried again."""
    for name, problem in basis.unread.items():
        why = f": {_sentence(problem)}" if problem else "."
        yield Finding(
            "unreadable",
            "warning",
            f"El backup {name} no se pudo leer{why}",
            "No quiere decir que esté dañado: no lo borre. Revise el disco y los permisos, y compruébelo: "
            f"facot-backups verify {name}",
            name,
        )


def _anomalies(basis: Basis) -> Iterator[Finding]:
    damaged = {str(backup.name) for backup in basis.damaged}
    for anomaly in basis.anomalies:
        remedy = _remedy_of(anomaly, damaged=anomaly.largest_in in damaged)
        yield Finding("anomaly", "critical", f"{anomaly}.", remedy, _subject_of(anomaly))


def _empty(basis: Basis) -> Iterator[Finding]:
    """Of a new database that may be right; not where other backups hold something."""
    if not basis.counting or documents_in(basis.counting[0]):
        return
    newest = basis.counting[0]
    holding = next((backup for backup in basis.complete if documents_in(backup)), None)
    beside = (
        f" El backup {holding.name} tiene {counted(documents_in(holding), 'documento')}." if holding else ""
    )
    yield Finding(
        "empty_backup",
        "critical" if holding else "warning",
        f"El último backup ({newest.name}) no guarda ningún documento.{beside}",
        f"Se leyó {newest.proven().source}: si no debe estar vacía, compruebe el proyecto, la base de datos "
        "y las colecciones con: facot-backups config",
        str(newest.name),
    )


def _coverage(basis: Basis) -> Iterator[Finding]:
    for unknown in basis.coverage.unknown:
        yield Finding(
            "unknown_collection",
            # To leave out what is not there does no harm, unless something else was meant.
            "note" if unknown.excluded and unknown.likely is None else "warning",
            str(unknown),
            f"Corrija «{'exclude' if unknown.excluded else 'collections'}» en los ajustes. {_MEANT}",
            unknown.name,
        )
    if basis.coverage.left_out:
        yield Finding("left_out", "warning", left_out_text(basis.coverage.left_out), f"{_WIDEN} {_MEANT}")


def _restores(basis: Basis) -> Iterator[Finding]:
    for restore in basis.facts.cut_restores:
        yield Finding(
            "restore_cut",
            "warning",
            "Una restauración quedó a medias: en Firestore hay una parte.",
            f"Termínela con: facot-backups restore --continue {restore}",
            restore,
        )
    for spoilt in basis.facts.spoilt_journals:
        kept = spoilt.pre_restore
        text, remedy = _JOURNALS[spoilt.part]
        yield Finding(
            "journal_unread" if spoilt.part == "unread" else "journal_damaged",
            "warning",
            f"El diario de la restauración que guardó {kept} {text}: {_sentence(spoilt.problem)}",
            remedy.format(kept=kept, restore=spoilt.restore),
            kept,
        )


def _remedy_of(anomaly: Anomaly, *, damaged: bool) -> str:
    if damaged:
        return (
            f"El backup {anomaly.largest_in} está dañado: no lo borre. Busque otro de esos días que siga "
            "entero: facot-backups list. Si es a propósito: facot-backups cleanup --accept-anomaly"
        )
    return (
        f"Qué falta: facot-backups diff {anomaly.largest_in} latest. Para recuperarlo: facot-backups restore "
        f"{anomaly.largest_in} --dry-run. Si es a propósito: facot-backups cleanup --accept-anomaly"
    )


def _subject_of(anomaly: Anomaly) -> str:
    return f"{anomaly.collection} {anomaly.kind}"


def _age(basis: Basis) -> Iterator[Finding]:
    last = basis.last
    if last is None and basis.plan.backups is not None:
        yield Finding("no_backup", "critical", _nothing_counts(basis), _RUN)
    if last is None or last.age < WARNING_AGE:
        return
    if basis.catching_up:
        text = "Poniéndose al día: el equipo acaba de encenderse o de despertar; falta su primer intento."
        yield Finding("catching_up", "note", text)
        return
    when = in_zone(last.read_time, basis.plan.zone)
    yield Finding(
        "stale",
        "critical" if last.age >= CRITICAL_AGE else "warning",
        f"El último backup completo es del {when:%d/%m/%Y %H:%M}, de hace {age(last.age)}.",
        _RUN,
    )


def _nothing_counts(basis: Basis) -> str:
    if not basis.complete:
        if any(backup.kind == "unreadable" for backup in basis.backups):
            return "Ningún backup completo se puede leer ahora."
        return "No hay ningún backup completo."
    return "Ningún backup completo guarda, de la base de datos de esta carpeta, todo lo que se pide guardar."


def _failing(basis: Basis) -> Iterator[Finding]:
    if not basis.failed:
        return
    last, count = basis.failed[-1], len(basis.failed)
    when = f"{in_zone(last.started_at, basis.plan.zone):%d/%m/%Y %H:%M}"
    said = (
        f"El último intento ({when}) falló"
        if count == 1
        else f"Los últimos {count} intentos fallaron; el del {when}"
    )
    yield Finding(
        "failing",
        "critical" if count >= MANY_FAILURES else "warning",
        f"{said}: {_sentence(last.error or CUT)}",
        "Corríjalo y repita: facot-backups run",
    )


def _space(basis: Basis) -> Iterator[Finding]:
    free, needed = basis.disk.free_bytes, basis.next_bytes
    if free is not None and needed is not None and free < needed:
        text = f"En el disco quedan {size(free)} y el próximo backup necesita unos {size(needed)}."
        yield Finding("disk_full_next", "critical", text, "Libere espacio, o elija otra carpeta.")


def _drill(basis: Basis) -> Iterator[Finding]:
    if not basis.complete:
        return
    last = basis.drills[-1] if basis.drills else None
    if last is not None and not last.passed:
        yield Finding(
            "drill_failed",
            "critical",
            f"El último simulacro de restauración ({last.backup}) falló: {_sentence(last.error or CUT)}",
            "Repítalo: facot-backups verify latest --drill",
            last.backup,
        )
    if basis.drills_not_made:
        yield _drill_not_made(basis)
    elif last is None:
        yield Finding("never_drilled", "note", "Nunca se ha hecho un simulacro de restauración.", _DRILL)
    elif last.passed and basis.now - last.time >= basis.drill_late:
        text = f"El último simulacro de restauración es de hace {age(basis.now - last.time)}."
        yield Finding("drill_overdue", "note", text, _DRILL)


def _drill_not_made(basis: Basis) -> Finding:
    """No harm at first; a warning once no drill was made for so long that one is late."""
    tries = basis.drills_not_made
    since = basis.drills[-1].time if basis.drills else tries[0].time
    late = basis.now - since >= basis.drill_late
    what = (
        f"Desde hace {age(basis.now - since)} no se puede hacer el simulacro de restauración"
        if late
        else f"El último simulacro de restauración ({tries[-1].backup}) no se pudo hacer"
    )
    return Finding(
        "drill_not_made",
        "warning" if late else "note",
        f"{what}: {_sentence(tries[-1].error or CUT)}",
        "No dice nada malo de los backups. Repítalo: facot-backups verify latest --drill",
    )


def _unverified(basis: Basis) -> Iterator[Finding]:
    if not basis.counting or basis.catching_up:
        return
    newest = basis.counting[0]
    if basis.proof(newest) is None and basis.now - newest.proven().finished_at >= UNVERIFIED:
        text = f"El backup más nuevo ({newest.name}) no se ha vuelto a leer desde que se hizo."
        yield Finding(
            "unverified", "warning", text, "Compruébelo: facot-backups verify latest", str(newest.name)
        )


def _clock(basis: Basis) -> Iterator[Finding]:
    judged = Judged(backups=basis.backups, counting=basis.counting, now=basis.now, zone=basis.plan.zone)
    for alarm in find_alarms(judged, accepted=None, drop_percent=100, last_run=None):
        if alarm.kind in ("clock", "future"):
            text = one_line(alarm.message.partition("\n")[0])
            yield Finding("clock", "warning", text, "Ponga en hora el equipo, y haga otro backup.")
            return


def _remarks(basis: Basis) -> Iterator[Finding]:
    if basis.unread_for() >= REREAD_LATE:
        text = f"Hay backups que nadie ha vuelto a leer en más de {REREAD.days} días."
        yield Finding("reread_overdue", "note", text, "Compruébelos: facot-backups verify")
    if basis.backups and not _attended(basis):
        text = "En la última semana nada ha hecho por sí solo el backup del día."
        yield Finding("unattended", "note", text, "Prográmelo: facot-backups service install")
    if basis.disk.same_disk:
        text = "Los backups están en el disco del sistema: si falla, se pierde todo a la vez."
        yield Finding("same_disk", "note", text, "Mejor un disco externo o una carpeta de red.")
    if basis.disk.synchronised:
        text = "Otro programa sincroniza la carpeta de los backups (OneDrive, Dropbox…)."
        yield Finding("synchronised", "note", text, "Mejor fuera de ella: puede bloquear archivos.")


def _attended(basis: Basis) -> bool:
    """Whether something makes scheduled backups, or tries to."""
    lately = basis.now - _ATTENDED
    return (
        basis.facts.awake_since is not None
        or any(a.trigger == SCHEDULED and a.started_at >= lately for a in basis.plan.past_tries)
        or any(b.proven().trigger == SCHEDULED and b.proven().read_time >= lately for b in basis.complete)
    )


# --- words ------------------------------------------------------------------------------------------------


def _sentence(text: str) -> str:
    return one_line(text).rstrip(".") + "."
