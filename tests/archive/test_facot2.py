"""FACOT 2.0's own folders: told from ours and from what is damaged, read, and verified."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facot_backups.archive.facot2 import OldBackup, Stated, open_folder, open_old
from facot_backups.archive.layout import METADATA_FILE
from facot_backups.archive.reader import Backup, size_on_disk
from facot_backups.errors import DamagedBackup, FormatError, UsageError
from facot_backups.model import Document
from facot_backups.operations.verification.verify import verify
from tests.archive.test_reader import posix
from tests.support.archives import document
from tests.support.folders import write_backup

# As FACOT 2.0 wrote it, to the byte: no newline at the end, timestamps as text, `_id` after the fields.
INVOICES = """[
  {
    "company_id": 1,
    "client": "Compañía Ñ 📦",
    "created_at": "2024-11-27T02:00:05.123456+00:00",
    "rate": NaN,
    "_id": "12345",
    "_items": [
      {
        "quantity": 10.0,
        "description": "Producto 1",
        "_id": "0"
      },
      {
        "description": "Producto 2",
        "_id": "10"
      },
      {
        "description": "Producto 3",
        "_id": "2"
      }
    ]
  },
  {
    "company_id": "1",
    "_id": "12346",
    "_items": []
  }
]"""
METADATA = """{
  "backup_date": "2024-11-27",
  "backup_time": "2024-11-27T02:00:05.123456",
  "collections": [
    "invoices",
    "clients"
  ],
  "total_documents": 2,
  "errors": []
}"""
OURS = [
    Document(("invoices", "1"), {"total": 1.5}),
    Document(("invoices", "1", "items", "0"), {"quantity": 1.0}),
]


def write(folder: Path, **files: str) -> Path:
    """A folder of these collections' files."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8", newline="")
    return folder


def opened(folder: Path) -> OldBackup:
    backup = open_folder(folder)
    assert isinstance(backup, OldBackup)
    assert open_old(folder) == backup
    return backup


def damaged(folder: Path) -> Backup:
    backup = open_folder(folder)
    assert isinstance(backup, Backup)
    assert backup.kind == "damaged"
    assert open_old(folder) is None
    return backup


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "2024-11-27", _metadata=METADATA, invoices=INVOICES, clients="[]")


def test_a_folder_as_facot_wrote_it(folder: Path) -> None:
    backup = opened(folder)
    assert (str(backup.name), backup.kind, backup.complete) == ("2024-11-27", "facot2", False)
    assert backup.date.isoformat() == "2024-11-27"
    assert (backup.collections, backup.empty) == (("clients", "invoices"), frozenset({"clients"}))
    assert backup.stated == Stated(2, ("invoices", "clients"), ())
    assert backup.size == sum(path.stat().st_size for path in folder.iterdir()) == size_on_disk([backup])
    assert list(backup.documents("clients")) == []
    assert list(backup.documents("invoices")) == [
        Document(
            ("invoices", "12345"),
            {
                "client": "Compañía Ñ 📦", "company_id": 1, "created_at": "2024-11-27T02:00:05.123456+00:00",
                "rate": "NaN",
            },
            {"rate": "double"},
        ),
        Document(("invoices", "12345", "items", "0"), {"description": "Producto 1", "quantity": 10.0}),
        Document(("invoices", "12345", "items", "10"), {"description": "Producto 2"}),
        Document(("invoices", "12345", "items", "2"), {"description": "Producto 3"}),
        Document(("invoices", "12346"), {"company_id": "1"}),
    ]  # fmt: skip
    with pytest.raises(UsageError, match="no tiene la colección «items»"):
        backup.documents("items")


def test_what_it_does_not_hold_is_unknown(folder: Path) -> None:
    (folder / "companies.json").write_text('[{"_id": "1"}]')
    backup = opened(folder)
    for path in ("invoices/9", "invoices/9/items/0", "companies/9"):
        assert backup.covers(tuple(path.split("/")))
    for path in (
        "clients/1",
        "items/1",
        "companies/1/items/0",
        "invoices/9/notas/0",
        "invoices/9/items/0/x/1",
        "sequences/1",
    ):
        assert not backup.covers(tuple(path.split("/")))


