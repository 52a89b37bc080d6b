"""`status`: the glance, its exit codes, JSON for programs, Prometheus text for node_exporter."""

from __future__ import annotations

import re
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import facot_backups
from facot_backups.app import prometheus
from facot_backups.operations.health.findings import Finding
from facot_backups.operations.health.judgement import judge
from facot_backups.text import visible
from tests.docs import pages
from tests.end_to_end.world import World
from tests.operations.test_health import HOUR, backup, drilled, facts, failed, proof

LINE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\} (-?[0-9.]+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"')
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """A strict reading of the exposition format, as far as gauges go."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    assert text.endswith("\n")
    name = ""
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert not any(metric == name for metric, _ in found), f"{name} comes twice"
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {name} gauge"
        else:
            match = LINE.fullmatch(line)
            assert match is not None, line
            assert match[1] == name
            labels = {
                key: re.sub(r"\\.", lambda escape: ESCAPES[escape[0]], value)
                for key, value in LABEL.findall(match[2])
            }
            key = (name, frozenset(labels.items()))
            assert key not in found
            found[key] = float(match[3])
    return found


def measured(text: str) -> dict[str, float]:
    """The samples by the metric's name, without findings."""
    return {name: value for (name, _), value in samples(text).items() if name != "facot_backups_finding"}


# --- the command -----------------------------------------------------------------------------------------


def test_a_good_day(world: World, tmp_path: Path) -> None:
    world.run("run", "--quiet")
    world.run("verify", "--quiet")
    ran = world.run("status")
    assert ran.code == 0
    assert ran.out.startswith(" ✓ BIEN   Todo bien: hay un backup completo de hace un momento, comprobado.\n")
    assert "Comprobado        ✓ el " in ran.out
    assert "· Nunca se ha hecho un simulacro de restauración.\n  → Hágalo: facot-backups verify" in ran.out
    assert world.run("status", "--quiet").out == ""
    told = world.run("status", "--json").report
    assert (told["exit_code"], told["state"], told["last_backup"]["documents"]) == (0, "ok", 3)
    assert told["findings"] == facot_backups.get_backup_health(world.folder)["findings"]


def test_nothing_yet(world: World) -> None:
    ran = world.run("status")
    assert ran.code == 31
    assert "✗ No hay ningún backup completo.\n  → Haga uno ahora: facot-backups run\n" in ran.out
    assert not world.folder.exists()


def test_damage_is_told_with_what_is_still_good(world: World) -> None:
    world.run("run", "--quiet")
    world.write("invoices/3")
    world.run("run", "--quiet")
    newest, old = world.backups()
    file = old.path / "invoices.json"
    file.chmod(0o600)
    file.write_bytes(file.read_bytes().replace(b"1", b"2", 1))
    assert world.run("verify", "--quiet").code == 20
    ran = world.run("status", "--quiet")
    assert ran.code == 31
    assert f"✗ El backup {old.name} está dañado: invoices.json" in ran.out
    assert f"→ Sigue entero: {newest.name}." in ran.out


def test_an_unplugged_disk(world: World, tmp_path: Path) -> None:
    """The health command says so; it does not fail itself."""
    world.run("run", "--quiet")
    world.folder.rename(tmp_path / "desconectado")
    ran = world.run("status")
    assert ran.code == 31
    assert "✗ No se puede usar la carpeta de backups" in ran.out
    assert "→ Conecte el disco." in ran.out
    assert "Último backup     hace un momento, el" in ran.out
    told = world.run("status", "--json").report
    assert (told["last_backup"]["name"], told["disk"]["free_bytes"]) == (None, None)
    assert measured(world.run("status", "--prometheus").out)["facot_backups_health_state"] == 2
    assert not world.folder.exists()


def test_a_wide_line_breaks_on_a_terminal_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    world.write(*(f"clients/{n}" for n in range(60)))
    world.run("run", "--quiet")
    world.delete(*(f"clients/{n}" for n in range(60)))
    world.run("run", "--quiet")
    plain = world.run("status").out
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) > 80
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", world.run("status").out)
    assert max(map(len, shown.splitlines())) <= 80
    assert "faltan documentos en «clients»" in shown


def test_a_number_stays_with_its_unit_at_any_width(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("run", "--quiet")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for columns in range(40, 81):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = re.sub(r"\x1b\[[0-9;]*m", "", world.run("status").out).splitlines()
        assert [line for line in lines if re.match(r" +(B|KB|MB|GB|documentos)\b", line)] == []


# --- Prometheus ------------------------------------------------------------------------------------------


def test_prometheus_text_and_its_file(world: World, tmp_path: Path) -> None:
    world.run("run", "--quiet")
    file = tmp_path / "facot_backups.prom"
    file.write_text("de antes", encoding="utf-8")
    ran = world.run("status", "--prometheus", "--prometheus-file", str(file))
    assert ran.code == 0
    assert file.read_text(encoding="utf-8") == ran.out
    assert [path.name for path in tmp_path.glob("*prom*")] == [file.name]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) & 0o444 == 0o444, "node_exporter is another user"
    found = measured(ran.out)
    assert found["facot_backups_health_state"] == 0
    assert found["facot_backups_last_complete_documents"] == 3
    assert "facot_backups_last_drill_success" not in found, "not known: not written"
    quiet = world.run("status", "--quiet", "--prometheus-file", str(file))
    assert (quiet.code, quiet.out) == (0, "")


def test_a_file_that_cannot_be_written(world: World, tmp_path: Path) -> None:
    world.run("status", "--prometheus-file", str(tmp_path / "no" / "a.prom")).failed(2, "a.prom")
    world.run("status", "--prometheus", "--json").failed(2, "Elija uno")


def test_all_measures_are_documented_and_all_are_measured() -> None:
    ahead = [backup(12 * HOUR), backup(36 * HOUR)]
    text = prometheus.to_text(judge(facts(*ahead, tries=[failed(HOUR)])), Path("b"))
    page = pages.sections(pages.PROJECT / "docs/cli.md")
    (section,) = (section for section in page if section.title.startswith("Las medidas"))
    documented = [pages.codes(row[0])[0] for row in pages.table(section.text)]
    assert list(dict.fromkeys(name for name, _ in samples(text))) == documented


@given(st.text(), st.text())
def test_any_text_in_a_label_comes_back(folder: str, error: str) -> None:
    found = backup(12 * HOUR)
    rotten = proof(found, outcome="DAMAGED", files=["a"], errors=[error])
    health = judge(facts(found, entries=[drilled(found), rotten]))
    path = Path("x" + folder.replace("\0", ""))
    labels = {dict(labels)["backup_dir"] for _, labels in samples(prometheus.to_text(health, path))}
    assert labels == {visible(str(path))}


def test_names_that_look_alike_make_no_sample_twice() -> None:
    """node_exporter takes nothing of a file that has one: a name in Firestore would silence every alert."""
    twins = [Finding("anomaly", "critical", name) for name in ("a\nb", "a\\u000ab")]
    health = replace(judge(facts(backup(12 * HOUR))), findings=tuple(twins))
    found = [name for name, _ in samples(prometheus.to_text(health, Path("b")))]
    assert found.count("facot_backups_finding") == 1
