"""«Configurar Firebase» with real clicks: good, bad and malformed files, what they permit, clear errors."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QWidget

from facot_backups.app import wiring
from facot_backups.emulator.faults import Fault
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.firebase import task as tasks
from facot_backups.ui.desktop.firebase.guide import CONSOLE
from facot_backups.ui.desktop.firebase.sketches import Sketch
from facot_backups.ui.desktop.firebase.window import FirebaseWindow
from facot_backups.ui.desktop.session import Session
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld
from tests.firestore.faulty import Code
from tests.firestore.test_connection import key_file
from tests.support.servers import free_port

Show = Callable[..., BackupsPanel]
Open = Callable[[Any], FirebaseWindow]
FACOT = {"empresas": {"1": "Ñandú"}, "firebase": {"storage_bucket": "cubo"}, "backups": {"otra": 1}}
EMAIL = "copias@mi-proyecto.iam.gserviceaccount.com"


class Office:
    """A computer with FACOT's settings in the working directory."""

    def __init__(self, home: Path) -> None:
        self.home, self.config = home, home / "facot_config.json"
        self.environ = {"HOME": str(home)}
        self.config.write_text(json.dumps(FACOT, ensure_ascii=False), encoding="utf-8")

    @property
    def session(self) -> Session:
        return Session(environ=self.environ)

    def saved(self) -> Any:
        return json.loads(self.config.read_text(encoding="utf-8"))


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Nothing of this computer's own is seen, and nothing leaves it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("facot_backups.ui.desktop.firebase.window._PAUSE_MS", 10)
    monkeypatch.setattr(FirestoreClient, "DEFAULT_ENDPOINT", f"127.0.0.1:{free_port()}")
    return Office(tmp_path)


@pytest.fixture
def firebase(qtbot: Any, show: Show) -> Open:
    """`firebase(world)`: the window, opened by its button, that has read everything."""

    def open_window(world: Any) -> FirebaseWindow:
        panel = show(world)
        button = panel.findChild(QPushButton, "firebase")
        assert button is not None and button.text().replace("&", "") == "Configurar Firebase"
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        (window,) = panel.findChildren(FirebaseWindow)
        assert isinstance(window, FirebaseWindow)
        _ready(qtbot, window)
        return window

    return open_window


def _gone(window: FirebaseWindow) -> bool:
    return not isalive(window)  # type: ignore[no-untyped-call]


def _ready(qtbot: Any, window: FirebaseWindow) -> None:
    qtbot.waitUntil(
        lambda: _gone(window) or not (window.jobs.busy or window._pause.isActive()), timeout=20_000
    )


def _click(qtbot: Any, window: FirebaseWindow, button: QPushButton) -> None:
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    _ready(qtbot, window)


def _choose(qtbot: Any, window: FirebaseWindow, path: object) -> None:
    window.path.selectAll()
    qtbot.keyClicks(window.path, str(path))
    _ready(qtbot, window)


def _answer(window: FirebaseWindow) -> list[tuple[str, str]]:
    lines = (window.reached, window.reads, window.writes)
    return [(line.level, line.text.text()) for line in lines if line.isVisible()]


def test_a_good_file_is_shown_saved_and_its_key_is_nowhere(
    qtbot: Any, office: Office, firebase: Open, caplog: pytest.LogCaptureFixture, watchdog: Watchdog
) -> None:
    caplog.set_level(logging.DEBUG)
    path = key_file(office.home)
    window = firebase(office)
    assert window.project.text() == window.email.text() == "—"
    assert "consola de Firebase" in window.problem.text.text() and window.problem.level == "info"
    with watchdog.watching("firebase"):
        qtbot.mouseClick(window.choose_button, Qt.MouseButton.LeftButton)
        (dialog,) = window.findChildren(QFileDialog)
        assert isinstance(dialog, QFileDialog)
        dialog.fileSelected.emit(str(path))
        dialog.reject()
        _ready(qtbot, window)
    assert (window.project.text(), window.email.text()) == ("mi-proyecto", EMAIL)
    assert window.origin.text() == "elegido ahora, sin guardar" and not window.problem.isVisible()
    shown = [one.text() for one in window.findChildren(QLabel)]
    shown += [one.text() for one in window.findChildren(QLineEdit)]
    panel = window.panel
    _click(qtbot, window, window.save_button)
    expected = {**FACOT, "firebase": {"storage_bucket": "cubo", "credentials_path": str(path)}}
    assert office.saved() == expected
    qtbot.waitUntil(lambda: _gone(window), timeout=5_000)
    assert panel.notice.title.text() == "Firebase configurado" and "mi-proyecto" in panel.notice.text.text()
    key = json.loads(path.read_text())["private_key"].splitlines()[1]
    assert all(key not in text for text in (*shown, caplog.text, office.config.read_text()))
    again = firebase(office)
    assert again.path.text() == str(path) and str(office.config) in again.origin.text()


