"""What the restore wizard says: its plan, its questions, its outcome. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facot_backups.figures import listed
from facot_backups.model import Source
from facot_backups.operations.search.nouns import nouns, told
from facot_backups.text import one_line
from facot_backups.ui.desktop.restore.choices import BackupChoice, CollectionChoice, CutRestore
from facot_backups.ui.desktop.restore.conflict import TwoVersions
from facot_backups.ui.desktop.restore.rows import (
    CollectionPlan,
    ConfirmShown,
    ConflictShown,
    Outcome,
    PlanShown,
    QuestionShown,
)
from facot_backups.ui.desktop.texts import collection as collection_words
from facot_backups.ui.desktop.texts import document as document_words
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.words import Said

STEPS = ("Qué restaurar", "El plan", "Confirmar", "Restaurar", "Resultado")
MODES: Mapping[str, str] = {
    "overwrite": "Lo que haya de más se deja como está.",
    "missing": "Solo se pone lo que ahora falta. Nada de lo que hay se cambia.",
    "mirror": "Todo queda exactamente como en el backup: lo que no está en él se borra.",
    "undo": "Lo que alguien cambió después se deja.",
}
WHAT = "Primero verá un plan: hasta que lo confirme no se escribe nada, y todo se podrá deshacer."
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
# So many things are named one by one.
_FEW = 3
BUSY = Said(
    "info",
    "Antes, termine o cancele esta restauración",
    "Cuando la cierre, pulse otra vez «Restaurar…» en lo que quería recuperar.",
)
NOTHING_WRITTEN = "No se ha escrito nada. Todo sigue como estaba."


def backup_text(choice: BackupChoice) -> str:
    """`Martes 24 de noviembre de 2026, 02:00 · 312 facturas`; without invoices, how much is in it."""
    text = choice.title[:1].upper() + choice.title[1:]
    invoices = next((one for one in choice.collections if one.name == "invoices" and one.documents), None)
    if invoices is not None:
        return f"{text} · {collection_words.counted(invoices.name, invoices.documents or 0)}"
    return text if choice.documents is None else f"{text} · {words.counted(choice.documents, 'documento')}"


def collection_text(choice: CollectionChoice) -> str:
    """`Facturas (invoices) · 312 facturas con 840 líneas`."""
    title = collection_words.title(choice.name)
    if choice.documents is None:
        return title
    own = collection_words.counted(choice.name, choice.documents)
    inside = f" con {collection_words.counted_inside(choice.name, choice.nested)}" if choice.nested else ""
    return f"{title} · {own}{inside}"


def cut_text(cut: CutRestore) -> str:
    """What a restore that was cut is."""
    return (
        f"La restauración del {cut.backup}, empezada el {words.day(cut.started.date())} a las "
        f"{words.clock(cut.started)}, quedó a medias."
    )


def plan_title(plan: PlanShown) -> str:
    """What is about to happen, in one sentence."""
    verbs = (("crear", "create"), ("cambiar", "change"), ("borrar", "delete"))
    parts = [f"{verb} {said}" for verb, action in verbs if (said := counted(plan.collections, action))]
    return f"Se {'va' if _is_one(plan) else 'van'} a {listed(parts)}."


def plan_said(plan: PlanShown) -> str:
    """The same with the names: `Se va a borrar 1 factura con 1 línea: Factura B0100000012 · …`."""
    title, name = plan_title(plan), names(plan)
    return f"{title.removesuffix('.')}: {name}." if name else title


def _is_one(plan: PlanShown) -> bool:
    """Whether one thing is written, as a person counts: an invoice with its lines is one."""
    outer = sum(one.create + one.change + one.delete for one in plan.collections if len(one.place) == 1)
    return (outer or plan.writes) == 1


def counted(collections: Sequence[CollectionPlan], action: str) -> str:
    """`1 factura con 2 líneas y 3 clientes`: the documents of an action as a person counts them."""
    return told({one.place: int(getattr(one, action)) for one in collections})


def names(plan: PlanShown) -> str:
    """What is written by its name, `Factura B0100000012 · Ferretería Núñez`; "" of many."""
    outer = [one for one in plan.documents if len(one.place) == 1]
    few = not plan.more and len(outer or plan.documents) <= _FEW
    return "; ".join(one.title for one in outer or plan.documents) if few else ""


def named(plan: PlanShown) -> str:
    """As `names`, and what is in it: `Factura B0100000012 · Ferretería Núñez, con 2 líneas`."""
    text = names(plan)
    if not text or len([one for one in plan.documents if len(one.place) == 1]) != 1:
        return text
    inside = [one.place for one in plan.documents if len(one.place) > 1]
    counts = {place: inside.count(place) for place in dict.fromkeys(inside)}
    said = listed([words.counted(n, *nouns(place)) for place, n in counts.items()])
    return f"{text}, con {said}" if said else text


def database(source: Source) -> str:
    """A database as a shopkeeper calls it: `el proyecto «facot-1» de Firebase`."""
    project = f"«{one_line(source.project)}»"
    text = f"Firestore de prueba {project}" if source.emulator else f"proyecto {project} de Firebase"
    if source.database == "(default)":
        return f"el {text}"
    return f"la base de datos «{one_line(source.database)}» del {text}"


def plan_text(plan: PlanShown) -> str:
    """From where to where, in which way, and what stays."""
    if plan.mode == "undo":
        what = "Vuelve lo que había antes de restaurar"
    else:
        what = f"Vuelve lo que tiene el {plan.backup}"
    stays = ""
    if equal := plan.total.equal:
        one, many = "documento ya está igual y no se toca", "documentos ya están igual y no se tocan"
        stays = f" {words.counted(equal, one, many)}."
    return f"{what}, en {database(plan.target)}. {MODES[plan.mode]}{stays}"


def elsewhere_text(plan: PlanShown) -> str:
    """That another database than the backup's is written to; "" where it is its own."""
    if plan.source is None:
        return ""
    return (
        f"Se escribe en {database(plan.target)}. La base de datos del backup es otra, "
        f"{database(plan.source)}, y no se toca."
    )


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


