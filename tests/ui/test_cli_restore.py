"""`restore` as a user meets it: the plan, the questions, the report, the commands that go on or undo."""

from __future__ import annotations

import errno
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from facot_backups import restore_backup
from facot_backups.app import wiring
from facot_backups.archive import journal
from facot_backups.archive.owner import Owner
from facot_backups.emulator.faults import Fault
from facot_backups.errors import InvoiceNotFound, UsageError
from facot_backups.firestore import writes
from facot_backups.firestore.connection import Connection
from facot_backups.model import Source
from tests.end_to_end.world import Ran, World
from tests.support.crash import watched


class Terminal(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("".join(line + "\n" for line in lines)))


def prepared(world: World) -> None:
    world.write("invoices/1", invoice_type="emitida", company_id=1, invoice_number="B0100000005")
    world.write("invoices/1/items/0", "clients/7", n=1)
    world.write("sequences/1_ncf_B01", current=5)
    assert world.run("run", "--quiet").code == 0
    world.delete("invoices/1")
    world.write("clients/7", n=2)
    world.write("clients/8", n=2)


def command(world: World, text: str) -> Ran:
    """A command that a report printed."""
    words = shlex.split(text)
    assert words[0] == "facot-backups"
    return world.run(*words[1:])


def test_the_plan_is_shown_and_nothing_is_written(world: World) -> None:
    prepared(world)
    before, files = world.stored(), world.published()
    ran = world.run("restore", "latest", "--dry-run", "--fields", "--mode", "mirror")
    assert ran.code == 0
    assert (
        "+ invoices/1\n~ clients/7\n    n " in ran.out.replace("− clients/8\n", "")
        or "~ clients/7" in ran.out
    )
    for words in ("+ invoices/1", "− clients/8", "2 → 1", "crear", "Escrituras: 3", "--dry-run"):
        assert words in ran.out
    report = world.run("restore", "latest", "--dry-run", "--fields", "--json", "--mode", "mirror").report
    assert [(d["action"], d["path"]) for d in report["documents"]] == [
        ("change", "clients/7"),
        ("delete", "clients/8"),
        ("create", "invoices/1"),
    ]
    assert report["documents"][0]["fields"][0]["old"] == {"value": 2, "type": "integer"}
    assert report["plan"]["clients"] == {"create": 0, "change": 1, "equal": 0, "delete": 1, "skip": 0}
    assert (world.stored(), world.published()) == (before, files)


INVOICE = {
    "invoice_number": "B0100000021", "third_party_name": "Ferretería Núñez", "invoice_date": "2024-11-27",
    "currency": "RD$", "total_amount": 1180.0, "attachment_path": "",
}  # fmt: skip
CALLED = "B0100000021 · Ferretería Núñez · 27/11/2024 · RD$ 1,180.00"


@pytest.mark.parametrize("more", [["--fields"], []])
def test_the_plan_calls_documents_as_people_do_and_counts_lines_apart(world: World, more: list[str]) -> None:
    world.write("invoices/21", **INVOICE)
    world.write("invoices/21/items/0", "invoices/21/items/1", description="Cemento", line_total=590.0)
    world.write("clients/7", name="Ana", phone="1")
    world.run("run")
    world.delete("invoices/21", "invoices/21/items/0", "invoices/21/items/1", "invoices/1/items/0")
    world.write("clients/7", name="Ana", phone="2")
    world.write("clients/8", name="Luis", amount=5.0)
    lines = world.run("restore", "latest", "--dry-run", "--mode", "mirror", *more).out.splitlines()
    assert lines[2:5] == ["  Crear: 1 factura con 3 líneas", "  Cambiar: 1 cliente", "  Borrar: 1 cliente"]
    table = {line[:28].strip(): line[28:].split() for line in lines[5:12]}
    assert table["invoices"] == ["1", "0", "2", "0", "0"]
    assert table["items (líneas)"] == ["3", "0", "0", "0", "0"]
    assert table["clients"] == ["0", "1", "0", "1", "0"]
    assert table["en total"] == ["1", "1", "2", "1", "0"]
    assert table["dentro de ellos"] == ["3", "0", "0", "0", "0"]
    writes = lines[lines.index(next(line for line in lines if line.startswith("Escrituras"))) + 1 : -1]
    assert writes == [
        "~ clients/7  Ana",
        *(['    phone                    "2" → "1"'] if more else []),
        "− clients/8  Luis · 5.00",
        '+ invoices/1/items/0  {"n": 1}',
        f"+ invoices/21  {CALLED}",
        "+ invoices/21/items/0  Cemento · 590.00",
        "+ invoices/21/items/1  Cemento · 590.00",
    ]
    assert max(map(len, lines)) <= 80


