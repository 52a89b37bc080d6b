"""What the restore wizard says: its plan, its questions, its outcome. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from facot_backups.faces.desktop import words
from facot_backups.faces.desktop.tasks.restore_choices import BackupChoice, CutRestore
from facot_backups.faces.desktop.tasks.restore_conflict import TwoVersions
from facot_backups.faces.desktop.tasks.restore_shown import (
    CollectionPlan,
    ConfirmShown,
    ConflictShown,
    Outcome,
    PlanShown,
)
from facot_backups.faces.desktop.words import Said

STEPS = ("Qué restaurar", "El plan", "Confirmar", "Restaurar", "Resultado")
MODES: Mapping[str, str] = {
    "overwrite": "Se pone lo que tiene el backup. Lo que haya de más se deja como está.",
    "missing": "Solo se pone lo que ahora falta. Nada de lo que hay se cambia.",
    "mirror": "Todo queda exactamente como en el backup: lo que no está en él se borra.",
    "undo": "Lo que alguien cambió después se deja.",
}
WHAT = (
    "Elija qué quiere recuperar. Primero se hace un plan y usted lo ve: hasta que lo confirme no se escribe "
    "nada, y lo que se escriba se podrá deshacer."
)
CANCELLING = (
    "Si la para ahora, lo que ya se escribió queda escrito y lo demás queda como está. "
    "Después podrá terminarla o deshacerla."
)
PLANNING = "Todavía no se escribe nada: solo se lee y se compara."
WRITING = f"Puede seguir trabajando: lo que otra persona cambie mientras tanto no se pisa. {CANCELLING}"
CLOSING = (
    "Hay una restauración en marcha. Si cierra, se para: lo que ya se escribió queda escrito, y al abrir "
    "de nuevo «Restaurar…» podrá terminarla o deshacerla."
)
ELSEWHERE = (
    "Sirve para probar sin tocar los datos de verdad, o para mudarse. Basta con escribir lo que cambie; las "
    "credenciales tienen que poder escribir allí."
)
LENT = (
    "Este programa trae su propia conexión a Firestore. Para escribir en otra base de datos está la orden "
    "facot-backups restore --into-project."
)
NO_BACKUP = Said(
    "info",
    "No hay ningún backup que restaurar",
    "Cuando haya uno, aquí podrá devolver a Firebase lo que se haya perdido o estropeado.",
)
NOTHING_WRITTEN = "No se ha escrito nada. Todo sigue como estaba."


def backup_text(choice: BackupChoice) -> str:
    """`Martes 24 de noviembre de 2026, 02:00 · 1,234 documentos`."""
    text = choice.title[:1].upper() + choice.title[1:]
    return text if choice.documents is None else f"{text} · {words.counted(choice.documents, 'documento')}"


def cut_text(cut: CutRestore) -> str:
    """What a restore that was cut is."""
    return (
        f"La restauración del backup {cut.backup}, empezada el {words.day(cut.started.date())} a las "
        f"{words.clock(cut.started)}, quedó a medias."
    )


def plan_title(plan: PlanShown) -> str:
    """What is about to happen, in one sentence."""
    total = plan.total
    counts = (("crear", total.create), ("cambiar", total.change), ("borrar", total.delete))
    parts = [f"{verb} {words.number(count)}" for verb, count in counts if count]
    parts[0] += " documento" if parts[0].endswith(" 1") else " documentos"
    return f"Se {'va' if plan.writes == 1 else 'van'} a {_listed(parts)}."


def plan_text(plan: PlanShown) -> str:
    """From where to where, in which way, and what stays."""
    what = f"Vuelve lo guardado en {plan.backup}" if plan.mode == "undo" else f"Del backup {plan.backup}"
    stays = ""
    if equal := plan.total.equal:
        stays = (
            f" {words.counted(equal, 'documento ya está igual', 'documentos ya están igual')} y no se tocan."
        )
        stays = stays.replace("y no se tocan", "y no se toca") if equal == 1 else stays
    return f"{what} a {plan.target}. {MODES[plan.mode]}{stays}"


def elsewhere_text(plan: PlanShown) -> str:
    """That another database than the backup's is written to; "" where it is its own."""
    if not plan.source:
        return ""
    return f"Se escribe en {plan.target}. La base de datos del backup es otra, {plan.source}, y no se toca."


def cost_text(plan: PlanShown) -> str:
    """What Firestore counts for it."""
    return (
        f"Cuesta {words.counted(plan.writes, 'escritura')}, {words.counted(plan.reads, 'lectura')} ya hechas "
        f"para el plan y unas {words.number(plan.read_back)} más para comprobar lo escrito. "
        "El plan gratuito de Firebase da 20,000 escrituras y 50,000 lecturas al día."
    )


def safety_text() -> str:
    """Why nobody has to be afraid."""
    return "Antes de escribir se guarda lo que hay ahora: después podrá deshacerlo con un botón."


def confirm_text(asked: ConfirmShown) -> str:
    """What is confirmed by typing."""
    return (
        f"Se va a escribir en la base de datos de verdad, {asked.target}: "
        f"{words.counted(asked.writes, 'documento')}.\n"
        f"Para confirmarlo, escriba el nombre del proyecto: {asked.project}"
    )


