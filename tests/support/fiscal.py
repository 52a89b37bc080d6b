"""Tables of the fiscal guard (tests/golden/fiscal/README.md): a target, a backup, a restore, what follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from facot_backups.model import Document, DocumentPath, Scope
from facot_backups.operations.restore.fiscal_rules import Guard, Verdict

State = dict[DocumentPath, Document]
Write = tuple[Document | None, Document | None]


def document(path: str, **fields: Any) -> Document:
    return Document(tuple(path.split("/")), dict(sorted(fields.items())))


def invoice(name: str, company: Any, number: Any, kind: str = "emitida") -> Document:
    return document(f"invoices/{name}", company_id=company, invoice_number=number, invoice_type=kind)


def state(*documents: Document) -> State:
    return {one.path: one for one in documents}


def writes(target: State, backup: State, mode: str, scope: Scope) -> list[Write]:
    """What a restore would write without a guard, in name order."""
    found: list[Write] = []
    for path in sorted(target.keys() | backup.keys()):
        before, after = target.get(path), backup.get(path)
        if not scope.includes(path) or repr(before) == repr(after):
            continue
        if after is None and mode != "mirror":
            continue
        if before is not None and after is not None and mode == "missing":
            continue
        found.append((before, after))
    return found


def judged(target: State, plan: list[Write], *, from_backup: bool = False) -> Verdict:
    """The guard asked as a restore asks it."""
    guard = Guard(from_backup)
    for one in target.values():
        guard.live_counter(one)
    for before, after in plan:
        guard.planned(before, after)
    if guard.needs_invoices:
        for one in target.values():
            guard.live_invoice(one)
    return guard.verdict()


def carried_out(target: State, plan: list[Write], verdict: Verdict) -> State:
    """The target afterwards."""
    final = dict(target)
    wanted: dict[DocumentPath, Document | None] = {
        (after or before or document("a/b")).path: after for before, after in plan
    }
    for path, decision in verdict.decisions.items():
        assert decision.added == (path not in wanted)
        wanted[path] = target.get(path) if decision.action == "keep" else decision.document
    for path, after in wanted.items():
        if after is None:
            final.pop(path)
        else:
            final[path] = after
    return final


@dataclass
class Table:
    """A case as its file tells it."""

    mode: str = "overwrite"
    scope: Scope = field(default_factory=Scope)
    from_backup: bool = False
    target: State = field(default_factory=dict)
    backup: State = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Table:
        table = cls()
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            if word in ("live", "backup"):
                path, _, fields = rest.partition(" ")
                one = document(path, **_fields(path, fields))
                (table.target if word == "live" else table.backup)[one.path] = one
            elif word == "restore":
                table._restore(rest.split())
            else:
                assert word in ("", "#"), line
        return table

    def _restore(self, words: list[str]) -> None:
        self.mode, *rest = words
        self.from_backup = "--counters-from-backup" in rest
        collections = tuple(word for word in rest if not word.startswith("--"))
        self.scope = Scope(collections=collections) if collections else Scope()

    def shown(self) -> Iterator[str]:
        """The counters afterwards, those that the restore wrote marked, the notes, what is asked."""
        plan = writes(self.target, self.backup, self.mode, self.scope)
        verdict = judged(self.target, plan, from_backup=self.from_backup)
        final = carried_out(self.target, plan, verdict)
        for path in sorted(self.target.keys() | final.keys()):
            if path[0] != "invoices":
                yield _line(path, self.target.get(path), final.get(path), verdict)
        yield from (f"note {note}" for note in (*verdict.notes, *verdict.lowered))
        yield from (f"ask {question.text}" for question in verdict.questions)


def _fields(path: str, text: str) -> dict[str, Any]:
    if not path.startswith("invoices/") or text.startswith("{"):
        return dict(json.loads(text))
    kind, company, number = text.split(" ", 2)
    return {"company_id": json.loads(company), "invoice_number": number, "invoice_type": kind}


def _line(path: DocumentPath, before: Document | None, after: Document | None, verdict: Verdict) -> str:
    name = "/".join(path)
    if after is None:
        return f"delete {name}"
    same = before is not None and repr(before.fields) == repr(after.fields)
    verb = "stay" if same else "create" if before is None else "change"
    decision = verdict.decisions.get(path)
    mark = " (added)" if decision is not None and decision.added else ""
    return f"{verb} {name} {json.dumps(after.fields, ensure_ascii=False)}{mark}"
