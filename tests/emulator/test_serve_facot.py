"""What a program like FACOT does, with Google's own client: a served backup behaves as its database."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter, Or

from facot_backups.emulator import sample
from facot_backups.emulator.sample import Business
from tests.emulator.serving import served_again
from tests.support.servers import FirestoreServer

Answers = dict[str, Any]


@pytest.fixture
def clients(
    firestore_server: FirestoreServer, tmp_path: Path
) -> Iterator[tuple[firestore.Client, firestore.Client]]:
    """Of the database itself, and of its backup that is served."""
    sample.write(firestore_server.host, Business(invoices=40, project=firestore_server.project))
    with served_again(firestore_server, tmp_path) as served:
        yield firestore_server.client(), served.client()


def snapshots(found: Any) -> list[tuple[str, Any]]:
    """Paths and contents. A reference is a document of its own client, so it is compared by its path."""
    return [(snapshot.reference.path, plain(snapshot.to_dict())) for snapshot in found]


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    if isinstance(value, firestore.DocumentReference):
        return value.path
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def equal(field: str, value: Any) -> FieldFilter:
    return FieldFilter(field, "==", value)


def count(query: Any) -> int:
    total: int = query.count().get()[0][0].value
    return total


def reads(client: firestore.Client) -> Answers:
    """Everything that FACOT reads, and the ways in which its screens filter and page."""
    invoices = client.collection("invoices")
    issued = invoices.where(filter=equal("company_id", 1)).where(filter=equal("invoice_type", "emitida"))
    by_number = issued.order_by("invoice_number")
    page = list(by_number.limit(4).stream())
    either = Or([equal("invoice_type", "gasto"), FieldFilter("total_amount", ">", 50_000.0)])
    return {
        "roots": sorted(collection.id for collection in client.collections()),
        "all": snapshots(invoices.stream()),
        "by number": snapshots(by_number.stream()),
        "next page": snapshots(by_number.start_after(page[-1]).limit(4).stream()),
        "page by value": snapshots(
            by_number.start_at({"invoice_number": page[1].get("invoice_number")}).stream()
        ),
        "last": snapshots(by_number.limit_to_last(3).get()),
        "dates": snapshots(invoices.where(filter=FieldFilter("invoice_date", ">=", "2024-06-01")).stream()),
        "amounts": snapshots(
            invoices.where(filter=FieldFilter("total_amount", ">", 10_000.0))
            .order_by("total_amount", direction="DESCENDING")
            .limit(7)
            .stream()
        ),
        "in": snapshots(invoices.where(filter=FieldFilter("invoice_type", "in", ["gasto", "x"])).stream()),
        "or": snapshots(invoices.where(filter=either).stream()),
        "group": snapshots(client.collection_group("items").stream()),
        "lines": snapshots(page[0].reference.collection("items").order_by("description").stream()),
        "one": plain(page[0].reference.get().to_dict()),
        "some": sorted(
            (one.reference.path, one.exists)
            for one in client.get_all([page[0].reference, client.document("invoices/none")])
        ),
        "count": count(issued),
        "counters": snapshots(client.collection("sequences").stream()),
        "configurations": snapshots(client.collection("ncf_sequence_configs").stream()),
        "names": snapshots(client.collection("companies").select(["name"]).stream()),
        "listed": sorted(reference.id for reference in invoices.list_documents()),
    }


def writes(client: firestore.Client) -> Answers:
    """A working day: an invoice with its lines, the counter, a correction, a deletion."""
    tried: list[bool] = []
    sequence = client.document("sequences/prueba")
    sequence.set({"current": 41})
    invoice = client.document("invoices/nueva")

    @firestore.transactional
    def issue(transaction: firestore.Transaction) -> int:
        tried.append(True)
        current: int = sequence.get(transaction=transaction).get("current") + 1
        transaction.update(sequence, {"current": current, "at": firestore.SERVER_TIMESTAMP})
        transaction.create(invoice, {"ncf": f"B01{current:08}", "tags": ["a"], "total": 1})
        return current

    number = issue(client.transaction())
    batch = client.batch()
    for line in range(3):
        batch.set(invoice.collection("items").document(str(line)), {"line": line})
    batch.update(invoice, {"total": firestore.Increment(2.5), "tags": firestore.ArrayUnion(["b"])})
    batch.delete(client.document("companies/2"))
    batch.commit()
    invoice.set({"client": {"name": "Peña"}}, merge=True)
    invoice.update({"client.rnc": "131", "tags": firestore.ArrayRemove(["a"])})
    return {
        "number": number,
        "tried": len(tried),
        "invoice": invoice.get().to_dict(),
        "lines": snapshots(invoice.collection("items").stream()),
        "tagged": [
            one.id
            for one in client.collection("invoices")
            .where(filter=FieldFilter("tags", "array_contains", "b"))
            .stream()
        ],
        "current": sequence.get(["current"]).to_dict(),
        "companies": [one.id for one in client.collection("companies").stream()],
        "refused": [_refusal(act) for act in _refused(client, invoice)],
    }


def _refused(client: firestore.Client, invoice: Any) -> list[Callable[[], Any]]:
    return [
        lambda: invoice.create({}),
        lambda: client.document("invoices/none").update({"n": 1}),
        lambda: client.document("invoices/x").set({"__x__": 1}),
    ]


def _refusal(act: Callable[[], Any]) -> str:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - its kind is what is compared
        return type(error).__name__
    return "done"


def test_reads(clients: tuple[firestore.Client, firestore.Client]) -> None:
    original, served = map(reads, clients)
    for what, answer in original.items():
        assert served[what] == answer, what
        assert answer, f"nothing is compared: {what}"


def test_writes(clients: tuple[firestore.Client, firestore.Client]) -> None:
    original, served = map(writes, clients)
    assert served == original
    assert served["invoice"]["total"] == 3.5
    assert served["refused"] == ["AlreadyExists", "NotFound", "InvalidArgument"]


def test_two_transactions_do_not_lose_a_number(clients: tuple[firestore.Client, firestore.Client]) -> None:
    """The one that comes second is told to try again, and does, by the client itself."""
    client = clients[1]
    sequence = client.document("sequences/doble")
    sequence.set({"current": 0})
    seen: list[int] = []

    @firestore.transactional
    def issue(transaction: firestore.Transaction) -> int:
        current: int = sequence.get(transaction=transaction).get("current")
        if not seen:
            seen.append(current)
            sequence.set({"current": 10})
        transaction.update(sequence, {"current": current + 1})
        return current + 1

    assert issue(client.transaction()) == 11
    assert sequence.get().to_dict() == {"current": 11}