def test_documents_come_in_name_order_whatever_the_file_has(folder: Path) -> None:
    array = [{"n": "ñ", "_id": name} for name in ("b", "__id10__", "a", "__id9__", "Z", "ñ", "é")]
    (folder / "clients.json").write_text(json.dumps(array, ensure_ascii=False, indent=2), encoding="utf-8")
    found = [found.path[1] for found in opened(folder).documents("clients")]
    assert found == ["__id9__", "__id10__", "Z", "a", "b", "é", "ñ"]
    for twice in ([*array, {"_id": "a"}], [{"_id": "Z"}, {"_id": "a"}, {"_id": "a"}]):
        (folder / "clients.json").write_text(json.dumps(twice), encoding="utf-8")
        with pytest.raises(FormatError, match=r"2024-11-27/clients\.json: el documento «a» está repetido"):
            next(opened(folder).documents("clients"))


# --- What is one, and what is not ------------------------------------------------------------------

_OLD: dict[str, dict[str, str]] = {
    "no metadata": {"invoices": INVOICES},
    "an empty object": {"_metadata": "{}", "invoices": INVOICES},
    "metadata of other types": {"_metadata": '{"total_documents":"x","errors":1}', "items": "[]"},
    "metadata with keys of nobody": {"_metadata": '{"version":"2.0"}', "items": "[]"},
    "on one line": {"items": '[{"a":1,"_id":"1"}]'},
    "id first": {"items": '[{"_id":"1","a":1}]'},
    "id first, indented": {"items": '[\n  {\n    "_id": "1"\n  }\n]'},
    "empty, with blanks": {"items": "[ ]"},
    "empty, with Windows newlines": {"items": "[]\r\n"},
    "a collection of its own": {"items": "[]", "ñandú x": "[]"},
    "a file cut by a kill": {"items": "[]", "invoices": ""},
    "a file cut in a document": {"invoices": INVOICES[:100]},
    "metadata alone, of an empty one": {"_metadata": '{"backup_date":"2024-11-27"}'},
    "metadata alone, all keys": {
        "_metadata": '{"backup_date":"","backup_time":"","collections":[],"total_documents":0,"errors":["x"]}'
    },
}
_NOT_OLD: dict[str, dict[str, str]] = {
    "nothing": {},
    "metadata alone that names what is gone": {"_metadata": METADATA},
    "metadata alone that counts what is gone": {"_metadata": '{"backup_date":"x","total_documents":1}'},
    "metadata alone without a date": {"_metadata": '{"errors":[]}'},
    "metadata alone with keys of nobody": {"_metadata": '{"backup_date":"2024-11-27","version":"2.0"}'},
    "metadata alone with a key of ours": {"_metadata": '{"backup_date":"2024-11-27","run_id":"r"}'},
    "metadata of an empty one beside a cut file": {"_metadata": '{"backup_date":"x"}', "clients": ""},
    "no collection of the seven": {"_metadata": METADATA, "sequences": "[]"},
    "only a cut file": {"items": ""},
    "metadata that is empty": {"_metadata": "", "invoices": INVOICES},
    "metadata that is cut": {"_metadata": METADATA[:-1], "invoices": INVOICES},
    "metadata that is a list": {"_metadata": "[]", "invoices": INVOICES},
    "metadata with a key twice": {"_metadata": '{"a":1,"a":1}', "invoices": INVOICES},
    "one file in our layout": {"invoices": INVOICES, "items": '[\n{"_id":"1"}\n]\n'},
    "one empty file in our layout": {"invoices": INVOICES, "items": "[]\n"},
    "an object": {"invoices": "{}"},
    "a file that is no array": {"invoices": INVOICES, "facot_config": "{}"},
    "a file of another collection id": {"invoices": INVOICES, "__x__": "[]"},
}


