"""Keeps the row under the pointer where it is while other rows come, go and move.

Rows carry links that spend: a press must land on the row that was shown when the pointer was moved there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QPersistentModelIndex, QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QTreeView

_TREMBLE = 8  # pixels that a hand moves the pointer without meaning to


class StillRows:
    """Scrolls against each change of the rows. Where scrolling ends, blank space helps until the pointer leaves."""

    def __init__(self, view: QTreeView, set_blank_above: Callable[[int], None]) -> None:
        """`set_blank_above` makes so many pixels of blank space above the viewport of `view`."""
        self._view = view
        self._set_blank_above = set_blank_above
        self._pointer: QPoint | None = None  # in the view's coordinates
        self._anchors: list[tuple[QPersistentModelIndex, int]] = []  # rows and their tops before a change
        self._above = 0  # pixels of blank space
        self._dropped_at: QPoint | None = None  # where the user has dropped a row, until the pointer moves on
        self._depth = 0  # of changes within changes
        self._value_before = 0  # of the scroll bar, before a change
        self._was_at_top = False

    @property
    def pointer(self) -> QPoint | None:
        """The pointer in the viewport's coordinates, or None while it is elsewhere."""
        return None if self._pointer is None else self._pointer - self._view.viewport().pos()

    def point_at(self, point: QPoint) -> None:
        """The pointer is at this point of the viewport."""
        self._pointer = point + self._view.viewport().pos()
        if self._dropped_at is not None and (self._pointer - self._dropped_at).manhattanLength() > _TREMBLE:
            self._dropped_at = None

    def has_left_unseen(self) -> bool:
        """Whether the pointer is elsewhere by now: Qt does not say that it leaves a window that a dialog blocks."""
        viewport = self._view.viewport()
        return self._pointer is not None and not viewport.rect().contains(viewport.mapFromGlobal(QCursor.pos()))

    def leave(self) -> None:
        """The pointer has left the list: remove the blank space, and show new rows at the top again."""
        self._pointer = self._dropped_at = None
        was_at_top = self._was_at_top
        self.let_go()
        self._view.updateGeometries()  # the range of the scroll bar ends at the last row again
        if was_at_top:
            self._view.verticalScrollBar().setValue(0)

    def let_go(self) -> None:
        """The user moves the rows: remove the blank space above."""
        self._was_at_top = False
        self._set_above(0)

    @contextmanager
    def unclamped(self) -> Iterator[None]:
        """A layout that would end the range of the scroll bar at the last row, and move the rows by that."""
        bar = self._view.verticalScrollBar()
        value = bar.value()
        yield
        if self._pointer is not None and bar.value() < value:
            bar.setMaximum(max(bar.maximum(), value))
            bar.setValue(value)

    def begin_change(self) -> None:
        """Remember where the row under the pointer is. Each call is followed by one of `end_change`."""
        self._depth += 1
        if self._depth == 1:
            self._anchors = list(self._find_anchors())
            self._value_before = self._view.verticalScrollBar().value()

    def give_way_at(self, point: QPoint) -> None:
        """The user has dropped a row at this point of the viewport: it is seen there, until the pointer moves on."""
        self._dropped_at = point + self._view.viewport().pos()

    def end_change(self) -> None:
        """Put the row that `begin_change` has found back under the pointer, or the one next to it if it has gone."""
        self._depth -= 1
        if self._depth == 0 and self._anchors:
            self._view.executeDelayedItemsLayout()
            anchors, self._anchors = self._anchors, []
            for index, top in anchors:
                if index.isValid():
                    with self._busy():
                        self._shift(self._top_of(index) - top)
                    break

    @contextmanager
    def unmoved(self) -> Iterator[None]:
        """A change within one call."""
        self.begin_change()
        try:
            yield
        finally:
            self.end_change()

    def _find_anchors(self) -> Iterator[tuple[QPersistentModelIndex, int]]:
        model, pointer = self._view.model(), self.pointer
        if model is None or pointer is None or self._dropped_at is not None or not model.rowCount():
            return
        under = self._view.indexAt(pointer)
        row = under.row() if under.isValid() else model.rowCount() - 1
        first = self._view.indexAt(QPoint(pointer.x(), 0)).row()  # -1 in the blank space above
        above = range(row - 1, max(first, 0) - 1, -1)
        for near in (row, *above, row + 1):  # below rows that the user deletes, the others move up
            if near < model.rowCount():
                index = QPersistentModelIndex(model.index(near, 0))
                yield index, self._top_of(index)

    def _top_of(self, index: QPersistentModelIndex) -> int:
        return self._view.visualRect(index).top() + self._view.viewport().y()

    def _shift(self, pixels: int) -> None:
        """Move all rows up by so many pixels; down if negative."""
        if not pixels:
            return
        bar = self._view.verticalScrollBar()
        self._was_at_top = self._was_at_top or self._value_before == 0
        if pixels > 0:
            by_blank = min(pixels, self._above)
            self._set_above(self._above - by_blank)
            value = bar.value() + pixels - by_blank
            bar.setMaximum(max(bar.maximum(), value))
            bar.setValue(value)
        else:
            by_scrolling = min(-pixels, bar.value())
            bar.setValue(bar.value() - by_scrolling)
            self._set_above(self._above - pixels - by_scrolling)

    def _set_above(self, pixels: int) -> None:
        if pixels != self._above:
            self._above = pixels
            with self._busy():
                self._set_blank_above(pixels)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