def confirm_text(asked: ConfirmShown, plan: PlanShown | None) -> str:
    """What is confirmed by typing."""
    what = f"\n{plan_said(plan)}" if plan is not None else ""
    return (
        f"Se va a escribir en la base de datos de verdad, {database(asked.target)}.{what}\n\n"
        f"Para confirmarlo, escriba el nombre del proyecto: {asked.target.project}"
    )


def question_text(asked: QuestionShown, plan: PlanShown | None) -> str:
    """A question, and what it is about."""
    return f"{asked.text}\n\n{plan_said(plan)}" if plan is not None else asked.text


def outcome_said(outcome: Outcome) -> Said:
    """How it ended."""
    done, where = _done(outcome), database(outcome.target)
    match outcome.state:
        case "nothing":
            already = "Todo está ya como antes" if outcome.is_undo else "Todo está ya como en el backup"
            return Said("ok", "No había nada que escribir", f"{already}, en {where}.")
        case "done":
            title = "Deshecho y comprobado" if outcome.is_undo else "Restaurado y comprobado"
            return Said("ok", title, f"{_all_done(outcome)} en {where}. Se volvió a leer, y está como debe.")
        case "conflicts":
            count = words.counted(outcome.conflict_count, "documento")
            return Said(
                "warning",
                "Hecho, menos lo que alguien cambió mientras tanto",
                f"{done} en {where}. {count} no se {_touched(outcome)}.",
            )
        case "cut":
            return Said("warning", "Quedó a medias", f"{_cut_done(outcome)} Puede terminarla o deshacerla.")
        case "partial":
            return Said(
                "critical",
                "No todo quedó como en el plan",
                f"{done} en {where}. {_troubled(outcome)}",
            )


def _all_done(outcome: Outcome) -> str:
    """What was done, all as planned: by its name, or counted as a person does."""
    plan = outcome.plan
    if plan is None or plan.writes != outcome.written:
        return _done(outcome)
    if name := named(plan):
        return f"{name}.\nYa está {'como antes' if outcome.is_undo else 'como en el backup'},"
    verbs = (("Creado", "create"), ("Cambiado", "change"), ("Borrado", "delete"))
    parts = [f"{verb}: {said}" for verb, action in verbs if (said := counted(plan.collections, action))]
    return f"{'. '.join(parts)}.\nTodo"


def _troubled(outcome: Outcome) -> str:
    if not outcome.trouble_count:
        return "No se pudo volver a leer lo escrito para comprobarlo."
    verb = "no está como debía" if outcome.trouble_count == 1 else "no están como debían"
    return f"{words.counted(outcome.trouble_count, 'documento')} {verb}: mire los detalles."


def _touched(outcome: Outcome) -> str:
    return "tocó: véalo abajo" if outcome.conflict_count == 1 else "tocaron: véalos abajo uno por uno"


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
    text = listed(parts) if parts else "nada escrito"
    return text[:1].upper() + text[1:]


def conflict_title(conflict: ConflictShown, number: int, of: int, called: str = "") -> str:
    """`Conflicto 1 de 3: B0100000012 · Ferretería Núñez`; by its path as long as nobody knows the name."""
    what = f"Conflicto {number} de {words.number(of)}" if of > 1 else "Conflicto"
    return f"{what}: {called or conflict.path}"


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
    return (
        document_words.path_text(found.path)
        if found.fields
        else "Ahora es igual que en el backup: no hay nada que hacer."
    )


def undo_text(outcome: Outcome) -> str:
    """What can be done now."""
    if outcome.restore is not None:
        return "Terminarla escribe lo que falta; deshacer vuelve a lo que había antes."
    if outcome.pre_restore is None:
        return ""
    return (
        "Si no era lo que quería, «Deshacer» vuelve a lo que había antes; primero enseña el plan. "
        "También después: en la lista de backups es «Para deshacer»."
    )


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
        one = equal[0] if len(equal) == 1 else None
        place, title = (one.place, one.title) if one is not None else ((), "Lo demás, que ya está igual")
        rows.append(CollectionPlan(place, title, 0, 0, sum(one.equal for one in equal), 0, 0))
    return tuple(rows) if len(rows) < 2 else (*rows, plan.total)
