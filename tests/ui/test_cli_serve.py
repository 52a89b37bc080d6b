"""`serve` and `verify --drill` as a user meets them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Unauthenticated

from facot_backups.emulator.server import LocalFirestore
from facot_backups.model import Source
from facot_backups.operations.backup.run import BackupRequest, back_up
from facot_backups.operations.serving import Served, load, memory_needed, source_of
from facot_backups.settings.model import variables
from facot_backups.ui.cli import output, serve_command
from tests.end_to_end.world import World, make_world
from tests.support.servers import FirestoreServer


def damage(file: Path) -> None:
    file.chmod(0o600)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@contextmanager
def serving(world: World, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """`serve` in a process of its own, which is gone in the end whatever happens."""
    process = subprocess.Popen(
        world.command("serve", "latest", *words),
        env=world.environment(**more),
        cwd=world.state.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def variables_for(world: World, host: str) -> dict[str, str]:
    """What has to be set for the backup that is served at `host`."""
    values = {**world.settings, "FIRESTORE_EMULATOR_HOST": host, "BACKUP_DIR": str(world.folder)}
    del values["FACOT_BACKUPS_STATE_DIR"]
    return values


def ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The JSON object that it prints when it listens."""
    assert process.stdout is not None
    lines = []
    while (line := process.stdout.readline()) != "}\n":
        assert line, process.stderr and process.stderr.read()
        lines.append(line)
    found: dict[str, Any] = json.loads("".join([*lines, "}"]))
    return found


@pytest.mark.slow
def test_from_the_first_line_to_ctrl_c(world: World) -> None:
    world.write("invoices/1", seller=None, n=1, amount=2.5)
    world.run("run")
    before = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}
    with serving(world, "--json") as process:
        told = ready(process)
        assert (told["project"], told["database"]) == (world.server.project, "(default)")
        assert (told["backup"], told["documents"]) == (world.published()[0], 3)
        assert told["environment"] == variables_for(world, told["host"])
        assert told["memory_bytes"] > 0
        client = FirestoreServer(told["host"], "memory", told["project"]).client()
        assert client.document("invoices/1").get().to_dict() == {"seller": None, "n": 1, "amount": 2.5}
        client.document("invoices/1").update({"n": 2})
        client.document("invoices/new").set({})
        assert len(list(client.collection("invoices").stream())) == 3
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, "Traceback" in err) == (0, "", False), err
    assert {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()} == before
    assert world.stored().keys() == {("invoices", "1"), ("invoices", "1", "items", "0"), ("invoices", "2")}


def bare_environment(world: World) -> dict[str, str]:
    """That of a new terminal: none of our settings."""
    return {name: value for name, value in world.environment().items() if name not in world.settings}


def lines_to_set(printed: str) -> dict[str, list[str]]:
    """What `serve` printed to be copied, by the name of the shell."""
    found: dict[str, list[str]] = {}
    for line in printed.splitlines():
        if re.fullmatch(r"  \S.*:", line):
            found[line.strip(" :")] = lines = []
        elif line.startswith("    ") and found:
            lines.append(line.strip())
        elif found:
            break
    return found


def printed_by(process: subprocess.Popen[str]) -> str:
    """All that it prints when it listens."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or "on_snapshot" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.stderr and process.stderr.read()
    return "".join(lines)


@pytest.mark.parametrize("of_emulator", [True, False])
def test_what_it_says_fits_in_a_terminal(monkeypatch: pytest.MonkeyPatch, of_emulator: bool) -> None:
    monkeypatch.setattr(output, "terminal_width", lambda: 80)
    served = Served("2024-11-27T153045.incomplete", Source("facot-12345", emulator=True), 123_456, 10**9)
    door = serve_command.Door("127.0.0.1:8080", served.source, Path("/srv/backups"), False, None)
    told = serve_command._lines(door, served, of_emulator=of_emulator, quiet=False)
    assert [line for line in told if len(line) > 80 + len(output.style("✓", fg="green"))] == []
    assert "  Tiene:          123,456 documentos, unos 1" in "\n".join(told)


@pytest.mark.slow
def test_the_lines_to_set_are_all_that_a_new_terminal_needs(
    memory_server: FirestoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Copied as they are, the backup folder and the database having names that a shell could misread."""
    place = tmp_path / "Mis $copias & 'más'"
    place.mkdir()
    world = make_world(memory_server, place, monkeypatch, capsys)
    world.database = "otra-base"
    world.write("invoices/1", ncf="B0100000001")
    world.process("run")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with serving(world, "--port", "0", "--host", "localhost") as process:
        printed = printed_by(process)
        lines = lines_to_set(printed)
        script = [*lines["Linux, macOS"], 'order() { "$PYTHON" -B -m facot_backups "$@"; }', "set -ex"]
        script += ["order config", "order restore latest --yes", "order run", "order diff latest live"]
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=elsewhere,
            env=bare_environment(world) | {"HOME": str(elsewhere), "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b1 documento", done.stdout)
    assert "No había nada que escribir" in done.stdout
    assert len(world.published()) == 2
    assert list(elsewhere.glob("backups*")) == []
    values = variables_for(world, re.search(r"abierto en (\S+)", printed)[1])  # type: ignore[index]
    powershell = {
        name: (double or single).replace("''", "'")
        for name, double, single in re.findall(
            r"""^\$env:(\w+) = (?:"([^"$`]*)"|'(.*)')$""", "\n".join(lines["Windows (PowerShell)"]), re.M
        )
    }
    cmd = dict(re.findall(r'^set "?(\w+)=(.*?)"?$', "\n".join(lines["Windows (cmd)"]), re.M))
    assert (powershell, cmd) == (values, values)
    assert f'set "BACKUP_DIR={world.folder}"' in lines["Windows (cmd)"]
    assert "cualquier programa de este equipo" in printed
    assert "--into-project" not in printed


