"""Controls with a title above them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget


def small_label(text: str, name: str = "") -> QLabel:
    """A muted text."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setObjectName(name)
    label.setProperty("tone", "muted")
    label.setProperty("fontSize", "small")
    return label


def titled(title: str, control: QWidget, aside: QWidget | None = None) -> QWidget:
    """A control below its title, with an optional widget to the right of the title."""
    container = QWidget()
    column = QVBoxLayout(container)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(7)
    column.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)  # no higher than its control may be
    if title:
        head = QHBoxLayout()
        label = QLabel(title)
        label.setProperty("kind", "title")
        label.setBuddy(control)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        head.addWidget(label)
        head.addStretch(1)
        if aside is not None:
            aside.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            head.addWidget(aside)
        column.addLayout(head)
    column.addWidget(control)
    return container