@pytest.mark.parametrize("name", _OLD)
def test_what_is_one(tmp_path: Path, name: str) -> None:
    opened(write(tmp_path / "2024-11-27", **_OLD[name]))


@pytest.mark.parametrize("name", _NOT_OLD)
def test_what_is_not_one_is_what_it_was(tmp_path: Path, name: str) -> None:
    damaged(write(tmp_path / "2024-11-27", **_NOT_OLD[name]))


@pytest.mark.parametrize(
    "key", json.loads((Path(__file__).parent.parent / "golden/_metadata.json").read_text())
)
def test_one_key_of_ours_makes_it_ours(folder: Path, key: str) -> None:
    ours = key not in json.loads(METADATA)
    metadata = json.loads(METADATA) | {key: 1}
    (folder / METADATA_FILE).write_text(json.dumps(metadata))
    assert isinstance(open_folder(folder), Backup if ours else OldBackup)


@pytest.mark.parametrize(
    "name", ["2024-11-27T020000", "2024-11-27T020000.incomplete", "2024-11-27T020000.pre-restore"]
)
def test_other_names_of_ours_are_never_old(folder: Path, name: str) -> None:
    damaged(folder.rename(folder.parent / name))


@pytest.mark.parametrize("name", ["copia", "2024-11-27 (2)", "2024-02-30", ".2024-11-27"])
def test_other_names_are_nobodys(folder: Path, name: str) -> None:
    assert open_folder(folder.rename(folder.parent / name)) is None


def test_only_the_beginnings_are_read_to_tell(folder: Path) -> None:
    with (folder / "items.json").open("wb") as file:
        file.write(b"[")
        file.truncate(2**36)  # 64 GiB with nothing in them
    assert "items" in opened(folder).collections


def test_what_a_file_browser_leaves_is_no_obstacle(folder: Path) -> None:
    for name in (".DS_Store", "desktop.ini", "Thumbs.db", "._invoices.json"):
        (folder / name).write_bytes(b"\x00")
    assert opened(folder).collections == ("clients", "invoices")


