"""The style sheet of the panel and its windows. What a widget is, it says by a property (`mark`)."""

from __future__ import annotations

import dataclasses
from string import Template

from qtpy.QtWidgets import QWidget

from facot_backups.ui.desktop.toolkit.colours import Colours

_SHEET = Template("""
* { font-family: "Inter", "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; font-size: 14px; }
QDialog, QWidget[root="true"] { background: $background; color: $text; }
QLabel { background: transparent; color: $text; }
QCheckBox, QRadioButton { color: $text; spacing: 8px; }
QLabel[role="title"] { font-size: 20px; font-weight: 600; }
QLabel[role="heading"] { font-size: 15px; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="error"] { color: $error_text; }
QLabel[role="small"] { color: $muted; font-size: 12px; }

QGroupBox {
  background: $surface; border: 1px solid $border; border-radius: 12px;
  margin-top: 26px; padding: 12px; color: $text; font-size: 15px; font-weight: 600;
}
QGroupBox::title {
  subcontrol-origin: margin; subcontrol-position: top left; left: 4px; top: 0; padding: 0 2px;
}

QFrame[card="true"] { background: $surface; border: 1px solid $border; border-radius: 12px; }
QFrame[level="ok"] { background: $success_soft; border: 1px solid $success_line; border-radius: 12px; }
QFrame[level="warning"] { background: $warning_soft; border: 1px solid $warning_line; border-radius: 12px; }
QFrame[level="critical"] { background: $error_soft; border: 1px solid $error_line; border-radius: 12px; }
QFrame[level="info"], QFrame[level="busy"] {
  background: $info_soft; border: 1px solid $info_line; border-radius: 12px;
}
QFrame[level="ok"] QLabel { color: $success_text; }
QFrame[level="warning"] QLabel { color: $warning_text; }
QFrame[level="critical"] QLabel { color: $error_text; }
QFrame[level="info"] QLabel, QFrame[level="busy"] QLabel { color: $info_text; }

QPushButton {
  background: $surface; color: $text; border: 1px solid $border; border-radius: 6px;
  padding: 8px 16px; min-height: 20px;
}
QPushButton:hover { background: $alternate; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border: 2px solid $focus; padding: 7px 15px; }
QPushButton:disabled { color: $muted; background: $alternate; }
QPushButton[primary="true"] {
  background: $primary; color: $on_primary; border: 1px solid $primary; font-weight: 600;
}
QPushButton[primary="true"]:hover { background: $primary_hover; border-color: $primary_hover; }
QPushButton[primary="true"]:focus { border: 2px solid $focus_ring; }
QPushButton[primary="true"]:disabled { background: $border; border-color: $border; color: $muted; }
QPushButton[danger="true"] { color: $error_text; border-color: $error_line; }
QPushButton[flat="true"], QToolButton {
  background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 7px 12px; color: $text;
}
QPushButton[flat="true"]:disabled { color: $muted; }
QPushButton[flat="true"]:hover, QToolButton:hover { background: $alternate; }
QPushButton[flat="true"]:focus, QToolButton:focus { border: 2px solid $focus; padding: 6px 11px; }
QPushButton[toolbar="true"] { padding: 7px 9px; }
QPushButton[toolbar="true"]:focus { padding: 6px 8px; }
QPushButton[small="true"] { padding: 3px 7px; min-height: 18px; font-size: 12px; }
QPushButton[small="true"]:focus { padding: 2px 6px; }
QFrame[level="ok"] QPushButton[flat="true"] { color: $success_text; }
QFrame[level="warning"] QPushButton[flat="true"] { color: $warning_text; }
QFrame[level="critical"] QPushButton[flat="true"] { color: $error_text; }
QFrame[level="info"] QPushButton[flat="true"], QFrame[level="busy"] QPushButton[flat="true"] {
  color: $info_text;
}

QLineEdit, QSpinBox, QTimeEdit, QDateEdit, QComboBox, QPlainTextEdit, QTextEdit {
  background: $surface; color: $text; border: 1px solid $border; border-radius: 6px; padding: 7px 10px;
  selection-background-color: $selection; selection-color: $on_selection;
}
QLineEdit:focus, QSpinBox:focus, QTimeEdit:focus, QDateEdit:focus, QComboBox:focus, QPlainTextEdit:focus {
  border: 2px solid $focus; padding: 6px 9px;
}
QLineEdit { min-height: 22px; }
QLineEdit:disabled, QSpinBox:disabled, QComboBox:disabled { background: $alternate; color: $muted; }
QTabWidget::pane { border: 0; border-top: 1px solid $border; }
QTabBar { background: transparent; }
QTabBar::tab {
  background: transparent; color: $muted; border: 0; border-bottom: 3px solid transparent; padding: 9px 14px;
  margin-right: 4px; min-width: 70px;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $primary_bar; font-weight: 600; }
QTabBar::tab:focus { background: $alternate; }
QSplitter::handle { background: transparent; }
*[wrong="true"] { border: 1px solid $error; }
QComboBox::drop-down { border: 0; width: 28px; }
QComboBox::down-arrow {
  width: 0; height: 0; border: 5px solid $surface; border-top: 6px solid $muted; border-bottom: 0;
  margin-right: 8px;
}
QComboBox QAbstractItemView { background: $surface; color: $text; selection-background-color: $selection;
  selection-color: $on_selection; }

QCheckBox::indicator, QListView::indicator, QTreeView::indicator, QTableView::indicator {
  width: 16px; height: 16px; border: 1px solid $muted; border-radius: 4px; background: $surface;
}
QRadioButton::indicator {
  width: 16px; height: 16px; border: 1px solid $muted; border-radius: 9px; background: $surface;
}
QCheckBox::indicator:checked, QListView::indicator:checked, QTreeView::indicator:checked,
QTableView::indicator:checked {
  border-color: $primary; background: $primary;
}
QCheckBox::indicator:checked:disabled { border-color: $muted; background: $muted; }
QRadioButton::indicator:checked {
  width: 8px; height: 8px; border: 5px solid $primary_bar; border-radius: 9px; background: $on_primary;
}
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $focus; }
QCheckBox::indicator:disabled:unchecked, QRadioButton::indicator:disabled { border-color: $border; }
QCheckBox:focus, QRadioButton:focus { color: $link; }

QTableView, QTreeView, QListView {
  background: $surface; alternate-background-color: $alternate; color: $text; border: 1px solid $border;
  padding: 1px; border-radius: 8px; gridline-color: $border; selection-background-color: $selection;
  selection-color: $on_selection; outline: 0;
}
QTableView:focus, QTreeView:focus, QListView:focus { border: 2px solid $focus; padding: 0; }
QTableView::item, QTreeView::item, QListView::item { padding: 6px 10px; border: 0; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected {
  background: $selection; color: $on_selection;
}
QHeaderView { background: transparent; border: 0; }
QHeaderView::section {
  background: $surface; color: $muted; border: 0; border-bottom: 1px solid $border; padding: 8px 13px;
  font-size: 11px; font-weight: 700;
}
QHeaderView::up-arrow, QHeaderView::down-arrow {
  width: 0; height: 0; border: 4px solid $surface; subcontrol-origin: padding;
  subcontrol-position: center right; right: 2px;
}
QHeaderView::up-arrow { border-bottom: 5px solid $text; border-top: 0; }
QHeaderView::down-arrow { border-top: 5px solid $text; border-bottom: 0; }
QHeaderView::section:first { border-top-left-radius: 7px; }
QHeaderView::section:last { border-top-right-radius: 7px; }
QTableView[dense="true"] { font-size: 13px; }
QTableView[dense="true"]::item { padding: 4px 5px; }
QTableView[dense="true"] QHeaderView::section { padding: 7px 6px 7px 8px; }
QTableView[calendar="true"], QTableView[calendar="true"]:focus {
  border: 0; padding: 0; background: transparent;
}
QTableView[calendar="true"]::item { padding: 0; }
QTableView[calendar="true"] QHeaderView::section {
  padding: 0; border: 0; background: transparent; font-weight: 400;
}
QTableCornerButton::section { background: $surface; border: 0; }

QProgressBar {
  background: $track; border: 0; border-radius: 4px; max-height: 8px; min-height: 8px; color: transparent;
}
QProgressBar::chunk { background: $primary_bar; border-radius: 4px; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle { background: $scroll; border-radius: 4px; min-height: 28px; min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
  background: transparent; width: 0; height: 0;
}
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: 0; }
QToolTip { background: $surface; color: $text; border: 1px solid $border; padding: 6px; }
QMenu { background: $surface; color: $text; border: 1px solid $border; padding: 6px; }
QMenu::item { padding: 7px 24px 7px 12px; border-radius: 6px; }
QMenu::item:selected { background: $selection; color: $on_selection; }
""")


def style_sheet(colours: Colours) -> str:
    """The whole sheet in these colours."""
    names = {name: value for name, value in dataclasses.asdict(colours).items() if isinstance(value, str)}
    return _SHEET.substitute(
        names,
        focus_ring="#93c5fd" if colours.dark else "#1e40af",
        track=colours.info_line if not colours.dark else colours.border,
        primary_bar=colours.focus,
        link=colours.focus if colours.dark else colours.primary,
        scroll="#475569" if colours.dark else "#cbd5e1",
    )


def mark(widget: QWidget, **properties: object) -> None:
    """Set properties that the sheet asks for (`role="title"`, `primary=True`), and apply it anew."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
        for child in widget.findChildren(QWidget):
            style.unpolish(child)
            style.polish(child)
    widget.update()
