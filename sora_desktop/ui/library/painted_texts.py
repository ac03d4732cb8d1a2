"""The texts that rows were painted with, and the repainting of those that time has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QObject, QTimer

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.job_list import JobList
from sora_desktop.state.row_text import RowText
from sora_desktop.state.text_age import text_changes_at

#: Seconds in which the texts of a row are made again at most once.
LEAST_AGE = 1.0
#: Milliseconds between two rows whose texts are made again, and between two looks for such rows.
NEXT_ROW, NEXT_LOOK = 50, 1000


class _Painted(NamedTuple):
    job: Job
    text: RowText
    made_at: float
    is_due_at: float  # the text may have changed then


class PaintedTexts:
    """The texts of the rows on screen. Times are in unix seconds, by the clock of the model."""

    def __init__(self, model: JobList) -> None:
        self._model = model
        self._painted: dict[JobId, _Painted] = {}
        model.dataChanged.connect(self._rows_changed)
        model.modelReset.connect(self._painted.clear)

    def latest(self, job: Job) -> RowText:
        """The texts to paint the row with: those of the last time, unless the row or time may have changed them."""
        painted = self._painted.get(job.id)
        return self.make(job) if painted is None or painted.job is not job or self.is_due(job) else painted.text

    def make(self, job: Job) -> RowText:
        """The texts to paint the row with, now."""
        now, text = self._model.now(), self._model.text_of(job)
        self._painted[job.id] = _Painted(job, text, now, max(text_changes_at(job, now), now + LEAST_AGE))
        return text

    def is_due(self, job: Job) -> bool:
        """True if time may have changed the texts since the row was painted."""
        painted, now = self._painted.get(job.id), self._model.now()
        return painted is not None and not painted.made_at <= now < painted.is_due_at  # also if the clock was set back

    def has_changed(self, job: Job) -> bool:
        """Make the texts again. True if the row shows others."""
        before = self._painted.get(job.id)
        return before is None or self.make(job) != before.text

    def forget_others(self, ids: Iterable[JobId]) -> None:
        """Forget the rows that are out of sight."""
        seen = frozenset(ids)
        for id in [id for id in self._painted if id not in seen]:
            del self._painted[id]

    def _rows_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        """The texts depend on more than the job, such as prices: the model tells of each change."""
        rows = range(first.row(), last.row() + 1)
        if len(rows) > len(self._painted):
            self._painted.clear()
        else:
            for job in self._model.jobs_of(rows):
                self._painted.pop(job.id, None)


class TimedRepaint(QObject):
    """Repaints the visible rows whose texts time has changed: estimates, ages ("2 min ago"), places in a queue.

    One row at a time: making the texts of all takes longer than a frame.
    """

    def __init__(
        self,
        texts: PaintedTexts,
        visible: Callable[[], Iterable[tuple[QModelIndex, Job]]],
        repaint: Callable[[QModelIndex], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._texts, self._visible, self._repaint = texts, visible, repaint
        self._timer = QTimer(self)
        self._timer.setInterval(NEXT_LOOK)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> bool:
        """Make the texts of one row again, if one is due. The next one follows soon. False if none was."""
        rows = tuple(self._visible())
        due = next(((index, job) for index, job in rows if self._texts.is_due(job)), None)
        self._timer.setInterval(NEXT_LOOK if due is None else NEXT_ROW)
        if due is None:
            self._texts.forget_others(job.id for _, job in rows)
            return False
        index, job = due
        if self._texts.has_changed(job):
            self._repaint(index)
        return True
