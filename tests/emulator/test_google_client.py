"""Google's own client does its daily work on both servers alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from facot_backups.emulator import sample
from facot_backups.emulator.sample import Business
from tests.support.servers import FirestoreServer


@pytest.fixture
def client(firestore_server: FirestoreServer) -> Iterator[firestore.Client]:
    """A client of a database that holds a small business."""
    sample.write(firestore_server.host, Business(invoices=40, project=firestore_server.project))
    yield firestore_server.client()


def count(query: Any) -> int:
    total: int = query.count().get()[0][0].value
    return total


def ids(query: Any) -> list[str]:
    return [snapshot.id for snapshot in query.stream()]


def test_queries_as_facot_makes_them(client: firestore.Client) -> None:
    invoices = client.collection("invoices")
    issued = invoices.where(filter=FieldFilter("invoice_type", "==", "emitida"))
    numbers = [snapshot.get("invoice_number") for snapshot in issued.order_by("invoice_number").stream()]
    assert numbers == sorted(numbers)
    assert len(numbers) > 20
    high = issued.where(filter=FieldFilter("total_amount_rd", ">", 20_000.0)).stream()
    assert all(snapshot.get("total_amount_rd") > 20_000 for snapshot in high)
    last = issued.order_by("invoice_number").limit_to_last(3).get()
    assert [snapshot.get("invoice_number") for snapshot in last] == numbers[-3:]
    first = issued.order_by("invoice_number").limit(5)
    rest = issued.order_by("invoice_number").start_after(list(first.stream())[-1])
    assert [snapshot.get("invoice_number") for snapshot in rest.stream()] == numbers[5:]
    assert count(issued) == len(numbers)
    names = invoices.select(["ncf"]).limit(2).get()
    assert all(set(snapshot.to_dict() or {}) == {"ncf"} for snapshot in names)


def test_collections_and_groups(client: firestore.Client) -> None:
    roots = {collection.id for collection in client.collections()}
    assert {"invoices", "sequences", "entregas"} <= roots
    assert "clients" not in roots
    existing = set(ids(client.collection("invoices")))
    listed = {reference.id for reference in client.collection("invoices").list_documents()}
    assert listed > existing, "list_documents names the parents that are gone"
    lines = count(client.collection_group("items"))
    assert lines > len(existing)
    some = sorted(existing)[0]
    below = [collection.id for collection in client.document(f"invoices/{some}").collections()]
    assert below == ["items"]


def test_writes(client: firestore.Client) -> None:
    batch = client.batch()
    batch.set(client.document("clients/1"), {"name": "Ñandú"})
    batch.delete(client.document("companies/2"))
    batch.commit()
    reference = client.collection("clients").add({"name": "otro"})[1]
    asked = [client.document("clients/1"), client.document("companies/2"), reference]
    found = {snapshot.id: snapshot.exists for snapshot in client.get_all(asked)}
    assert found == {"1": True, "2": False, reference.id: True}


def test_recursive_delete_and_bulk_writer(client: firestore.Client) -> None:
    assert client.recursive_delete(client.collection("invoices")) > 40
    assert ids(client.collection("invoices")) == []
    writer: Any = client.bulk_writer()
    for number in range(50):
        writer.set(client.document(f"templates/{number}"), {"n": number})
    writer.close()
    assert len(ids(client.collection("templates"))) == 50
