"""Drawings of where to click in Firebase's console, in the colours of the look; no pictures of Google's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from string import Template

from qtpy.QtCore import QByteArray, QRectF, QSize
from qtpy.QtGui import QPainter, QPaintEvent
from qtpy.QtSvg import QSvgRenderer
from qtpy.QtWidgets import QSizePolicy, QWidget

from facot_backups.ui.desktop.toolkit.theme import Theme

_SIZE = QSize(240, 150)
# A window with a bar; `$parts` are what is in it. What is to be clicked has a ring of the colour `primary`.
_FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 150" font-family="sans-serif"
 font-size="9">
<rect x="1" y="1" width="238" height="148" rx="8" fill="$surface" stroke="$border"/>
<path d="M1 20V9a8 8 0 0 1 8-8h222a8 8 0 0 1 8 8v11z" fill="$alternate" stroke="$border"/>
<circle cx="12" cy="11" r="3" fill="$border"/><circle cx="22" cy="11" r="3" fill="$border"/>
<rect x="36" y="6" width="150" height="10" rx="5" fill="$surface" stroke="$border"/>
<text x="42" y="14" font-size="7" fill="$muted">console.firebase.google.com</text>$parts</svg>"""
_GEAR = (
    '<circle cx="{x}" cy="{y}" r="3" fill="none" stroke="$text" stroke-width="1.6"/>'
    '<circle cx="{x}" cy="{y}" r="5.6" fill="none" stroke="$text" stroke-width="2" '
    'stroke-dasharray="2.2 2.2"/>'
)
_HAND = '<path d="M{x} {y}l0 13 3.4-3.2 2.4 5.4 2.6-1.2-2.4-5.2 4.6-.4z" fill="$text" stroke="$surface"/>'
_PARTS: Mapping[str, str] = {
    "gear": (
        '<path d="M84 20v129" stroke="$border"/>'
        '<text x="10" y="39" fill="$text">Proyecto</text>'
        + _GEAR.format(x=72, y=36)
        + '<circle cx="72" cy="36" r="10" fill="none" stroke="$primary" stroke-width="2"/>'
        '<rect x="10" y="54" width="52" height="6" rx="3" fill="$alternate"/>'
        '<rect x="10" y="70" width="60" height="6" rx="3" fill="$alternate"/>'
        '<rect x="10" y="86" width="46" height="6" rx="3" fill="$alternate"/>'
        '<rect x="90" y="40" width="142" height="66" rx="6" fill="$surface" stroke="$border"/>'
        '<rect x="94" y="46" width="134" height="20" rx="4" fill="$selection" stroke="$primary" '
        'stroke-width="1.5"/><text x="100" y="59" fill="$on_selection">Configuración del proyecto</text>'
        '<rect x="100" y="75" width="80" height="6" rx="3" fill="$alternate"/>'
        '<rect x="100" y="90" width="64" height="6" rx="3" fill="$alternate"/>' + _HAND.format(x=206, y=60)
    ),
    "tab": (
        '<text x="12" y="40" font-size="11" fill="$text">Configuración del proyecto</text>'
        '<text x="12" y="65" fill="$muted">General</text>'
        '<text x="56" y="65" fill="$muted">Integraciones</text>'
        '<rect x="122" y="52" width="102" height="20" rx="4" fill="$selection" stroke="$primary" '
        'stroke-width="1.5"/><text x="129" y="65" fill="$on_selection">Cuentas de servicio</text>'
        '<path d="M1 75h238" stroke="$border"/><path d="M122 75h102" stroke="$primary" stroke-width="2.5"/>'
        '<rect x="12" y="90" width="150" height="6" rx="3" fill="$alternate"/>'
        '<rect x="12" y="104" width="120" height="6" rx="3" fill="$alternate"/>' + _HAND.format(x=196, y=64)
    ),
    "key": (
        '<text x="12" y="38" font-size="11" fill="$text">SDK de Firebase Admin</text>'
        '<rect x="12" y="47" width="140" height="6" rx="3" fill="$alternate"/>'
        '<rect x="12" y="62" width="142" height="22" rx="5" fill="$primary"/>'
        '<text x="19" y="76" fill="$on_primary">Generar nueva clave privada</text>'
        + _HAND.format(x=132, y=74)
        + '<path d="M188 62v28m-8-8 8 8 8-8" fill="none" stroke="$primary" stroke-width="2.5"/>'
        '<path d="M177 100h18l7 7v28h-25z" fill="$surface" stroke="$text" stroke-width="1.4"/>'
        '<text x="182" y="126" font-size="7" fill="$text">.json</text>'
        '<text x="12" y="120" fill="$muted">El archivo queda en su</text>'
        '<text x="12" y="132" fill="$muted">carpeta «Descargas»</text>'
    ),
}


class Sketch(QWidget):
    """One of the drawings, `gear`, `tab` or `key`; `text` is what it shows, for who cannot see it."""

    def __init__(self, theme: Theme, name: str, text: str) -> None:
        super().__init__()
        self._theme, self._parts = theme, _PARTS[name]
        self.setAccessibleName(text)
        self.setMinimumSize(_SIZE * 0.75)
        self.setMaximumHeight(_SIZE.height())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As it is drawn."""
        return _SIZE

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw it as large as there is room, at the left."""
        scale = min(self.width() / _SIZE.width(), self.height() / _SIZE.height())
        painter = QPainter(self)
        drawing = QSvgRenderer(QByteArray(self.svg.encode()))
        drawing.render(painter, QRectF(0, 0, _SIZE.width() * scale, _SIZE.height() * scale))
        painter.end()

    @property
    def svg(self) -> str:
        """The drawing in the colours of the look."""
        drawing = Template(_FRAME.replace("$parts", self._parts))
        return drawing.substitute(asdict(self._theme.colours))
