"""The rows of a form: what it is, the input, what to know about it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidgetItem,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from facot_backups.faces.desktop.slots import slot
from facot_backups.faces.desktop.style_sheet import mark
from facot_backups.faces.desktop.tasks.settings import FREE_PLAN_READS, Field, Value, problem_of
from facot_backups.faces.desktop.theme import Theme, Tone
from facot_backups.faces.desktop.widgets.basic import Picture, button, column, label, row
from facot_backups.faces.desktop.widgets.check import CheckBox, CheckList

_LABEL_WIDTH = 176
_SHORT = 90
_PICTURES: Mapping[str, tuple[str, Tone]] = {
    "ok": ("check", "success"),
    "info": ("info", "info"),
    "warning": ("alert", "warning"),
    "critical": ("alert", "error"),
}


class StatusLine(QWidget):
    """A picture and a sentence, hidden while there is nothing to say."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.picture = Picture(theme, "info", "info", 18)
        self.text = label("", selectable=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.text, 1)
        self.level = ""
        self.hide()

    def tell(self, level: str, text: str) -> None:
        """Say something: `ok`, `info`, `warning` or `critical`; nothing for ""."""
        self.level = level if text else ""
        self.picture.show_picture(*_PICTURES[level])
        self.text.setText(text)
        mark(self.text, role="error" if level == "critical" else "text")
        self.setVisible(bool(text))


class Section(QFrame):
    """A card with a heading."""

    def __init__(self, heading: str, *parts: QWidget) -> None:
        super().__init__()
        self.setProperty("card", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 18)
        layout.setSpacing(14)
        layout.addWidget(label(heading, "heading", wrap=False))
        for part in parts:
            layout.addWidget(part)


class FocusKeeper:
    """Gives the keyboard back to what had it before a window was disabled for a while."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._had: QWidget | None = None
        self._able = True

    def note(self, able: bool) -> None:
        """To be called before the window is enabled, or not."""
        if self._able and not able:
            self._had = self._window.focusWidget()

    def give_back(self, able: bool) -> None:
        """To be called after it."""
        if able and not self._able and self._had is not None and isalive(self._had):  # type: ignore[no-untyped-call]
            self._had.setFocus()
        self._able = able


def scrolled(layout: QVBoxLayout) -> QScrollArea:
    """`layout` in an area that scrolls up and down where the window is too low for it."""
    inside = QWidget()
    layout.setContentsMargins(0, 0, 8, 0)
    inside.setLayout(layout)
    area = QScrollArea()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    return area


class FieldRow(QWidget):
    """One setting: its name to the left, to the right the input and what is said of it."""

    def __init__(self, theme: Theme, name: str, title: str, help_text: str = "") -> None:
        super().__init__()
        self.name, self.title = name, title
        self.fixed = ""
        self.heading = label(title)
        self.heading.setFixedWidth(_LABEL_WIDTH)
        self.heading.setContentsMargins(0, 8, 0, 0)
        self.problem = StatusLine(theme)
        self.note = label(help_text, "small")
        self.note.setVisible(bool(help_text))
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        inside = QVBoxLayout()
        inside.setSpacing(6)
        inside.addLayout(self.body)
        inside.addWidget(self.problem)
        inside.addWidget(self.note)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(self.heading, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(inside, 1)

    @property
    def value(self) -> Value:
        """What the input holds."""
        raise NotImplementedError

    def show_value(self, value: Value) -> None:
        """Put a value into the input."""
        raise NotImplementedError

    def inputs(self) -> Sequence[QWidget]:
        """The widgets that take input, the first of which is the field's."""
        raise NotImplementedError

    def show_field(self, field: Field) -> None:
        """Show what the setting is, where something else fixes it, and what is wrong with it."""
        self.show_value(field.value)
        self.fixed = field.fixed
        for one in self.inputs():
            one.setEnabled(not field.fixed)
        if field.fixed:
            self.note.setText(f"Lo fija {field.fixed}: aquí no se puede cambiar.")
            self.note.show()
        self.show_problem(field.problem)

    def show_problem(self, problem: str) -> None:
        """Say what is wrong; "" for nothing."""
        self.problem.tell("critical", problem)
        one = self.inputs()[0]
        mark(one, wrong=bool(problem))
        one.setAccessibleDescription(problem or self.note.text())

    @slot
    def check(self) -> None:
        """Say at once what is wrong with the value as it is."""
        self.show_problem(problem_of(self.name, self.value))

    def _name_inputs(self) -> None:
        self.inputs()[0].setAccessibleName(self.title)
        if isinstance(self.inputs()[0], QLineEdit):
            self.heading.setBuddy(self.inputs()[0])


