"""The rows of the settings that hold several things: collections, addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLineEdit, QListWidgetItem, QRadioButton, QVBoxLayout, QWidget

from facot_backups.faces.desktop.slots import slot
from facot_backups.faces.desktop.tasks.settings import Value, problem_of
from facot_backups.faces.desktop.theme import Theme
from facot_backups.faces.desktop.views.settings_fields import FieldRow
from facot_backups.faces.desktop.widgets.basic import button, column, label, row
from facot_backups.faces.desktop.widgets.check import CheckList

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
            layout.addWidget(label(name, wrap=False), 1)
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