def test_a_budget_holds_for_the_plan_the_guard_and_the_reading_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every budget either refuses with nothing written, or is kept; only one that is kept writes."""

    def reads() -> int:
        return sum(attempt.reads for attempt in world.store().state.tries(world.folder))

    prepared(world)
    world.write("sequences/1_ncf_B01", current=7)
    written = 0
    for budget in range(1, 60):
        live, before = world.stored(), reads()
        monkeypatch.setenv("BACKUP_MAX_READS", str(before + budget))
        ran = world.run("restore", "latest", "--yes")
        if ran.code == 0:
            assert reads() - before <= budget
            written = budget
            break
        ran.failed(2, "max_reads", "no se ha")
        assert world.stored() == live
    assert written > 10
    monkeypatch.setenv("BACKUP_MAX_READS", str(reads() + 3))
    undo = next(backup for backup in world.store().backups() if backup.kind == "pre-restore")
    world.run("restore", str(undo.name), "--yes").failed(2, "La restauración necesita", "max_reads")
    monkeypatch.setenv("BACKUP_MAX_READS", str(reads() + 40))
    assert world.run("restore", str(undo.name), "--yes").code == 0


def test_a_restore_and_its_undo(world: World) -> None:
    prepared(world)
    live = world.stored()
    ran = world.run("restore", "latest")
    assert ran.code == 0, ran
    assert "Restaurado y comprobado: 1 creado, 1 cambiado en" in ran.out
    undo = ran.out.partition("Para deshacerla:")[2].splitlines()[0].strip()
    refused = command(world, undo)
    refused.failed(2, "terminal")  # it would delete an emitted invoice: that is asked, here nobody can be
    done = command(world, undo.replace("restore", "restore --yes --json", 1))
    assert done.code == 0
    assert done.report["answered"][0].startswith("¿Borrar 1 factura emitida?")
    assert world.stored() == live


def test_documents_and_collections(world: World) -> None:
    prepared(world)
    report = world.run("restore", "latest", "--document", "invoices/1", "--json").report
    assert (report["created"], report["changed"]) == (1, 0)
    report = world.run("restore", "latest", "--collection", "clients", "--json").report
    assert (report["created"], report["changed"]) == (0, 1)
    world.run("restore", "latest", "--document", "clients/99").failed(2, "clients/99")
    world.run("restore", "latest", "--collection", "cleints", "--dry-run").failed(2, "cleints")
    world.run("restore", "latest", "--document", "clients").failed(2, "ruta de un documento")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["restore"], 2, "FECHA"),
        (["restore", "2020-01-01"], 12, "2020-01-01"),
        (["restore", "--continue", "x"], 12, "diario"),
        (["restore", "latest", "--continue", "x"], 2, "--continue"),
        (["restore", "--continue", "x", "--mode", "missing"], 2, "--continue"),
        (["restore", "latest", "--into-project", "a", "--into-database", "b", "--document", "x"], 2, "«x»"),
    ],
)
def test_what_cannot_be_asked(world: World, words: list[str], code: int, said: str) -> None:
    prepared(world)
    world.run(*words).failed(code, said)


@pytest.mark.slow
def test_an_incomplete_backup_needs_a_word(world: World) -> None:
    world.write("a/1", "b/1")
    fault = Fault("RunQuery", "error", collection="b", code=grpc.StatusCode.INTERNAL)
    world.server.local.add_fault(fault)
    assert world.run("run", "--quiet").code == 3
    world.server.local.clear_faults()
    world.delete("a/1", "b/1")
    world.write("b/2")
    (name,) = world.published()
    world.run("restore", name).failed(2, "--allow-incomplete")
    report = world.run("restore", name, "--allow-incomplete", "--mode", "mirror", "--json").report
    assert (report["exit_code"], report["created"], report["deleted"]) == (0, 1, 0)
    world.run("restore", name, "--allow-incomplete", "--collection", "b").failed(2, "«b»")


def test_a_damaged_backup_is_refused(world: World) -> None:
    prepared(world)
    before = world.stored()
    (name,) = world.published()
    file = world.folder / name / "clients.json"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    world.run("restore", "latest").failed(20, "clients.json", name)
    assert world.stored() == before


def test_conflicts_are_named_and_give_21(world: World) -> None:
    prepared(world)
    done: list[int] = []

    def edit(request: Any) -> bool:
        if "clients/7" in str(request) and not done:
            done.append(1)
            world.write("clients/7", n=99)
        return False

    world.server.local.add_fault(Fault("BatchWrite", "error", when=edit))
    ran = world.run("restore", "latest", "--json")
    assert (ran.code, ran.report["created"]) == (21, 1)
    assert [conflict["path"] for conflict in ran.report["conflicts"]] == ["clients/7"]


def told_as_cut(world: World) -> list[str]:
    """The restores that `status` calls half done."""
    findings = world.run("status", "--json").report["findings"]
    return [finding["subject"] for finding in findings if finding["code"] == "restore_cut"]


def test_a_server_that_dies_and_the_command_that_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "BATCH_WRITES", 1)
    prepared(world)
    spent = grpc.StatusCode.RESOURCE_EXHAUSTED
    world.server.local.add_fault(
        Fault("BatchWrite", "error", calls=(3,), code=spent, message="Quota exceeded.")
    )
    ran = world.run("restore", "latest", "--json")
    assert (ran.code, len(ran.report["troubles"])) == (3, 1)
    assert "cuota" in ran.report["errors"][0]
    assert told_as_cut(world) == [ran.report["restore"]]
    owner = world.folder / ".facot/owner.json"
    owner.write_bytes(Owner("x", "otro", 1, None, (now := datetime.now(UTC)), "t", now).to_bytes())
    assert told_as_cut(world) == []  # it may still be running
    owner.unlink()
    finished = command(world, ran.report["continue_command"] + " --json")
    assert finished.code == 0, finished
    assert (finished.report["created"], finished.report["changed"]) == (1, 1)
    assert told_as_cut(world) == []
    again = command(world, ran.report["continue_command"] + " --json")
    assert (again.code, again.report["created"]) == (0, 1)


def test_another_target_must_be_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(world)
    monkeypatch.setenv("BACKUP_DATABASE", "segunda")
    world.run("restore", "latest").failed(2, "--into-database segunda")
    monkeypatch.delenv("BACKUP_DATABASE")
    report = world.run("restore", "latest", "--into-database", "segunda", "--json").report
    assert (report["created"], "segunda" in report["target"]) == (5, True)
    assert "--into-database segunda" in report["undo_command"]
    undone = command(world, report["undo_command"] + " --yes --json")
    assert undone.report["deleted"] == 4  # the counter stays


@pytest.fixture
def production(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same server, which passes for Google's own."""

    def connect(*_: Any) -> Connection:
        source = Source(world.server.project)
        return Connection(source, grpc.insecure_channel(world.server.host), owned=True, connect_timeout=5)

    prepared(world)
    monkeypatch.setattr(wiring, "connector", lambda *_: connect)
    return world


