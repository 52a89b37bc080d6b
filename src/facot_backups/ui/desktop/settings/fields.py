"""The rows of the settings: what it is, the input, what to know about it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from facot_backups.ui.desktop.settings.task import FREE_PLAN_READS, Field, Value, problem_of
from facot_backups.ui.desktop.toolkit.basic import button, label, row
from facot_backups.ui.desktop.toolkit.check import CheckBox
from facot_backups.ui.desktop.toolkit.form import OneOf, StatusLine
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.theme import Theme

_LABEL_WIDTH = 176
_SHORT = 90


class FieldRow(QWidget):
    """One setting: its name to the left, to the right the input and what is said of it.

    Its kinds say what `value`, `show_value` and `inputs` are. Those raise here, and are no abstract methods:
    a class of Qt's cannot have `ABCMeta`, too.
    """

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
    """A text in one line, a short one where it has a `unit`; `empty` is what it stands for when blank."""

    def __init__(  # noqa: PLR0913 - most are named, and have defaults
        self,
        theme: Theme,
        name: str,
        title: str,
        help_text: str = "",
        *,
        unit: str = "",
        empty: Value = "",
        placeholder: str = "",
        beside: Sequence[QWidget] = (),
    ) -> None:
        super().__init__(theme, name, title, help_text)
        self._empty = empty
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(placeholder)
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
        return self.edit.text().strip() or self._empty

    def show_value(self, value: Value) -> None:
        self.edit.setText(value if isinstance(value, str) and value != self._empty else "")

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
        super().__init__(
            theme, name, title, help_text, empty=None, placeholder=placeholder, beside=(self.reveal,)
        )
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
        self._group = OneOf(self, *self.choices.values())
        for one in self.choices.values():
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