@pytest.mark.slow
def test_of_a_real_database_it_says_how_to_restore_there(world: World) -> None:
    """A backup of Firestore itself: no order takes what is served for that database."""
    with world.connect() as connection:
        connection._source = replace(connection.source, emulator=False)
        back_up(lambda: connection, world.store(), BackupRequest())
    name = world.published()[0]
    with serving(world) as process:
        printed = printed_by(process)
        host = re.search(r"abierto en (\S+)", printed)[1]  # type: ignore[index]
        environment = variables_for(world, host)
        said = [line.split()[1:] for line in printed.splitlines() if line.strip().startswith("facot-backups")]
        assert [words[0] for words in said] == ["restore", "run"]
        world.process("restore", name, "--yes", environment=environment).failed(2, "--into-project")
        restored = world.process(*said[0], "--yes", environment=environment)
        assert restored.code == 0, restored
        world.process("run", environment=environment).failed(2, "--backup-dir")


@pytest.mark.slow
@pytest.mark.parametrize("given", [None, "elegido-por-mi-0123456789"])
def test_with_a_token_nobody_else_comes_in(world: World, given: str | None) -> None:
    """One of the variable, which is not told again, or one made at random; our own commands show it."""
    world.write("invoices/3")
    world.run("run")
    name = variables("emulator_token")[0]
    more = {} if given is None else {name: given}
    with serving(world, "--json", "--token", **more) as process:
        told = ready(process)
        token = given or told["environment"][name]
        assert (told["token_required"], len(token) > 20) == (True, True)
        assert told["environment"] == variables_for(world, told["host"]) | ({} if given else {name: token})
        assert token not in " ".join(process.args if isinstance(process.args, list) else [])
        host = {"FIRESTORE_EMULATOR_HOST": told["host"]}
        refused = world.process("diff", "latest", "live", environment=host)
        refused.failed(10, "pide un token", name)
        assert world.process("diff", "latest", "live", environment={**host, name: token}).code == 0
        client = FirestoreServer(told["host"], "memory", told["project"]).client()
        with pytest.raises(Unauthenticated):
            client.document("invoices/3").get(retry=None)
        client._rpc_metadata.append(("authorization", f"Bearer {token}"))  # as docs/cli.md says
        assert client.document("invoices/3").get().exists


@pytest.mark.slow
@pytest.mark.parametrize("given", [None, "elegido-por-mi-0123456789"])
def test_a_token_is_told_only_by_who_made_it(world: World, given: str | None) -> None:
    world.run("run")
    name = variables("emulator_token")[0]
    with serving(world, "--token", "--quiet", **({} if given is None else {name: given})) as process:
        assert process.stdout is not None
        first, *others = [process.stdout.readline() for _ in range(3 if given else 4)]
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=30)
    assert first.startswith("FIRESTORE_EMULATOR_HOST=127.0.0.1:")
    told = [line.partition("=")[0] for line in others]
    assert (told, rest) == (["GOOGLE_CLOUD_PROJECT", "BACKUP_DIR"] + ([] if given else [name]), "")
    assert given is None or given not in "".join([first, *others, rest, err])


