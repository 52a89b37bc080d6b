"""Names on both servers: which are refused, in which order they come, what lists and ranges make of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings

from facot_backups.emulator import keys
from facot_backups.emulator.load import delete_documents
from facot_backups.model import DocumentPath, path_key
from tests.emulator.rpc import BY_NAME, EVERYTHING, Raw, both, name_filter, raw
from tests.emulator.strategies import databases
from tests.support.servers import FirestoreServer

ACCEPTED = [
    "a", "__id7__", "__id-7__", "__id9223372036854775807__", "__id-9223372036854775808__",
    "__", "___", "____", "_", "...", "a" * 1500, "ñ" * 750, "a\0b", "a\nb", "\x7f", "\uffff", " ", "a%2Fb",
    "__x", "x__",
]  # fmt: skip
REFUSED = [
    "", ".", "..", "__x__", "__id__", "__idx__", "__id07__", "__id-0__", "__id0__",
    "__id9223372036854775808__", "a" * 1501, "ñ" * 751, "__\n__", "__\0__",
]  # fmt: skip
FIRST, PAST = "{}/__id-9223372036854775808__", "{}\0/__id-9223372036854775808__"


def test_ids_that_are_accepted(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        assert server.batch(*[server.write(f"c/{id_}") for id_ in ACCEPTED]) == [0] * len(ACCEPTED)
        roots = [id_ for id_ in ACCEPTED if not id_.startswith("__id")]
        assert server.batch(*[server.write(f"{id_}/x") for id_ in roots]) == [0] * len(roots)


@pytest.mark.parametrize("id_", REFUSED)
def test_ids_that_are_refused(firestore_server: FirestoreServer, id_: str) -> None:
    with raw(firestore_server) as server:
        assert server.batch(server.write(f"c/{id_}")) == "INVALID_ARGUMENT"
        assert server.batch(server.write(f"{id_}/x")) == "INVALID_ARGUMENT"
        # The emulator looks for an id that is only too long, and finds nothing.
        assert server.fields(f"c/{id_}") in ("INVALID_ARGUMENT", "NOT_FOUND")


@pytest.mark.parametrize("path", ["c", "c/a/b", "c//a", "/c/a", "c/a/", "__id7__/x"])
def test_paths_that_are_refused(firestore_server: FirestoreServer, path: str) -> None:
    with raw(firestore_server) as server:
        assert server.commit(server.write(path)) == "INVALID_ARGUMENT"


def test_deep_paths(firestore_server: FirestoreServer) -> None:
    with raw(firestore_server) as server:
        deep = "/".join(["c", "d"] * 40)
        assert server.batch(server.write(deep)) == [0]
        assert server.paths(**EVERYTHING) == [deep]


@pytest.mark.slow
@settings(max_examples=40)
@given(database=databases)
@example(database=[("a", "0"), ("\ue000", "0"), ("\U00010000", "0")])
def test_order_lists_and_ranges(firestore_server: FirestoreServer, database: list[DocumentPath]) -> None:
    """Against a model: the documents sorted by `path_key`, everything else computed from that."""
    here = firestore_server.fresh()
    here.write([("/".join(path), {}) for path in database])
    ordered = sorted(database, key=path_key)
    with raw(here) as server:
        assert server.paths(**EVERYTHING) == ["/".join(path) for path in ordered]
        assert server.count(**EVERYTHING) == len(ordered)
        roots = sorted({path[0] for path in database})
        # The emulator lists them in the order of UTF-16, all else in that of UTF-8.
        assert sorted(server.call("ListCollectionIds", parent=server.top).collection_ids) == roots
        # The range's end, one character longer than the id, must be an id too.
        for root in [root for root in roots if len(root.encode()) < 1500][:3]:
            inside = ["/".join(path) for path in ordered if path[0] == root]
            assert server.paths(**EVERYTHING, **BY_NAME, **_range(server, root)) == inside
            assert server.count(**EVERYTHING, **_range(server, root)) == len(inside)
            _check_children(server, ordered, root)
        for path in ordered[:4]:
            rest = ["/".join(other) for other in ordered if path_key(other) > path_key(path)]
            start = {"values": [server.ref("/".join(path))], "before": False}
            assert server.paths(**EVERYTHING, **BY_NAME, start_at=start) == rest


def _range(server: Raw, root: str) -> dict[str, Any]:
    low, high = server.ref(FIRST.format(root)), server.ref(PAST.format(root))
    return {"where": both(name_filter(4, low), name_filter(1, high))}


def _check_children(server: Raw, ordered: list[DocumentPath], root: str) -> None:
    """The documents directly in a root collection, with and without those that do not exist."""
    existing = [path[1] for path in ordered if path[0] == root and len(path) == 2]
    shown = list(dict.fromkeys(path[1] for path in ordered if path[0] == root))
    for show_missing, wanted in ((False, existing), (True, shown)):
        answer = server.call(
            "ListDocuments",
            parent=server.top,
            collection_id=root,
            show_missing=show_missing,
            page_size=100,
        )
        assert [document.name.rpartition("/")[2] for document in answer.documents] == wanted
        missing = [d.name for d in answer.documents if not d.HasField("create_time")]
        assert len(missing) == len(wanted) - len(existing)


@settings(max_examples=200)
@given(database=databases)
def test_keys_order_as_the_model_does(database: list[DocumentPath]) -> None:
    by_key = sorted(database, key=lambda path: keys.key("/".join(path)))
    assert by_key == sorted(database, key=path_key)


def test_pages_of_lists(firestore_server: FirestoreServer) -> None:
    """A full page carries a token, also when nothing follows."""
    firestore_server.write([(f"{root}/{number}", {}) for root in "abc" for number in range(3)])
    with raw(firestore_server) as server:
        token = ""
        seen: list[str] = []
        for _ in range(4):
            answer = server.call("ListCollectionIds", parent=server.top, page_size=1, page_token=token)
            token, seen = answer.next_page_token, [*seen, *answer.collection_ids]
        assert seen == ["a", "b", "c"]
        assert token == ""
        arguments = {"parent": server.top, "collection_id": "a", "page_size": 3}
        first = server.call("ListDocuments", **arguments)
        assert len(first.documents) == 3
        second = server.call("ListDocuments", **arguments, page_token=first.next_page_token)
        assert (len(second.documents), second.next_page_token) == (0, "")
        assert server.call("ListDocuments", **(arguments | {"page_size": -1})) == "INVALID_ARGUMENT"
        assert server.call("ListCollectionIds", parent=server.top, page_size=-1) == "INVALID_ARGUMENT"
        assert server.call("ListCollectionIds", parent=server.name("a")) == "INVALID_ARGUMENT"


def test_page_of_a_list_by_default(firestore_server: FirestoreServer) -> None:
    firestore_server.write([(f"a/{number}", {}) for number in range(200)])
    with raw(firestore_server) as server:
        assert len(server.call("ListDocuments", parent=server.top, collection_id="a").documents) == 30
        most = server.call("ListDocuments", parent=server.top, collection_id="a", page_size=1000)
        assert len(most.documents) == 150


def test_deleted_documents_leave_no_trace_but_their_children(firestore_server: FirestoreServer) -> None:
    here = firestore_server
    here.write([("a/1", {}), ("a/1/b/1", {}), ("a/2", {}), ("c/1", {})])
    delete_documents(here.host, ["a/1", "a/2", "c/1"], here.project)
    with raw(here) as server:
        assert server.paths(**EVERYTHING) == ["a/1/b/1"]
        assert list(server.call("ListCollectionIds", parent=server.top).collection_ids) == ["a"]
        assert list(server.call("ListCollectionIds", parent=server.name("a/1")).collection_ids) == ["b"]
        assert list(server.call("ListCollectionIds", parent=server.name("a/2")).collection_ids) == []