APP = b'{"project_info": {"project_id": "x"}, "client": [], "configuration_version": "1"}'
IOS = b'<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict/></plist>'
DAMAGED = "-----BEGIN PRIVATE KEY-----\nU0VDUkVUTw==\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda home: home / "otra.json", "no existe"),
        (lambda home: home, "no se puede leer"),
        (lambda home: _file(home, b"{"), "no es JSON"),
        (lambda home: _file(home, b"[]"), "no es un objeto JSON"),
        (lambda home: _file(home, b"[" * 99_000), "no es JSON"),
        (lambda home: _file(home, b"\xff\xfe\0\x01"), "no es JSON"),
        (lambda home: _file(home, bytes(200_000)), "es demasiado grande"),
        (lambda home: key_file(home, type="authorized_user"), "pertenece a una persona"),
        (lambda home: key_file(home, type="external_account"), "no es la clave de una cuenta"),
        (
            lambda home: _file(home, APP),
            "es el archivo de la app (google-services.json)",
        ),
        (lambda home: _file(home, IOS), "es el archivo de la app (GoogleService-Info.plist); hace falta"),
        (lambda home: _file(home, b'{"apiKey": "AIza", "projectId": "x"}'), "es la configuración de una app"),
        (lambda home: key_file(home, private_key=None, project_id=7), "le falta project_id, private_key"),
        (lambda home: key_file(home, private_key=DAMAGED), "su clave privada (private_key) está dañada"),
    ],
)
def test_a_file_that_cannot_serve_says_why_and_is_not_saved(
    qtbot: Any, office: Office, firebase: Open, make: Callable[[Path], Path], words: str
) -> None:
    before = office.config.read_bytes()
    window = firebase(office)
    _choose(qtbot, window, make(office.home))
    said = window.problem.text.text()
    assert said.startswith(f"Este archivo no sirve: {words}") and "consola de Firebase" in said
    assert window.problem.level == "critical" and window.path.property("wrong") is True
    assert window.path.accessibleDescription() == said
    _click(qtbot, window, window.save_button)
    assert window.notice.title.text() == "No se ha guardado nada" and office.config.read_bytes() == before
    _click(qtbot, window, window.test_button)
    ((level, text),) = _answer(window)
    assert level == "critical" and words in text


def _file(home: Path, content: bytes) -> Path:
    path = home / "algo.json"
    path.write_bytes(content)
    return path


def test_a_good_account_without_a_network_says_so(qtbot: Any, office: Office, firebase: Open) -> None:
    window = firebase(office)
    _choose(qtbot, window, key_file(office.home))
    _click(qtbot, window, window.test_button)
    ((level, text),) = _answer(window)
    assert level == "critical" and text.startswith("No hay conexión con mi-proyecto") and "red" in text
    assert not office.saved()["firebase"].get("credentials_path")


