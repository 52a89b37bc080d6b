"""Restores on every server that this machine has."""

from __future__ import annotations

from pathlib import Path

from facot_backups.local.sample import Business, documents
from facot_backups.operations.verify import verify
from tests.operations.restores import give_back, scope_of, world_in
from tests.support.servers import FirestoreServer


def test_the_sample_business_comes_back(firestore_server: FirestoreServer, tmp_path: Path) -> None:
    world = world_in(firestore_server, tmp_path)
    firestore_server.write(documents(Business(invoices=40, project=firestore_server.project)))
    before = world.stored()
    world.back_up()
    for path in list(before)[::3]:
        world.delete("/".join(path))
    world.write("invoices/otra", n=1)
    mangled = world.stored()

    report = give_back(world, mode="mirror")

    assert report.exit_code == 0, report
    assert world.stored() == before
    kept = world.store().find(report.pre_restore or "")
    assert verify(kept).sound
    undone = give_back(world, str(kept.name))
    assert undone.exit_code == 0, undone
    assert world.stored() == mangled
