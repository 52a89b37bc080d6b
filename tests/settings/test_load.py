"""Where settings come from: every source, every precedence, every mistake in every source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, time
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facot_backups.errors import SettingError, SettingErrors
from facot_backups.model import Scope
from facot_backups.settings import describe, load_settings
from facot_backups.settings.model import RULES, parse, variables
from tests.settings.machine import Machine

# The sources, the weakest first. Each takes a JSON value for a setting; variables take its text.
Give = Callable[[Machine, str, Any], dict[str, object]]


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _in_config(machine: Machine, name: str, value: Any) -> dict[str, object]:
    machine.config({"backups": {name: value}})
    return {}


def _in_dotenv(machine: Machine, name: str, value: Any) -> dict[str, object]:
    machine.dotenv(f"{variables(name)[0]}={_text(value)}\n")
    return {}


def _in_environ(machine: Machine, name: str, value: Any) -> dict[str, object]:
    machine.environ[variables(name)[0]] = _text(value)
    return {}


def _in_arguments(machine: Machine, name: str, value: Any) -> dict[str, object]:
    return {name: value}


SOURCES: dict[str, Give] = {
    "facot_config.json": _in_config,
    ".env": _in_dotenv,
    "variable": _in_environ,
    "argumento": _in_arguments,
}

# Four different good values of every setting, one for each source.
GOOD: dict[str, list[Any]] = {
    "backup_dir": ["/a", "/b", "/c", "/d"],
    "backup_hour": ["00:00", "03:30", "19:05", "23:59"],
    "retention_days": [1, 31, 365, 36500],
    "keep_last": [1, 3, 7, 1000],
    "collections": [["items"], ["ñ", "invoices"], ["a.b"], ["__x"]],
    "exclude": [["items"], ["ñ", "invoices"], ["a.b"], ["__x"]],
    "max_reads": [1, 40000, 50000, 10**12],
    "anomaly_drop": [1, 10, 50, 100],
    "drill_every_days": [1, 7, 30, 365],
    "credentials": ["/a.json", "default", "/c.json", "/d.json"],
    "project": ["p-1", "p-2", "ejemplo.com:p-3", "p-4"],
    "database": ["(default)", "base-2", "base-3", "base-4"],
    "emulator_host": ["127.0.0.1:8080", "localhost:1", "[::1]:65535", "a-b.c:9"],
    "emulator_token": ["a" * 16, "b-_" * 10, "!" * 200, "~/+=" * 4],
    "healthcheck_url": ["https://hc-ping.com/a", "http://u:p@x:8/a?b=c", "http://[::1]/a", "https://ñ.do"],
    "notify_urls": [["json://a"], ["mailto://u:p@x?to=a,b", "tgram://1:2/3"], ["x+y://"], ["ntfy://ñ"]],
    "before_backup": ["a", 'mount "/ñ" && x', "a\tb", "echo $X"],
    "after_backup": ["a", "b", "c", "rclone copy a b:"],
    "on_error": ["a", "b", "c", "d | e"],
    "hook_minutes": [1, 5, 60, 1440],
    "theme": ["claro", "oscuro", "sistema", "claro"],
}


def test_every_setting_is_in_the_tables() -> None:
    assert GOOD.keys() == RULES.keys() == BAD.keys()


def test_defaults(machine: Machine) -> None:
    settings = machine.load(backup_hour=None)
    assert settings.backup_dir == machine.cwd / "backups"
    assert (settings.backup_hour, settings.retention_days, settings.keep_last) == (time(2), 30, 2)
    assert (settings.collections, settings.exclude, settings.scope) == (None, (), Scope())
    assert (settings.max_reads, settings.anomaly_drop, settings.database) == (None, 30, "(default)")
    assert (settings.credentials, settings.project, settings.emulator_host) == (None, None, None)
    assert {settings.origin(name) for name in RULES} == {"valor por defecto"}
    assert settings.notes == []


def test_documented_variables_and_file(machine: Machine) -> None:
    documented = ["BACKUP_DIR", "BACKUP_HOUR", "BACKUP_RETENTION_DAYS"]
    assert [variables(name)[0] for name in ("backup_dir", "backup_hour", "retention_days")] == documented
    machine.dotenv(
        "# Directorio de backups\nBACKUP_DIR=./copias\n\n# Hora del backup diario (formato 24h)\n"
        "export BACKUP_HOUR = 04:15 # de la madrugada\nBACKUP_RETENTION_DAYS='7'\nOTRA\n"
    )
    machine.config({"backups": {"backup_dir": "./b", "backup_hour": "02:00", "retention_days": 30}})
    settings = machine.load()
    assert (settings.backup_dir, settings.backup_hour) == (machine.cwd / "copias", time(4, 15))
    assert (settings.retention_days, settings.notes) == (7, [])


@pytest.mark.parametrize("name", RULES)
def test_a_later_source_wins_and_is_named(tmp_path: Path, name: str) -> None:
    """Each source alone, and each pair of them."""
    alone = [(source, source) for source in SOURCES]
    for number, (weak, strong) in enumerate([*alone, *combinations(SOURCES, 2)]):
        root = tmp_path / str(number)
        root.mkdir()
        machine = Machine(root)
        arguments: dict[str, object] = {}
        for source in (weak, strong):
            arguments |= SOURCES[source](machine, name, GOOD[name][list(SOURCES).index(source)])
        settings = machine.load(**arguments)
        expected = parse(name, GOOD[name][list(SOURCES).index(strong)], Path.cwd())
        assert getattr(settings, name) == expected
        place = {
            "facot_config.json": f"facot_config.json ({machine.cwd / 'facot_config.json'})",
            ".env": f".env ({machine.cwd / '.env'})",
            "variable": f"variable {variables(name)[0]}",
        }
        assert settings.origin(name) == place.get(strong, strong)


NUMBERS: list[Any] = ["0", "-1", "abc", "1e9", "1.0", "٣", "99999999999999999999", "1 2", " "]
IDS: list[Any] = [["a/b"], ["."], [".."], ["__x__"], ["____"], ["x" * 1501], ["ñ" * 751]]
BAD_COMMANDS: list[Any] = []  # what a variable gives, a shell may take
BAD: dict[str, list[Any]] = {
    "backup_dir": ["", "  ", "a\x07b"],
    "backup_hour": ["25:00", "24:00", "2:5", "2:00", "02:00:00", "12:60", "0200", "", "-1:00", "٠٢:٠٠"],
    "retention_days": [*NUMBERS, "36501"],
    "keep_last": [*NUMBERS, "1001"],
    "collections": IDS,
    "exclude": IDS,
    "max_reads": [number for number in NUMBERS if number != " "],
    "anomaly_drop": [*NUMBERS, "101"],
    "drill_every_days": [*NUMBERS, "366"],
    "credentials": ["a\x07b", '{"private_key": "x"}'],
    "project": ["a/b", "a b", "x" * 129, "ñ"],
    "database": ["a/b", "a b", ""],
    "emulator_host": ["http://127.0.0.1:8080", "localhost", "localhost:0", "localhost:65536", ":1", "a:b"],
    "emulator_token": ["a" * 15, "a" * 201, "ñ" * 20, "a" * 16 + " b", "a" * 16 + "\x07"],
    "healthcheck_url": ["hc-ping.com/a", "ftp://a", "http://", "http://a b", "http://a:x", "http://a/#b"],
    "notify_urls": ["a", "a://b c", "://a", "json:/a", "json://a\x07"],
    "before_backup": BAD_COMMANDS,
    "after_backup": BAD_COMMANDS,
    "on_error": BAD_COMMANDS,
    "hook_minutes": [*NUMBERS, "1441"],
    "theme": ["", "Claro", "negro"],
}
# What only JSON and callers can give.
WRONG_NUMBERS: list[Any] = [0, -1, None, True, 30.0, 1e9, 10**30, []]
WRONG_COMMANDS: list[Any] = [5, ["a"], True, "a\0b", "\ud800"]
BAD_JSON: dict[str, list[Any]] = {
    "backup_dir": [None, 5, True, ["a"], {}, "\ud800"],
    "backup_hour": [None, 2, 2.5, True, [2, 0]],
    "retention_days": WRONG_NUMBERS,
    "keep_last": WRONG_NUMBERS,
    "anomaly_drop": WRONG_NUMBERS,
    "drill_every_days": WRONG_NUMBERS,
    "collections": ["items", [], [1], [None], [""], {"a": 1}, 3, ["\ud800"]],
    "exclude": ["items", None, [1], [""], {"a": 1}, True],
    "max_reads": [0, -1, True, 30.0, []],
    "credentials": [5, {"private_key": "x"}, ["a"]],
    "project": [5, ["a"]],
    "database": [None, 5],
    "emulator_host": [8080, ["a:1"]],
    "emulator_token": [10**20, ["a" * 16], True],
    "healthcheck_url": [5, ["http://a"], True],
    "notify_urls": ["json://a", None, [1], [""], {"a": 1}],
    "before_backup": WRONG_COMMANDS,
    "after_backup": WRONG_COMMANDS,
    "on_error": WRONG_COMMANDS,
    "hook_minutes": WRONG_NUMBERS,
    "theme": [0, None, [], True],
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", RULES)
def test_a_bad_value_is_an_error_that_names_it(tmp_path: Path, name: str, source: str) -> None:
    bad = BAD[name] if source in (".env", "variable") else [*BAD[name], *BAD_JSON[name]]
    for number, value in enumerate(bad):
        if source == "argumento" and value is None:
            continue
        root = tmp_path / str(number)
        root.mkdir()
        machine = Machine(root)
        error = machine.refused(**SOURCES[source](machine, name, value))
        assert not isinstance(error, SettingErrors)
        assert error.setting == name
        assert error.origin.startswith(source)
        assert f"«{name}» ({error.origin})" in str(error)
        assert RULES[name].allowed in str(error)
        assert error.exit_code == 2
        assert "private_key" not in str(error)


def test_all_mistakes_are_told_at_once(machine: Machine) -> None:
    machine.config({"backups": {"backup_hour": "25:00", "keep_last": 0}, "firebase": []})
    machine.dotenv("BACKUP_DIR='a\nBACKUP_MAX_READS\n")
    machine.environ["BACKUP_RETENTION_DAYS"] = "abc"
    error = machine.refused(anomaly_drop=0, retention=5)
    assert isinstance(error, SettingErrors)
    told = ["firebase", "BACKUP_DIR", "BACKUP_MAX_READS", "retention"]
    told += ["backup_hour", "retention_days", "keep_last", "anomaly_drop"]
    assert [one.setting for one in error.errors] == told
    assert len(str(error).splitlines()) == len(told)


def test_order_of_the_names_of_one_setting(machine: Machine) -> None:
    """Set the weakest first: each stronger one takes over, and the difference is a note."""
    for name in ("credentials", "project", "emulator_host"):
        for number, variable in enumerate(reversed(variables(name)), start=1):
            machine.environ[variable] = f"/x:{number}" if name == "credentials" else f"x:{number}"
            settings = machine.load()
            assert getattr(settings, name).endswith(f":{number}")
            assert settings.origin(name) == f"variable {variable}"
            assert len([note for note in settings.notes if f"vale {variable}." in note]) == number - 1
            assert not any(value in note for note in settings.notes for value in machine.environ.values())
    machine.config({"backups": {"credentials": "a.json"}, "firebase": {"credentials_path": "b.json"}})
    machine.environ = {}
    assert machine.load().credentials == str(machine.cwd / "a.json")


def test_blank_and_equal_names_are_silent(machine: Machine) -> None:
    machine.environ |= {
        "FIREBASE_CREDENTIALS": "",
        "GOOGLE_APPLICATION_CREDENTIALS": "/k",
        "BACKUP_MAX_READS": "",
    }
    machine.environ |= {"FIREBASE_CREDENTIALS_PATH": "/k ", "BACKUP_EXCLUDE": ""}
    machine.config({"backups": {"exclude": ["a"]}})
    settings = machine.load()
    assert (settings.credentials, settings.exclude, settings.notes) == ("/k", (), [])


@pytest.mark.parametrize("value", [time(2, 0, 1), time(2, 0, 0, 1), time(2, tzinfo=UTC)])
def test_an_hour_has_no_seconds_and_no_zone(machine: Machine, value: time) -> None:
    assert machine.refused(backup_hour=value).setting == "backup_hour"


def test_nothing_left_to_back_up_is_an_error(machine: Machine) -> None:
    error = machine.refused(collections=["a", "b"], exclude=["b", "a", "c"])
    assert error.setting == "exclude"
    assert machine.load(collections=["a", "b", "a"], exclude=["b"]).scope == Scope(("a", "b"), exclude=("b",))


def test_settings_are_frozen_and_hide_wrong_values(machine: Machine) -> None:
    settings = machine.load(retention_days=5)
    assert (settings.origin("retention_days"), settings.origin("keep_last")) == (
        "argumento",
        "valor por defecto",
    )
    with pytest.raises(FrozenInstanceError):
        settings.retention_days = 6  # type: ignore[misc]
    error = machine.refused(retention_days=987654321)
    assert "límites" in str(error)
    assert "987654321" not in str(error)
    with pytest.raises(KeyError):
        settings.origin("nada")


def test_describe_shows_all_but_secrets(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(RULES, dict)
    hidden = RULES["project"].__class__(allowed="x", secret=True, absent="no hay")
    monkeypatch.setitem(RULES, "project", hidden)
    assert ("project", "no hay", "valor por defecto") in describe(machine.load())
    settings = machine.load(project="tesoro", collections=["a", "b"], backup_hour=time(7, 5))
    shown = {row.name: row.value for row in describe(settings)}
    assert list(shown) == list(RULES)
    assert (shown["project"], shown["collections"], shown["exclude"]) == ("(oculto)", "a, b", "ninguna")
    assert (shown["backup_hour"], shown["max_reads"], shown["retention_days"]) == (
        "07:05",
        "sin límite",
        "30",
    )
    assert "tesoro" not in repr(settings)
    assert "tesoro" not in str(settings)


@given(st.text(max_size=8), st.sampled_from([name for name in RULES if name != "backup_dir"]))
def test_any_text_is_a_value_or_a_setting_error(text: str, name: str) -> None:
    """Nothing but SettingError comes out, whatever a variable holds; what is taken stays what it was."""
    environ: Mapping[str, str] = {variables(name)[0]: text}
    try:
        settings = load_settings(cwd=Path("/nada"), environ=environ)
    except SettingError as error:
        assert error.setting == name
    else:
        assert settings == load_settings({name: getattr(settings, name)}, cwd=Path("/nada"), environ={})
