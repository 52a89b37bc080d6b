"""The servers that tests run against can be filled by our loader and read by Google's client."""

from __future__ import annotations

from facot_backups.emulator.encode import fields
from tests.support.servers import FirestoreServer


def test_google_client_reads_what_the_loader_wrote(firestore_server: FirestoreServer) -> None:
    assert firestore_server.write([("a/1", fields({"n": 1})), ("a/1/b/2", fields({"t": "ñ"}))]) == 2
    client = firestore_server.client()
    assert {snapshot.id: snapshot.to_dict() for snapshot in client.collection("a").stream()} == {
        "1": {"n": 1}
    }
    assert client.document("a/1/b/2").get().to_dict() == {"t": "ñ"}


def test_a_fresh_project_is_empty(firestore_server: FirestoreServer) -> None:
    firestore_server.write([("a/1", fields({}))])
    assert list(firestore_server.fresh().client().collections()) == []
