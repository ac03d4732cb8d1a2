"""What the program is: version, license, and where it keeps the user's data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

_LICENSE = "MIT license. Built with Qt and PySide6 (LGPL 3)."
_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class NamedFolder(NamedTuple):
    """A folder of the user's data."""

    name: str  # the end of the object names of its parts
    title: str
    folder: Path


class AboutDialog(QDialog):
    """Shows facts that can be selected and copied, and a button for each folder."""

    folder_requested = Signal(Path)

    def __init__(self, version: str, places: Sequence[NamedFolder], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle("About Sora Desktop")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = _text(f"Sora Desktop {version}", "aboutVersion")
        title.setProperty("weight", "bold")
        purpose = _text("Generate AI videos from a prompt, watch their progress, and keep every video you paid for.")
        license_text = _text(_LICENSE, "aboutLicense")
        license_text.setProperty("tone", "muted")
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, place in enumerate(places):
            self._add_place(grid, row, place)
        self._close = QPushButton("Close")
        self._close.setObjectName("aboutCloseButton")
        self._close.setDefault(True)
        self._close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        for label in (title, purpose, license_text):
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(grid)
        column.addSpacing(8)
        column.addLayout(buttons)
        self._close.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_place(self, grid: QGridLayout, row: int, place: NamedFolder) -> None:
        title = QLabel(place.title)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setProperty("tone", "muted")
        path = QLineEdit(str(place.folder))
        path.setObjectName(f"aboutPath:{place.name}")
        path.setAccessibleName(f"{place.title}: path")
        path.setReadOnly(True)
        path.setCursorPosition(0)
        path.setMinimumWidth(420)
        title.setBuddy(path)
        button = QPushButton("Open folder")
        button.setObjectName(f"aboutOpen:{place.name}")
        button.setAccessibleName(f"Open folder: {place.title}")
        button.clicked.connect(lambda _: self.folder_requested.emit(place.folder))
        grid.addWidget(title, row, 0)
        grid.addWidget(path, row, 1)
        grid.addWidget(button, row, 2)


def _text(text: str, name: str = "") -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(_SELECTABLE)
    return label