REFUSED = Code.PERMISSION_DENIED
CANNOT_WRITE = ("warning", "No puede escribir: hace backups, pero para restaurar")
READS = ("ok", "Puede leer: basta para hacer backups (10 colecciones).")
WRITES = ("ok", "Puede escribir: basta para restaurar.")


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ([], [READS, WRITES]),
        ([Fault("BatchWrite", "error", code=REFUSED)], [READS, CANNOT_WRITE]),
        (
            [
                Fault("BatchWrite", "error", code=REFUSED),
                Fault("BatchGetDocuments", "error", code=REFUSED),
            ],
            [("critical", "No puede leer, y sin eso no hay backups. Las"), CANNOT_WRITE],
        ),
        (
            [Fault("ListCollectionIds", "error", code=REFUSED)],
            [("critical", "No puede leer, y sin eso no hay backups."), WRITES],
        ),
        (
            [Fault("BatchWrite", "error", code=Code.UNAVAILABLE)],
            [READS, ("warning", "No se sabe si puede escribir. No hay conexión")],
        ),
    ],
)
def test_what_is_permitted_is_told_apart(
    qtbot: Any, world: DesktopWorld, firebase: Open, faults: list[Fault], expected: list[tuple[str, str]]
) -> None:
    for fault in faults:
        world.server.add_fault(fault)
    window = firebase(world)
    assert "Ahora se usa el emulador" in window.notes.text.text()
    _click(qtbot, window, window.test_button)
    reached, *permitted = _answer(window)
    assert reached == ("ok", "Responde: demo-facot (de prueba).")
    for (level, text), (wanted, begin) in zip(permitted, expected, strict=True):
        assert level == wanted and text.startswith(begin)


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (Code.UNAVAILABLE, "RefreshError: invalid_grant", "Google rechazó las credenciales. Compruebe"),
        (Code.NOT_FOUND, "no database", "La base de datos demo-facot (de prueba) no existe."),
        (Code.RESOURCE_EXHAUSTED, "Quota exceeded.", "La cuota del proyecto demo-facot está agotada."),
    ],
)  # fmt: skip
def test_why_firebase_does_not_answer(
    qtbot: Any, world: DesktopWorld, firebase: Open, code: Code, message: str, words: str
) -> None:
    world.server.add_fault(Fault("*", "error", code=code, message=message))
    window = firebase(world)
    _click(qtbot, window, window.test_button)
    ((level, text),) = _answer(window)
    assert level == "critical" and text.startswith(words)


def test_a_server_that_hangs_is_given_up_and_a_window_that_goes_leaves_nothing(
    qtbot: Any, world: DesktopWorld, firebase: Open, monkeypatch: pytest.MonkeyPatch, watchdog: Watchdog
) -> None:
    window = firebase(world)
    with world.hung("BatchGetDocuments") as come:
        monkeypatch.setattr(tasks, "TEST_SECONDS", 0.2)
        with watchdog.watching("firebase"):
            _click(qtbot, window, window.test_button)
        assert _answer(window) == [
            ("critical", "Firestore no respondió a tiempo. Compruebe la red y repita.")
        ]
        monkeypatch.setattr(tasks, "TEST_SECONDS", 60.0)
        come.clear()
        qtbot.waitUntil(lambda: not _threads("facot-backups-notify"), timeout=10_000)
        qtbot.mouseClick(window.test_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(come.is_set, timeout=10_000)
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        qtbot.waitUntil(
            lambda: _gone(window) and not _threads("facot-backups-notify", "facot-backups-panel"),
            timeout=10_000,
        )


def _threads(*names: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name in names]


def test_what_is_stronger_than_the_file_is_named(qtbot: Any, office: Office, firebase: Open) -> None:
    office.environ["FIREBASE_CREDENTIALS"] = str(key_file(office.home))
    window = firebase(office)
    assert window.email.text() == EMAIL and not window.path.isEnabled() and not window.save_button.isEnabled()
    said = "El archivo lo fija la configuración de este equipo: aquí no se puede cambiar."
    assert said in window.notes.text.text()
    assert window.test_button.isEnabled() and window.origin.text() == "la configuración de este equipo"


def test_the_connection_of_the_program_around_the_panel_is_named_and_tried(
    qtbot: Any, world: DesktopWorld, office: Office, firebase: Open
) -> None:
    client = wiring.make_client(world.session.settings())

    class Lent:
        session = Session(client=client, environ=office.environ)

    window = firebase(Lent)
    assert "ya tiene abierta su propia conexión a Firebase" in window.notes.text.text()
    _click(qtbot, window, window.test_button)
    assert _answer(window) == [("ok", "Responde: demo-facot (de prueba)."), READS, WRITES]


def test_the_first_start_leads_here_and_names_no_variable(qtbot: Any, office: Office, show: Show) -> None:
    """From an empty computer by the one button to a connected one, which may make backups."""
    panel = show(office)
    card = panel.card
    assert card.title.text() == "Primero, conecte su Firebase" and card.next.text() == ""
    assert panel.focusWidget() is card.connect_button
    assert not panel.create_button.isEnabled() and card.points.text() == card.hints.text() == ""
    panel.back_up()  # as the tray does
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)
    assert panel.notice.title.text() == card.title.text() and panel.notice.act.text() == "Conectar Firebase"
    assert not panel.create_button.isEnabled() and _technical(panel) == []
    qtbot.mouseClick(card.connect_button, Qt.MouseButton.LeftButton)
    (window,) = panel.findChildren(FirebaseWindow)
    assert isinstance(window, FirebaseWindow)
    _ready(qtbot, window)
    assert window.guide.isVisible() and len(window.guide.findChildren(Sketch)) == 3
    assert window.path.text() == "" and _technical(window) == []
    _click(qtbot, window, window.guide.open_button)  # there is no browser here
    assert CONSOLE in window.guide.line.text.text()
    _choose(qtbot, window, _file(office.home, APP))
    _click(qtbot, window, window.save_button)
    assert window.notice.isVisible()
    _choose(qtbot, window, key_file(office.home))
    assert not window.notice.isVisible() and not window.problem.isVisible()
    qtbot.mouseClick(window.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.title.text() == "Todavía no hay ningún backup", timeout=20_000)
    assert panel.create_button.isEnabled() and card.next.text().startswith("Próximo backup:")
    assert not card.connect_button.isVisible()


