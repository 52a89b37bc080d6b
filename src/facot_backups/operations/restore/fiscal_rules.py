"""The fiscal guard: no restore and no undo takes a counter of fiscal numbers back. Pure.

The DGII refuses a number that was used, so a counter that goes back makes invalid invoices. A counter is
one per company (its id as text) and prefix, wherever it stands: `sequences.current` and
`ncf_sequence_configs.next_sequence - 1` or `last_assigned` say the same thing. What is decided:

| the plan                          | the target's counter | what becomes of it                             |
|-----------------------------------|----------------------|------------------------------------------------|
| creates or changes a counter      | any, or none         | as in the backup, raised to the floor          |
| takes its number from a document  | there                | the document gets the live number, and the     |
|                                   |                      | rest as in the backup                          |
| makes it another's counter        | there                | the document is kept as it is                  |
| deletes a counter                 | there                | kept, raised to the floor                      |
| leaves a counter alone (it is     | there, behind the    | raised to them: a line of its own in the plan  |
| equal, skipped, out of the scope) | plan's own invoices  |                                                |
| leaves a counter alone            | not behind them      | left alone                                     |
| has no such counter               | none                 | none is created                                |

The floor is the highest of: the live value of that counter in any document of the target; the highest
number among the target's emitted invoices of that company and prefix before the restore; the same among
those that the plan writes. The target's invoices are asked for only if the plan touches a counter.

    guard = Guard()
    for document in the target's sequences and ncf_sequence_configs, whole: guard.live_counter(document)
    for each creation, change and deletion of the plan: guard.planned(before, after)
    if guard.needs_invoices: for document in the target's invoices: guard.live_invoice(document)
    verdict = guard.verdict()

Memory grows with the number of counters, and of different companies and prefixes among the invoices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from facot_backups.model import Document, DocumentPath
from facot_backups.operations.comparison.changes import same_content
from facot_backups.operations.fiscal.counters import (
    COUNTER_COLLECTIONS,
    Counter,
    counter_in,
    raised,
    with_fields_of,
)
from facot_backups.operations.fiscal.ncf import Key, emitted_number, fits, is_emitted
from facot_backups.operations.restore.questions import Question

__all__ = ["COUNTER_COLLECTIONS", "INVOICE_FIELDS", "Decision", "Guard", "Highest", "Verdict"]

# All that the guard asks of a live invoice.
INVOICE_FIELDS = ("company_id", "invoice_type", "invoice_number")

Action: TypeAlias = Literal["write", "keep"]


class Highest:
    """The highest number of the emitted invoices that were added, per counter."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}

    def add(self, document: Document) -> None:
        """Count a document; one that is no emitted invoice with a number of today's form is passed over."""
        found = emitted_number(document)
        if found is not None:
            key, number = found
            self._numbers[key] = max(number, self._numbers.get(key, 0))

    def of(self, key: Key | None) -> int | None:
        """The highest number, None where there is none."""
        return self._numbers.get(key) if key is not None else None


class Decision(NamedTuple):
    """What the guard makes of one counter's document, instead of what the plan had for it.

    `action`: `write` what `document` says over `before` (None: create it); `keep`: write nothing, the
    live document stays. `added`: the plan had nothing for it, so it is a line of its own. `note`: what to
    tell, in Spanish.
    """

    path: DocumentPath
    action: Action
    before: Document | None
    document: Document | None
    added: bool
    note: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard asks of the plan.

    `decisions`: per document path; what the plan has for any other document stands. `lowered`: with
    `from_backup`, a line for each counter that goes back or is deleted. `deleted_invoices`: how many
    emitted invoices the plan deletes.
    """

    decisions: dict[DocumentPath, Decision]
    lowered: tuple[str, ...]
    deleted_invoices: int
    from_backup: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What to tell the user, each line once."""
        return tuple(dict.fromkeys(decision.note for decision in self.decisions.values()))

    @property
    def questions(self) -> tuple[Question, ...]:
        """What a person must agree to on its own, on an emulator too."""
        asked = []
        if self.deleted_invoices:
            what = _invoices(self.deleted_invoices)
            asked.append(Question("delete-invoices", f"¿Borrar {what}? La DGII ya puede tener sus números."))
        if self.from_backup:
            asked.append(
                Question(
                    "counters-from-backup",
                    "¿Poner los contadores de NCF como los dice el backup? Un contador que retrocede repite "
                    "números que la DGII rechaza.",
                )
            )
        return tuple(asked)


