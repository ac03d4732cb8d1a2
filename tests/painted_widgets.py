"""Which widgets are painted while something happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication


class _Watch(QObject):
    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self._names = names

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Paint, QEvent.Type.LayoutRequest):
            self._names.add(watched.objectName())
        return False


@contextmanager
def painted_widgets() -> Iterator[set[str]]:
    """The object names of the widgets that are painted or laid out in the block."""
    names = set[str]()
    watch, app = _Watch(names), QApplication.instance()
    assert app is not None
    app.installEventFilter(watch)
    yield names
    app.removeEventFilter(watch)
