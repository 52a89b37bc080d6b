"""What a window needs of a computer, and the words for what is missing. Loads no Qt before it tries it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping

from facot_backups.errors import UsageError

_BINDINGS = ("PySide6", "PyQt6")
LIBRARIES = "libgl1 libegl1 libglib2.0-0 libxkbcommon0 libdbus-1-3 libfontconfig1"
_DISPLAY_LIBRARIES = "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1"


def require_qt() -> None:
    """Load Qt. Raises UsageError, with what to install, where that cannot be."""
    try:
        importlib.import_module("qtpy.QtSvg")
        importlib.import_module("qtpy.QtWidgets")
    except (ImportError, RuntimeError) as error:
        raise _missing(error) from error


def _missing(error: Exception) -> UsageError:
    library = _library(str(error)) or next(filter(None, map(_fault, _BINDINGS)), None)
    if library is None or importlib.util.find_spec("qtpy") is None:
        return UsageError("no_qt")
    code = "qt_lacks_library" if sys.platform.startswith("linux") else "qt_broken"
    return UsageError(code, library=library, packages=LIBRARIES)


def _fault(binding: str) -> str | None:
    """What keeps an installed binding from being loaded; None if it is not installed, or nothing does."""
    if importlib.util.find_spec(binding) is None:
        return None
    try:
        importlib.import_module(f"{binding}.QtWidgets")
        importlib.import_module(f"{binding}.QtSvg")
    except ImportError as error:
        return _library(str(error)) or f"algo ({error})"
    return None


def _library(text: str) -> str | None:
    found = re.search(r"(lib\S+?\.so[\w.]*):", text)
    return found[1] if found else None


def require_display(environ: Mapping[str, str] | None = None) -> None:
    """Raise UsageError where there is no screen to show a window on: a server, a terminal from afar."""
    told = os.environ if environ is None else environ
    here = any(told.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not here:
        raise no_display("")


def no_display(said: str) -> UsageError:
    """The error for a screen that cannot be used; `said`: what Qt said about it."""
    if "is needed" in said:
        return UsageError("display_lacks_libraries", packages=_DISPLAY_LIBRARIES)
    return UsageError("no_display")