def outcome_said(outcome: Outcome) -> Said:
    """How it ended."""
    done = _done(outcome)
    match outcome.state:
        case "nothing":
            already = "Todo está ya como antes" if outcome.is_undo else "Todo está ya como en el backup"
            return Said("ok", "No había nada que escribir", f"{already}, en {outcome.target}.")
        case "done":
            title = "Deshecho y comprobado" if outcome.is_undo else "Restaurado y comprobado"
            return Said("ok", title, f"{done} en {outcome.target}. Se volvió a leer, y está como debe.")
        case "conflicts":
            count = words.counted(outcome.conflict_count, "documento")
            return Said(
                "warning",
                "Hecho, menos lo que alguien cambió mientras tanto",
                f"{done} en {outcome.target}. {count} no se {_touched(outcome)}: véalos abajo uno por uno.",
            )
        case "cut":
            return Said("warning", "Quedó a medias", f"{_cut_done(outcome)} Puede terminarla o deshacerla.")
        case "partial":
            return Said(
                "critical",
                "No todo quedó como en el plan",
                f"{done} en {outcome.target}. {_troubled(outcome)}",
            )


def _troubled(outcome: Outcome) -> str:
    if not outcome.trouble_count:
        return "No se pudo volver a leer lo escrito para comprobarlo."
    verb = "no está como debía" if outcome.trouble_count == 1 else "no están como debían"
    return f"{words.counted(outcome.trouble_count, 'documento')} {verb}: mire los detalles."


def _touched(outcome: Outcome) -> str:
    return "tocó" if outcome.conflict_count == 1 else "tocaron"


def _cut_done(outcome: Outcome) -> str:
    written = words.counted(outcome.written, "documento escrito", "documentos escritos")
    left = f", {words.number(outcome.left)} sin escribir o sin confirmar" if outcome.left else ""
    return f"{written}{left}."


def _done(outcome: Outcome) -> str:
    parts = [
        words.counted(count, one)
        for count, one in (
            (outcome.created, "creado"),
            (outcome.changed, "cambiado"),
            (outcome.deleted, "borrado"),
        )
        if count
    ]
    text = _listed(parts) if parts else "nada escrito"
    return text[:1].upper() + text[1:]


def conflict_title(conflict: ConflictShown, number: int, of: int) -> str:
    """`Conflicto 1 de 3: invoices/12`."""
    return f"{f'Conflicto {number} de {words.number(of)}' if of > 1 else 'Conflicto'}: {conflict.path}"


def conflict_text(conflict: ConflictShown) -> str:
    """Why a document was left alone, and what can be done."""
    return f"No se tocó: {words.sentence(conflict.reason)} Si está bien como está, no hay que hacer nada."


def versions_text(found: TwoVersions) -> str:
    """What there is to say beside the fields that differ."""
    if not found.now and not found.kept:
        return "Ahora no existe, y tampoco en el backup."
    if not found.now:
        return "Ahora no existe: alguien lo borró."
    if not found.kept:
        return "En el backup no existe: se creó después."
    return found.title if found.fields else "Ahora es igual que en el backup: no hay nada que hacer."


def undo_text(outcome: Outcome) -> str:
    """What can be done now."""
    if outcome.restore is not None:
        return "Terminarla escribe lo que falta; deshacer vuelve a lo que había antes."
    if outcome.pre_restore is None:
        return ""
    return "Si no era lo que quería, «Deshacer» vuelve a lo que había antes; primero enseña el plan."


def after_closing(outcome: Outcome) -> str:
    """What to say at the panel of a restore whose window was closed."""
    said = outcome_said(outcome).text
    if outcome.restore is None:
        return said
    return f"{said} Ábrala de nuevo con «Restaurar…»."


def detail_lines(outcome: Outcome) -> list[str]:
    """Everything else there is to know, a line each."""
    lines = list(outcome.notes)
    lines += [f"{one.path}: {one.reason}" for one in outcome.troubles]
    if outcome.trouble_count > len(outcome.troubles):
        lines.append(more_text(outcome.trouble_count - len(outcome.troubles)))
    lines += [
        f"{path}: alguien lo cambió mientras tanto; no era de esta restauración" for path in outcome.edited
    ]
    if outcome.edited_count > len(outcome.edited):
        lines.append(more_text(outcome.edited_count - len(outcome.edited)))
    if outcome.pre_restore is not None:
        lines.append(f"Lo que había antes está guardado en {outcome.pre_restore}.")
    return lines


def more_text(count: int) -> str:
    """What of a list is not shown; "" for nothing."""
    return f"Y {words.counted(count, 'documento')} más, que no se muestran aquí." if count > 0 else ""


def plan_rows(plan: PlanShown) -> tuple[CollectionPlan, ...]:
    """The rows of the plan's table: what is written first, all else in one row, the sum."""
    touched = [one for one in plan.collections if one.create or one.change or one.delete or one.skip]
    equal = [one for one in plan.collections if one not in touched]
    rows = list(touched)
    if equal:
        many = len(equal) > 1
        name = "" if many else equal[0].name
        title = f"Otras {len(equal)} colecciones que ya están igual" if many else equal[0].title
        rows.append(CollectionPlan(name, title, 0, 0, sum(one.equal for one in equal), 0, 0))
    return tuple(rows) if len(rows) < 2 else (*rows, plan.total)


def _listed(parts: list[str]) -> str:
    """`a, b y c`."""
    return " y ".join(filter(None, (", ".join(parts[:-1]), parts[-1] if parts else "")))
