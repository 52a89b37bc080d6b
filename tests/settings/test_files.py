"""The files that give settings: where they are, how they are read, what is noted of them."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from facot_backups.errors import SettingErrors
from tests.settings.machine import Machine


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "JSON válido"),
        (b'{"backups": {"backup_dir": "secreto"', "línea 1, columna"),
        (b"{'backups': 1}", "JSON válido"),
        (b"[]", "objeto JSON"),
        (b"null", "objeto JSON"),
        (b'{"backups": []}', "objeto JSON"),
        (b'{"backups": "secreto"}', "objeto JSON"),
        (b'{"a": "\xff"}', "UTF-8"),
        ('{"a": "ñ"}'.encode("utf-16"), "UTF-8"),
        (b'{"a": ' + b"[" * 100_000, "JSON válido"),
        (b'{"a": ' + b"9" * 5000 + b"}", "JSON válido"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": 1e999}', "demasiado grande"),
        (b'{"backups": {"retention_days": 30, "retention_days": 3}}', "«retention_days» está dos veces"),
    ],
)
def test_a_broken_config_is_an_error_that_names_the_file(machine: Machine, content: bytes, word: str) -> None:
    path = machine.config(content)
    error = machine.refused(retention_days=5)
    assert word in str(error)
    assert str(path) in str(error)
    assert "secreto" not in str(error)
    assert len(str(error)) < 500


def test_a_folder_in_the_place_of_a_file_is_an_error(machine: Machine) -> None:
    (machine.cwd / "facot_config.json").mkdir()
    (machine.cwd / ".env").mkdir()
    error = machine.refused()
    assert isinstance(error, SettingErrors)
    assert [one.setting for one in error.errors] == ["facot_config.json", ".env"]


@pytest.mark.parametrize(
    "content", [{}, {"backups": {}}, {"backups": None, "firebase": None}, {"theme": "x"}]
)
def test_a_config_without_our_keys_is_normal(machine: Machine, content: object) -> None:
    machine.config(content)
    settings = machine.load()
    assert (settings.retention_days, settings.notes) == (30, [])


def test_byte_order_marks(machine: Machine) -> None:
    machine.config(b"\xef\xbb\xbf" + b'{"backups": {"keep_last": 5}}')
    machine.dotenv(b"\xef\xbb\xbfBACKUP_HOUR=05:00\r\nBACKUP_RETENTION_DAYS=9\r\n")
    settings = machine.load()
    assert (settings.keep_last, settings.backup_hour, settings.retention_days) == (5, time(5), 9)


def test_paths_count_from_the_file_that_gives_them(machine: Machine) -> None:
    machine.config(
        {"backups": {"backup_dir": "./b"}, "firebase": {"credentials_path": "c.json"}}, machine.facot
    )
    settings = machine.load()
    assert settings.backup_dir == machine.facot / "b"
    assert settings.credentials == str(machine.facot / "c.json")
    machine.environ |= {"BACKUP_DIR": "b2", "FIREBASE_CREDENTIALS": "c2.json"}
    settings = machine.load()
    assert settings.backup_dir == machine.cwd / "b2"
    assert settings.credentials == str(machine.cwd / "c2.json")
    assert machine.load(backup_dir=Path("b3")).backup_dir == machine.cwd / "b3"
    assert machine.load(backup_dir="~/b").backup_dir == Path("~/b").expanduser()


def test_a_path_of_windows_is_refused_elsewhere(machine: Machine) -> None:
    """Taken as a name, it would put the backups into a folder `D:\\copias` here."""
    for value in (r"D:\copias", "D:/copias", r"\\nas\copias"):
        assert "Windows" in str(machine.refused(backup_dir=value))


def test_where_the_files_are_looked_for(machine: Machine) -> None:
    roaming = machine.root / "roaming"
    (roaming / "FACOT").mkdir(parents=True)
    places = [machine.facot, roaming / "FACOT", machine.cwd]
    machine.environ["APPDATA"] = str(roaming)
    for days, folder in enumerate(places, start=1):
        machine.config({"backups": {"retention_days": days}}, folder)
        key = folder / "firebase-credentials.json"
        key.touch()
        settings = machine.load()
        assert settings.retention_days == days
        assert settings.credentials == str(key)
        assert settings.origin("credentials") == f"firebase-credentials.json ({key})"
    machine.config({"firebase": {"credentials_path": ""}})
    assert machine.load().credentials == str(machine.cwd / "firebase-credentials.json")


def test_dotenv_names_other_variables(machine: Machine) -> None:
    machine.environ["DISCO"] = "/mnt/d"
    machine.dotenv("SUB=copias\nBACKUP_DIR=${DISCO}/${SUB}/${OTRA:-x}\n")
    assert machine.load().backup_dir == Path("/mnt/d/copias/x")
    machine.dotenv("BACKUP_DIR=${NADA}/copias\nOTRA=${NADA}\n")
    error = machine.refused()
    assert (error.setting, "${NADA}" in str(error)) == ("BACKUP_DIR", True)


@pytest.mark.parametrize(
    "lines",
    [
        "BACKUP_HEALTHCHECK_URL=http://ajeno.example/${CLAVE}",
        "BACKUP_HEALTHCHECK_URL=http://ajeno.example/${CLAVE:-nada}",
        "UNA=${CLAVE}\nOTRA=x${UNA}\nBACKUP_NOTIFY_URLS=json://${OTRA}.ajeno.example",
        "FIRESTORE_EMULATOR_HOST=ajeno.example:80\nBACKUP_EMULATOR_TOKEN=${CLAVE}${CLAVE}",
        "GOOGLE_CLOUD_PROJECT=${CLAVE}",
        "BACKUP_DIR='//ajeno.example/${CLAVE}'",
        r"BACKUP_DIR=/\ajeno.example/${CLAVE}",
    ],
)
def test_a_strangers_dotenv_sends_no_variable_out(machine: Machine, lines: str) -> None:
    """A file of the working directory can be anybody's; the variables of the process are the user's."""
    machine.environ["CLAVE"] = "secreto-del-usuario"
    machine.dotenv(lines + "\n")
    error = machine.refused()
    assert "${CLAVE}" in str(error) and "secreto" not in str(error)
    machine.environ["HOME"] = str(machine.root)
    machine.cwd.rename(machine.root / ".FACOT")  # the user's own folder
    machine.cwd = machine.root / ".FACOT"
    assert machine.load()


def test_dotenv_escapes_in_a_windows_path_are_told(machine: Machine) -> None:
    machine.dotenv('BACKUP_DIR="D:\\backups"\n')
    assert "comillas simples" in str(machine.refused())


def test_lines_of_others_in_dotenv_are_no_error(machine: Machine) -> None:
    machine.dotenv("CLAVE='secreta\nMY_BACKUP_DIR\nBACKUP_HOUR=01:00\n")
    settings = machine.load()
    assert settings.backup_hour == time(1)
    assert len(settings.notes) == 1
    assert "línea 1" in settings.notes[0]
    assert "secreta" not in settings.notes[0]


def test_unknown_keys_are_noted_with_the_nearest_name(machine: Machine) -> None:
    machine.config({"backups": {"retention_day": 3, "\ud800\x1b[zzz": "secreto"}})
    machine.environ |= {"BACKUP_RETENTION": "3", "backup_hour": "03:00", "BACKUP_PORT": "80", "OTRA": "1"}
    settings = machine.load()
    assert settings.retention_days == 30
    suggestions = [
        "«retention_days»",
        "«backups.??[zzz» no se conoce",
        "«BACKUP_RETENTION_DAYS»",
        "«BACKUP_HOUR»",
    ]
    assert len(settings.notes) == len(suggestions)
    assert all(word in note for word, note in zip(suggestions, settings.notes, strict=True))
    assert "secreto" not in "".join(settings.notes)
