"""The restore wizard, with real clicks: plan, confirmation, conflict, undo, cuts, refusals."""

from __future__ import annotations

import errno
import itertools
import os
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import grpc
import pytest
from qtpy.compat import isalive
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QPushButton, QRadioButton, QWidget

from facot_backups.archive.ledger import INTERRUPTED
from facot_backups.emulator import sample
from facot_backups.emulator.encode import fields
from facot_backups.emulator.faults import Fault
from facot_backups.emulator.load import delete_documents
from facot_backups.figures import counted
from facot_backups.firestore.connection import Connection
from facot_backups.model import Source
from facot_backups.operations.backup.run import BackupRequest, back_up
from facot_backups.settings import Settings
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.program.demo import PROJECT
from facot_backups.ui.desktop.restore import task
from facot_backups.ui.desktop.restore.window import RestoreWindow, open_restore
from facot_backups.ui.desktop.session import Session
from tests.desktop.watchdog import Watchdog
from tests.desktop.world import DesktopWorld, desktop_world
from tests.support.crash import watched

Show = Callable[..., BackupsPanel]
_MANY = 300


class Business:
    """What is in Firestore, and edits of it as somebody else would make them."""

    def __init__(self, world: DesktopWorld) -> None:
        self._world = world

    @cached_property
    def documents(self) -> Mapping[str, Any]:
        return dict(sample.documents(self._world.demo.business))

    @property
    def invoices(self) -> list[str]:
        """Invoices with an NCF of ours, the oldest first."""
        named = [path for path in self.documents if path.startswith("invoices/") and path.count("/") == 1]
        return sorted(path for path in named if self.value(path, "invoice_type") == "emitida")

    def value(self, path: str, field: str) -> str:
        return str(self.documents[path][field].string_value)

    def edit(self, path: str, **values: Any) -> None:
        self._world.server.load([(path, {**self.documents[path], **fields(values)})], PROJECT)

    def delete(self, path: str) -> int:
        paths = [one for one in self.documents if one == path or one.startswith(f"{path}/")]
        delete_documents(self._world.server.host, paths, PROJECT)
        return len(paths)

    def stored(self, path: str, project: str = PROJECT) -> Any:
        """What Firestore has at `path` of a project now; None for nothing."""
        with Connection(Source(project), self._channel(), owned=True, connect_timeout=10) as connection:
            from facot_backups.clock import SystemClock
            from facot_backups.events import ignore
            from facot_backups.firestore.requests import Requests
            from facot_backups.operations.restore.read_back import documents_at

            where = tuple(path.split("/"))
            requests = Requests(connection, SystemClock(), ignore)
            found = documents_at(requests, connection.root, [where], None).get(where)
        return None if found is None else found.fields

    def _channel(self) -> grpc.Channel:
        return grpc.insecure_channel(self._world.server.host)


@pytest.fixture
def backed_up(world: DesktopWorld) -> DesktopWorld:
    """As `world`, with a backup of what is in it."""
    back_up(world.session.connector(world.session.settings()), world.store, BackupRequest())
    return world


