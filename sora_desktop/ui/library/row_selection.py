"""The selected rows of the list, of which there may be thousands."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QTimer
from PySide6.QtWidgets import QTreeView

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.job_list import JobList

_SELECT = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
_ONLY_CURRENT = QItemSelectionModel.SelectionFlag.NoUpdate


class RowSelection:
    """Reads and sets the selection by ranges of rows.

    What is about rows that are not loaded yet loads one page at a time, so that the window goes on in between. `jobs`
    returns all of them, also before that.
    """

    def __init__(self, view: QTreeView, jobs: JobList) -> None:
        """`jobs` is the model of `view`."""
        self._view = view
        self._jobs = jobs
        self._is_enough: Callable[[], bool] = lambda: True
        self._then: Callable[[], None] | None = None
        self._timer = QTimer(view)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._load)
        jobs.modelReset.connect(self.cancel)

    @property
    def is_loading(self) -> bool:
        """True while rows are loaded to be selected."""
        return self._then is not None

    @property
    def ranges(self) -> tuple[range, ...]:
        """The selected rows, from the top."""
        selection = self._view.selectionModel().selection()
        parts = [selection.at(number) for number in range(selection.size())]
        ranges: list[range] = []
        for top, bottom in sorted((part.top(), part.bottom()) for part in parts):
            first = max(top, ranges[-1].stop if ranges else 0)
            if first <= bottom:
                ranges.append(range(first, bottom + 1))
        return tuple(ranges)

    @property
    def only_job(self) -> Job | None:
        """The job of the selected row, if it is the only one."""
        ranges = self.ranges
        return self._jobs.job_at(self._jobs.index(ranges[0][0])) if sum(map(len, ranges)) == 1 else None

    def jobs(self) -> tuple[Job, ...]:
        """The jobs of the selected rows, from the top."""
        self.finish()
        return tuple(job for rows in self.ranges for job in self._jobs.jobs_of(rows))

    def is_within(self, first: int, last: int) -> bool:
        """True if rows are selected, and none but these."""
        ranges = self.ranges
        return bool(ranges) and ranges[0].start >= first and ranges[-1].stop <= last + 1

    def select_all(self) -> None:
        """Select every row of the view, loaded or not."""
        self._select_loaded()  # those that are seen, at once
        self.when_all_loaded(self._select_loaded)

    def when_all_loaded(self, then: Callable[[], None]) -> None:
        """Load every row of the view, and call `then`."""
        self._load_until(lambda: False, then)

    def when_loaded(self, ids: Collection[JobId], then: Callable[[], None]) -> None:
        """Load the rows of these jobs, which the view shows, and call `then`."""
        self._load_until(lambda: sum(map(len, self._jobs.rows_of(ids))) >= len(ids), then)

    def select(self, ids: Collection[JobId]) -> JobId | None:
        """Select the rows of these jobs as far as they are loaded, and return the uppermost one, if there is one."""
        selection, rows = QItemSelection(), self._jobs.rows_of(ids)
        for part in rows:
            selection.select(self._jobs.index(part[0]), self._jobs.index(part[-1]))
        if not rows:
            return None
        self._view.selectionModel().setCurrentIndex(self._jobs.index(rows[0][0]), _ONLY_CURRENT)
        self._view.selectionModel().select(selection, _SELECT)
        return self._jobs.jobs_of(rows[0])[0].id

    def finish(self) -> None:
        """Load at once what is still to be selected: the user goes on with it."""
        if self._then is not None:
            while not self._is_done():
                self._jobs.load_more()
            self._end()

    def leave(self, *, keeps: bool) -> None:
        """The user goes to another row. `keeps`: what is selected stays so, and is loaded at once for that."""
        if keeps:
            self.finish()
        else:
            self.cancel()

    def cancel(self) -> None:
        """Select nothing more: the user does something else."""
        self._timer.stop()
        self._then = None

    def _select_loaded(self) -> None:
        """Select every loaded row, in one range: QTreeView asks the model about each row, several times."""
        if count := self._jobs.rowCount():
            rows = QItemSelection(self._jobs.index(0), self._jobs.index(count - 1))
            self._view.selectionModel().select(rows, _SELECT)

    def _load_until(self, is_enough: Callable[[], bool], then: Callable[[], None]) -> None:
        self._is_enough, self._then = is_enough, then
        if self._is_done():
            self._end()
        else:
            self._timer.start()

    def _is_done(self) -> bool:
        return not self._jobs.has_more or self._is_enough()

    def _load(self) -> None:
        self._jobs.load_more()
        if self._is_done():
            self._end()

    def _end(self) -> None:
        then = self._then
        self.cancel()
        if then is not None:
            then()
