"""The state card's words: a judgement of health as a shopkeeper would want to be told it. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Literal, TypeAlias

from facot_backups.clock import in_zone
from facot_backups.errors import FacotBackupsError, RepositoryGone
from facot_backups.operations.health.judgement import Finding
from facot_backups.templates import fill
from facot_backups.ui.desktop.backups import losses_texts
from facot_backups.ui.desktop.snapshot import Overview
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.error_text import Failure, words_for

Level: TypeAlias = Literal["ok", "warning", "critical", "busy"]

_PRESS = "Pulse «Crear backup ahora»."
# By code, or by `code.case`: what to do, where it is other than in a terminal.
REMEDIES: Mapping[str, str] = {
    "folder_unusable": "Conecte el disco y espere un momento. Si ya no existe, elija otra carpeta.",
    "no_backup": f"{_PRESS} Tarda unos segundos o minutos, y no cambia nada en Firebase.",
    "stale": _PRESS,
    "failing": "Corrija la causa y pulse «Crear backup ahora».",
    "damage": "{good:whole} Revise el disco, y {then:term}",
    "damage.alone": f"{_PRESS} Y revise el disco: así habrá de nuevo uno entero.",
    "unreadable": "No quiere decir que esté dañado. Revise el disco, y verifíquelo desde su detalle.",
    "empty_backup": "Compruebe el proyecto en «Configurar Firebase», y las colecciones en «Ajustes».",
    "unknown_collection": "Corríjalo en «Ajustes».",
    "left_out": "Si no es a propósito, cámbielo en «Ajustes».",
    "restore_cut": "Abra «Restaurar…» y termínela; después podrá deshacerla.",
    "journal_damaged": "Lo que había antes sigue guardado. Revise el disco, y haga un backup ahora.",
    "journal_unread": "No quiere decir que esté dañado. Si sigue así, revise el disco.",
    "drill_failed": "Repita el simulacro desde el detalle de ese backup.",
    "drill_not_made": "No dice nada malo de los backups. Repítalo desde el detalle de uno.",
    "unverified": "Verifíquelo desde su detalle.",
    "never_drilled": "Haga un simulacro desde el detalle de un backup: no toca sus datos.",
    "drill_overdue": "Haga un simulacro desde el detalle de un backup: no toca sus datos.",
    "reread_overdue": "Verifíquelos desde su detalle.",
    "unattended": "Deje abierto este programa, o haga que empiece con el equipo.",
}
# What a person may say is meant.
_REVIEWED = frozenset({"anomaly", "unknown_collection", "left_out"})


@dataclass(frozen=True, slots=True)
class Point:
    """Something to know, and what to do about it (or "")."""

    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the card says. `points`: the worst first; `hints` are no harm and may be folded away.

    `losses`: whether documents are missing, or left out, that a person may want back, or accept. `connect`:
    Firebase is to be connected first.
    """

    level: Level
    title: str
    text: str
    points: tuple[Point, ...] = ()
    hints: tuple[Point, ...] = ()
    next: str = ""
    losses: bool = False
    connect: bool = False


# What comes before everything else, and what is said of it where there are backups already.
FIRST = Standing(
    "busy",
    "Primero, conecte su Firebase",
    "Así el programa sabe qué datos guardar. Se hace una sola vez, tarda unos tres minutos, y le mostramos "
    "con dibujos dónde pulsar. No cambia nada en Firebase.",
    connect=True,
)
_DISCONNECTED = Point(
    "No hay con qué leer su Firebase: no se harán más backups.", "Los que ya tiene siguen ahí."
)


def standing(found: Overview) -> Standing:
    """The words for how everything stands."""
    if not found.connected and not found.rows:
        return FIRST
    bad = [finding for finding in found.health.findings if finding.severity != "note"]
    hints = [finding for finding in found.health.findings if finding.severity == "note"]
    said = Standing(
        level=found.health.state,
        title=_title(found, bad),
        text=_last(found),
        points=tuple(_points(found, bad)),
        hints=tuple(map(_point, hints)),
        next=f"Próximo backup: {_next(found)}",
        losses=any(finding.code in _REVIEWED for finding in bad),
    )
    return said if found.connected else _disconnected(said)


def _next(found: Overview) -> str:
    if found.next_due <= found.now:
        return "en cuanto se pueda"
    return words.when(found.next_due, found.now)


def _disconnected(said: Standing) -> Standing:
    """As `said`, but no backup is promised, and what is in its way comes first."""
    level: Level = "critical" if said.level == "critical" else "warning"
    title = "Falta conectar su Firebase"
    return replace(
        said, level=level, title=title, points=(_DISCONNECTED, *said.points), next="", connect=True
    )


def unreadable(failure: Failure) -> Standing:
    """The words where nothing can be judged: a wrong setting."""
    return Standing(
        "critical", failure.title, failure.text, (Point(failure.remedy),) if failure.remedy else ()
    )


def _title(found: Overview, bad: list[Finding]) -> str:
    if found.health.state == "ok":
        return "Protegido"
    if bad[0].code == "no_backup" and not found.rows:
        return "Todavía no hay ningún backup"
    if bad[0].code == "folder_unusable":
        return "No se encuentra la carpeta de los backups"
    return "Atención" if found.health.state == "warning" else "Sin protección"


def _last(found: Overview) -> str:
    last = found.health.last_backup
    if last is None:
        return ""
    moment = in_zone(last.read_time, found.now.tzinfo or UTC)
    verified = ", verificado" if last.verified_at is not None else ""
    return f"Último backup {words.when(moment, found.now)}{verified}."


def _points(found: Overview, bad: list[Finding]) -> Iterator[Point]:
    lost = {f"{one.collection} {one.kind}": losses_texts.said(one) for one in found.health.anomalies}
    coverage = found.health.coverage
    said = {one.name: losses_texts.misnamed(one) for one in coverage.unknown}
    for finding in bad:
        remedy = _remedy(finding)
        if finding.code == "anomaly" and finding.subject in lost:
            yield Point(lost[finding.subject])
        elif finding.code == "no_backup" and not found.rows:  # the title says it
            yield Point(remedy)
        elif finding.code == "empty_backup":
            yield Point("El último backup no guarda ningún documento.", remedy)
        elif finding.code == "unknown_collection" and finding.subject in said:
            yield Point(said[finding.subject], remedy)
        elif finding.code == "left_out":
            yield Point(losses_texts.left_out(coverage), remedy)
        else:
            yield _point(finding)


def _point(finding: Finding) -> Point:
    return Point(words.plainly(words.sentence(finding.text)), words.plainly(_remedy(finding)))


def _remedy(finding: Finding) -> str:
    error = finding.fields.get("error")
    if isinstance(error, FacotBackupsError) and not isinstance(error, RepositoryGone):
        return words_for(error)[1]
    template = REMEDIES.get(finding.key, REMEDIES.get(finding.code))
    return finding.remedy if template is None else fill(template, finding.fields)
