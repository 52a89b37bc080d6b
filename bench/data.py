"""The documents that are measured: the sample business, as it is, several times over, or below one parent."""

from __future__ import annotations

from collections.abc import Iterator

from facot_backups import protocol
from facot_backups.emulator import sample
from facot_backups.emulator.sample import Business
from facot_backups.model import path_key

PROJECT = "bench-facot"


def business(documents: int) -> Business:
    """The sample business with about so many documents: the same on every machine."""
    return sample.of_size(documents, project=PROJECT)


def many_documents(
    documents: int, copies: int, one_parent: int, changed: int = 0
) -> Iterator[tuple[str, bytes]]:
    """(relative path, serialized fields) in Firestore's name order.

    The sample business of about `documents` documents, `copies` times in root collections of other names;
    where `one_parent` is not 0, instead so many documents `invoices/1/items/…`. Where `changed` is not 0,
    one document in so many has one field more.
    """
    more = protocol.Document(fields={"cambio": protocol.Value(boolean_value=True)}).SerializeToString()
    rows = [
        (tuple(path.split("/")), protocol.Document(fields=fields).SerializeToString())
        for path, fields in sample.documents(business(documents))
    ]
    rows.sort(key=lambda row: path_key(row[0]))
    bodies = [body for path, body in rows if path[-2] == "items"] or [b""]
    if one_parent:
        rows = [(("invoices", "1"), bodies[0])]
        rows += [(("invoices", "1", "items", f"{n:09}"), bodies[n % len(bodies)]) for n in range(one_parent)]
    for copy in range(max(1, copies)):
        for number, (path, body) in enumerate(rows):
            name = "/".join(path)
            content = body + more if changed and number % changed == 0 else body
            yield (f"c{copy:03}_{name}" if copies > 1 else name), content
