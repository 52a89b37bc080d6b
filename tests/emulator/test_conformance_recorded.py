"""Queries of all kinds, held to what Google's emulator answered."""

from __future__ import annotations

import json

import pytest

from tests.emulator import recorded
from tests.emulator.rpc import raw
from tests.support.servers import FirestoreServer


@pytest.mark.slow
def test_recorded_queries(firestore_server: FirestoreServer) -> None:
    firestore_server.write(recorded.documents())
    wanted = json.loads(recorded.RECORD.read_text())
    with raw(firestore_server) as server:
        found = recorded.answers(server)
    differing = [
        (query, given, right)
        for query, given, right in zip(recorded.queries(), found, wanted, strict=True)
        if given != right
    ]
    assert not differing, f"{len(differing)} differ, the first: {differing[0]}"
