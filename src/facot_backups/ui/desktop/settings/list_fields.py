"""The rows of the settings that hold several things: collections."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLineEdit, QListWidgetItem, QRadioButton, QWidget

from facot_backups.ui.desktop.settings.fields import FieldRow
from facot_backups.ui.desktop.settings.task import Value, problem_of
from facot_backups.ui.desktop.toolkit.basic import button, column, row
from facot_backups.ui.desktop.toolkit.check import CheckList
from facot_backups.ui.desktop.toolkit.form import OneOf
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.theme import Theme

_LIST_HEIGHT = 148


class CollectionsRow(FieldRow):
    """Some collections, or what `usual` says, which stands for the value `none`."""

    def __init__(
        self, theme: Theme, name: str, title: str, help_text: str = "", *, usual: str, none: Value
    ) -> None:
        super().__init__(theme, name, title, help_text)
        self._none = none
        self.heading.setContentsMargins(0, 0, 0, 0)
        self.usual = QRadioButton(usual)
        self.some = QRadioButton("Solo estas:")
        self._group = OneOf(self, self.usual, self.some)
        for one in (self.usual, self.some):
            one.setAccessibleName(f"{title}: {one.text()}")
        self.list = CheckList(title)
        self.list.setFixedHeight(_LIST_HEIGHT)
        self.more = QLineEdit()
        self.more.setPlaceholderText("Nombre de otra colección")
        self.more.setAccessibleName("Nombre de otra colección")
        self.add = button("Añadir", tip="Añadir esa colección a la lista")
        self._detail = QWidget()
        layout = column(self.list, row(self.more, self.add, spacing=8), spacing=8)
        layout.setContentsMargins(24, 0, 0, 0)
        self._detail.setLayout(layout)
        for part in (self.usual, self.some, self._detail):
            self.body.addWidget(part)
        self.usual.clicked.connect(self._edited)
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
            return self._none
        items = [self.list.item(number) for number in range(self.list.count())]
        return tuple(i.text() for i in items if i is not None and i.checkState() == Qt.CheckState.Checked)

    def show_value(self, value: Value) -> None:
        chosen = value if isinstance(value, tuple) else ()
        for name in chosen:
            self._item(name, chosen=True)
        (self.usual if value == self._none else self.some).setChecked(True)
        self._detail.setVisible(value != self._none)

    def inputs(self) -> Sequence[QWidget]:
        return (self.list, self.usual, self.some, self.more, self.add)

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
