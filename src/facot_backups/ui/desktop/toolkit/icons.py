"""Our pictures: SVG drawn with one stroke, in whatever colour a theme gives. No file, no font is needed.

None of them carries a meaning alone: a text or an accessible name is always beside it.
"""

from __future__ import annotations

from functools import lru_cache

from qtpy.QtCore import QByteArray, QRectF, QSize, Qt
from qtpy.QtGui import QIcon, QPainter, QPixmap
from qtpy.QtSvg import QSvgRenderer

_SHIELD = "M12 3 4.5 5.8v5.7c0 4.5 3.1 7.9 7.5 9.5 4.4-1.6 7.5-5 7.5-9.5V5.8z"
# The lines of each on a field of 24 by 24, as the `d` of SVG paths.
PATHS: dict[str, tuple[str, ...]] = {
    "alert": (
        "M12 4 2.8 19.5h18.4z",
        "M12 10v4.5",
        "M12 17.2v.1",
    ),
    "audit": (
        "M5 4h14v16H5z",
        "m8 9 1.2 1.2L11.5 8M8 14.5l1.2 1.2 2.3-2.2M14 9.5h2.5M14 15h2.5",
    ),
    "back": ("M19 12H5M11 6l-6 6 6 6",),
    "box": (
        "M12 3 4 7v10l8 4 8-4V7z",
        "m4 7 8 4 8-4M12 11v10M8 5l8 4",
    ),
    "calendar": ("M4 6h16v14H4zM4 10.5h16M8 3.5V8M16 3.5V8",),
    "chart": (
        "M4 4v16h16",
        "m7.5 15 4-4.5 3 2.5L20 7",
    ),
    "check": ("m5 12.5 4.5 4.5L19 7",),
    "clock": (
        "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0 -17 0",
        "M12 7v5l3.5 2",
    ),
    "close": ("m6 6 12 12M18 6 6 18",),
    "compare": ("M4 8h13M13 4l4 4-4 4M20 16H7M11 12l-4 4 4 4",),
    "copy": (
        "M9 9h11v11H9z",
        "M15 9V4H4v11h5",
    ),
    "database": (
        "M4.5 6a7.5 3 0 1 0 15 0a7.5 3 0 1 0 -15 0",
        "M4.5 6v12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V6",
        "M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3",
    ),
    "document": (
        "M6 3h8l4 4v14H6z",
        "M14 3v4h4M9 12h6M9 16h6",
    ),
    "download": ("M12 4v11M7 10.5l5 5 5-5M4 20h16",),
    "drill": (
        "M12 21a9 9 0 1 0-8.5-6",
        "M3 20.5V15h5.5",
        "m9 12 2.2 2.2L15.5 10",
    ),
    "edit": ("M5 19l.8-3.8L16 5l3 3L8.8 18.2z",),
    "fire": (
        "M12 21c-4 0-6.5-2.7-6.5-6.2 0-4 3.5-5.6 4-9.8 3.2 1.3 4 4 3.8 5.8 1-.5 1.6-1.4 1.8-2.5 2 1.7 3.4 4 "
        "3.4 6.5 0 3.5-2.5 6.2-6.5 6.2z",
    ),
    "folder": ("M3 6.5h6l2 2.5h10v10.5H3z",),
    "gear": (
        "M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
        "M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1",
    ),
    "history": (
        "M3.5 12a8.5 8.5 0 1 0 2.7-6.2L3.5 8.3",
        "M3.5 3.5v4.8h4.8M12 7.5V12l3 2",
    ),
    "info": (
        "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0 -17 0",
        "M12 11v5.5M12 7.7v.1",
    ),
    "minus": ("M5 12h14",),
    "printer": (
        "M7 9V4h10v5M7 17H4V9h16v8h-3",
        "M7 14h10v6H7z",
    ),
    "plus": ("M5 12h14M12 5v14",),
    "next": ("m9.5 6 6 6-6 6",),
    "previous": ("m14.5 6-6 6 6 6",),
    "refresh": (
        "M20 12a8 8 0 1 1-2.5-5.8L20 8.5",
        "M20 3.5v5h-5",
    ),
    "restore": (
        "M4 9h10a6 6 0 0 1 0 12H9",
        "M8.5 4.5 4 9l4.5 4.5",
    ),
    "search": (
        "M4 10.5a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0 -13 0",
        "m15.5 15.5 5 5",
    ),
    "shield": (_SHIELD,),
    "shield-alert": (
        _SHIELD,
        "M12 8v4.8M12 15.9v.1",
    ),
    "shield-check": (
        _SHIELD,
        "m8.5 11.8 2.5 2.5 4.6-4.8",
    ),
    "shield-cross": (
        _SHIELD,
        "m9.3 9 5.4 5.4M14.7 9l-5.4 5.4",
    ),
    "stop": ("M7 7h10v10H7z",),
    "tray": (
        "M3.5 13.5 6 5h12l2.5 8.5V19h-17z",
        "M3.5 13.5H8l1.5 2.5h5l1.5-2.5h4.5",
    ),
}
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="none" stroke="{colour}" '
    'stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round">{paths}</g></svg>'
)
_BADGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="5.5" '
    'fill="{colour}"/><g fill="none" stroke="#ffffff" stroke-width="2.2" stroke-linecap="round" '
    'stroke-linejoin="round" transform="translate(1.2 1.2) scale(0.9)">{paths}</g></svg>'
)
_SIZES = (16, 20, 24, 32, 40, 48)
_SCALES = (1, 2)


@lru_cache(maxsize=256)
def icon(name: str, colour: str, disabled: str, width: float = 1.8) -> QIcon:
    """The picture `name` of PATHS in `colour` (`#2563eb`), sharp at 100 and 200 %. KeyError for another.

    `disabled`: its colour on what cannot be used.
    """
    found = QIcon()
    for mode, of in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        for size in _SIZES:
            for scale in _SCALES:
                found.addPixmap(pixmap(name, of, size, scale, width), mode)
    return found


@lru_cache(maxsize=32)
def badge(name: str, colour: str) -> QIcon:
    """The picture in white on a square of `colour`: for the system's own bars, light or dark."""
    found = QIcon()
    for size in (16, 22, 24, 32, 48, 64, 128):
        made = QPixmap(QSize(size, size))
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        QSvgRenderer(QByteArray(_badge_svg(name, colour).encode())).render(painter, QRectF(0, 0, size, size))
        painter.end()
        found.addPixmap(made)
    return found


def _badge_svg(name: str, colour: str) -> str:
    paths = "".join(f'<path d="{path}"/>' for path in PATHS[name])
    return _BADGE.format(colour=colour, paths=paths)


def pixmap(name: str, colour: str, size: int, scale: float = 1.0, width: float = 1.8) -> QPixmap:
    """The picture, `size` pixels wide on a screen of `scale`."""
    paths = "".join(f'<path d="{path}"/>' for path in PATHS[name])
    svg = _SVG.format(colour=colour, width=width, paths=paths)
    made = QPixmap(QSize(round(size * scale), round(size * scale)))
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(scale)
    return made
