"""What a restore writes, on every server that this machine has, against a model that fits on a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facot_backups.emulator.sample import Business, documents
from facot_backups.firestore.encode import encode_document
from facot_backups.model import DocumentPath, Scope
from facot_backups.operations.fiscal.counters import COUNTER_COLLECTIONS
from facot_backups.operations.restore.plan import MODES
from facot_backups.operations.verification.verify import verify
from tests.end_to_end.world import World
from tests.operations.restores import (
    Stored,
    another,
    edit,
    give_back,
    mangled,
    plan_of,
    put,
    remove,
    take_back,
    world_in,
)
from tests.support.servers import FirestoreServer
from tests.support.values import canonical_bytes, databases


def but_counters(stored: Stored) -> Stored:
    return {path: data for path, data in stored.items() if path[0] not in COUNTER_COLLECTIONS}


@pytest.mark.slow
def test_the_sample_business_comes_back(firestore_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(firestore_server, tmp_path)
    firestore_server.write(documents(Business(invoices=40, project=firestore_server.project)))
    before = world.stored()
    world.back_up()
    remove(world, *list(before)[::3])
    world.write("invoices/otra", n=1)
    mangled = world.stored()

    report = give_back(world, mode="mirror", guard=True)

    assert report.exit_code == 0, report
    assert world.stored() == before
    undone = give_back(world, report.pre_restore or "", guard=True)
    assert undone.exit_code == 0, undone
    # Counters that the restore created are not deleted: that would be going back.
    assert but_counters(world.stored()) == but_counters(mangled)
    assert any("conservado" in note for note in undone.notes)


def expected(live: Stored, backup: Stored, mode: str, scope: Scope) -> Stored:
    """The model: what is to be there after a restore."""
    given = {path: data for path, data in backup.items() if scope.includes(path)}
    if mode == "missing":
        return {**given, **live}
    if mode == "mirror":
        return {path: data for path, data in live.items() if not scope.includes(path)} | given
    return {**live, **given}


def scopes(paths: list[DocumentPath]) -> st.SearchStrategy[Scope]:
    """All, or collections and documents that are there."""
    if not paths:
        return st.just(Scope())
    ids, documents = st.sampled_from(sorted({path[0] for path in paths})), st.sampled_from(sorted(paths))
    collections = st.lists(ids, unique=True, min_size=1, max_size=3)
    roots = st.lists(documents, unique=True, min_size=1, max_size=3)
    return st.one_of(
        st.just(Scope()),
        collections.map(lambda found: Scope(collections=tuple(found))),
        roots.map(lambda found: Scope(collections=(), documents=tuple(found))),
        st.builds(lambda c, d: Scope(collections=(c,), documents=(d,)), ids, documents),
    )


def check(world: World, data: st.DataObject, size: int) -> None:
    """A backup, edits, a restore, its undo, and the undo of that."""
    database = data.draw(databases(world.root, max_size=size))
    put(world, database)
    world.back_up()
    backup = world.stored()
    edit(world, data.draw(mangled(world.root, database)))
    live = world.stored()
    mode = data.draw(st.sampled_from(MODES))
    scope = data.draw(scopes(list(backup)))
    wanted = expected(live, backup, mode, scope)

    report = give_back(world, mode=mode, scope=scope)

    assert (report.exit_code, report.edited, report.notes) == (0, (), ())
    assert world.stored() == wanted
    assert report.written == sum(live.get(path) != wanted.get(path) for path in live.keys() | wanted.keys())
    if report.pre_restore is None:
        assert report.written == 0
        return
    assert verify(world.store().find(report.pre_restore)).problems == ()
    undone = take_back(world, report)
    assert (undone.exit_code, undone.written) == (0, report.written)
    assert world.stored() == live
    again = take_back(world, undone)
    assert again.exit_code == 0
    assert world.stored() == wanted


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_each_mode_does_what_the_model_says(
    firestore_server: FirestoreServer, tmp_path: Path, data: st.DataObject
) -> None:
    check(another(firestore_server, tmp_path), data, 15)


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_references_follow_to_another_database(
    firestore_server: FirestoreServer, tmp_path: Path, data: st.DataObject
) -> None:
    world = another(firestore_server, tmp_path)
    put(world, data.draw(databases(world.root, max_size=12)))
    backup = world.back_up()
    there = World(firestore_server.fresh(), world.folder, world.state, None)

    report = give_back(there, into_project=there.server.project, mode="mirror")

    assert report.exit_code == 0
    assert there.stored() == {
        document.path: canonical_bytes(encode_document(document, there.root))
        for collection in backup.proven().files
        for document in backup.documents(collection)
        if document.mark is None
    }


def test_a_plan_writes_nothing(memory_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/1", "a/2", "b/1/c/2")
    world.back_up()
    world.write("a/1", n=2)
    world.write("a/3")
    remove(world, ("b", "1", "c", "2"))
    before, ledger = world.stored(), world.ledger()

    with plan_of(world, mode="mirror") as plan:
        found = [(entry.action, "/".join(entry.path)) for entry in plan.in_name_order()]
        changed = next(entry for entry in plan.in_name_order() if entry.action == "change")
        fields = [(f.path, f.old and f.old.value, f.new and f.new.value) for f in plan.field_changes(changed)]

    assert found == [("change", "a/1"), ("delete", "a/3"), ("create", "b/1/c/2")]
    assert fields == [(("n",), 2, 1)]
    assert (plan.counts["a"].equal, plan.writes) == (1, 3)
    assert (world.stored(), world.ledger()) == (before, ledger)
    assert world.leftovers() == []


def test_missing_documents_are_deleted_by_a_mirror_and_what_is_below_stays(
    firestore_server: FirestoreServer, tmp_path: Path
) -> None:
    world = world_in(firestore_server, tmp_path)
    world.write("invoices/1/items/0")
    world.back_up()
    before = world.stored()
    world.write("invoices/1")

    report = give_back(world, mode="mirror")

    assert (report.exit_code, report.deleted) == (0, 1)
    assert world.stored() == before


def test_a_pre_restore_says_what_was_not_there_and_what_was_not_read(
    memory_server: FirestoreServer, tmp_path: Path
) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/1", "a/1/b/1", "a/2/b/1", "c/1")
    world.back_up()
    remove(world, ("a", "1"))
    world.write("a/1/b/1", "a/2/b/1", n=2)

    report = give_back(world)
    kept = world.store().find(report.pre_restore or "")

    found = [(document.path, document.mark) for document in kept.documents("a")]
    assert found == [
        (("a", "1"), "missing"),
        (("a", "1", "b", "1"), None),
        (("a", "2"), "unread"),
        (("a", "2", "b", "1"), None),
    ]
    assert verify(kept).sound


def test_a_restore_that_only_creates_can_be_undone(memory_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/1", "a/1/b/1")
    world.back_up()
    remove(world, *world.stored())

    report = give_back(world)
    assert report.pre_restore is not None
    undone = take_back(world, report)

    assert (report.created, undone.deleted) == (2, 2)
    assert world.stored() == {}


def test_nothing_to_write_makes_no_pre_restore(memory_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(memory_server, tmp_path)
    world.write("a/1")
    world.back_up()
    published = world.published()

    report = give_back(world)

    assert (report.exit_code, report.pre_restore, report.written) == (0, None, 0)
    assert world.published() == published
    assert world.outcomes()[-1] == "COMPLETE"
