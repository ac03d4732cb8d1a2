"""Rows on their way: a waiting one to another place in the queue, finished ones to wherever clips are dropped."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QDrag, QPainter, QPalette
from PySide6.QtWidgets import QTreeView

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.actions import JobAction
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.library.landing import Landing, landing_of

_ROW_FORMAT = "application/x-sora-desktop-row"
_CAN_BE_DRAGGED = Qt.ItemFlag.ItemIsDragEnabled


class RowDrag:
    """Drags rows of a list. Of one that waits, it marks the gap between two rows where it would land.

    It moves no row itself.
    """

    def __init__(self, view: QTreeView, jobs: JobList) -> None:
        """`jobs` is the model of `view`."""
        self._view = view
        self._jobs = jobs
        self._dragged: JobId | None = None
        self._landing: Landing | None = None

    @property
    def is_on(self) -> bool:
        """True while a waiting row is being dragged."""
        return self._dragged is not None

    def run(self, job: Job, poster: QRect) -> None:
        """Drag the row of a waiting job until it is dropped. `poster` is the part of the viewport to drag along."""
        data = QMimeData()
        data.setData(_ROW_FORMAT, job.id.encode())
        self._dragged = job.id
        try:
            self._drag(data, poster, 1, Qt.DropAction.MoveAction)
        finally:
            self._dragged = None
            self.leave()

    def run_selected(self, poster: QRect) -> None:
        """Drag the selected rows to where clips are dropped: here or in another program. `poster`: see `run`."""
        rows = [row for row in self._view.selectionModel().selectedRows() if row.flags() & _CAN_BE_DRAGGED]
        if rows:
            self._drag(self._jobs.mimeData(rows), poster, len(rows), self._jobs.supportedDragActions())

    def move_to(self, point: QPoint) -> bool:
        """Mark where the row would land at a point of the viewport. False if it would stay in place."""
        self._mark(self._landing_at(point))
        return self._landing is not None

    def leave(self) -> None:
        """The row is no longer over the list: mark nothing."""
        self._mark(None)

    def dropped_at(self, point: QPoint) -> tuple[JobAction, JobId] | None:
        """The move that dropping the row at a point of the viewport asks for; None if it would stay in place."""
        id, landing = self._dragged, self._landing_at(point)
        if id is None or landing is None or self._jobs.row_of(id) is None:
            return None
        return landing.move, id

    def paint(self) -> None:
        """Paint the mark onto the viewport, after the rows."""
        if self._landing is not None:
            line = self._line_of(self._landing)
            QPainter(self._view.viewport()).fillRect(line, self._view.palette().color(QPalette.ColorRole.Text))

    def _drag(self, data: QMimeData, poster: QRect, rows: int, actions: Qt.DropAction) -> None:
        from sora_desktop.ui.library.drag_picture import show_dragged  # late: the first paint needs none

        drag = QDrag(self._view)
        drag.setMimeData(data)
        show_dragged(drag, self._view.viewport().grab(poster), rows)
        drag.exec(actions)

    def _landing_at(self, point: QPoint) -> Landing | None:
        if self._dragged is None:
            return None
        jobs = [job for row in range(self._jobs.rowCount()) if (job := self._jobs.job_at(self._jobs.index(row)))]
        index = self._view.indexAt(point)
        gap = len(jobs)
        if index.isValid():
            gap = index.row() + (point.y() > self._view.visualRect(index).center().y())
        return landing_of(jobs, self._dragged, gap)

    def _line_of(self, landing: Landing) -> QRect:
        below = landing.gap < self._jobs.rowCount()
        row = self._view.visualRect(self._jobs.index(landing.gap if below else landing.gap - 1))
        edge = row.top() if below else row.bottom() + 1
        return QRect(row.left(), max(edge - 1, 0), row.width(), 2)

    def _mark(self, landing: Landing | None) -> None:
        if landing != self._landing:
            self._landing = landing
            self._view.viewport().update()
