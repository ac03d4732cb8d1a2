"""The ground of the middle column, which shows the player or compared clips and takes rows that are dropped."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QStackedLayout, QWidget

from sora_desktop.domain.job import JobId


class StageGround(QFrame):
    """Shows one part at a time."""

    jobs_dropped = Signal(object)  # tuple[JobId, ...]

    def __init__(self, part: QWidget) -> None:
        super().__init__()
        self.setProperty("ground", "bg")
        self.setAcceptDrops(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(part)

    def show_part(self, part: QWidget) -> None:
        """Show this part, which is added if it is new."""
        if self._stack.indexOf(part) < 0:
            self._stack.addWidget(part)
        self._stack.setCurrentWidget(part)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(bool(_jobs_in(event.mimeData())))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(bool(_jobs_in(event.mimeData())))

    def dropEvent(self, event: QDropEvent) -> None:
        jobs = _jobs_in(event.mimeData())
        event.setAccepted(bool(jobs))
        if jobs:
            self.jobs_dropped.emit(jobs)


def _jobs_in(data: QMimeData) -> tuple[JobId, ...]:
    from sora_desktop.state.dragged_jobs import jobs_in  # not before the first paint

    return jobs_in(data)
