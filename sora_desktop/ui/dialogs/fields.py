"""Parts that several dialogs have: titled fields, notes, errors."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sora_desktop.ui.widgets.text_field import TextField


def line_edit(name: str, title: str, text: str) -> QLineEdit:
    """A line of text. `title` is its accessible name."""
    line = TextField(text)
    line.setObjectName(name)
    line.setAccessibleName(title)
    return line


def note(name: str, text: str) -> QLabel:
    """A small, muted text under a field."""
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("tone", "muted")
    label.setProperty("fontSize", "small")
    label.setWordWrap(True)
    return label


def error_label(name: str) -> QLabel:
    """A hidden text for what has to be fixed."""
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName("Fix before saving")
    label.setProperty("tone", "error")
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.hide()
    return label


def button(name: str, text: str) -> QPushButton:
    """A button that Return presses while it has the focus. Elsewhere, Return presses the default one."""
    made = QPushButton(text)
    made.setObjectName(name)
    made.setAutoDefault(True)
    return made


def add_field(column: QVBoxLayout, title: str, control: QWidget | QHBoxLayout) -> QLabel:
    """Add a control under its title."""
    label = QLabel(title)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("kind", "title")
    column.addWidget(label)
    if isinstance(control, QHBoxLayout):
        column.addLayout(control)
    else:
        column.addWidget(control)
    return label
