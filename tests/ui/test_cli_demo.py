"""`facot-backups demo` shows the whole product, and minds no setting of the user's."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from facot_backups.ui.cli import main
from facot_backups.ui.cli.audit_command import ERRORS_EXIT


@pytest.mark.slow
def test_the_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where everything around it points to another database and to other rules."""
    config = {"backups": {"max_reads": 1, "exclude": ["invoices"], "project": "real", "backup_dir": "mios"}}
    (tmp_path / "facot_config.json").write_text(json.dumps(config))
    (tmp_path / ".env").write_text("BACKUP_EMULATOR_HOST=127.0.0.1:1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    for name in ("BACKUP_PROJECT", "BACKUP_COLLECTIONS", "BACKUP_DATABASE", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.setenv(name, "real")
    environment = dict(os.environ)

    assert main(["demo", "--folder", "demostracion"]) == 0

    out, err = capsys.readouterr()
    for words in (
        "Backup completo y comprobado",
        "completo",
        "entero",
        '"_items":[',
        "DAÑADO",
        "invoices.json: su contenido no es el que se guardó",
        "− invoices/1786947840247",
        "total_amount             3359.99 → 118.0",
        "Restaurado y comprobado: 3 creados, 1 cambiado en",
        "Contador B01 de la empresa 1 conservado en 69; el backup decía 68",
        "Restaurado y comprobado: 1 cambiado, 3 borrados en",
        " invoices           1          3           1       966 ",
        "NCF repetidos (1)",
        str(tmp_path / "demostracion/backups"),
    ):
        assert words in out
    afternoon = out[out.index("5. Una mala tarde") : out.index("6. Las dos facturas")]
    told = re.findall(r"^[−+] invoices/\d+\n    (.*)$", afternoon, re.MULTILINE)
    assert [len(one.split(" · ")) for one in told] == [4, 4]  # number, client, day, total
    assert all(re.search(r" · RD\$ [\d,]+\.\d\d$", one) for one in told)
    assert not {"{", "…", "\x1b"}.intersection(afternoon)
    story = out[out.index("5. Una mala tarde") : out.index("Dónde está todo")]
    assert max(map(len, story.splitlines())) < 90
    assert "Aviso" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "demostracion", "facot_config.json"]
    assert (dict(os.environ), Path.cwd()) == (environment, tmp_path)
    assert main(["demo", "--folder", "demostracion"]) == 2
    _follow(out[out.index("Dónde está todo") :])


def _follow(advice: str) -> None:
    """Type what the demonstration says last, on a terminal that knows no program of this Python's."""
    lines = [line.strip() for line in advice.splitlines() if line.startswith("  ") and line[2] != " "]
    assert len(lines) == 6
    enter, listing, audit = lines[1:4]
    for line, code in ((listing, 0), (audit, ERRORS_EXIT)):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{enter} && {line}"],
            env={**os.environ, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr


def test_the_demonstration_in_a_place_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archivo").touch()
    assert main(["demo", "--folder", str(tmp_path / "archivo/demo")]) == 13
    assert "Elija otra carpeta" in capsys.readouterr().err
