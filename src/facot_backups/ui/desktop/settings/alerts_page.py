"""The alerts of the settings: by e-mail, Telegram or WhatsApp in a few fields, any other by its address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from facot_backups.app.alerts.addresses import Kind, described, is_mail
from facot_backups.ui.desktop.settings.alerts_task import FIELDS, built, guide
from facot_backups.ui.desktop.settings.fields import FieldRow
from facot_backups.ui.desktop.settings.task import Field, Value, problem_of
from facot_backups.ui.desktop.toolkit.basic import button, column, label, row
from facot_backups.ui.desktop.toolkit.form import StatusLine
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.style_sheet import mark
from facot_backups.ui.desktop.toolkit.theme import Theme

# Sends a test to an address; the line says how it went.
Try = Callable[[str, StatusLine], None]

_OFFERS: Mapping[Kind, str] = {
    "mail": "Añadir &correo",
    "telegram": "Añadir &Telegram",
    "whatsapp": "Añadir &WhatsApp",
}


class AlertForm(QFrame):
    """The few fields of one kind of alert, with what to know about them."""

    def __init__(self, theme: Theme, kind: Kind, test: Try, done: Callable[[str], None]) -> None:
        super().__init__()
        self.kind, self._test, self._done = kind, test, done
        mark(self, card=True)
        self.about = label("", "small", selectable=True)
        self.fields: dict[str, QLineEdit] = {}
        self.rows = QFormLayout()
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for one in FIELDS[kind]:
            edit = QLineEdit()
            edit.setPlaceholderText(one.example)
            edit.setAccessibleName(one.title)
            if one.secret:
                edit.setEchoMode(QLineEdit.EchoMode.Password)
            edit.textEdited.connect(self._edited)
            self.fields[one.name] = edit
            self.rows.addRow(label(one.title, wrap=False), edit)
        self.line = StatusLine(theme)
        self.try_button = button("&Probar", tip="Enviar un mensaje de prueba con estos datos")
        self.add_button = button("&Añadir", tip="Añadir este aviso; queda al guardar los ajustes")
        self.close_button = button("Cerrar", "flat", tip="Dejar estos datos")
        for one_button, do in (
            (self.try_button, self._try),
            (self.add_button, self.add),
            (self.close_button, self.close_form),
        ):
            one_button.clicked.connect(do)
        buttons = row(self.try_button, self.add_button, self.close_button, 1, spacing=8)
        layout = column(self.about, self.rows_box(), self.line, buttons, spacing=8)
        layout.setContentsMargins(14, 12, 14, 12)
        self.setLayout(layout)
        self._guide()

    def rows_box(self) -> QWidget:
        """The fields."""
        box = QWidget()
        self.rows.setContentsMargins(0, 0, 0, 0)
        box.setLayout(self.rows)
        return box

    @property
    def texts(self) -> dict[str, str]:
        """What the fields hold."""
        return {name: edit.text() for name, edit in self.fields.items()}

    @property
    def begun(self) -> bool:
        """Whether anything was typed."""
        return not self.isHidden() and any(text.strip() for text in self.texts.values())

    def built(self) -> str | None:
        """The address; None while something is missing, which the line says then."""
        url, problem = built(self.kind, self.texts)
        if problem:
            self.line.tell("critical", problem)
        return url

    def begin(self, **texts: str) -> None:
        """Show the fields, blank but for `texts`."""
        for name, edit in self.fields.items():
            edit.setText(texts.get(name, ""))
        self.line.tell("info", "")
        self._guide()
        self.show()
        next((edit for edit in self.fields.values() if not edit.text()), self.try_button).setFocus()

    @slot
    def add(self) -> None:
        """Take the address in, if it is whole."""
        url = self.built()
        if url is not None:
            self.hide()
            self._done(url)

    @slot
    def close_form(self) -> None:
        """Forget what was typed."""
        self.begin()
        self.hide()

    @slot
    def _try(self) -> None:
        url = self.built()
        if url is not None:
            self._test(url, self.line)

    @slot
    def _edited(self) -> None:
        self.line.tell("info", "")
        self._guide()

    def _guide(self) -> None:
        about, wanted = guide(self.kind, self.texts)
        self.about.setText(about)
        for name, edit in self.fields.items():
            for widget in (edit, self.rows.labelForField(edit)):
                if widget is not None:
                    widget.setVisible(name in wanted)


class AlertsRow(FieldRow):
    """Who is told. Addresses hold secrets: of those that are known it shows only whom they reach."""

    def __init__(self, theme: Theme, name: str, title: str, help_text: str) -> None:
        super().__init__(theme, name, title, help_text)
        self._theme = theme
        self._urls: list[str] = []
        self.test: Try = lambda _url, _line: None
        self.list = QVBoxLayout()
        self.list.setSpacing(4)
        self.offers = {kind: button(text) for kind, text in _OFFERS.items()}
        self.expert = button("Otro servicio…", "flat", tip="Escribir una dirección de Apprise")
        self.forms = {kind: AlertForm(theme, kind, self._try, self._take) for kind in _OFFERS}
        self.more = QLineEdit()
        self.more.setPlaceholderText("servicio://…")
        self.more.setAccessibleName("Dirección de otro servicio de avisos")
        self.add = button("Añadir", tip="Añadir esa dirección")
        self.removes: list[QWidget] = []
        self.tries: list[QWidget] = []
        self.other = QWidget()
        about = label(
            "Para expertos: una dirección de Apprise por servicio (ntfy, Discord, Slack…).", "small"
        )
        layout = column(about, row(self.more, self.add, spacing=8), spacing=4)
        layout.setContentsMargins(0, 0, 0, 0)
        self.other.setLayout(layout)
        self.body.addLayout(self.list)
        self.body.addLayout(row(*self.offers.values(), self.expert, 1, spacing=8))
        for part in (*self.forms.values(), self.other):
            part.hide()
            self.body.addWidget(part)
        for kind, one in self.offers.items():
            one.clicked.connect(slot(lambda kind=kind: self.open_form(kind)))
        self.expert.clicked.connect(self._open_other)
        self.add.clicked.connect(self._add)
        self.more.returnPressed.connect(self._add)
        self._name_inputs()

    @property
    def value(self) -> Value:
        typed = self.more.text().strip()
        found = [*self._urls, *([typed] if typed else [])]
        for form in self.forms.values():
            if form.begun:
                found.append(form.built() or form.texts.get("mail", "") or "…")
        return tuple(found)

    def show_value(self, value: Value) -> None:
        self._urls = list(value) if isinstance(value, tuple) else []
        self.more.clear()
        for form in self.forms.values():
            form.close_form()
        self._show()

    def inputs(self) -> Sequence[QWidget]:
        return (self.more, self.add, *self.offers.values(), self.expert, *self.tries, *self.removes)

    def show_problem(self, problem: str) -> None:
        begun = next((form for form in self.forms.values() if form.begun), None)
        if problem and begun is not None and begun.built() is None:
            problem = "Hay un aviso a medias: complételo, o pulse «Cerrar» en él."
        super().show_problem(problem)

    def open_form(self, kind: Kind, **texts: str) -> None:
        """Show the fields of one kind, and no others."""
        self.other.hide()
        for other, form in self.forms.items():
            if other != kind:
                form.close_form()
        self.forms[kind].begin(**texts)

    @slot
    def _open_other(self) -> None:
        for form in self.forms.values():
            form.close_form()
        self.other.show()
        self.more.setFocus()

    def _show(self) -> None:
        while (item := self.list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.removes, self.tries = [], []
        for number, url in enumerate(self._urls):
            self.list.addWidget(self._line(number, url))

    def _line(self, number: int, url: str) -> QWidget:
        line, name, said = QWidget(), described(url), StatusLine(self._theme)
        attempt, remove = button("Probar", tip=f"Probar: {name}"), button("Quitar", tip=f"Quitar: {name}")
        attempt.clicked.connect(slot(lambda: self._try(url, said)))
        remove.clicked.connect(slot(self._remover(number)))
        self.tries.append(attempt)
        self.removes.append(remove)
        top = QHBoxLayout()
        top.addWidget(label(name), 1)
        top.addWidget(attempt, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(remove, 0, Qt.AlignmentFlag.AlignTop)
        layout = column(top, said, spacing=4)
        layout.setContentsMargins(0, 0, 0, 0)
        line.setLayout(layout)
        return line

    def _try(self, url: str, line: StatusLine) -> None:
        self.test(url, line)

    def _remover(self, number: int) -> Callable[[], None]:
        def remove() -> None:
            del self._urls[number]
            self._show()
            self.show_problem("")

        return remove

    def _take(self, url: str) -> None:
        self._urls = list(dict.fromkeys([*self._urls, url]))
        self._show()
        self.show_problem("")

    @slot
    def _add(self) -> None:
        typed = self.more.text().strip()
        if is_mail(typed):
            self.more.clear()
            self.open_form("mail", mail=typed)
            return
        problem = problem_of(self.name, (*self._urls, typed)) if typed else ""
        if typed and not problem:
            self.more.clear()
            self._take(typed)
        self.show_problem(problem)

    def show_field(self, field: Field) -> None:
        super().show_field(field)
        self.other.setVisible(bool(field.problem))