def _click(qtbot: Any, button: QPushButton) -> None:
    qtbot.waitUntil(lambda: button.isVisible() and button.isEnabled(), timeout=10_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _on(qtbot: Any, window: RestoreWindow, page: Any) -> None:
    qtbot.waitUntil(lambda: window.pages.currentWidget() is page, timeout=20_000)


def _quiet(qtbot: Any, window: RestoreWindow) -> None:
    qtbot.waitUntil(lambda: not window.jobs.busy, timeout=20_000)


def _said(path: str) -> str:
    return path.replace("/", " / ")


def _plan_of(window: RestoreWindow) -> dict[str, tuple[int, ...]]:
    """By root collection, with what is inside: created, changed, deleted."""
    found: dict[str, tuple[int, ...]] = {}
    for row in window.plan.collections.rows:
        if row.place:
            before = found.get(row.place[0], (0, 0, 0))
            new = (row.create, row.change, row.delete)
            found[row.place[0]] = tuple(map(sum, zip(before, new, strict=True)))
    return found


def _plan_all(qtbot: Any, window: RestoreWindow) -> None:
    """Choose all of the backup, and go to its plan."""
    _quiet(qtbot, window)
    _choose(qtbot, window.what.everything)
    _click(qtbot, window.next)
    _on(qtbot, window, window.plan)


def _choose(qtbot: Any, choice: QRadioButton) -> None:
    qtbot.mouseClick(choice, Qt.MouseButton.LeftButton, pos=QPoint(12, choice.height() // 2))
    assert choice.isChecked()


def _asks_to_delete(window: RestoreWindow, number: str) -> None:
    """It says which invoice it takes back; Enter once too often goes back."""
    asked = window.ask.text.text()
    assert "¿Borrar 1 factura emitida?" in asked and window.next.text() == "&Sí, continuar"
    assert f"Factura {number} · " in asked and window.back.hasFocus()


def test_what_was_lost_comes_back_an_edit_meanwhile_stays_and_all_of_it_is_undone(
    qtbot: Any, backed_up: DesktopWorld, show: Show, watchdog: Watchdog
) -> None:
    business = Business(backed_up)
    lost, wrong, busy, late = business.invoices[:4]
    gone = business.delete(lost)
    business.edit(wrong, third_party_name="Otro")
    business.edit(busy, third_party_name="Otro más")
    business.edit(late, third_party_name="Otro más")
    counter = next(path for path in business.documents if path.endswith("B02") and path.startswith("seq"))
    business.edit(counter, current=9_999)
    panel = show(backed_up)
    window = open_restore(panel)
    with watchdog.watching("restore"):
        _plan_all(qtbot, window)
        assert _plan_of(window)["invoices"] == (gone, 3, 0)
        said = f"crear 1 factura con {counted(gone - 1, 'línea')} y cambiar 3 facturas."
        assert window.plan.title.text() == f"Se van a {said}"
        assert "conservado en 9999" in window.plan.notes.text.text() and window.plan.notes.isVisible()
        assert "lecturas" in window.plan.cost.text()
        business.edit(busy, third_party_name="Editado mientras tanto")
        business.delete(late)
        _click(qtbot, window.next)
        _on(qtbot, window, window.ending)
        _quiet(qtbot, window)
    ending = window.ending
    assert ending.title.text() == "Hecho, menos lo que alguien cambió mientras tanto"
    conflicts = ending.conflicts
    called = f"{business.value(busy, 'invoice_number')} · Editado mientras tanto"
    assert conflicts.title.text().startswith(f"Conflicto 1 de 2: {called}")
    assert conflicts.state.text() == _said(busy) and not conflicts.previous.isEnabled()
    shown = {row.label: (row.old, row.new) for row in ending.conflicts.versions.rows}
    was = business.value(busy, "third_party_name")
    assert shown == {"Cliente o proveedor": ("Editado mientras tanto", was)}
    _click(qtbot, conflicts.next)
    _quiet(qtbot, window)
    called = business.value(late, "invoice_number")
    assert f"Conflicto 2 de 2: {called} · " in conflicts.title.text() and not conflicts.next.isEnabled()
    assert conflicts.state.text() == "Ahora no existe: alguien lo borró."
    assert business.stored(lost) and business.stored(wrong)["third_party_name"] != "Otro"
    assert business.stored(counter)["current"] == 9_999
    _click(qtbot, ending.undo_button)
    _on(qtbot, window, window.plan)
    assert _plan_of(window) == {"invoices": (0, 1, gone)}
    _click(qtbot, window.next)
    _on(qtbot, window, window.ask)
    _asks_to_delete(window, business.value(lost, "invoice_number"))
    _click(qtbot, window.next)
    _on(qtbot, window, window.ending)
    assert ending.title.text() == "Deshecho y comprobado"
    assert business.stored(lost) is None and business.stored(wrong)["third_party_name"] == "Otro"
    assert business.stored(busy)["third_party_name"] == "Editado mientras tanto"
    assert sum(backup.kind == "pre-restore" for backup in backed_up.backups()) == 2


def test_a_business_that_lost_all_has_it_back_and_the_window_never_waits(
    qtbot: Any, state_dir: Any, show: Show, watchdog: Watchdog
) -> None:
    with desktop_world(invoices=_MANY) as world:
        back_up(world.session.connector(world.session.settings()), world.store, BackupRequest())
        business = Business(world)
        panel = show(world)

        def lose() -> None:
            delete_documents(world.server.host, business.documents, PROJECT)

        def restore() -> None:
            window = open_restore(panel)
            _plan_all(qtbot, window)
            assert sum(created for created, _, _ in _plan_of(window).values()) == len(business.documents)
            _click(qtbot, window.next)
            _on(qtbot, window, window.ending)
            assert window.ending.title.text() == "Restaurado y comprobado"
            window.close()

        watchdog.within_limit(f"restore ({len(business.documents)})", restore, before=lose)
        assert all(business.stored(path) for path in business.invoices[:3])
        lose()
        window = open_restore(panel)
        _plan_all(qtbot, window)
        window.resize(760, 600)
        plan = window.plan
        qtbot.waitUntil(lambda: plan.cost.geometry().bottom() <= plan.rect().bottom(), timeout=5_000)
        parts = [
            part.geometry() for part in plan.children() if isinstance(part, QWidget) and part.isVisible()
        ]
        assert len(parts) > 5
        assert not any(one.intersects(other) for one, other in itertools.combinations(parts, 2))


def test_one_invoice_by_its_ncf_and_then_the_one_that_was_left_alone(
    qtbot: Any, backed_up: DesktopWorld, show: Show
) -> None:
    business = Business(backed_up)
    wanted, other = business.invoices[:2]
    business.edit(wanted, third_party_name="Otro")
    business.edit(other, third_party_name="Otro")
    panel = show(backed_up)
    window = open_restore(panel)
    _quiet(qtbot, window)
    assert window.what.one.isChecked() and window.what.words.hasFocus()  # the least is asked for first
    assert not window.next.isEnabled() and "Busque" in window.hint.text()
    qtbot.keyClicks(window.what.words, "no existe")
    qtbot.keyClick(window.what.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Pruebe con otro día" in window.what.finding.text(), timeout=10_000)
    window.what.words.clear()
    qtbot.keyClicks(window.what.words, business.value(wanted, "invoice_number").lower())
    qtbot.waitUntil(lambda: window.what.model.rowCount() == 1, timeout=10_000)
    (found,) = window.what.model.rows
    assert "/".join(found.path) == wanted and business.value(wanted, "third_party_name") in found.title
    _click(qtbot, window.next)
    _on(qtbot, window, window.plan)
    assert _plan_of(window) == {"invoices": (0, 1, 0)}
    model = window.plan.documents
    document = model.index(0, 0)
    texts = [model.index(0, column, document).data() for column in (0, 1, 2)]
    assert texts == ["Cliente o proveedor", "Otro", business.value(wanted, "third_party_name")]
    business.edit(wanted, third_party_name="Otra vez")
    _click(qtbot, window.next)
    _on(qtbot, window, window.ending)
    _click(qtbot, window.ending.conflicts.restore)
    _on(qtbot, window, window.plan)
    _click(qtbot, window.next)
    _on(qtbot, window, window.ending)
    assert window.ending.title.text() == "Restaurado y comprobado"
    assert business.stored(wanted)["third_party_name"] == business.value(wanted, "third_party_name")
    assert business.stored(other)["third_party_name"] == "Otro"


def test_without_a_backup_there_is_nothing_to_choose(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    window = open_restore(show(world))
    qtbot.waitUntil(window.notice.isVisible, timeout=10_000)
    assert window.notice.title.text() == "No hay ningún backup que restaurar"
    assert not window.what.isVisible() and not window.next.isEnabled()
    back_up(world.session.connector(world.session.settings()), world.store, BackupRequest())
    window.begin()
    qtbot.waitUntil(window.what.isVisible, timeout=10_000)
    assert not window.notice.isVisible()
    _choose(qtbot, window.what.everything)
    assert window.next.isEnabled()


def test_into_another_project_and_back(qtbot: Any, backed_up: DesktopWorld, show: Show) -> None:
    business = Business(backed_up)
    first, conflicting = business.invoices[:2]
    gone = business.delete(first)
    panel = show(backed_up)
    window = open_restore(panel)
    _quiet(qtbot, window)
    what = window.what
    _choose(qtbot, what.everything)
    what.more.setFocus()
    qtbot.keyClick(what.more, Qt.Key.Key_Space)
    what.elsewhere.setFocus()
    qtbot.keyClick(what.elsewhere, Qt.Key.Key_Space)
    assert what.project.isVisible() and not window.next.isEnabled()
    qtbot.keyClicks(what.project, "con espacio /")
    assert what.target_problem.isVisible() and not window.next.isEnabled()
    what.project.clear()
    qtbot.keyClicks(what.project, "demo-otro")
    _click(qtbot, window.next)
    _on(qtbot, window, window.plan)
    assert "demo-otro" in window.plan.elsewhere.text.text() and window.plan.elsewhere.isVisible()
    assert sum(created for created, _, _ in _plan_of(window).values()) == len(business.documents)
    edited = {**business.documents[conflicting], **fields({"third_party_name": "Otro"})}
    backed_up.server.load([(conflicting, edited)], "demo-otro")
    _click(qtbot, window.next)
    _on(qtbot, window, window.ending)
    _quiet(qtbot, window)
    assert "demo-otro" in window.ending.text.text()
    shown = {row.label: row.old for row in window.ending.conflicts.versions.rows}
    assert shown == {"Cliente o proveedor": "Otro"}  # what is there, not in the backup's own database
    assert business.stored(first, "demo-otro") and business.stored(first) is None and gone

    window.close()
    qtbot.waitUntil(lambda: not isalive(window), timeout=10_000)  # type: ignore[no-untyped-call]
    (undo,) = [backup for backup in backed_up.backups() if backup.kind == "pre-restore"]
    window = open_restore(panel, str(undo.name))  # where to is known from the backup itself
    _on(qtbot, window, window.plan)
    assert "demo-otro" in window.plan.text.text() and not window.plan.elsewhere.isVisible()
    while window.pages.currentWidget() is not window.ending:
        page = window.pages.currentWidget()
        _click(qtbot, window.next)
        qtbot.waitUntil(
            lambda page=page: (
                window.pages.currentWidget() not in (page, window.work) and not window.work.isVisible()
            ),
            timeout=20_000,
        )
    assert business.stored(first, "demo-otro") is None
    assert business.stored(conflicting, "demo-otro")["third_party_name"] == "Otro"
    assert business.stored(conflicting)["third_party_name"] != "Otro"


def test_no_is_no_and_another_database_is_refused(qtbot: Any, backed_up: DesktopWorld, show: Show) -> None:
    business = Business(backed_up)
    business.delete(business.invoices[0])
    panel = show(backed_up)
    window = open_restore(panel, collections=("invoices", "companies"))
    _click(qtbot, window.next)
    _on(qtbot, window, window.plan)
    assert set(_plan_of(window)) == {"invoices", "companies"}
    _click(qtbot, window.back)
    _on(qtbot, window, window.what)
    _quiet(qtbot, window)
    assert not window.notice.isVisible()
    chosen = window.what.wanted()
    assert chosen is not None and set(chosen.collections) == {"invoices", "companies"}  # all as it was
    assert business.stored(business.invoices[0]) is None
    with backed_up.store.locked():
        _click(qtbot, window.next)
        qtbot.waitUntil(lambda: window.notice.title.text() == "Ya hay un backup en marcha", timeout=10_000)
    window.session = Session(
        {"backup_dir": backed_up.folder, "project": "otra-empresa", "emulator_host": backed_up.server.host},
        environ={},
    )
    _quiet(qtbot, window)
    _click(qtbot, window.next)
    qtbot.waitUntil(lambda: window.notice.title.text() == "No se pudo", timeout=10_000)
    text = window.notice.text.text()
    assert "otra-empresa" in text and "no se ha escrito nada" in text and "--" not in text
    assert all(backup.kind != "pre-restore" for backup in backed_up.backups())


class RealSession(Session):
    """The in-memory Firestore, taken for a database that is no emulator."""

    host = ""

    def connector(self, settings: Settings) -> Callable[[], Connection]:
        def connect() -> Connection:
            channel = grpc.insecure_channel(self.host)
            return Connection(Source(PROJECT), channel, owned=True, connect_timeout=10)

        return connect


def test_a_real_database_wants_its_name_typed(qtbot: Any, world: DesktopWorld, show: Show) -> None:
    business = Business(world)
    session = RealSession({"backup_dir": world.folder}, environ={})
    session.host = world.server.host
    back_up(session.connector(session.settings()), session.store(), BackupRequest())
    business.edit(business.invoices[0], third_party_name="Otro")
    panel = show(world)
    panel.session = session
    window = open_restore(panel)
    _plan_all(qtbot, window)
    assert window.next.text() == "&Continuar"
    _click(qtbot, window.next)
    _on(qtbot, window, window.ask)
    assert PROJECT in window.ask.text.text() and not window.next.isEnabled()
    qtbot.keyClicks(window.ask.typed, PROJECT[:-1])
    assert not window.next.isEnabled()
    qtbot.keyClick(window.ask.typed, Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.ask
    qtbot.keyClicks(window.ask.typed, PROJECT[-1])
    qtbot.keyClick(window.ask.typed, Qt.Key.Key_Return)
    _on(qtbot, window, window.ending)
    assert window.ending.title.text() == "Restaurado y comprobado"
    assert business.stored(business.invoices[0])["third_party_name"] != "Otro"


def test_a_server_that_goes_is_stopped_for_and_the_rest_is_written_later(
    qtbot: Any, backed_up: DesktopWorld, show: Show
) -> None:
    business = Business(backed_up)
    gone = business.delete(business.invoices[0])
    panel = show(backed_up)
    window = open_restore(panel)
    _plan_all(qtbot, window)
    port = int(backed_up.server.host.rpartition(":")[2])
    backed_up.server.stop()
    _click(qtbot, window.next)
    _on(qtbot, window, window.work)
    assert "podrá terminarla o deshacerla" in window.work.text.text()
    qtbot.waitUntil(lambda: "reintenta" in window.work.progress.title.text(), timeout=20_000)
    _click(qtbot, window.work.progress.cancel)
    _on(qtbot, window, window.ending)
    assert window.ending.title.text() == "Quedó a medias" and window.ending.undo_button.isVisible()
    backed_up.server.start(port)
    _click(qtbot, window.ending.go_on_button)
    _on(qtbot, window, window.plan)
    assert _plan_of(window)["invoices"][0] == gone
    _click(qtbot, window.next)
    _on(qtbot, window, window.ending)
    assert window.ending.title.text() == "Restaurado y comprobado"
    assert business.stored(business.invoices[0])


def test_a_full_disk_is_told_with_what_was_written_and_both_ways_out(
    qtbot: Any, backed_up: DesktopWorld, show: Show
) -> None:
    business = Business(backed_up)
    gone = business.delete(business.invoices[0])
    window = open_restore(show(backed_up))
    _plan_all(qtbot, window)

    def full(name: str, args: tuple[Any, ...]) -> None:
        if name == "write" and b'"is":' in bytes(args[1]):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with watched(full):
        _click(qtbot, window.next)
        _on(qtbot, window, window.ending)
    ending = window.ending
    assert ending.title.text() == "Quedó a medias"
    assert f"{gone} documentos escritos" in ending.text.text()
    assert "el disco está lleno" in ending.text.text() and "intactos" not in ending.text.text()
    assert ending.undo_button.isVisible() and ending.go_on_button.isVisible()
    _click(qtbot, ending.undo_button)
    _on(qtbot, window, window.plan)
    assert _plan_of(window)["invoices"] == (0, 0, gone)


def test_closing_while_it_writes_asks_and_the_next_wizard_offers_the_rest(
    qtbot: Any, backed_up: DesktopWorld, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "_GRACE_SECONDS", 0.1)
    business = Business(backed_up)
    business.delete(business.invoices[0])
    panel = show(backed_up)
    window = open_restore(panel)
    _plan_all(qtbot, window)
    come, go = threading.Event(), threading.Event()
    lost = Fault("BatchWrite", "error", when=lambda _: come.set() or go.wait(60))  # type: ignore[func-returns-value]
    backed_up.server.add_fault(lost)
    _click(qtbot, window.next)
    qtbot.waitUntil(come.is_set, timeout=10_000)
    window.close()
    assert window.isVisible() and window.notice.title.text() == "¿Parar la restauración?"
    _click(qtbot, window.notice.act)
    qtbot.waitUntil(lambda: not isalive(window), timeout=20_000)  # type: ignore[no-untyped-call]
    go.set()
    backed_up.server.clear_faults()
    (line,) = (one for one in backed_up.store.ledger.entries() if one.kind == "restore")
    assert line.outcome == INTERRUPTED and "ValueError" not in str(line)
    assert panel.notice.title.text() == "Quedó a medias" and "Restaurar…" in panel.notice.text.text()
    again = open_restore(panel)
    qtbot.waitUntil(lambda: again.notice.title.text() == "Hay una restauración a medias", timeout=10_000)
    _click(qtbot, again.notice.act)
    _on(qtbot, again, again.plan)
    _click(qtbot, again.next)
    _on(qtbot, again, again.ending)
    assert again.ending.title.text() == "Restaurado y comprobado" and business.stored(business.invoices[0])
