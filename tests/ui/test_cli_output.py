"""What commands print: JSON alone on stdout, nothing when quiet, an error in two lines without a trace."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from facot_backups.operations.backup import run as operation
from facot_backups.ui.cli import main
from tests.end_to_end.world import Ran, World


def test_run_says_what_it_did(world: World) -> None:
    ran = world.run("run")
    assert ran.code == 0
    for words in (
        "Backup completo y comprobado",
        world.server.project,
        "documentos   3",
        "el servidor cuenta 3",
    ):
        assert words in ran.out
    assert "(emulador)" in ran.out


def test_a_preview_obeys_no_name(world: World) -> None:
    world.write("rojo\x1b[31m\nEn total/1")
    ran = world.run("run", "--dry-run")
    assert "rojo\\u001b[31m\\u000aEn total" in ran.out
    assert " 1 documento\n" in ran.out
    assert "\x1b[31m" not in ran.out


@pytest.mark.parametrize("words", [["--quiet"], ["--json"]])
def test_run_says_what_got_lost(world: World, words: list[str]) -> None:
    world.write("clients/1")
    world.run("run")
    world.delete("clients/1")
    ran = world.run("run", *words)
    assert (ran.code, "Faltan datos: «clients» tenía 1" in ran.err) == (0, True), ran
    assert "cleanup --accept-anomaly" in ran.err
    assert "Faltan datos" not in world.run("run", "--collection", "items").err


def test_run_reports_json_that_scripts_rely_on(world: World) -> None:
    report = world.run("run", "--json").report
    (backup,) = world.backups()
    metadata = backup.proven()
    assert report == {
        "success": True,
        "exit_code": 0,
        "backup_path": str(backup.path),
        "date": metadata.backup_date.isoformat(),
        "read_time": metadata.read_time.isoformat(),
        "source": str(world.source),
        "collections": {
            name: {"documents": entry.documents, "nested_documents": entry.nested_documents}
            for name, entry in metadata.files.items()
        },
        "total_documents": 2,
        "nested_documents": 1,
        "server_count": 3,
        "server_count_reason": None,
        "spot_check": 3,
        "reads": metadata.reads,
        "errors": [],
        "warnings": [],
    }


def test_list_and_verify_report_json(world: World) -> None:
    assert world.run("list", "--json").report["backups"] == []
    world.run("run")
    (entry,) = world.run("list", "--json").report["backups"]
    assert (entry["kind"], entry["complete"], entry["documents"], entry["nested_documents"]) == (
        "complete", True, 2, 1,
    )  # fmt: skip
    report = world.run("verify", "--json").report
    assert (report["success"], report["exit_code"]) == (True, 0)
    assert [backup["sound"] for backup in report["backups"]] == [True]


def test_verify_names_each_damaged_file_in_json(world: World) -> None:
    world.run("run")
    folder = world.backups()[0].path
    (folder / "clients.json").unlink()
    (folder / "items.json").chmod(0o600)
    (folder / "items.json").write_bytes(b"[]")
    ran = world.run("verify", "latest", "--json")
    assert (ran.code, ran.report["exit_code"], ran.report["success"]) == (20, 20, False)
    found = {(problem["file"], problem["kind"]) for problem in ran.report["backups"][0]["problems"]}
    assert found >= {("clients.json", "missing-file"), ("items.json", "size"), ("items.json", "hash")}


@pytest.mark.parametrize("command", ["run", "list", "verify"])
def test_quiet_says_nothing_when_all_is_well(world: World, command: str) -> None:
    world.run("run")
    ran = world.run(command, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    if command != "list":
        assert ran.out == ""


def test_quiet_still_tells_a_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("run")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "otro")
    world.run("run", "--quiet").failed(2, "--adopt-source")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["run", "--nope"], 2),
        (["run", "--collection", "a/b"], 2),
        (["run", "--json=1"], 2),
        (["verify", "a", "b"], 2),
        (["verify", "2024-11-27"], 12),
        (["verify", "../../etc"], 12),
        (["nope"], 2),
    ],
)
def test_a_mistake_gives_json_too(world: World, words: list[str], code: int) -> None:
    ran = world.run(*words, "--json")
    assert ran.code == code
    assert (ran.report["success"], ran.report["exit_code"]) == (False, code)
    assert ran.report["error"]
    assert "Error: " in ran.err
    assert "Traceback" not in ran.err
    assert not world.folder.exists()


@pytest.mark.parametrize("as_json", [True, False])
def test_a_bad_setting_names_itself(world: World, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    monkeypatch.setenv("BACKUP_MAX_READS", "muchas")
    ran = world.run("run", *(["--json"] if as_json else []))
    assert ran.code == 2
    assert "max_reads" in ran.err
    assert "BACKUP_MAX_READS" in ran.err
    assert not as_json or ran.report["exit_code"] == 2


@pytest.mark.parametrize("verbose", [True, False])
@pytest.mark.parametrize("as_json", [True, False])
def test_a_fault_that_nobody_foresaw(
    world: World, monkeypatch: pytest.MonkeyPatch, verbose: bool, as_json: bool
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("un fallo de prueba")

    monkeypatch.setattr(operation, "back_up", broken)
    words = [word for word, there in (("--json", as_json), ("--verbose", verbose)) if there]
    ran = world.run("run", *words)
    assert (ran.code, "Traceback" in ran.err, "fallo inesperado" in ran.err) == (1, verbose, True)
    assert ran.out == "" or ran.report["exit_code"] == 1


def test_verbose_shows_the_trace_of_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    assert "Traceback" not in world.run("run").err
    assert "Traceback" in world.run("run", "--verbose").err


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_output_in_any_encoding(world: World, encoding: str) -> None:
    """A file or pipe on Windows has the encoding of the country, which lacks most characters."""
    world.write("ñandú ✓/1")
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    for words in (["run"], ["verify"], ["list"]):
        ran = world.process(*words, environment=environment)
        assert ran.code == 0, ran
    assert "ñandú ✓" in world.process("run", "--json", environment=environment).report["collections"]


@pytest.mark.skipif(os.name == "nt", reason="los nombres de Windows son siempre texto")
def test_a_path_that_is_no_text(world: World) -> None:
    world.folder = world.folder.with_name("carpeta-\udcff")
    assert [world.run(command).code for command in ("run", "list", "verify")] == [0, 0, 0]
    assert world.run("run", "--json").report["success"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="el intérprete de órdenes es de POSIX")
def test_a_process_without_stdin_stdout_and_stderr(world: World) -> None:
    """As some services are started; a file of the backup must not get the number of stderr."""
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
    assert world.process("run", prefix=closed) == Ran(0, "", "")
    (backup,) = world.backups()
    assert world.whole(backup) == world.stored()
    assert world.process("verify", "--json", prefix=closed).code == 0
    assert world.process("verify", "nada", prefix=closed).code == 12


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="sin /dev/full")
def test_a_log_on_a_full_disk_stops_no_backup(world: World) -> None:
    remarks_full = ["sh", "-c", 'exec "$@" 2>/dev/full', "sh"]
    assert world.process("run", prefix=remarks_full).code == 0
    assert world.process("run", "nada", prefix=remarks_full) == Ran(2, "", "")
    assert len(world.backups()) == 1


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="sin /dev/full")
@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["verify", "nada", "--json"]])
def test_a_result_on_a_full_disk(world: World, words: list[str]) -> None:
    world.run("run")
    ran = world.process(*words, prefix=["sh", "-c", 'exec "$@" >/dev/full', "sh"])
    ran.failed(*(12, "nada") if "nada" in words else (1, "No se puede escribir el resultado"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="el intérprete de órdenes es de POSIX")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["history", "invoices/1"], 0),
        (["diff", "latest", "live"], 0),
        (["restore", "latest", "--counters-from-backup"], 2),
    ],
)
def test_a_command_that_asks_for_the_terminal_without_any(world: World, words: list[str], code: int) -> None:
    world.write("invoices/1")
    world.write("sequences/1_ncf_B01", current=5)
    world.run("run")
    world.write("sequences/1_ncf_B01", current=9)
    ran = world.process(*words, prefix=["sh", "-c", 'exec "$@" <&- >&-', "sh"])
    assert (ran.code, "inesperado" in ran.err) == (code, False), ran


def test_the_working_directory_is_where_it_is(world: World) -> None:
    assert main(["run"]) == 0
    assert (world.state.parent / "backups").is_dir()


@pytest.mark.parametrize("verbose", [True, False])
def test_a_destructor_that_fails_shows_no_trace(
    world: World, monkeypatch: pytest.MonkeyPatch, verbose: bool
) -> None:
    """As gRPC's does when Ctrl-C comes while a call begins."""

    class Broken:
        def __del__(self) -> None:
            raise AttributeError("a medio hacer")

    def interrupted(*_: Any, **__: Any) -> None:
        Broken()
        raise KeyboardInterrupt

    monkeypatch.setattr(operation, "back_up", interrupted)
    monkeypatch.setattr("sys.unraisablehook", sys.__unraisablehook__)
    ran = world.run("run", *(["--verbose"] if verbose else []))
    assert (ran.code, "a medio hacer" in ran.err) == (130, verbose)
    assert "Interrumpido" in ran.err
