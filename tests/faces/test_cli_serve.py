"""`serve` and `verify --drill` as a user meets them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Unauthenticated

from facot_backups.local.server import LocalFirestore
from facot_backups.model import Source
from facot_backups.operations.serving import load, memory_needed, source_of
from facot_backups.settings.model import variables
from tests.end_to_end.world import World
from tests.support.servers import FirestoreServer, free_port


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
        assert told["environment"] == {"FIRESTORE_EMULATOR_HOST": told["host"]}
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


@pytest.mark.slow
def test_the_lines_to_set(world: World) -> None:
    world.run("run")
    port = free_port()
    with serving(world, "--port", str(port), "--host", "localhost") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(11)]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    host = f"127.0.0.1:{port}"
    assert f"Windows (cmd)         set FIRESTORE_EMULATOR_HOST={host}" in lines
    assert f'Windows (PowerShell)  $env:FIRESTORE_EMULATOR_HOST = "{host}"' in lines
    assert f"Linux, macOS          export FIRESTORE_EMULATOR_HOST={host}" in lines
    assert any(line.endswith(world.server.project) for line in lines)
    assert any("cualquier programa de este equipo" in line for line in lines)


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
        assert told["environment"] == {"FIRESTORE_EMULATOR_HOST": told["host"]} | (
            {} if given else {name: token}
        )
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
        first = process.stdout.readline()
        second = "" if given else process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=30)
    assert first.startswith("FIRESTORE_EMULATOR_HOST=127.0.0.1:")
    assert (second.partition("=")[0], rest) == ("" if given else name, "")
    assert given is None or given not in first + rest + err


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
