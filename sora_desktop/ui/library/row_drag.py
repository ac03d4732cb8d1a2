"""A waiting row on its way to another place in the queue."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QDrag, QPainter, QPalette
from PySide6.QtWidgets import QTreeView

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.actions import JobAction
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.library.landing import Landing, landing_of

_ROW_FORMAT = "application/x-sora-desktop-row"


class RowDrag:
    """Drags one row of a list, and marks the gap between two rows where it would land. It moves no row itself."""

    def __init__(self, view: QTreeView, jobs: JobList) -> None:
        """`jobs` is the model of `view`."""
        self._view = view
        self._jobs = jobs
        self._dragged: JobId | None = None
        self._landing: Landing | None = None

    @property
    def is_on(self) -> bool:
        """True while a row is being dragged."""
        return self._dragged is not None

    def run(self, job: Job, picture: QRect) -> None:
        """Drag the row of a waiting job until it is dropped. `picture` is the part of the viewport to drag along."""
        data = QMimeData()
        data.setData(_ROW_FORMAT, job.id.encode())
        drag = QDrag(self._view)
        drag.setMimeData(data)
        drag.setPixmap(self._view.viewport().grab(picture))
        drag.setHotSpot(QPoint(picture.width() // 2, picture.height() // 2))
        self._dragged = job.id
        try:
            drag.exec(Qt.DropAction.MoveAction)
        finally:
            self._dragged = None
            self.leave()

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
