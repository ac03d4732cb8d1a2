"""Scrolls the list to jobs that were just queued, and back when they are no longer what is new."""

from __future__ import annotations

from PySide6.QtWidgets import QTreeView

from sora_desktop.domain.job import JobId, Waiting
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.library.still_rows import StillRows


class Reveal:
    """A list that was at the top goes back there once the job is sent, unless the user has scrolled meanwhile.

    While the pointer is on the list, nothing is scrolled.
    """

    def __init__(self, view: QTreeView, jobs: JobList, still: StillRows) -> None:
        """`jobs` is the model of `view`, `still` knows whether the pointer is on it."""
        self._view = view
        self._jobs = jobs
        self._still = still
        self._wanted: JobId | None = None  # once the pointer has left
        self._from_top: JobId | None = None  # the job whose end brings the list back
        self._value = 0  # of the scroll bar, as scrolling to that job has left it

    def scroll_to(self, id: JobId) -> None:
        """Scroll to a job, if it is listed; once the pointer has left, if it is on the list."""
        if self._still.pointer is not None:
            self._wanted = id
        elif (row := self._jobs.row_of(id)) is not None:
            bar = self._view.verticalScrollBar()
            was_at_top = bar.value() == 0 or (self._from_top is not None and bar.value() == self._value)
            self._view.scrollTo(self._jobs.index(row))
            self._from_top, self._value = id if was_at_top else None, bar.value()

    def pointer_left(self) -> None:
        """Do what has waited for the pointer to leave."""
        id, self._wanted = self._wanted, None
        if id is not None:
            self.scroll_to(id)
        self.rows_changed()

    def rows_changed(self) -> None:
        """Go back to the top if the job has been sent or is gone."""
        if self._from_top is None or self._still.pointer is not None:
            return
        bar, job = self._view.verticalScrollBar(), self._jobs.find(self._from_top)
        if bar.value() != self._value:
            self._from_top = None
        elif job is None or not isinstance(job.phase, Waiting):
            self._from_top = None
            bar.setValue(0)
