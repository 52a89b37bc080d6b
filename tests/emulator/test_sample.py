"""The sample business: the same from the same seed, whole in its numbers, and as messy as real data."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import pytest
from stdnum.do import cedula, ncf, rnc

from facot_backups import protocol
from facot_backups.emulator import sample
from facot_backups.emulator.sample import Business
from tests.emulator.rpc import EVERYTHING, raw
from tests.support.servers import FirestoreServer


def plain(value: protocol.Message) -> Any:
    """Scalars as Python has them; anything else as the protobuf value."""
    kind = value.WhichOneof("value_type")
    if kind in ("string_value", "integer_value", "double_value", "boolean_value"):
        return getattr(value, kind)
    return None if kind == "null_value" else value


def business(**options: Any) -> dict[str, dict[str, Any]]:
    """Path -> field -> value."""
    documents = sample.documents(Business(**options))
    return {path: {name: plain(value) for name, value in fields.items()} for path, fields in documents}


def collection(data: dict[str, dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    """The documents directly in the root collection."""
    return {path: row for path, row in data.items() if path.startswith(f"{name}/") and path.count("/") == 1}


def issued(data: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Company and number of each invoice that the company issued itself."""
    rows = collection(data, "invoices").values()
    return [(str(r["company_id"]), r["invoice_number"]) for r in rows if r["invoice_type"] == "emitida"]


def test_the_same_seed_gives_the_same_bytes() -> None:
    def lines(seed: int) -> list[tuple[str, bytes]]:
        made = sample.documents(Business(seed=seed, invoices=40))
        return [(path, protocol.Document(fields=f).SerializeToString(deterministic=True)) for path, f in made]

    assert lines(1) == lines(1)
    assert lines(1) != lines(2)


def test_paths_are_unique_and_sizes_are_kept() -> None:
    for size in (1_000, 20_000):
        paths = [path for path, _ in sample.documents(sample.of_size(size))]
        assert len(set(paths)) == len(paths)
        assert abs(len(paths) - size) < size * 0.1


def test_counters_agree_with_invoices() -> None:
    data = business(invoices=400)
    highest: defaultdict[tuple[str, str], int] = defaultdict(int)
    for company, number in issued(data):
        highest[company, number[:3]] = max(highest[company, number[:3]], int(number[3:]))
    assert len(highest) > 8
    for (company, prefix), last in highest.items():
        config = data[f"ncf_sequence_configs/{company}_{prefix}"]
        joint = "ncf" if prefix == "B01" else "_ncf_"
        current = data[f"sequences/{company}{joint}{prefix}"]["current"]
        assert last <= current == config["next_sequence"] - 1 == int(config["last_assigned"][3:])


@pytest.mark.parametrize("planted", [False, True])
def test_a_number_is_used_twice_only_when_asked(planted: bool) -> None:
    numbers = Counter(issued(business(duplicate_ncf=planted)))
    assert (max(numbers.values()) > 1) == planted


def test_amounts_add_up() -> None:
    for row in collection(business(), "invoices").values():
        assert row["itbis"] == pytest.approx(row["subtotal"] * 0.18, abs=0.01)
        assert row["total_amount"] == pytest.approx(row["subtotal"] + row["itbis"], abs=0.01)
        assert row["total_amount_rd"] == pytest.approx(row["total_amount"] * row["exchange_rate"], abs=0.01)


def test_lines_stand_twice() -> None:
    made = dict(sample.documents(Business(invoices=60)))
    for path, values in made.items():
        if re.fullmatch(r"invoices/[^/]+", path):
            below = [fields for other, fields in made.items() if other.startswith(f"{path}/items/")]
            array = [item.map_value.fields for item in values["items"].array_value.values]
            assert [dict(item) for item in array] == [dict(item) for item in below]


def test_the_mess_of_real_data_is_there() -> None:
    data = business()
    invoices = collection(data, "invoices")
    rows = list(invoices.values())
    assert {type(row["company_id"]) for row in rows} == {int, str}
    assert {isinstance(row["created_at"], str) for row in rows} == {True, False}
    assert {row["attachment_path"] for row in rows} == {None, ""}
    assert {len(row["invoice_number"]) for row in rows} == {11, 13, 14}
    assert len({re.sub(r"\d", "9", row["invoice_date"]) for row in rows}) == 4
    assert {len(path.split("/")[1]) for path in invoices} == {2, 6, 13}
    parents = {"/".join(path.split("/")[:2]) for path in data if path.startswith("invoices/")}
    assert parents - set(invoices), "invoices that are gone while their items stayed"
    assert not collection(data, "clients")
    assert collection(business(clients=True), "clients")
    assert {type(row["category_id"]) for row in collection(data, "items").values()} == {int, str}


def test_every_kind_of_value_is_there() -> None:
    kinds: set[str] = set()

    def walk(value: protocol.Message) -> None:
        kinds.add(value.WhichOneof("value_type"))
        for item in value.array_value.values:
            walk(item)
        for name in value.map_value.fields:
            walk(value.map_value.fields[name])

    for path, values in sample.documents(Business()):
        kinds.add(f"{path.count('/')}")
        for value in values.values():
            walk(value)
    wanted = "null boolean integer double timestamp string bytes reference geo_point array map"
    assert kinds == {f"{kind}_value" for kind in wanted.split()} | {"1", "3", "5"}


def test_fiscal_numbers_are_valid_but_for_some() -> None:
    data = business()
    parties = [row["rnc_norm"] for row in collection(data, "third_parties").values()]
    good = [number for number in parties if rnc.is_valid(number) or cedula.is_valid(number)]
    assert 0.8 < len(good) / len(parties) < 1
    numbers = [row["invoice_number"] for row in collection(data, "invoices").values()]
    assert all(ncf.is_valid(number) for number in numbers if len(number) != 14)


def test_loaders(firestore_server: FirestoreServer) -> None:
    some = Business(invoices=30, project=firestore_server.project)
    written = sample.write(firestore_server.host, some)
    with raw(firestore_server) as server:
        assert server.count(**EVERYTHING) == written
        by_rpc = server.paths(**EVERYTHING)
        if firestore_server.local is not None:
            filled = firestore_server.fresh()
            here = Business(invoices=30, project=filled.project)
            assert sample.fill(firestore_server.local, here) == written
            with raw(filled) as other:
                assert other.paths(**EVERYTHING) == by_rpc