def _technical(widget: QWidget) -> list[str]:
    """The texts of `widget` that name a variable or a setting."""
    kinds = (QLabel, QPushButton)
    texts = [one.text() for one in widget.findChildren(QWidget) if isinstance(one, kinds)]
    texts += [one.toolTip() for one in widget.findChildren(QWidget)]
    return [
        text for text in texts if re.search(r"[A-Z]{2,}_[A-Z]|credentials_path|\.env|facot-backups", text)
    ]


def test_the_dialog_of_files_speaks_spanish(qtbot: Any, office: Office, firebase: Open) -> None:
    """Also where the program around the panel has no Spanish for Qt, as here."""
    window = firebase(office)
    _click(qtbot, window, window.choose_button)
    (dialog,) = window.findChildren(QFileDialog)
    said = {
        one.text().replace("&", "") for one in dialog.findChildren(QLabel) + dialog.findChildren(QPushButton)
    }
    assert {"Buscar en:", "Nombre:", "Tipo de archivo:", "Elegir", "Cancelar"} <= said
    assert not said & {"Look in:", "File name:", "Files of type:", "Open", "Cancel"}
    dialog.reject()


def test_an_emulator_proves_nothing_of_the_chosen_file(
    qtbot: Any, world: DesktopWorld, firebase: Open, tmp_path: Path
) -> None:
    window = firebase(world)
    _choose(qtbot, window, key_file(tmp_path))
    _click(qtbot, window, window.test_button)
    ((level, text),) = _answer(window)
    assert level == "warning" and "no se ha probado" in text
    _choose(qtbot, window, tmp_path / "no-existe.json")
    _click(qtbot, window, window.test_button)
    ((level, text),) = _answer(window)
    assert level == "critical" and "no existe" in text


def test_a_key_that_went_promises_no_backup(
    qtbot: Any, old_world: DesktopWorld, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With backups, but nothing to make the next one with."""
    del old_world.session._arguments["emulator_host"]
    panel = show(old_world)
    card = panel.card
    assert card.title.text() == "Falta conectar su Firebase" and card.connect_button.isVisible()
    assert card.next.text() == "" and not panel.create_button.isEnabled() and _technical(panel) == []
