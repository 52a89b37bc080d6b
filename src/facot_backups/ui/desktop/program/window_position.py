"""Where the window goes: where it was, as far as the screens of today have that place."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QRect

# What a window's frame and a shadow take, about: left, top, right, bottom.
_FRAME = (8, 36, -8, -12)


def fitted(wanted: QRect, screens: Sequence[QRect]) -> QRect:
    """`wanted` moved and made smaller so that one of `screens` shows all of it, frame and all.

    That which it covers most, else the first; without any screen, as it is.
    """
    if not screens:
        return wanted
    screen = max(screens, key=lambda one: _area(one.intersected(wanted))).adjusted(*_FRAME)
    found = QRect(wanted.topLeft(), wanted.size().boundedTo(screen.size()))
    found.moveLeft(max(screen.left(), min(found.left(), screen.right() - found.width() + 1)))
    found.moveTop(max(screen.top(), min(found.top(), screen.bottom() - found.height() + 1)))
    return found


def _area(rect: QRect) -> int:
    return rect.width() * rect.height() if rect.isValid() else 0