@pytest.mark.parametrize("name", ["notas.txt", "invoices.json.bak", "carpeta"])
def test_something_else_in_it_is_told(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    assert opened(folder).foreign == (name,)
    report = verify(opened(folder))
    assert report.sound and f"{name}: no es del backup" in report.notes


def test_a_json_file_that_is_no_collection_is_told(folder: Path) -> None:
    (folder / "facot_config.json").write_text("{}")
    problem = str(damaged(folder).problem)
    assert "parece una carpeta de FACOT 2.0" in problem and "facot_config.json" in problem


# --- Format 1 never passes for one -----------------------------------------------------------------


def test_a_format_1_that_lost_its_metadata_is_damage(tmp_path: Path) -> None:
    contents: list[dict[str, list[Document]]] = [
        {"invoices": OURS},
        {"invoices": []},
        {"items": [], "invoices": OURS},
    ]
    for number, content in enumerate(contents):
        folder = tmp_path / f"2024-11-{number + 1:02}"
        write_backup(folder, content)
        (folder / METADATA_FILE).unlink()
        damaged(folder)


def _with_our_metadata(folder: Path) -> bytes:
    """A folder whose files would all pass, so that the metadata alone decides. Returns its bytes."""
    write_backup(folder, {"invoices": OURS, "items": []})
    (folder / "invoices.json").write_text(INVOICES, encoding="utf-8")
    (folder / "items.json").write_text("[]")
    return (folder / METADATA_FILE).read_bytes()


def _flipped(data: bytes, bit: int) -> bytes:
    flipped = bytearray(data)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


@pytest.mark.slow
def test_no_flipped_bit_anywhere_in_the_metadata_makes_a_format_1_pass(tmp_path: Path) -> None:
    folder = tmp_path / "2024-11-27"
    data = _with_our_metadata(folder)
    for bit in range(0, len(data) * 8, 5):  # each byte once or twice, each of its bits in turn
        (folder / METADATA_FILE).write_bytes(_flipped(data, bit))
        assert isinstance(open_folder(folder), Backup), bit


@given(st.data())
@settings(max_examples=60)
def test_no_cut_or_flipped_bit_makes_a_format_1_pass(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("b") / "2024-11-27"
    content = _with_our_metadata(folder)
    cut = content[: data.draw(st.integers(0, len(content) - 1))]
    for spoilt in (cut, _flipped(content, data.draw(st.integers(0, len(content) * 8 - 1)))):
        (folder / METADATA_FILE).write_bytes(spoilt)
        assert isinstance(open_folder(folder), Backup)


@given(st.data())
@settings(max_examples=60)
def test_whatever_the_files_hold_opening_them_raises_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("b") / "2024-11-27"
    folder.mkdir()
    content = st.binary(max_size=20) | st.sampled_from([b"[]", b"[", b"{}", b"[\n", METADATA.encode()])
    for name in data.draw(st.sets(st.sampled_from([METADATA_FILE, "items.json", "clients.json", "x.json"]))):
        (folder / name).write_bytes(data.draw(content))
    backup = open_folder(folder)
    assert backup is not None
    report = verify(backup)
    assert report.sound or report.problems


# --- Links, and what is no file --------------------------------------------------------------------


def _link(path: Path) -> None:
    outside = path.parent.parent / "fuera.json"
    path.rename(outside)
    path.symlink_to(outside)


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@posix
@pytest.mark.parametrize("name", ["invoices.json", METADATA_FILE])
@pytest.mark.parametrize("spoil", [_link, _fifo])
def test_a_link_or_a_pipe_in_it_is_damage(folder: Path, name: str, spoil: Callable[[Path], None]) -> None:
    before = opened(folder)
    spoil(folder / name)
    damaged(folder)
    if name != METADATA_FILE:
        with pytest.raises(DamagedBackup):
            list(before.documents("invoices"))


@posix
def test_a_link_to_a_folder_is_nobodys(folder: Path) -> None:
    (folder.parent / "2024-11-28").symlink_to(folder)
    assert open_folder(folder.parent / "2024-11-28") is None


# --- Verified --------------------------------------------------------------------------------------


def test_verify_reads_all_of_it_and_says_that_nothing_proves_it(folder: Path) -> None:
    report = verify(opened(folder))
    assert (report.sound, report.documents) == (True, 5)
    assert report.notes == ("formato antiguo, sin sumas de verificación",)
    assert report.bytes_read == sum(p.stat().st_size for p in folder.iterdir() if p.name != METADATA_FILE)


def test_verify_finds_each_damaged_file_and_the_others_can_be_read(folder: Path) -> None:
    write(folder / "x", invoices=INVOICES[:-30]).joinpath("invoices.json").replace(folder / "invoices.json")
    (folder / "x").rmdir()
    (folder / "items.json").write_text('[{"_id":"1"}]')
    (folder / "companies.json").touch()
    report = verify(opened(folder))
    assert [(problem.file, problem.kind) for problem in report.problems] == [
        ("companies.json", "format"),
        ("invoices.json", "format"),
    ]
    assert list(opened(folder).documents("items")) == [document("items/1")]


def test_verify_tells_what_the_metadata_claims_and_is_not_so(folder: Path) -> None:
    metadata = json.loads(METADATA) | {"total_documents": 3, "errors": ["Error en items: x"]}
    metadata["collections"].append("items")
    (folder / METADATA_FILE).write_text(json.dumps(metadata))
    report = verify(opened(folder))
    assert report.sound
    assert report.notes[1:] == (
        "FACOT anotó un error: Error en items: x",
        "sus metadatos nombran items, que no está",
        "sus metadatos dicen 3 documentos, hay 2",
    )