def test_an_emulators_backup_does_not_go_to_production_unasked(production: World) -> None:
    before = production.stored()
    production.run("restore", "latest", "--yes").failed(2, "--into-project")
    with pytest.raises(UsageError):
        restore_backup("latest", backup_dir=production.folder, yes=True)
    assert production.stored() == before


@pytest.mark.parametrize(
    ("typed", "code"), [(["{project}"], 0), (["sí"], 2), ([""], 2), (["y", "{project}"], 2)]
)
def test_production_is_written_to_when_its_project_is_typed(
    production: World, monkeypatch: pytest.MonkeyPatch, typed: list[str], code: int
) -> None:
    before, project = production.stored(), production.server.project
    typing(monkeypatch, *(text.format(project=project) for text in typed))
    ran = production.run("restore", "latest", "--into-project", project)
    assert ran.code == code, ran
    assert "crear" in ran.err  # the plan comes before the question
    assert (production.stored() == before) == (code != 0)


def test_production_without_a_terminal_wants_yes(production: World) -> None:
    before, project = production.stored(), production.server.project
    production.run("restore", "latest", "--into-project", project).failed(2, "--yes")
    with pytest.raises(UsageError, match="yes=True"):
        restore_backup("latest", backup_dir=production.folder, into_project=project)
    assert production.stored() == before
    report = production.run("restore", "latest", "--into-project", project, "--yes", "--json").report
    assert (report["exit_code"], report["answered"]) == (0, [f"¿Escribir en {project}/(default)?"])