def test_a_token_that_could_be_guessed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("run")
    monkeypatch.setenv("BACKUP_EMULATOR_TOKEN", "corto")
    ran = world.run("serve", "latest", "--token")
    assert (ran.code, "BACKUP_EMULATOR_TOKEN" in ran.err, "corto" in ran.err) == (2, True, False)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "192.168.1.7", "::", "example.com", "", "8.8.8.8", "127.0.0.1:8080"]
)
def test_only_this_computer_is_served(world: World, host: str) -> None:
    world.run("run")
    world.run("serve", "latest", "--host", host).failed(2, "este mismo equipo", "127.0.0.1")


def test_a_port_that_is_taken(world: World) -> None:
    world.run("run")
    port = world.server.host.rpartition(":")[2]
    world.run("serve", "latest", "--port", port).failed(2, port, "--port 0")
    assert world.run("serve", "latest", "--port", "65536").code == 2


def test_what_is_not_served(world: World) -> None:
    world.run("serve", "latest").failed(12, "latest")
    world.run("run")
    name = world.published()[0]
    damage(world.folder / name / "invoices.json")
    world.run("serve", name).failed(20, "invoices.json", "facot-backups list")
    assert world.run("serve", name, "--json").report["exit_code"] == 20


def test_an_incomplete_backup_says_so_and_an_old_folder_too(world: World) -> None:
    world.run("run")
    folder = world.folder / "2020-01-01"
    folder.mkdir()
    (folder / "companies.json").write_text('[{"name": "Peña", "_id": "1"}]', encoding="utf-8")
    old = world.store().find("2020-01-01")
    source = source_of(old, world.store().repository(), None)
    assert source == world.source
    assert source_of(old, None, None) == Source("facot")
    with LocalFirestore() as server:
        served = load(old, source, server, world.emit)
        assert (served.documents, memory_needed(old) > 0) == (1, True)
        client = FirestoreServer(server.host, "memory", world.server.project).client()
        assert client.document("companies/1").get().to_dict() == {"name": "Peña"}
    assert "formato antiguo" in world.warnings[-1]


def test_a_drill_on_the_command_line(world: World) -> None:
    world.run("run")
    assert "SIMULACRO" not in world.run("list").out
    ran = world.run("verify", "--drill")
    assert ran.code == 0
    assert "restaurado y comparado: 3 documentos" in ran.out
    report = world.run("verify", "latest", "--drill", "--json").report
    assert (report["success"], report["exit_code"]) == (True, 0)
    assert report["backups"][0]["sound"]
    drill = report["drill"]
    assert (drill["backup"], drill["passed"], drill["documents"]) == (world.published()[0], True, 3)
    assert drill["bytes"] > 0
    assert drill["seconds"] >= 0
    assert (drill["differences"], drill["problems"]) == ([], [])
    listed = world.run("list")
    assert "SIMULACRO" in listed.out
    assert "✓" in listed.out
    entry = world.run("list", "--json").report["backups"][0]["drill"]
    assert (entry["passed"], entry["documents"], entry["error"]) == (True, 3, None)


def test_a_drill_of_a_damaged_backup(world: World) -> None:
    world.run("verify", "--drill").failed(12, "latest")
    assert not world.folder.exists()
    world.run("run")
    damage(world.folder / world.published()[0] / "invoices.json")
    ran = world.run("verify", "--drill")
    assert (ran.code, "DAÑADO" in ran.out) == (20, True)
    report = world.run("verify", "--drill", "--json").report
    assert (report["exit_code"], report["drill"]["passed"]) == (20, False)
    assert "FALLÓ" in world.run("list").out
    error = world.run("list", "--json").report["backups"][0]["drill"]["error"]
    assert "invoices.json" in error


def test_a_drill_that_cannot_be_made_is_no_damage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("run")
    monkeypatch.setitem(sys.modules, "google.cloud.firestore", None)
    monkeypatch.delattr("google.cloud.firestore", raising=False)
    world.run("verify", "--drill").failed(23, "no se pudo hacer", "nada malo", "pip install")
    assert "SIMULACRO" not in world.run("list").out
    status = world.run("status")
    assert "nunca: no se pudo hacer" in status.out
    report = world.run("status", "--json").report
    assert "falta el cliente" in report["drill_problem"]
    assert "drill_not_made" in {found["code"] for found in report["findings"] if found["severity"] == "note"}
    assert report["damaged_backups"] == []


def test_a_drill_needs_the_lock(world: World) -> None:
    world.run("run")
    with world.store().locked():
        world.run("verify", "--drill").failed(11)
