"""Saving: what is not ours stays, and whatever happens the file is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups import atomic
from facot_backups.errors import SettingError, SettingErrors
from facot_backups.settings import load_settings, save_settings
from facot_backups.settings.sources import config_file
from tests.support.crash import windows_error

FACOT = {
    "empresas": {"1": {"nombre": "Compañía «Ñandú» 📦", "tasa": 18.5, "nulo": None}},
    "backups": {"otra": [1, {"z": 1, "a": 2}], "retention_days": 30, "backup_hour": "02:00"},
    "theme": "claro",
    "activa": True,
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "facot_config.json"
    path.write_text(json.dumps(FACOT, ensure_ascii=False, indent=4), encoding="utf-8")
    return path


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_only_the_changes_change(config: Path) -> None:
    changes = {"retention_days": "45", "backup_hour": time(3, 5), "keep_last": 4, "collections": ("ñ",)}
    save_settings(config, {**changes, "backup_dir": Path("copias"), "max_reads": None})
    saved = {"retention_days": 45, "backup_hour": "03:05", "keep_last": 4, "collections": ["ñ"]}
    expected = {**FACOT, "backups": {"otra": [1, {"z": 1, "a": 2}], **saved, "backup_dir": "copias"}}
    assert json.dumps(_read(config)) == json.dumps(expected)  # The order too.
    raw = config.read_bytes()
    assert "Compañía «Ñandú» 📦".encode() in raw
    assert b'\n    "empresas"' in raw
    settings = load_settings(cwd=config.parent, environ={})
    assert (settings.retention_days, settings.backup_dir) == (45, config.parent / "copias")
    save_settings(config, dict.fromkeys(saved))
    assert _read(config)["backups"] == {"otra": [1, {"z": 1, "a": 2}], "backup_dir": "copias"}


def test_the_credentials_are_where_facot_has_them(config: Path) -> None:
    content = {"firebase": {"storage_bucket": "b", "credentials_path": "old.json"}, "backups": {}}
    config.write_text(json.dumps({**content, "backups": {"credentials": "stronger.json"}}))
    save_settings(config, {"credentials": "/new.json"})
    content["firebase"]["credentials_path"] = "/new.json"
    assert _read(config) == content
    assert load_settings(cwd=config.parent, environ={}).credentials == "/new.json"
    save_settings(config, {"credentials": None})
    assert _read(config)["firebase"] == {"storage_bucket": "b"}


def test_where_no_file_is_the_one_in_facots_folder_is_made(tmp_path: Path) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    assert config_file(here, {"HOME": str(home)}) == home / ".FACOT/facot_config.json"
    assert config_file(here, {"APPDATA": "x", "HOME": str(home)}) == here / "x/FACOT/facot_config.json"
    assert config_file(here, {}) == here / "facot_config.json"
    save_settings(config_file(here, {"HOME": str(home)}), {"keep_last": 5})
    assert load_settings(cwd=here, environ={"HOME": str(home)}).keep_last == 5
    save_settings(here / "facot_config.json", {"keep_last": 6})
    assert config_file(here, {"HOME": str(home)}) == here / "facot_config.json"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    before=st.dictionaries(st.text().filter(lambda name: name != "backups"), _JSON, max_size=4),
    unknown=st.dictionaries(st.text().map("x{}".format), _JSON, max_size=3),
    indent=st.sampled_from([None, 0, 2, "\t"]),
    escaped=st.booleans(),
)
def test_unknown_keys_survive(
    tmp_path: Path, before: dict[str, Any], unknown: dict[str, Any], indent: int | None, escaped: bool
) -> None:
    path = tmp_path / "facot_config.json"
    old = {**before, "backups": {**unknown, "keep_last": 3}}
    path.write_bytes(json.dumps(old, indent=indent, ensure_ascii=escaped).encode("utf-8", "replace"))
    old = _read(path)
    save_settings(path, {"retention_days": 9})
    new = {**old, "backups": {**old["backups"], "retention_days": 9}}
    assert json.dumps(_read(path)) == json.dumps(new)


def test_a_lone_surrogate_is_kept(config: Path) -> None:
    config.write_text('{"a": "\\ud800ñ"}', encoding="utf-8")
    save_settings(config, {"keep_last": 3})
    assert _read(config) == {"a": "\ud800ñ", "backups": {"keep_last": 3}}


def test_an_absent_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "nueva" / "facot_config.json"
    save_settings(path, {"exclude": ["audit"]})
    assert _read(path) == {"backups": {"exclude": ["audit"]}}
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_null_section_is_filled(config: Path) -> None:
    config.write_text('{"backups": null}', encoding="utf-8")
    save_settings(config, {"keep_last": 3})
    assert _read(config) == {"backups": {"keep_last": 3}}


def test_mark_is_dropped_and_line_ends_stay(config: Path) -> None:
    config.write_bytes(b'\xef\xbb\xbf{\r\n\t"a": "x\\ny"\r\n}')
    save_settings(config, {"keep_last": 3})
    assert config.read_bytes() == (
        b'{\r\n\t"a": "x\\ny",\r\n\t"backups": {\r\n\t\t"keep_last": 3\r\n\t}\r\n}\r\n'
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes, and links need a right")
def test_mode_and_link_stay(config: Path) -> None:
    config.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(config, 12345, 54321)
    owner = (config.stat().st_uid, config.stat().st_gid)
    link = config.with_name("enlace.json")
    link.symlink_to(config)
    save_settings(link, {"keep_last": 3})
    assert link.is_symlink()
    assert _read(config)["backups"]["keep_last"] == 3
    assert config.stat().st_mode & 0o777 == 0o640
    assert (config.stat().st_uid, config.stat().st_gid) == owner
    made = config.with_name("nuevo.json")
    save_settings(made, {"keep_last": 3})
    assert made.stat().st_mode & 0o777 == 0o600  # It may come to hold secrets.


@pytest.mark.parametrize(
    "broken", [b"", b'{"a":', b"[]", b'{"backups": []}', b'{"a": "\xff"}', b'{"a":1,"a":2}', b'{"a": NaN}']
)
def test_a_broken_file_is_not_touched(config: Path, broken: bytes) -> None:
    config.write_bytes(broken)
    with pytest.raises(SettingError, match=r"facot_config\.json"):
        save_settings(config, {"keep_last": 3})
    assert config.read_bytes() == broken
    assert list(config.parent.iterdir()) == [config]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"keep_last": 0}, ["keep_last"]),
        ({"keep_last": 3, "retention_days": 0, "backup_hour": "25:00"}, ["backup_hour", "retention_days"]),
        ({"nada": 3}, ["nada"]),
        ({"nada": None}, ["nada"]),
        ({"project": ""}, ["project"]),
        ({"exclude": ["sola"]}, ["exclude"]),
        ({"collections": ["fuera"], "exclude": ["fuera"]}, ["exclude"]),
    ],
)
def test_wrong_changes_change_nothing(config: Path, changes: dict[str, object], wrong: list[str]) -> None:
    save_settings(config, {"collections": ["sola"]})
    before = config.read_bytes()
    with pytest.raises(SettingError) as caught:
        save_settings(config, changes)
    errors = caught.value.errors if isinstance(caught.value, SettingErrors) else [caught.value]
    assert [error.setting for error in errors] == wrong
    assert config.read_bytes() == before


def test_what_was_wrong_before_can_be_mended_piece_by_piece(config: Path) -> None:
    config.write_text('{"backups": {"backup_hour": "25:00", "keep_last": 0}}', encoding="utf-8")
    save_settings(config, {"keep_last": 2, "collections": ["a"]})
    save_settings(config, {"backup_hour": "02:00"})
    assert load_settings(cwd=config.parent, environ={}).keep_last == 2


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_FSIZE is a limit of POSIX")
def test_a_write_that_fails_leaves_the_old_file(config: Path) -> None:
    """A real fault: a child process that may not write a file of more than 100 bytes."""
    before = config.read_bytes()
    child = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from facot_backups.errors import SettingError; from facot_backups.settings import save_settings\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: save_settings(Path(sys.argv[1]), {'keep_last': 3})\n"
        "except SettingError as error: sys.exit(f'{error}')\n"
    )
    result = subprocess.run(
        [sys.executable, "-B", "-c", child, str(config)], capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 1
    assert "no se puede escribir" in result.stderr
    assert "Traceback" not in result.stderr
    assert config.read_bytes() == before
    assert list(config.parent.iterdir()) == [config]


def test_killed_before_the_rename_leaves_the_old_file(config: Path) -> None:
    """A real kill, at the last instruction before the rename."""
    before = config.read_bytes()
    child = (
        "import os, signal, sys; from pathlib import Path\n"
        "from facot_backups.settings import save_settings\n"
        "Path.replace = lambda self, target: os.kill(os.getpid(), 9)\n"
        "save_settings(Path(sys.argv[1]), {'keep_last': 3})\n"
    )
    result = subprocess.run([sys.executable, "-B", "-c", child, str(config)], check=False)
    assert result.returncode != 0
    assert config.read_bytes() == before
    save_settings(config, {"keep_last": 4})
    assert _read(config)["backups"]["keep_last"] == 4


@pytest.mark.parametrize("winerror", [5, 32])
def test_another_program_that_holds_the_file_for_a_moment_is_waited_for(
    config: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    """Windows: a virus scanner has it open, while it is read and while it is replaced."""
    busy: list[object] = []

    def holding(step: Callable[..., Any]) -> Callable[..., Any]:
        def first_refused(path: Path, *arguments: Any, **options: Any) -> Any:
            if path.parent == config.parent and busy.count(step) < 2:
                busy.append(step)
                raise windows_error(winerror)
            return step(path, *arguments, **options)

        return first_refused

    monkeypatch.setattr(Path, "open", holding(Path.open))
    monkeypatch.setattr(Path, "replace", holding(Path.replace))
    save_settings(config, {"keep_last": 4})
    assert len(busy) == 4 and _read(config)["backups"]["keep_last"] == 4


def test_a_file_that_stays_held_is_an_error_that_says_so(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(path: Path, *_: Any, **__: Any) -> Any:
        raise windows_error(32, "en uso")

    before = config.read_bytes()
    monkeypatch.setattr(atomic, "BRIEF", atomic.Patience(seconds=0))
    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr(Path, "unlink", held)
    with pytest.raises(SettingError, match="no se puede escribir"):
        save_settings(config, {"keep_last": 4})
    assert config.read_bytes() == before
