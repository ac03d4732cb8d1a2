"""The ground of the middle column, which shows the player or compared clips and takes rows that are dropped."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QLabel, QStackedLayout, QWidget

from sora_desktop.domain.job import JobId

_HINT_TOP, _HINT_MARGIN = 76, 12  # pixels; below a notice of two lines


class StageGround(QFrame):
    """Shows one part at a time."""

    jobs_dropped = Signal(object)  # tuple[JobId, ...]

    def __init__(self, part: QWidget) -> None:
        super().__init__()
        self.setProperty("ground", "bg")
        self.setAcceptDrops(True)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(part)
        self._hint: QLabel | None = None  # made when rows are first dragged

    def show_part(self, part: QWidget) -> None:
        """Show this part, which is added if it is new."""
        if self._stack.indexOf(part) < 0:
            self._stack.addWidget(part)
        self._stack.setCurrentWidget(part)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(bool(_jobs_in(event.mimeData())))
        if event.isAccepted():
            self._show_hint()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(bool(_jobs_in(event.mimeData())))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._hide_hint()

    def dropEvent(self, event: QDropEvent) -> None:
        self._hide_hint()
        jobs = _jobs_in(event.mimeData())
        event.setAccepted(bool(jobs))
        if jobs:
            self.jobs_dropped.emit(jobs)

    def _show_hint(self) -> None:
        """Say what a drop does, over the part that is shown."""
        if self._hint is None:
            hint = QLabel("Drop to compare", self)
            hint.setTextFormat(Qt.TextFormat.PlainText)
            hint.setObjectName("dropHint")
            hint.setProperty("kind", "toast")
            hint.setMargin(_HINT_MARGIN)
            hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._hint = hint
        self._hint.adjustSize()
        self._hint.move((self.width() - self._hint.width()) // 2, _HINT_TOP)
        self._hint.raise_()
        self._hint.show()

    def _hide_hint(self) -> None:
        if self._hint is not None:
            self._hint.hide()


def _jobs_in(data: QMimeData) -> tuple[JobId, ...]:
    from sora_desktop.state.dragged_jobs import jobs_in  # not before the first paint

    return jobs_in(data) if data.urls() else ()  # without a file, none of them has a clip to compare
