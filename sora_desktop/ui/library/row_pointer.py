"""The pointer on the list: the links of rows, double clicks, and the row that stays under it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QTreeView

from sora_desktop.state.job_list import JobList
from sora_desktop.ui.library.job_delegate import JobDelegate
from sora_desktop.ui.library.link_guard import LinkGuard, PlacedLink
from sora_desktop.ui.library.still_rows import StillRows


class RowPointer(QObject):
    """Follows the pointer over the viewport of a list, which is its parent. It selects and opens nothing itself."""

    moved = Signal()  # also when it has left
    left = Signal()
    pressed = Signal()  # the left button
    released = Signal()  # before `link_followed`
    link_followed = Signal(object, object, QPoint)  # Job, RowLink and the point of the viewport
    double_clicked = Signal(object)  # Job; not on a link

    def __init__(
        self, view: QTreeView, jobs: JobList, delegate: JobDelegate, still: StillRows, now: Callable[[], float]
    ) -> None:
        """`jobs` is the model of `view`; `still` keeps its rows in place. `now` as for LinkGuard."""
        super().__init__(view)
        self._view = view
        self._jobs = jobs
        self._delegate = delegate
        self._still = still
        self._links = LinkGuard(now)

    def watch(self, event: QEvent) -> None:
        """Note an event of the viewport before the view handles it."""
        if isinstance(event, QEnterEvent):
            self._follow(event.position().toPoint())
        elif isinstance(event, QMouseEvent):
            self._watch_mouse(event)
        elif event.type() == QEvent.Type.Leave or (
            event.type() == QEvent.Type.WindowActivate and self._still.has_left_unseen()
        ):
            self._leave()

    def rows_scrolled(self, point: QPoint) -> None:
        """The user has moved the rows under the pointer, which is at this point of the viewport."""
        self._links.note_seen(self._link_under(point))

    def rows_changed(self) -> None:
        """Let a link that has come under the resting pointer be seen before it can be pressed."""
        if self._still.pointer is not None:
            self._links.note_change(self._link_under(self._still.pointer))

    def _watch_mouse(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        job, link = self._jobs.job_at(self._view.indexAt(point)), self._link_under(point)
        left = event.button() == Qt.MouseButton.LeftButton
        match event.type():
            case QEvent.Type.MouseMove:
                self._follow(point)
                self._links.move(point)
                shape = Qt.CursorShape.PointingHandCursor if link else Qt.CursorShape.ArrowCursor
                self._view.viewport().setCursor(shape)
            case QEvent.Type.MouseButtonPress if left:
                self.pressed.emit()
                self._links.press(link)
            case QEvent.Type.MouseButtonPress:
                self._links.cancel()
            case QEvent.Type.MouseButtonDblClick if left:
                self._links.cancel()  # the first click followed the link; the second must not spend again
                if job is not None and link is None:
                    self.double_clicked.emit(job)
            case QEvent.Type.MouseButtonRelease if left:
                self.released.emit()
                if self._links.release(link, point) and job is not None and link is not None:
                    self.link_followed.emit(job, link.link, point)
            case _:
                pass

    def _follow(self, point: QPoint) -> None:
        before = self._still.pointer
        self._still.point_at(point)
        job = self._jobs.job_at(self._view.indexAt(point))
        self._jobs.keep_listed(None if job is None else job.id)
        if before is None or (point - before).manhattanLength() > 0:
            self._links.note_seen(self._link_under(point))
        self.moved.emit()

    def _leave(self) -> None:
        self._still.leave()
        self._jobs.keep_listed(None)
        self._links.leave()
        self.left.emit()
        self.moved.emit()

    def _link_under(self, point: QPoint) -> PlacedLink | None:
        index = self._view.indexAt(point)
        job = self._jobs.job_at(index)
        if job is None:
            return None
        link = self._delegate.link_at(job, self._view.visualRect(index), point, self._view.font())
        return None if link is None else PlacedLink(job.id, link)
