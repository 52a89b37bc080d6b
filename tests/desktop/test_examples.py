"""`examples/` and the pages' programs with a window, in processes of their own, as they are.

Also as a program that imports from its binding: QtPy takes the one that the host has loaded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.world import DesktopWorld
from tests.docs import pages

PROGRAMS = {
    "configuracion.py": pages.read(pages.PROJECT / "examples/configuracion.py"),
    **{
        str(block): block.text
        for page in pages.PAGES
        for block in pages.blocks(page)
        if pages.opens_a_window(block)
    },
}
# Shows the panel, makes a backup with a click, closes the dialog; in the middle of it, if so wanted.
_HAND = """
import runpy, sys
from {host}.QtCore import QTimer
from {host}.QtWidgets import QApplication, QDialog, QTabWidget

def look():
    from facot_backups.ui.desktop import BackupsPanel
    dialog = next(one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog))
    (panel,) = dialog.findChildren(BackupsPanel)
    if not dialog.isVisible():  # closed, while the program ends
        return
    if not panel.isVisible():
        assert dialog.windowTitle() == "Configuración"
        (tabs,) = (one for one in dialog.findChildren(QTabWidget) if one.indexOf(panel) >= 0)
        tabs.setCurrentWidget(panel)
    elif not hasattr(panel, "began") and panel.overview is not None:
        panel.began = True
        panel.create_button.click()
        if {early}:
            dialog.close()
    elif hasattr(panel, "began") and panel.create_button.isEnabled():
        of_qt = next(base for base in type(panel).__mro__ if base.__name__ == "QWidget")
        print(panel.notice.title.text(), of_qt.__module__)
        dialog.close()

class Application(QApplication):
    def exec(self):
        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(20)
        return QApplication.exec()

import {host}.QtWidgets
{host}.QtWidgets.QApplication = Application
sys.argv = [{program!r}]
runpy.run_path({program!r}, run_name="__main__")
"""


@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
@pytest.mark.parametrize("own_imports", [False, True], ids=["qtpy", "binding"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_host_like_facot_with_the_panel_in_its_settings(
    world: DesktopWorld, binding: str, tmp_path: Path, name: str, own_imports: bool, early: bool
) -> None:
    host = binding if own_imports else "qtpy"
    program = tmp_path / "configuracion.py"
    program.write_text(PROGRAMS[name].replace("from qtpy.", f"from {host}."), encoding="utf-8")
    hand = _HAND.format(host=host, early=early, program=str(program))
    environment = {name: value for name, value in os.environ.items() if not name.endswith("QT_API")}
    environment |= {
        "FIRESTORE_EMULATOR_HOST": world.server.host,
        "GOOGLE_CLOUD_PROJECT": "demo-facot",
        "BACKUP_DIR": str(world.folder),
    }
    if not own_imports:
        environment["QT_API"] = binding.lower()
    done = subprocess.run(
        [sys.executable, "-B", "-c", hand],
        env=environment, cwd=world.demo.folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    said = "" if early else f"Backup completado {binding}.QtWidgets\n"
    remarks = [
        line for line in done.stderr.splitlines() if not line.startswith("This plugin does not support")
    ]
    assert (done.returncode, done.stdout, remarks) == (0, said, [])
    assert len(world.backups()) == (0 if early else 1) and world.leftovers() == []
