"""`facot-backups gui`: the panel as a program of its own, with a tray icon and the daily backup."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType

from qtpy.QtCore import QLibraryInfo, QLocale, QtMsgType, QTranslator, qInstallMessageHandler
from qtpy.QtWidgets import QApplication

from facot_backups import atomic
from facot_backups.app import logs
from facot_backups.clock import SystemClock
from facot_backups.errors import FacotBackupsError, UsageError
from facot_backups.state import State
from facot_backups.ui.desktop.habits import Habits
from facot_backups.ui.desktop.program import startup
from facot_backups.ui.desktop.program.demo import demo
from facot_backups.ui.desktop.program.instance import Instance
from facot_backups.ui.desktop.program.program import Program
from facot_backups.ui.desktop.program.tray import NAME, badge
from facot_backups.ui.desktop.session import Session
from facot_backups.ui.desktop.toolkit.slots import told

_log = logging.getLogger("facot_backups.desktop")


def run(session: Session | None = None, *, demonstration: bool = False) -> int:
    """Open the window and stay until it is left; the exit code.

    0 also if the panel was open already and came to the front. Raises UsageError where no window can be.
    """
    startup.require_display()
    with ExitStack() as stack:
        world = stack.enter_context(demo()) if demonstration else None
        session = world.session if world is not None else session or Session()
        folder = State().folder
        instance = Instance(folder, _backup_dir(session), SystemClock())
        began = instance.begin_or_call()
        if began is None:
            raise UsageError("panel_hangs")
        if not began:
            return 0
        stack.callback(instance.end)
        stack.enter_context(_logging(folder))
        application = _application()
        program = Program(session, Habits(folder), instance, world)
        program.ended.connect(application.quit)
        stack.enter_context(_signals(program.end_wanted))
        program.start()
        # What is there now stays to the end; looked through in every full collection, it would make the
        # window wait (measured: 40 to 76 ms).
        gc.collect()
        gc.freeze()
        code = int(application.exec())
        program.end()
        _let_go(application, program)
        return code


def _backup_dir(session: Session) -> Path | None:
    try:
        return session.settings().backup_dir
    except FacotBackupsError:  # the panel tells
        return None


def _application() -> QApplication:
    """The application, in our looks. Ends the process with 2 and two lines where it can have no window."""
    # Kept by Qt for the whole process.
    qInstallMessageHandler(_qt_message)
    application = QApplication(sys.argv[:1])
    application.setApplicationName(NAME)
    application.setApplicationDisplayName(NAME)
    application.setDesktopFileName("facot-backups")
    application.setStyle("Fusion")
    application.setQuitOnLastWindowClosed(False)
    application.setWindowIcon(badge("busy"))
    sys.excepthook = _unforeseen
    _speak_spanish(application)
    return application


def _speak_spanish(application: QApplication) -> None:
    """Let Qt's own dialogs and menus speak Spanish, where its catalogs are."""
    QLocale.setDefault(QLocale("es_DO"))
    translator = QTranslator(application)
    place = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale("es"), "qtbase", "_", place):
        application.installTranslator(translator)


_said: deque[str] = deque(maxlen=20)


def _qt_message(kind: QtMsgType, _context: object, text: str) -> None:
    """Qt's remarks go to the log; its last one, before it would abort the process, to the person."""
    if kind != QtMsgType.QtFatalMsg:
        _said.append(text)
        _log.debug("Qt: %s", text)
        return
    _log.critical("Qt: %s", text)
    if "platform plugin" in text and sys.stderr is not None:
        sys.stderr.write(f"Error: {startup.no_display(' '.join(_said))}\n")
        sys.stderr.flush()
        os._exit(UsageError.exit_code)


def _unforeseen(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A fault outside of any slot is logged, and ends nothing: PyQt6 would abort."""
    if isinstance(error, Exception):
        told(error.with_traceback(trace))
    else:
        sys.__excepthook__(kind, error, trace)


@contextmanager
def _logging(folder: Path) -> Iterator[None]:
    """Write the log to the state folder, where that can be: a windowed program has no other place."""
    with ExitStack() as stack:
        with suppress(FacotBackupsError, OSError):
            atomic.make_folder(folder / "panel")
            stack.enter_context(logs.written(logging.INFO, folder / "panel" / "panel.log", to_stderr=False))
        yield


@contextmanager
def _signals(wanted: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set `wanted`, which the program's pulse sees."""

    def end(_number: int, _frame: FrameType | None) -> None:
        wanted.set()

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _let_go(application: QApplication, program: Program) -> None:
    """Destroy the window while the application is still there: at the interpreter's end it is too late."""
    program.window.deleteLater()
    program.deleteLater()
    for _ in range(3):
        application.sendPostedEvents(None, 0)
        application.processEvents()
