"""Drag and drop events, as Qt sends them to a widget."""

from __future__ import annotations

from typing import Any

import PySide6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

COPY = Qt.DropAction.CopyAction

#: Qt 6.12 deprecates the drag events with a QPoint; PySide 6.11 has no others.
_TAKES_QPOINTF = tuple(int(part) for part in PySide6.__version__.split(".")[:2]) >= (6, 12)
_STATE = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


def drag_enter_event(position: QPoint, mime: QMimeData, actions: Qt.DropAction = COPY) -> QDragEnterEvent:
    return QDragEnterEvent(_drag_position(position), actions, mime, *_STATE)


def drag_move_event(position: QPoint, mime: QMimeData, actions: Qt.DropAction = COPY) -> QDragMoveEvent:
    return QDragMoveEvent(_drag_position(position), actions, mime, *_STATE)


def drop_event(position: QPoint, mime: QMimeData, actions: Qt.DropAction = COPY) -> QDropEvent:
    return QDropEvent(QPointF(position), actions, mime, *_STATE)


def drag_and_drop(widget: QWidget, mime: QMimeData) -> bool:
    """Drag the data over the widget and release it there. False if the widget does not accept it."""
    position = QPoint(20, 20)
    enter, drop = drag_enter_event(position, mime), drop_event(position, mime)
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(widget, drop)
    return drop.isAccepted()


def _drag_position(position: QPoint) -> Any:
    return QPointF(position) if _TAKES_QPOINTF else position