class TextRow(FieldRow):
    """A text in one line, a short one where it has a `unit`; blank is None where `blank` says so."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        title: str,
        help_text: str = "",
        *,
        unit: str = "",
        blank: bool = False,
        beside: Sequence[QWidget] = (),
    ) -> None:
        super().__init__(theme, name, title, help_text)
        self._blank = blank
        self.edit = QLineEdit()
        if unit:
            self.edit.setFixedWidth(_SHORT)
        self.beside = tuple(beside)
        parts: list[QWidget | int] = [self.edit]
        parts += [label(unit, "muted", wrap=False), 1] if unit else []
        self.body.addLayout(row(*parts, *self.beside, spacing=8))
        self.edit.textEdited.connect(self._edited)
        self.edit.editingFinished.connect(self.check)
        self._name_inputs()

    @property
    def value(self) -> Value:
        text = self.edit.text().strip()
        return None if self._blank and not text else text

    def show_value(self, value: Value) -> None:
        self.edit.setText(value if isinstance(value, str) else "")

    def inputs(self) -> Sequence[QWidget]:
        return (self.edit, *self.beside)

    @slot
    def _edited(self) -> None:
        self.show_problem("")


class SecretRow(TextRow):
    """A text that is hidden until a person asks to see it."""

    def __init__(self, theme: Theme, name: str, title: str, help_text: str, placeholder: str) -> None:
        self.reveal = button("Mostrar", tip=f"Mostrar u ocultar: {title}")
        self.reveal.setCheckable(True)
        super().__init__(theme, name, title, help_text, blank=True, beside=(self.reveal,))
        self.edit.setPlaceholderText(placeholder)
        self.reveal.toggled.connect(self._toggle)
        self._toggle(False)

    @slot
    def _toggle(self, shown: bool) -> None:
        self.reveal.setText("Ocultar" if shown else "Mostrar")
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.edit.setEchoMode(mode)


class ChoiceRow(FieldRow):
    """One of a few words."""

    def __init__(self, theme: Theme, name: str, title: str, choices: Mapping[str, str]) -> None:
        super().__init__(theme, name, title)
        self.heading.setContentsMargins(0, 0, 0, 0)
        self.choices = {value: QRadioButton(text) for value, text in choices.items()}
        self._group = QButtonGroup(self)
        for one in self.choices.values():
            self._group.addButton(one)
            one.clicked.connect(self._edited)
        self.body.addLayout(row(*self.choices.values(), 1, spacing=20))
        for value, one in self.choices.items():
            one.setAccessibleName(f"{title}: {choices[value]}")

    @property
    def value(self) -> Value:
        return next((value for value, one in self.choices.items() if one.isChecked()), "")

    def show_value(self, value: Value) -> None:
        if isinstance(value, str) and value in self.choices:
            self.choices[value].setChecked(True)

    def inputs(self) -> Sequence[QWidget]:
        return tuple(self.choices.values())

    @slot
    def _edited(self) -> None:
        self.show_problem("")


class LimitRow(FieldRow):
    """A number that may be unlimited, with a proposal."""

    def __init__(self, theme: Theme, name: str, title: str, help_text: str) -> None:
        super().__init__(theme, name, title, help_text)
        self.limited = CheckBox("No pasar de")
        self.edit = QLineEdit()
        self.edit.setFixedWidth(110)
        self.propose = button(f"Usar {FREE_PLAN_READS:,}", tip="Lo que conviene con el plan gratuito")
        unit = label("lecturas al día", "muted", wrap=False)
        self.body.addLayout(row(self.limited, self.edit, unit, 1, self.propose, spacing=8))
        self.limited.clicked.connect(self._toggle)
        self.edit.textEdited.connect(self._edited)
        self.edit.editingFinished.connect(self.check)
        self.propose.clicked.connect(self._propose)
        self._name_inputs()
        self.limited.setAccessibleName(f"{title}: limitar")

    @property
    def value(self) -> Value:
        return self.edit.text().strip().replace(",", "") if self.limited.isChecked() else None

    def show_value(self, value: Value) -> None:
        self.limited.setChecked(value is not None)
        self.edit.setText(value if isinstance(value, str) else "")
        self.edit.setEnabled(value is not None)

    def inputs(self) -> Sequence[QWidget]:
        return (self.edit, self.limited, self.propose)

    def show_field(self, field: Field) -> None:
        super().show_field(field)
        self.edit.setEnabled(self.limited.isChecked() and not self.fixed)

    @slot
    def _toggle(self) -> None:
        limited = self.limited.isChecked()
        self.edit.setEnabled(limited)
        if limited and not self.edit.text():
            self.edit.setText(str(FREE_PLAN_READS))
        self._edited()

    @slot
    def _propose(self) -> None:
        self.limited.setChecked(True)
        self.edit.setEnabled(True)
        self.edit.setText(str(FREE_PLAN_READS))
        self._edited()

    @slot
    def _edited(self) -> None:
        self.show_problem("")


class CollectionsRow(FieldRow):
    """All collections that there are, or some of them."""

    def __init__(self, theme: Theme, name: str, title: str) -> None:
        super().__init__(theme, name, title)
        self.heading.setContentsMargins(0, 0, 0, 0)
        self.all = QRadioButton("Todas, también las que se creen después (recomendado)")
        self.some = QRadioButton("Solo estas:")
        self.list = CheckList("Colecciones que se guardan")
        self.list.setFixedHeight(148)
        self.more = QLineEdit()
        self.more.setPlaceholderText("Nombre de otra colección")
        self.more.setAccessibleName("Nombre de otra colección")
        self.add = button("Añadir", tip="Añadir esa colección a la lista")
        self._detail = QWidget()
        layout = column(self.list, row(self.more, self.add, spacing=8), spacing=8)
        layout.setContentsMargins(24, 0, 0, 0)
        self._detail.setLayout(layout)
        for part in (self.all, self.some, self._detail):
            self.body.addWidget(part)
        self.all.clicked.connect(self._edited)
        self.some.clicked.connect(self._edited)
        self.list.itemChanged.connect(self._edited)
        self.add.clicked.connect(self._add)
        self.more.returnPressed.connect(self._add)

    def know(self, names: Sequence[str]) -> None:
        """Offer these, none of them chosen."""
        for name in names:
            self._item(name, chosen=False)

    @property
    def value(self) -> Value:
        if not self.some.isChecked():
            return None
        items = [self.list.item(number) for number in range(self.list.count())]
        return tuple(i.text() for i in items if i is not None and i.checkState() == Qt.CheckState.Checked)

    def show_value(self, value: Value) -> None:
        chosen = value if isinstance(value, tuple) else ()
        for name in chosen:
            self._item(name, chosen=True)
        (self.all if value is None else self.some).setChecked(True)
        self._detail.setVisible(value is not None)

    def inputs(self) -> Sequence[QWidget]:
        return (self.list, self.all, self.some, self.more, self.add)

    def _item(self, name: str, *, chosen: bool) -> None:
        found = self.list.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchCaseSensitive)
        item = found[0] if found else QListWidgetItem(name, self.list)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked)
        if chosen:
            self.list.scrollToItem(item)

    @slot
    def _add(self) -> None:
        name = self.more.text().strip()
        problem = problem_of(self.name, (name,))
        if not problem:
            self._item(name, chosen=True)
            self.more.clear()
        self.show_problem(problem)

    @slot
    def _edited(self) -> None:
        self._detail.setVisible(self.some.isChecked())
        self.show_problem("")


class UrlsRow(FieldRow):
    """Addresses that hold secrets: of those that are known only the service is shown."""

    def __init__(self, theme: Theme, name: str, title: str, help_text: str) -> None:
        super().__init__(theme, name, title, help_text)
        self._urls: list[str] = []
        self.list = QVBoxLayout()
        self.list.setSpacing(4)
        self.more = QLineEdit()
        self.more.setPlaceholderText("mailto://usuario:clave@gmail.com")
        self.more.setAccessibleName("Dirección de otro servicio de avisos")
        self.add = button("Añadir", tip="Añadir esa dirección")
        self.removes: list[QWidget] = []
        self.body.addLayout(self.list)
        self.body.addLayout(row(self.more, self.add, spacing=8))
        self.add.clicked.connect(self._add)
        self.more.returnPressed.connect(self._add)
        self._name_inputs()

    @property
    def value(self) -> Value:
        typed = self.more.text().strip()
        return (*self._urls, *([typed] if typed else []))

    def show_value(self, value: Value) -> None:
        self._urls = list(value) if isinstance(value, tuple) else []
        self.more.clear()
        self._show()

    def inputs(self) -> Sequence[QWidget]:
        return (self.more, self.add, *self.removes)

    def _show(self) -> None:
        while (item := self.list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.removes = []
        for number, url in enumerate(self._urls):
            line = QWidget()
            name = f"{url.partition('://')[0]}://…"
            remove = button("Quitar", tip=f"Quitar {name}")
            remove.clicked.connect(slot(self._remover(number)))
            self.removes.append(remove)
            layout = QHBoxLayout(line)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(_plain(name), 1)
            layout.addWidget(remove)
            self.list.addWidget(line)

    def _remover(self, number: int) -> Callable[[], None]:
        def remove() -> None:
            del self._urls[number]
            self._show()
            self.show_problem("")

        return remove

    @slot
    def _add(self) -> None:
        if not self.more.text().strip():
            return
        problem = problem_of(self.name, self.value)
        if not problem:
            value = self.value
            self.show_value(tuple(dict.fromkeys(value)) if isinstance(value, tuple) else value)
        self.show_problem(problem)


def _plain(text: str) -> QLabel:
    return label(text, wrap=False)
