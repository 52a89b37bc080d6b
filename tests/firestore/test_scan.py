"""A scan yields every document of its scope, once, in name order, at one instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.emulator.load import delete_documents
from facot_backups.errors import FirestoreUnavailable
from facot_backups.events import Event
from facot_backups.firestore import check
from facot_backups.firestore import requests as requests_module
from facot_backups.firestore import walk as walk_module
from facot_backups.firestore.check import count, count_collection, list_collections, same_fields, spot_check
from facot_backups.firestore.columns import Columns
from facot_backups.firestore.connection import Connection
from facot_backups.firestore.encode import encode_document
from facot_backups.firestore.names import documents_root
from facot_backups.firestore.requests import Requests
from facot_backups.firestore.scan import Scan
from facot_backups.firestore.walk import Walk
from facot_backups.model import EVERYTHING, Document, DocumentPath, Scope, Source, path_key
from facot_backups.protocol import Message, Value
from tests.firestore.conftest import connect_to
from tests.firestore.faulty import Faulty, ManualClock
from tests.support import values
from tests.support.servers import FirestoreServer
from tests.support.values import canonical_bytes

CLOCK = ManualClock()
ONE = {"n": values.value("integer_value", 1)}
PATHS = (
    "invoices/1",
    "invoices/1/items/0",
    "invoices/1/items/1",
    "invoices/1/items/10",
    "invoices/1/items/2",
    "invoices/1/notas/a/lotes/b/c/d",
    "invoices/2",
    "invoices/huerfana/items/0",
    "Invoices/1",
    "INVOICES/1",
    "sequences/1ncfB01",
    "a/__id10__",
    "a/__id7__",
    "a/__id-3__",
    "a/7",
    "a:b/x",
    "a%3Ab/x",
    "a!/x",
    "a/a!/b/c",
    "solo_huerfanos/nadie/items/0",
    "ñandú/" + "x" * 1500,
    "ñandú/" + "x" * 1499 + "y",
    "z" * 1500 + "/1",
    "z" * 1499 + "{/1",
)


def paths_of(names: tuple[str, ...] = PATHS) -> list[DocumentPath]:
    """The paths in Firestore's order."""
    return sorted((tuple(name.split("/")) for name in names), key=path_key)


def fill(server: FirestoreServer, names: tuple[str, ...] = PATHS, database: str = "(default)") -> None:
    """Put a small document at each path."""
    server.write([(name, ONE) for name in names], database)


def scanned(connection: Connection, scope: Scope = EVERYTHING, page_size: int = 20_000) -> list[Document]:
    """What a scan yields, after checking that it found nothing wrong."""
    scan = Scan(connection, scope, clock=CLOCK, page_size=page_size)
    documents = list(scan)
    assert (scan.unreadable, scan.stopped, scan.expired) == ({}, None, False)
    assert scan.read_time is not None
    return documents


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, len(PATHS), len(PATHS) + 1, 20_000])
def test_everything_in_name_order_whatever_the_page(
    firestore_server: FirestoreServer, connection: Connection, page_size: int
) -> None:
    fill(firestore_server)
    scan = Scan(connection, clock=CLOCK, page_size=page_size)
    documents = list(scan)
    assert [document.path for document in documents] == paths_of()
    assert all(document.fields == {"n": 1} and document.update_time > 0 for document in documents)
    assert len(PATHS) <= scan.reads <= len(PATHS) + 1


def test_an_empty_database_has_an_instant_too(connection: Connection) -> None:
    for scope, queries in ((EVERYTHING, 1), (Scope(("invoices", "items")), 2)):
        scan = Scan(connection, scope, clock=CLOCK)
        assert list(scan) == [] and scan.reads == queries  # an empty answer is billed too
    assert list_collections(connection, clock=CLOCK) == []
    assert count(connection, EVERYTHING, clock=CLOCK).total == 0


def test_a_named_database_is_another_one(firestore_server: FirestoreServer) -> None:
    fill(firestore_server, ("a/1",))
    fill(firestore_server, ("b/1", "b/2"), "segunda")
    with connect_to(firestore_server, "segunda") as named, connect_to(firestore_server) as default:
        assert [document.path for document in scanned(named)] == [("b", "1"), ("b", "2")]
        assert [document.path for document in scanned(default)] == [("a", "1")]
        assert named.source.database == "segunda"