def test_a_question_is_asked_and_a_no_is_a_no(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(world)
    world.write("invoices/3", invoice_type="emitida", company_id=1, invoice_number="B0100000006")
    before = world.stored()
    for answers, code in ((["n"], 2), ([""], 2), (["s", "n"], 2), (["s", "s"], 0)):
        typing(monkeypatch, *answers)
        ran = world.run("restore", "latest", "--mode", "mirror")
        assert ran.code == code, ran
        assert "¿Borrar 1 factura emitida?" in ran.err
        assert ("¿Escribir en " in ran.err) == (answers[0] == "s")
        assert (world.stored() == before) == (code != 0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows no tiene pseudoterminales de este tipo")
@pytest.mark.parametrize(("answer", "code"), [("s", 0), ("", 2), ("n", 2)])
def test_at_a_terminal_an_emulator_is_asked_about_too(world: World, answer: str, code: int) -> None:
    import pty

    prepared(world)
    before = world.stored()
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        world.command("restore", "latest"),
        env=world.environment(TERM="xterm-256color", COLUMNS="80"),
        cwd=world.state.parent,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"[s/N]" not in shown:
            shown += os.read(ours, 65536)
        assert world.stored() == before
        os.write(ours, f"{answer}\n".encode())
        with suppress(OSError):  # EIO: the program has ended
            while block := os.read(ours, 65536):
                shown += block
    os.close(ours)
    assert process.returncode == code, shown
    assert "crear" in shown.decode().partition("¿Escribir en ")[0]  # the plan comes before the question
    assert (world.stored() == before) == (code != 0)


def test_the_api_takes_an_ncf_as_the_command_does(world: World) -> None:
    prepared(world)
    planned = restore_backup("latest", backup_dir=world.folder, documents=["b01-00000005"], dry_run=True)
    assert list(planned["plan"]) == ["invoices"]
    done = restore_backup("latest", backup_dir=world.folder, documents=["B0100000005"])
    assert (done["success"], done["written"]) == (True, 1)
    assert ("invoices", "1") in world.stored()
    with pytest.raises(InvoiceNotFound):
        restore_backup("latest", backup_dir=world.folder, documents=["B0100000099"])
    with pytest.raises(UsageError, match="NCF"):
        restore_backup("latest", backup_dir=world.folder, documents=["una factura"])


def test_the_api_says_it_in_a_dict(world: World) -> None:
    prepared(world)
    planned = restore_backup("latest", backup_dir=world.folder, dry_run=True)
    assert (planned["success"], planned["written"], planned["plan"]["invoices"]["create"]) == (True, 0, 1)
    done = restore_backup("latest", backup_dir=world.folder, collections=["invoices"], mode="missing")
    assert (done["success"], done["written"], done["conflicts"], done["errors"]) == (True, 1, [], [])
    undone = restore_backup(done["pre_restore"] or "", backup_dir=world.folder, yes=True)
    assert (undone["success"], undone["written"]) == (True, 1)
    with pytest.raises(UsageError):
        restore_backup("latest", backup_dir=world.folder, mode="espejo")
    world.server.local.add_fault(Fault("*", "error"))
    failed = restore_backup("latest", backup_dir=world.folder)
    assert (failed["success"], failed["exit_code"]) == (False, 10)
    assert failed["errors"][0].startswith("Firestore no disponible")


def test_an_old_folder_is_restored_and_says_what_it_had_lost(world: World) -> None:
    folder = world.folder / "2023-05-01"
    folder.mkdir(parents=True)
    invoice = {"t": "2023-05-01 10:00:00+00:00", "n": 1.5, "_id": "1", "_items": [{"q": 1, "_id": "0"}]}
    (folder / "invoices.json").write_text(json.dumps([invoice]))
    (folder / "clients.json").write_text("[]")
    world.write("clients/1")
    world.run("restore", "2023-05-01", "--mode", "mirror").failed(2, "mirror")
    report = world.run("restore", "2023-05-01", "--json").report
    assert (report["exit_code"], report["changed"], report["plan"]["invoices"]["skip"]) == (0, 2, 1)
    assert any("«t»" in note and "fecha y hora" in note for note in report["notes"])
    assert ("clients", "1") in world.stored()


def test_a_journal_goes_with_its_pre_restore(world: World) -> None:
    prepared(world)
    kept = world.run("restore", "latest", "--json").report["pre_restore"]
    journals = world.folder / ".facot/restores"
    assert len(list(journals.iterdir())) == 1
    found = next(b for b in world.backups() if str(b.name) == kept)
    with world.store().locked() as locked:
        locked.delete(found)
    assert list(journals.iterdir()) == []


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fault() -> None:
    raise KeyError("x")


def stop() -> None:
    raise KeyboardInterrupt


def taken(world: World) -> None:
    owner = Owner("x", "otro-pc", 1, None, (now := datetime.now(UTC)), "t", now)
    (world.folder / ".facot/owner.json").write_bytes(owner.to_bytes())


CUTS: list[tuple[Callable[[], None] | None, int, str]] = [
    (full, 13, "el disco está lleno"),
    (None, 11, "otro-pc"),
    (stop, 130, "interrumpida"),
    (fault, 1, "KeyError"),
]


def cut_at_a_result(world: World, act: Callable[[], None] | None, restore: Callable[[], Any]) -> Any:
    """What `restore` gives when something happens as the second result is written into the journal."""
    seen: list[int] = []

    def hook(name: str, args: tuple[Any, ...]) -> None:
        if name != "write" or b'"is":' not in bytes(args[1]):
            return
        seen.append(1)
        if len(seen) == 2:
            act() if act is not None else taken(world)

    with watched(hook):
        try:
            return restore()
        finally:
            if act is None:
                (world.folder / ".facot/owner.json").unlink()


@pytest.mark.parametrize(("act", "code", "said"), CUTS)
def test_whatever_cuts_it_after_the_first_write_says_how_far_it_came_and_the_ways_out(
    world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None] | None, code: int, said: str
) -> None:
    monkeypatch.setattr(writes, "BATCH_WRITES", 1)
    world.write(*(f"clients/{number}" for number in range(9)))
    prepared(world)
    wanted = world.stored() | {}
    world.delete(*(f"clients/{number}" for number in range(7)))
    live = world.stored()
    ran = cut_at_a_result(world, act, lambda: world.run("restore", "latest", "--json"))
    report = ran.report
    written = sum(world.stored().get(path) != live.get(path) for path in live | world.stored())
    assert (ran.code, report["exit_code"], report["success"]) == (code, code, False), ran
    assert said in report["error"] and said in ran.err and "Traceback" not in ran.err
    assert report["written"] == report["created"] + report["changed"] <= written < len(wanted)
    assert written == report["written"] or act is stop
    assert (
        report["left"] == sum(c["create"] + c["change"] for c in report["plan"].values()) - report["written"]
    )
    for text in (report["restore"], report["pre_restore"], f"{report['left']} sin escribir"):
        assert text in ran.err
    assert report["continue_command"] in ran.err and report["undo_command"] in ran.err
    assert command(world, report["continue_command"] + " --json").code == 0
    assert command(world, report["undo_command"] + " --yes --json").code == 0
    assert world.stored() == live


@pytest.mark.parametrize(("act", "code", "said"), CUTS)
def test_the_api_says_what_was_written_and_how_to_undo_it(
    world: World, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None] | None, code: int, said: str
) -> None:
    monkeypatch.setattr(writes, "BATCH_WRITES", 1)
    prepared(world)
    live = world.stored()
    world.write(*(f"clients/{number}" for number in range(10, 19)))
    world.run("run", "--quiet")
    world.delete(*(f"clients/{number}" for number in range(10, 19)))
    cut = cut_at_a_result(world, act, lambda: restore_backup("latest", backup_dir=world.folder, yes=True))
    assert (cut["success"], cut["exit_code"], cut["written"] + cut["left"]) == (False, code, 9)
    assert said in cut["errors"][0] and 0 < cut["written"] < 9
    assert journal.path_of(world.folder, cut["restore"]).exists()
    undone = restore_backup(cut["pre_restore"], backup_dir=world.folder, yes=True)
    assert (undone["success"], world.stored()) == (True, live)


