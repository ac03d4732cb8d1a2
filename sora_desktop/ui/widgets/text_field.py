"""A line of text."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent
from PySide6.QtWidgets import QLineEdit


class TextField(QLineEdit):
    """Takes text that is dropped, but no files.

    A plain QLineEdit types the address of a dropped file, and tells a file manager that the file was moved.
    """

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _names_file(event.mimeData()):
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if _names_file(event.mimeData()):
            event.ignore()
        else:
            super().dragMoveEvent(event)


def _names_file(mime: QMimeData) -> bool:
    return any(url.isLocalFile() for url in mime.urls())