SCOPES = (
    Scope(("invoices",)),
    Scope(("Invoices", "a", "no existe", "z" * 1500)),
    Scope(("a",), exclude=("a",)),
    Scope(exclude=("invoices",)),
    Scope(exclude=("a", "invoices", "z" * 1500, "no existe")),
    Scope((), (("invoices", "1"), ("invoices", "huerfana"), ("a", "__id7__"), ("a", "__id-3__"))),
    Scope((), (("invoices", "1"), ("invoices", "1", "items", "10"), ("ñandú", "x" * 1500))),
    Scope((), (("invoices", "1", "notas", "a"), ("invoices", "1", "items", "1"), ("a", "no"))),
    Scope((), (("a", "7"), ("invoices", "2")), exclude=("a",)),
)


@pytest.mark.parametrize("scope", SCOPES, ids=range(len(SCOPES)))
def test_a_scope_is_honoured_exactly(
    firestore_server: FirestoreServer, connection: Connection, scope: Scope
) -> None:
    fill(firestore_server)
    expected = [path for path in paths_of() if scope.includes(path)]
    assert [document.path for document in scanned(connection, scope)] == expected
    assert [document.path for document in scanned(connection, scope, page_size=1)] == expected
    assert count(connection, scope, clock=CLOCK).total == len(expected)


def test_what_is_written_meanwhile_is_not_seen(
    firestore_server: FirestoreServer, connection: Connection
) -> None:
    fill(firestore_server)
    scan = Scan(connection, clock=CLOCK, page_size=2)
    seen = []
    for number, document in enumerate(scan):
        seen.append(document)
        firestore_server.write([(f"invoices/nueva{number}", ONE), ("sequences/1ncfB01", {})])
    assert [document.path for document in seen] == paths_of()
    assert all(document.fields == {"n": 1} for document in seen)
    moment = scan.read_time
    again = Scan(connection, clock=CLOCK, read_time=moment)
    assert list(again) == seen
    assert again.read_time == moment
    assert count(connection, EVERYTHING, moment, clock=CLOCK).total == len(seen)
    assert count(connection, EVERYTHING, clock=CLOCK).total == 2 * len(seen)


