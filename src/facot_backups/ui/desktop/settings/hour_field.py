"""The row of the hour: typed as `14:30` or as `2:30 p. m.`, and said in both."""

from __future__ import annotations

from facot_backups.ui.desktop.settings.fields import TextRow
from facot_backups.ui.desktop.settings.task import Value
from facot_backups.ui.desktop.toolkit import words
from facot_backups.ui.desktop.toolkit.basic import label
from facot_backups.ui.desktop.toolkit.slots import slot
from facot_backups.ui.desktop.toolkit.theme import Theme

_WIDTH = 110


class HourRow(TextRow):
    """An hour of the day. Its `value` is in 24 hours, however it was typed."""

    def __init__(self, theme: Theme, name: str, title: str, help_text: str) -> None:
        self.said = label("", "muted", wrap=False)
        super().__init__(theme, name, title, help_text, beside=(self.said,))
        self.edit.setFixedWidth(_WIDTH)
        self.edit.textChanged.connect(self._say)
        self.edit.editingFinished.connect(self._write_out)

    @property
    def value(self) -> Value:
        """What was typed, in 24 hours."""
        return words.hour_of_24(self.edit.text()) or self._empty

    @slot
    def _say(self) -> None:
        said = words.hour_of_12(str(self.value))
        self.said.setText(f"es decir, {said}" if said else "")

    @slot
    def _write_out(self) -> None:
        self.edit.setText(str(self.value))