def test_going_on_where_the_disk_is_still_full_says_it_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "BATCH_WRITES", 1)
    prepared(world)
    first = cut_at_a_result(world, full, lambda: world.run("restore", "latest", "--json")).report

    def hook(name: str, args: tuple[Any, ...]) -> None:
        if name in ("write", "ftruncate") and Path(f"/proc/self/fd/{args[0]}").readlink().suffix == ".jsonl":
            full()

    with watched(hook):
        ran = command(world, first["continue_command"] + " --json")
    assert (ran.code, ran.report["written"], ran.report["left"]) == (13, first["written"] - 1, 1), ran
    assert ran.report["undo_command"] == first["undo_command"]
    world.server.local.add_fault(Fault("*", "error", code=grpc.StatusCode.PERMISSION_DENIED))
    ran = command(world, first["continue_command"] + " --json")
    assert (ran.code, ran.report["restore"]) == (10, first["restore"]), ran


def test_verify_and_status_name_a_spoilt_journal(world: World) -> None:
    prepared(world)
    report = world.run("restore", "latest", "--json").report
    kept, path = report["pre_restore"], journal.path_of(world.folder, report["restore"])
    whole = path.read_bytes()
    assert world.run("verify", "--json").report["journals"] == []
    for part, at in (("results", whole.index(b'"is"')), ("plan", whole.index(b'"do"'))):
        path.write_bytes(whole[:at] + bytes(3) + whole[at + 3 :])
        ran = world.run("verify", "--json")
        (spoilt,) = ran.report["journals"]
        assert (ran.code, spoilt["part"], spoilt["pre_restore"]) == (20, part, kept)
        assert world.run("verify", kept).out.count(f"diario de {kept}  DAÑADO") == 1
        assert world.run("verify", "latest").code == 0
        findings = world.run("status", "--json").report["findings"]
        (found,) = (one for one in findings if one["code"] == "journal_damaged")
        assert (found["severity"], found["subject"]) == ("warning", kept)


def test_a_missing_journal_is_named(world: World) -> None:
    """Without it the restore cannot be undone: nobody should learn that on the bad day."""
    prepared(world)
    report = world.run("restore", "latest", "--yes", "--json").report
    journal.path_of(world.folder, report["restore"]).unlink()
    world.run("restore", report["pre_restore"], "--yes").failed(12)
    findings = world.run("status", "--json").report["findings"]
    (found,) = (one for one in findings if one["code"] == "journal_damaged")
    assert report["pre_restore"] in found["text"]
    assert "falta" in found["text"]
    verified = world.run("verify")
    assert (verified.code, "FALTA" in verified.out) == (0, True)
    assert world.run("verify", "--json").report["journals"][0]["part"] == "missing"