def test_counts_and_collections(
    firestore_server: FirestoreServer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(firestore_server)
    roots = {path[0] for path in paths_of()}
    monkeypatch.setattr(requests_module, "_PAGE", 3)
    moment = Requests(connection, CLOCK, lambda _event: None).instant()
    firestore_server.write([("nueva/1", ONE)])
    assert list_collections(connection, moment, clock=CLOCK) == sorted(roots)
    assert list_collections(connection, clock=CLOCK) == sorted({*roots, "nueva"})
    counted = count(connection, EVERYTHING, moment, clock=CLOCK)
    assert (counted.total, counted.reason, counted.reads) == (len(PATHS), None, 1)
    assert counted.read_time is not None
    monkeypatch.setattr(check, "_ENTRIES_PER_READ", 10)
    assert count(connection, EVERYTHING, moment, clock=CLOCK).reads == -(-len(PATHS) // 10)
    numbers = {root: count_collection(connection, root, None, clock=CLOCK).total for root in roots}
    assert numbers == {root: sum(path[0] == root for path in paths_of()) for root in roots}


def test_the_spot_check_sees_any_difference(
    firestore_server: FirestoreServer, connection: Connection
) -> None:
    fields = {
        "cero": values.value("double_value", -0.0),
        "nan": values.value("double_value", float("nan")),
        "n": values.value("integer_value", 1),
    }
    firestore_server.write([(f"a/{number}", fields) for number in range(5)])
    scan = Scan(connection, clock=CLOCK)
    documents = list(scan)
    assert scan.read_time is not None
    firestore_server.write([("a/0", {})])
    good = spot_check(connection, documents, scan.read_time, clock=CLOCK)
    assert (good.compared, good.differing, good.reads) == (5, (), 5)
    for changed in ({"cero": 0.0}, {"n": 1.0}, {"n": 2}, {"m": 1}, {"nan": "NaN "}):
        spoilt = documents[1]._replace(fields=documents[1].fields | changed)
        result = spot_check(connection, [documents[0], spoilt], scan.read_time, clock=CLOCK)
        assert result.differing == (("a", "1"),)
    absent = documents[1]._replace(path=("a", "ausente"))
    assert spot_check(connection, [absent], scan.read_time, clock=CLOCK).differing == (absent.path,)
    assert spot_check(connection, [], scan.read_time, clock=CLOCK).compared == 0


def test_a_count_beside_a_scan(firestore_server: FirestoreServer, connection: Connection) -> None:
    firestore_server.write([(f"a/{number}", ONE) for number in range(500)])
    scan = Scan(connection, clock=CLOCK, page_size=100)
    documents = iter(scan)
    next(documents)
    moment = scan.read_time
    assert moment is not None
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count, connection, EVERYTHING, moment, clock=CLOCK)
        assert sum(1 for _ in documents) == 499
        assert counting.result().total == 500


def test_walking_yields_the_same(
    firestore_server: FirestoreServer, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk_module, "_PAGE", 2)
    fill(firestore_server)
    requests = Requests(connection, CLOCK, lambda _event: None)
    before, moment = scanned(connection), requests.instant()
    firestore_server.write([("invoices/3", ONE), ("invoices/1/items/3", ONE), ("invoices/2/notas/1", ONE)])
    gone = ["invoices/1/notas/a/lotes/b/c/d", "solo_huerfanos/nadie/items/0", "invoices/2"]
    delete_documents(firestore_server.host, gone, firestore_server.project)
    walk = Walk(connection, requests, moment, None)
    walked = [d for root in list_collections(connection, moment, clock=CLOCK) for d in walk.read(root)]
    assert walked == before
    reads = requests.reads
    assert list(walk.read("vacía")) == [] and requests.reads == reads + 1


def test_columns_are_of_one_collection_and_a_few_fields(
    firestore_server: FirestoreServer, connection: Connection, clock: ManualClock
) -> None:
    fill(firestore_server)
    firestore_server.write([("invoices/1", ONE | {"m": ONE["n"]}), ("a/7/invoices/7", ONE)])
    moment = Requests(connection, clock, lambda _event: None).instant()
    firestore_server.write([("invoices/9", ONE)])
    columns = Columns(connection, "invoices", ("n",), moment, clock, lambda _event: None)
    assert columns.count() == 2
    found = [(document.path[1], document.fields) for document in columns]
    assert found == [("1", {"n": 1}), ("2", {"n": 1})] and columns.reads == 3

    def alter(_request: Message, _number: int, response: Message) -> None:
        response.document.fields["raro"].CopyFrom(Value())

    odd = Columns(Faulty(connection, clock, alter=alter), "invoices", ("n",), None, clock, lambda _: None)
    with pytest.raises(FirestoreUnavailable, match="Actualice"):
        list(odd)


def test_progress_is_told_and_may_interrupt(
    firestore_server: FirestoreServer, connection: Connection
) -> None:
    firestore_server.write([(f"a/{number}", {}) for number in range(3000)])
    events: list[Event] = []
    assert len(list(Scan(connection, clock=CLOCK, emit=events.append))) == 3000
    assert [getattr(event, "documents", 0) for event in events] == [1024, 2048]

    def stop(_event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(Scan(connection, clock=CLOCK, emit=stop))
    assert len(scanned(connection)) == 3000


def check_database(server: FirestoreServer, contents: dict[DocumentPath, Message], page_size: int) -> None:
    """Write, scan, and compare at the protobuf level."""
    server.write([("/".join(path), message.fields) for path, message in contents.items()])
    with connect_to(server) as connection:
        documents = scanned(connection, page_size=page_size)
        assert [document.path for document in documents] == sorted(contents, key=path_key)
        for document in documents:
            original = contents[document.path]
            assert canonical_bytes(encode_document(document, connection.root)) == canonical_bytes(original)
            assert same_fields(document, original, connection.root)


@pytest.mark.slow
@settings(max_examples=30)
@given(data=st.data())
def test_any_database_comes_back_through_a_server(
    firestore_server: FirestoreServer, data: st.DataObject
) -> None:
    server = firestore_server.fresh()
    root = documents_root(Source(server.project))
    contents = data.draw(values.databases(root))
    check_database(server, contents, data.draw(st.sampled_from([1, 3, 20_000])))


@pytest.mark.parametrize("arrays", [False, True])
def test_a_server_takes_what_the_codec_takes(firestore_server: FirestoreServer, arrays: bool) -> None:
    leaf = values.value("double_value", float("nan"))
    message = values.document({"a": values.deepest(leaf, arrays=arrays), "n" * 1500: leaf})
    message.fields["m"].CopyFrom(values.array([values.mapping({"n" * 1498: leaf})]))
    check_database(firestore_server, {("a", "b"): message}, 20_000)
