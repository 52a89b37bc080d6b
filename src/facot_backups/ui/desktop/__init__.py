"""The desktop panel, for FACOT's Settings window and for `facot-backups gui` (docs/panel.md).

It runs on QtPy: the binding of the program that embeds it (FACOT: PyQt6), or the one that is installed.
Importing this package loads no Qt; asking it for `BackupsPanel` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facot_backups.ui.desktop.overview.panel import BackupsPanel

__all__ = ["BackupsPanel"]


def __getattr__(name: str) -> Any:
    if name != "BackupsPanel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facot_backups.ui.desktop.overview.panel import BackupsPanel

    return BackupsPanel
