"""Documents that are missing: told, looked at, and accepted only by who saw what is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton

from facot_backups.emulator.load import delete_documents
from facot_backups.emulator.sample import documents
from facot_backups.ui.desktop import BackupsPanel
from facot_backups.ui.desktop.backups.detail_window import DetailWindow
from facot_backups.ui.desktop.backups.losses_window import LossesWindow
from facot_backups.ui.desktop.program.demo import PROJECT
from facot_backups.ui.desktop.window import RestoreWish
from tests.desktop.world import DesktopWorld

Show = Callable[..., BackupsPanel]


def _lose(qtbot: Any, world: DesktopWorld, panel: BackupsPanel, collection: str) -> None:
    """Delete a collection and all in it, and make a backup of what is left."""
    paths = [path for path, _ in documents(world.demo.business) if path.startswith(f"{collection}/")]
    delete_documents(world.server.host, paths, PROJECT)
    with qtbot.waitSignal(panel.backup_ended, timeout=30_000):
        panel.back_up()
    qtbot.waitUntil(lambda: not panel.jobs.busy, timeout=20_000)


def _press(qtbot: Any, button: QPushButton) -> None:
    """By the keyboard alone."""
    assert button.isVisible() and button.isEnabled()
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)


def _open(qtbot: Any, panel: BackupsPanel) -> LossesWindow:
    _press(qtbot, panel.card.losses)
    (window,) = panel.findChildren(LossesWindow)
    assert window.isVisible()
    return window


def _accept(qtbot: Any, window: LossesWindow) -> None:
    _press(qtbot, window.accept_button)
    question = window.question
    assert question is not None
    _press(qtbot, question.buttons[0])


def _accepted(world: DesktopWorld) -> list[Any]:
    return [entry for entry in world.store.ledger.entries() if entry.kind == "acceptance"]


def test_a_loss_is_looked_at_and_accepted(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    assert not panel.card.losses.isVisible()
    _lose(qtbot, old_world, panel, "quotations")
    assert panel.card.property("level") == "critical"
    assert panel.card.points.text().startswith("Cotizaciones: había ")
    assert panel.card.points.text().endswith(", y no queda nada.")
    window = _open(qtbot, panel)
    holder = window.model.rows[0].largest_in
    assert [window.model.index(n, 0).data() for n in range(2)] == [
        "Cotizaciones",
        "Líneas de cotizaciones",
    ]
    assert window.model.index(0, 2).data() == "0" and window.model.index(0, 3).data().endswith("(100 %)")

    wishes: list[RestoreWish] = []
    panel.restore_wanted.disconnect()
    panel.restore_wanted.connect(wishes.append)
    _press(qtbot, window.restore_button)
    assert wishes == [RestoreWish(holder, collections=("quotations",))]
    _press(qtbot, window.compare_button)
    (detail,) = panel.findChildren(DetailWindow)
    qtbot.waitUntil(lambda: detail.compare.comparison is not None, timeout=30_000)
    found = detail.compare.comparison
    assert found is not None and found.before.name == holder
    lost = {change.path for change in found.changes if change.path[0] == "quotations"}
    assert {row.path for row in detail.compare.model.rows} == lost and len(lost) > 5

    before = [backup.name for backup in old_world.backups()]
    _press(qtbot, window.accept_button)
    question = window.question
    assert question is not None and "más de 30 días" in question.text.text()
    assert question.text.height() >= question.text.heightForWidth(question.text.width())  # all of it is seen
    qtbot.keyClick(question, Qt.Key.Key_Return)  # the safe answer is the one that Enter gives
    assert not _accepted(old_world)
    _accept(qtbot, window)
    qtbot.waitUntil(lambda: not panel.card.losses.isVisible() and not panel.jobs.busy, timeout=20_000)
    (entry,) = _accepted(old_world)
    assert entry.details["backup"] == str(old_world.backups()[0].name)
    assert [backup.name for backup in old_world.backups()] == before
    assert panel.notice.title.text() == "Aceptado" and "quotations" in panel.notice.text.text()
    assert panel.card.title.text() == "Protegido"


def test_what_was_not_seen_is_not_accepted(qtbot: Any, old_world: DesktopWorld, show: Show) -> None:
    panel = show(old_world)
    _lose(qtbot, old_world, panel, "quotations")
    window = _open(qtbot, panel)
    _press(qtbot, window.accept_button)
    question = window.question
    assert question is not None
    _lose(qtbot, old_world, panel, "third_parties")
    _press(qtbot, question.buttons[0])
    qtbot.waitUntil(window.notice.isVisible, timeout=20_000)
    assert "third_parties" in window.notice.text.text() and not _accepted(old_world)
    assert {row.collection for row in window.model.rows} == {"quotations", "third_parties"}
    qtbot.waitUntil(lambda: not panel.jobs.busy and window.accept_button.isEnabled(), timeout=20_000)
    with old_world.store.locked():
        _accept(qtbot, window)
        qtbot.waitUntil(lambda: "Ya hay un backup" in window.notice.title.text(), timeout=20_000)
    assert not _accepted(old_world)
