"""Which clips were finished and have not been opened yet."""

from __future__ import annotations

from collections.abc import Iterable

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
        self._change(set(ids))

    def job_changed(self, before: Job | None, job: Job) -> None:
        """Note whether a job has got its clip, or was moved to the Trash or back. `before`: None if it is not known."""
        match job.phase:
            case Ready() if before is not None and not isinstance(before.phase, Ready | Trashed):
                self._change(self._ids | {job.id})
            case Ready() if job.id in self._in_trash:
                self._in_trash.remove(job.id)
                self._change(self._ids | {job.id})
            case Trashed() | Removed() if job.id in self._ids:
                self._in_trash.add(job.id)
                self._change(self._ids - {job.id})
            case _:
                pass

    def open(self, id: JobId) -> bool:
        """The clip of the job was opened; False if it was not new."""
        is_new = id in self._ids
        self._change(self._ids - {id})
        return is_new

    def _change(self, ids: set[JobId]) -> None:
        before, self._ids = self._ids, ids
        if len(ids) != len(before):
            self.count_changed.emit(len(ids))
