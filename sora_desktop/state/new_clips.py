"""Which clips were finished and have not been opened yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Signal

from sora_desktop.domain.job import Job, JobId, Ready, Removed, Trashed


class NewClips(QObject):
    """The jobs of these clips. One in the Trash does not count until it is restored."""

    count_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._ids: set[JobId] = set()
        self._in_trash: set[JobId] = set()

    def __contains__(self, id: JobId) -> bool:
        return id in self._ids

    @property
    def count(self) -> int:
        """How many clips there are."""
        return len(self._ids)

    def replace(self, ids: Iterable[JobId]) -> None:
        """Replace them all."""
        with self._told_once():
            self._ids = set(ids)

    def jobs_changed(self, changes: Iterable[tuple[Job | None, Job]]) -> None:
        """Note which jobs have got their clips, or were moved to the Trash or back. Their count is told once.

        Each comes with what it was before; None if that is not known.
        """
        with self._told_once():
            for before, job in changes:
                self._job_changed(before, job)

    def open(self, id: JobId) -> bool:
        """The clip of the job was opened; False if it was not new."""
        is_new = id in self._ids
        with self._told_once():
            self._ids.discard(id)
        return is_new

    @contextmanager
    def _told_once(self) -> Iterator[None]:
        before = len(self._ids)
        yield
        if len(self._ids) != before:
            self.count_changed.emit(len(self._ids))

    def _job_changed(self, before: Job | None, job: Job) -> None:
        match job.phase:
            case Ready() if before is not None and not isinstance(before.phase, Ready | Trashed):
                self._ids.add(job.id)
            case Ready() if job.id in self._in_trash:
                self._in_trash.remove(job.id)
                self._ids.add(job.id)
            case Trashed() | Removed() if job.id in self._ids:
                self._in_trash.add(job.id)
                self._ids.remove(job.id)
            case _:
                pass
