"""Queries made from a seed, with the answers of Google's emulator recorded beside them.

Machines without the emulator hold our server to the record; those with one also check the record.
`python -m tests.emulator.recorded HOST` records anew from the emulator that listens at HOST.
"""

from __future__ import annotations

import json
import math
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from facot_backups.emulator.encode import fields, geopoint, reference, to_value, vector
from tests.emulator.rpc import Raw, field_filter, raw
from tests.support.servers import FirestoreServer

RECORD = Path(__file__).with_name("recorded.json")
_LESS, _LESS_EQUAL, _GREATER, _GREATER_EQUAL = 1, 2, 3, 4
_EQUAL, _NOT_EQUAL, _CONTAINS, _IN, _CONTAINS_ANY, _NOT_IN = 5, 6, 7, 8, 9, 10
_RANGES = (_LESS, _LESS_EQUAL, _GREATER, _GREATER_EQUAL)
_FIELDS = ("kind", "v", "m.k", "tags")
# One of everything, with neighbours that are equal or nearly so.
_VALUES: list[Any] = [
    None, False, True, math.nan, -math.inf, -1, -0.0, 0, 0.5, 1, 1.0, 2**53, 2**53 + 1, float(2**53),
    2**63 - 1,
    datetime(1999, 12, 31, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), "", "a", "a\0", "b",
    "ñ", "\uffff", "\U0001f600", b"", b"\0", b"\xff", geopoint(1, 2), geopoint(1, -2), [], [1], [1, 2],
    [2], ["x"], vector(1), vector(0, 9), {}, {"k": 1}, {"k": 2}, {"j": 1, "k": 0},
    reference("projects/p/databases/d/documents/a/b"),
    reference("projects/p/databases/d/documents/a/__id2__"),
]  # fmt: skip


def documents() -> list[tuple[str, Any]]:
    """The documents that the queries are about; half the values lack the field of the other half."""
    random = Random(7)
    found = []
    for number, value in enumerate(_VALUES):
        values: dict[str, Any] = {"kind": number % 3, "v": value}
        if number % 2:
            values["m"] = {"k": random.choice((1, "x", None, 2.5))}
            values["tags"] = random.sample(["a", "b", 1, None], 2)
        found.append((f"q/{number:02}", fields(values)))
        if number % 10 == 0:
            found.append((f"p/{number}/q/deep", fields(values)))
    return found


def queries() -> list[dict[str, Any]]:
    """The queries, always the same ones."""
    random = Random(20261124)
    return [_query(random) for _ in range(400)]


def answers(server: Raw) -> list[Any]:
    """What the server answers: the paths in order, or a status code."""
    return [server.paths(**query) for query in queries()]


def _query(random: Random) -> dict[str, Any]:
    query: dict[str, Any] = {"from_": [{"collection_id": "q", "all_descendants": random.random() < 0.3}]}
    leaves = []
    if random.random() < 0.4:
        leaves.append(field_filter("kind", _EQUAL, to_value(random.randrange(3))))
    special = _special(random) if random.random() < 0.8 else None
    leaves += [special] if special else []
    if leaves:
        operator = 2 if random.random() < 0.2 else 1
        query["where"] = {"composite_filter": {"op": operator, "filters": leaves}}
    ordered = _orders(random, special)
    if ordered:
        query["order_by"] = [{"field": {"field_path": p}, "direction": d} for p, d in ordered]
        for side in ("start_at", "end_at"):
            if random.random() < 0.25:
                values = [to_value(random.choice(_VALUES)) for _ in ordered[: random.randint(1, 2)]]
                query[side] = {"values": values, "before": random.random() < 0.5}
    if random.random() < 0.3:
        query["limit"] = {"value": random.randint(0, 9)}
    if random.random() < 0.2:
        query["offset"] = random.randint(1, 4)
    return query


def _special(random: Random) -> dict[str, Any]:
    """A filter that is more than an equality on `kind`."""
    path = random.choice(("v", "v", "v", "m.k", "tags"))
    operator = random.choice(
        (*_RANGES, *_RANGES, _EQUAL, _NOT_EQUAL, _CONTAINS, _IN, _CONTAINS_ANY, _NOT_IN, 0)
    )
    if operator == 0:
        return {"unary_filter": {"op": random.randint(2, 5), "field": {"field_path": path}}}
    if operator in (_IN, _CONTAINS_ANY, _NOT_IN):
        items = [value for value in random.sample(_VALUES, 3) if not isinstance(value, list)]
        return field_filter(path, operator, to_value(items or [1]))
    return field_filter(path, operator, to_value(random.choice(_VALUES)))


def _orders(random: Random, special: dict[str, Any] | None) -> list[tuple[str, int]]:
    """An order that agrees with the filter: what is filtered by a range comes first."""
    if random.random() < 0.5:
        return []
    first = "v"
    if special:
        leaf = special.get("field_filter") or special["unary_filter"]
        first = leaf["field"]["field_path"]
    direction = random.randint(1, 2)
    second = random.choice([None, "kind"])
    return [(first, direction), *([(second, random.randint(1, 2))] if second else [])]


def main() -> None:
    """Record the answers of the emulator at the host that the command line names."""
    server = FirestoreServer(host=sys.argv[1], kind="emulator")
    server.write(documents())
    with raw(server) as calls:
        lines = ",\n".join(json.dumps(answer) for answer in answers(calls))
    RECORD.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