@dataclass(slots=True)
class Guard:
    """Collects what a plan and its target say of fiscal numbers, and decides (the module's table).

    `from_backup`: the user wants the counters as in the backup; then nothing is held or raised.
    """

    from_backup: bool = False
    _live: dict[DocumentPath, Counter] = field(default_factory=dict)
    _plan: dict[DocumentPath, tuple[Document | None, Document | None]] = field(default_factory=dict)
    _issued: Highest = field(default_factory=Highest)
    _restored: Highest = field(default_factory=Highest)
    _deleted: int = 0

    def live_counter(self, document: Document) -> None:
        """A document of the target's `sequences` or `ncf_sequence_configs` as it is now.

        All of both collections are needed, whatever the plan's scope. Others are passed over.
        """
        counter = counter_in(document)
        if counter is not None:
            self._live[document.path] = counter

    def planned(self, before: Document | None, after: Document | None) -> None:
        """A creation (`before` None), change, or deletion (`after` None) of any document in the plan.

        `before` is the live document, with its `update_time`.
        """
        if after is None and before is not None and is_emitted(before):
            self._deleted += 1
        if after is not None:
            self._restored.add(after)
        if before is not None:
            self.live_counter(before)
        path = _path(before, after)
        if counter_in(after) is not None or path in self._live or counter_in(before) is not None:
            self._plan[path] = (before, after)

    @property
    def needs_invoices(self) -> bool:
        """Whether the target's invoices must be read: the plan touches a counter. Ask after the plan."""
        return bool(self._plan) and not self.from_backup

    def live_invoice(self, document: Document) -> None:
        """An invoice of the target before the restore, with at least INVOICE_FIELDS."""
        self._issued.add(document)

    def verdict(self) -> Verdict:
        """The decisions, in the plan's order, then those for counters that the plan left alone."""
        decisions: dict[DocumentPath, Decision] = {}
        if not self.from_backup:
            found = [*self._of_plan(), *self._of_others()]
            decisions = {decision.path: decision for decision in found}
        lowered = tuple(dict.fromkeys(self._lowered())) if self.from_backup else ()
        return Verdict(decisions, lowered, self._deleted, self.from_backup)

    # -- counters of the plan

    def _of_plan(self) -> Iterator[Decision]:
        values = self._live_values()
        for path, (before, after) in self._plan.items():
            decision = self._decide(path, before, after, values)
            if decision is not None:
                yield decision

    def _decide(
        self, path: DocumentPath, before: Document | None, after: Document | None, values: dict[Key, int]
    ) -> Decision | None:
        live = self._live.get(path)
        if after is None:
            return self._kept(live, values, "el backup no lo tiene") if live is not None else None
        planned = counter_in(with_fields_of(after, live) if live is not None else after)
        if planned is None:
            return None
        if live is not None and live.key != planned.key:
            return self._kept(live, values, f"en el backup, «{'/'.join(path)}» cuenta otra cosa")
        floor = self._floor(planned, live, values)
        if floor is not None and planned.document is not after:
            floor = max(floor, planned.value)  # a field that the live document lends must not lag behind
        final = raised(planned, floor) if floor is not None and planned.behind(floor) else planned.document
        if same_content(final, after):
            return None
        note = _note(live, counter_in(after), counter_in(final) or planned, values)
        if before is not None and same_content(final, before):
            return Decision(path, "keep", before, None, False, note)
        return Decision(path, "write", before, final, False, note)

    def _kept(self, live: Counter, values: dict[Key, int], why: str) -> Decision:
        """A live document that stays, raised if it is behind."""
        path, floor = live.document.path, self._floor(live, live, values)
        if floor is None or not live.behind(floor):
            note = f"Contador {_name(live)} conservado en {live.value}; {why}"
            return Decision(path, "keep", live.document, None, False, note)
        note = f"Contador {_name(live)} conservado y subido a {max(floor, live.value)}; {why}"
        return Decision(path, "write", live.document, raised(live, floor), False, note)

    def _floor(self, counter: Counter, live: Counter | None, values: dict[Key, int]) -> int | None:
        key = counter.key
        own = live.value if live is not None else None
        shared = values.get(key) if key is not None else None
        found = [own, shared, self._issued.of(key), self._restored.of(key)]
        return max((number for number in found if number is not None), default=None)

    def _live_values(self) -> dict[Key, int]:
        """The target's value of each counter: the highest in any document.

        A number that no NCF has room for is a slip in one document, and stays there.
        """
        values: dict[Key, int] = {}
        for counter in self._live.values():
            if counter.key is not None and fits(counter.key[1], counter.value):
                values[counter.key] = max(counter.value, values.get(counter.key, 0))
        return values

    # -- all others

    def _of_others(self) -> Iterator[Decision]:
        for path, live in self._live.items():
            need = self._restored.of(live.key)
            if path in self._plan or need is None or live.effective >= need:
                continue
            final = raised(live, need)
            number = max(need, live.value)
            note = (
                f"Contador {_name(live)} subido de {live.effective} a {number}, por las facturas del backup"
            )
            yield Decision(path, "write", live.document, final, True, note)

    def _lowered(self) -> Iterator[str]:
        for path, (_, after) in self._plan.items():
            live, planned = self._live.get(path), counter_in(after)
            if live is None:
                continue
            if planned is None or planned.key != live.key:
                yield f"Contador {_name(live)}: se borra; estaba en {live.value}"
            elif planned.behind(live.value):
                low = min(planned.numbers.values())
                yield f"Contador {_name(live)}: baja de {live.value} a {low}"


def _note(live: Counter | None, asked: Counter | None, final: Counter, values: dict[Key, int]) -> str:
    said = (
        f"el backup decía {min(asked.numbers.values())}" if asked is not None else "el backup no dice ninguno"
    )
    current = values.get(final.key) if final.key is not None else None
    known = {live.value if live is not None else None, current}
    verb = "conservado" if final.value in known else "puesto"
    return f"Contador {_name(final)} {verb} en {final.value}; {said}"


def _name(counter: Counter) -> str:
    if counter.key is None:
        return f"«{'/'.join(counter.document.path)}»"
    return f"{counter.key[1]} de la empresa {counter.key[0]}"


def _path(before: Document | None, after: Document | None) -> DocumentPath:
    one = before if after is None else after
    if one is None:
        raise ValueError("a change of nothing into nothing")
    return one.path


def _invoices(amount: int) -> str:
    return "1 factura emitida" if amount == 1 else f"{amount:,} facturas emitidas"
