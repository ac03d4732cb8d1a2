"""Rows of jobs as a Qt model, and how they change."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex

from sora_desktop.domain.job import Job, JobId
from sora_desktop.state.row_changes import RowChanges, ranges_of

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class JobRows(QAbstractListModel):
    """Tells its views exactly which rows change: they keep their selection and what else they know of the others."""

    def __init__(self) -> None:
        super().__init__()
        self._jobs: list[Job] = []

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._jobs)

    def job_at(self, index: Index) -> Job | None:
        """The job of a row, or None for an invalid index."""
        row = index.row()  # -1 for an index of nothing
        return self._jobs[row] if 0 <= row < len(self._jobs) else None

    def row_of(self, id: JobId) -> int | None:
        """The row of the job, or None if it is not shown. Walks the loaded rows."""
        return next((row for row, job in enumerate(self._jobs) if job.id == id), None)

    def rows_of(self, ids: Collection[JobId]) -> list[range]:
        """The rows of these jobs as far as they are loaded, from the top. Walks the loaded rows."""
        wanted = frozenset(ids)
        return ranges_of(row for row, job in enumerate(self._jobs) if job.id in wanted)

    def jobs_of(self, rows: range) -> Sequence[Job]:
        """The jobs of these rows."""
        return self._jobs[rows.start : rows.stop]

    def _reset(self, jobs: list[Job]) -> None:
        self.beginResetModel()
        self._jobs = jobs
        self.endResetModel()

    def _change(self, changes: RowChanges) -> None:
        for rows in changes.removed:
            self._remove(rows)
        if changes.order is not None:
            self._reorder(changes.order)
        for rows, jobs in changes.changed:
            self._put(rows, jobs)
        for row, jobs in changes.inserted:
            self._insert(row, jobs)

    def _reorder(self, order: Sequence[int]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        rows = {was: row for row, was in enumerate(order)}
        self._jobs = [self._jobs[was] for was in order]
        # Not by `index`, which asks for the number of rows each time: every selected row has such an index.
        self.changePersistentIndexList(before, [self.createIndex(rows[index.row()], 0) for index in before])
        self.layoutChanged.emit()

    def _move(self, row: int, place: int) -> None:
        if row != place:
            self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), place if place < row else place + 1)
            self._jobs.insert(place, self._jobs.pop(row))
            self.endMoveRows()

    def _put(self, rows: range, jobs: Sequence[Job]) -> None:
        self._jobs[rows.start : rows.stop] = jobs
        self.dataChanged.emit(self.index(rows[0]), self.index(rows[-1]))

    def _insert(self, row: int, jobs: Sequence[Job]) -> None:
        self.beginInsertRows(QModelIndex(), row, row + len(jobs) - 1)
        self._jobs[row:row] = jobs
        self.endInsertRows()

    def _remove(self, rows: range) -> None:
        self.beginRemoveRows(QModelIndex(), rows[0], rows[-1])
        del self._jobs[rows.start : rows.stop]
        self.endRemoveRows()
