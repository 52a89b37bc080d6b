"""`examples/` run as they are, in processes of their own: QtPy takes the binding that the host has loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.world import DesktopWorld

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "configuracion.py"
# Opens the tab, makes a backup with a click, closes the dialog; in the middle of it, if so wanted.
_HAND = """
import runpy, sys, threading
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QDialog, QTabWidget

def look():
    dialog = next(one for one in QApplication.topLevelWidgets() if isinstance(one, QDialog))
    tabs = dialog.findChild(QTabWidget)
    panel = tabs.widget(1)
    if tabs.currentIndex() == 0:
        assert dialog.windowTitle() == "Configuración"
        tabs.setCurrentIndex(1)
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

import PyQt6.QtWidgets
PyQt6.QtWidgets.QApplication = Application
sys.argv = ["configuracion.py"]
runpy.run_path({example!r}, run_name="__main__")
"""


@pytest.mark.parametrize("early", [False, True])
def test_a_host_like_facot_with_the_panel_in_its_settings(
    world: DesktopWorld, binding: str, early: bool
) -> None:
    if binding != "PyQt6":
        pytest.skip("the example is PyQt6's, whatever else is under test")
    hand = _HAND.format(early=early, example=str(EXAMPLE))
    environment = {name: value for name, value in os.environ.items() if not name.endswith("QT_API")}
    environment |= {
        "FIRESTORE_EMULATOR_HOST": world.server.host,
        "GOOGLE_CLOUD_PROJECT": "demo-facot",
        "BACKUP_DIR": str(world.folder),
    }
    done = subprocess.run(
        [sys.executable, "-B", "-c", hand],
        env=environment, cwd=world.demo.folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    said = "" if early else "Backup completado PyQt6.QtWidgets\n"
    remarks = [
        line for line in done.stderr.splitlines() if not line.startswith("This plugin does not support")
    ]
    assert (done.returncode, done.stdout, remarks) == (0, said, [])
    assert len(world.backups()) == (0 if early else 1) and world.leftovers() == []
