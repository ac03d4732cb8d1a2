"""Loads the pages of the list as it is scrolled, and unloads rows that are far below."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QTreeView

from sora_desktop.state.job_list import JobList
from sora_desktop.ui.library.row_selection import RowSelection

#: The next page is loaded once fewer heights of the list than this are left below the visible part.
SCREENS_AHEAD = 2
#: Rows that stay loaded below the last one that is visible or selected.
ROWS_BELOW = 200


class LoadedRows(QObject):
    """Follows the scroll bar of the list, which is its parent."""

    def __init__(self, view: QTreeView, jobs: JobList, selection: RowSelection) -> None:
        """`jobs` is the model of `view`."""
        super().__init__(view)
        self._view = view
        self._jobs = jobs
        self._selection = selection
        bar, queued = view.verticalScrollBar(), Qt.ConnectionType.QueuedConnection
        for moved in (bar.valueChanged, bar.rangeChanged):
            moved.connect(self._load_ahead, queued)  # not during a layout
        jobs.rowsInserted.connect(self._unload_far_rows, queued)  # not during an insertion

    def _load_ahead(self) -> None:
        bar = self._view.verticalScrollBar()
        if self._jobs.has_more and bar.maximum() - bar.value() < SCREENS_AHEAD * bar.pageStep():
            self._jobs.load_more()

    def _unload_far_rows(self) -> None:
        if self._selection.is_loading:
            return
        view = self._view
        last_visible = view.indexAt(QPoint(0, view.viewport().height() - 1))
        if last_visible.isValid():  # otherwise the last row is visible
            selected = [rows[-1] for rows in self._selection.ranges[-1:]]
            self._jobs.unload_after(max(last_visible.row(), view.currentIndex().row(), *selected) + 1 + ROWS_BELOW)
