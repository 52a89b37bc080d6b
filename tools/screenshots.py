"""`make screenshots`: a picture of each view of the panel into docs/imagenes, light and dark, 100 and 200 %.

A view is a function of SHOTS that brings the panel of the demonstration to what is to be seen and returns
the widget. Each look and scale has a process of its own: Qt takes its scale at its start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

_PICTURES = Path(__file__).parent.parent / "docs" / "imagenes"
_LOOKS, _SCALES = ("claro", "oscuro"), (1, 2)
_DAYS, _INVOICES = 100, 300
_PATIENCE_SECONDS = 60.0

sys.path.insert(0, str(Path(__file__).parent.parent))


@dataclass
class FixedClock:
    """A morning in Santo Domingo, so that the pictures stay the same."""

    moment: datetime = datetime(2026, 11, 24, 14, 12, 40, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def zone(self) -> tzinfo:
        return ZoneInfo("America/Santo_Domingo")


def main(arguments: list[str]) -> int:
    """Without arguments all pictures; else those of a folder with history, a look and a scale."""
    if arguments:
        folder, look, scale, *names = arguments
        return _take(Path(folder), look, int(scale), names)
    from facot_backups.faces.desktop.demo import demo

    _PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="facot-pictures-") as folder:
        with demo(Path(folder), invoices=_INVOICES, clock=FixedClock()) as world:
            world.make_history(_DAYS)
        for scale in _SCALES:
            for look in _LOOKS:
                environment = {
                    **os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(scale)
                }  # fmt: skip
                command = [sys.executable, "-B", __file__, folder, look, str(scale)]
                subprocess.run(command, env=environment, check=True)
    return 0


def _take(folder: Path, look: str, scale: int, names: list[str]) -> int:
    from qtpy.QtWidgets import QApplication

    from facot_backups.faces.desktop.demo import demo
    from facot_backups.faces.desktop.panel import BackupsPanel

    application = QApplication([])
    application.setStyle("Fusion")
    with demo(folder, invoices=_INVOICES, clock=FixedClock()) as world:
        for name, bring in SHOTS.items():
            if names and name not in names:
                continue
            panel = BackupsPanel(session=world.session, theme=look)  # type: ignore[arg-type]
            panel.resize(1000, 760)
            panel.show()
            until(lambda panel=panel: panel.overview is not None and not panel.jobs.busy)  # type: ignore[misc]
            widget = bring(panel)
            for _ in range(5):
                application.processEvents()
            suffix = "" if scale == 1 else f"-{scale}x"
            _small(widget.grab().toImage()).save(str(_PICTURES / f"{name}-{look}{suffix}.png"), "PNG", 0)
            panel.jobs.end()
            panel.close()
            panel.deleteLater()
    return 0


def _small(picture):  # type: ignore[no-untyped-def]
    """The picture in its 256 commonest colours, without a pattern of dots."""
    from qtpy.QtCore import Qt
    from qtpy.QtGui import QImage

    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    bits = plain.constBits()
    if hasattr(bits, "setsize"):  # PyQt6
        bits.setsize(plain.sizeInBytes())
    counted = Counter(memoryview(bytes(bits)).cast("I"))
    table = [colour for colour, _ in counted.most_common(256)]
    flags = Qt.ImageConversionFlag.ThresholdDither
    return plain.convertToFormat(QImage.Format.Format_Indexed8, table, flags)


def until(ready: Callable[[], bool]) -> None:
    """Let the panel work until something is so. Raises TimeoutError."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + _PATIENCE_SECONDS
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the view did not come to what is to be seen")
        QApplication.processEvents()
        time.sleep(0.01)


def _panel(panel):  # type: ignore[no-untyped-def]
    return panel


SHOTS: dict[str, Callable] = {"panel": _panel}  # type: ignore[type-arg]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
