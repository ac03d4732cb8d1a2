"""Where jobs stand among the rows of the list, and how the rows change when jobs do."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.library import Section
from sora_desktop.state.list_order import list_order, order_at


class RowChanges(NamedTuple):
    """The steps that bring the rows up to date, in this order."""

    removed: tuple[range, ...]  # the lowest rows first
    order: tuple[int, ...] | None  # for each row that is left, the row where it was; None: the order stays
    changed: tuple[tuple[range, tuple[Job, ...]], ...]  # rows of that order whose jobs have changed
    inserted: tuple[tuple[int, tuple[Job, ...]], ...]  # the row where they begin, from the top


def row_changes(
    rows: Sequence[Job],
    changed: Mapping[JobId, Job],
    stays: Callable[[Job, Job], bool],
    comes: Callable[[Job], bool],
) -> RowChanges:
    """How `rows` change with these jobs.

    `stays`: whether a job, as it was and as it is, keeps a row; `comes`: whether one without a row gets one.
    """
    gone = [row for row, job in enumerate(rows) if job.id in changed and not stays(job, changed[job.id])]
    without = set(gone)
    left = [changed.get(job.id, job) for row, job in enumerate(rows) if row not in without]
    order: tuple[int, ...] | None = None
    if any(list_order(job) != list_order(changed[job.id]) for job in rows if job.id in changed):
        order = tuple(sorted(range(len(left)), key=lambda row: list_order(left[row])))
        order = None if order == tuple(range(len(left))) else order
        left = left if order is None else [left[row] for row in order]
    updated = [row for row, job in enumerate(left) if job.id in changed]
    listed = {job.id for job in rows}
    further = sorted((job for id, job in changed.items() if id not in listed and comes(job)), key=list_order)
    return RowChanges(
        tuple(reversed(ranges_of(gone))),
        order,
        tuple((part, tuple(left[part.start : part.stop])) for part in ranges_of(updated)),
        _insertions(left, further),
    )


def row_of_changed(rows: Sequence[Job], id: JobId, positions: Iterable[float]) -> int | None:
    """The row of the job that stands, or stood, at one of these positions; None if there is none."""
    for position in positions:
        for section in Section:
            row = bisect_left(rows, order_at(section, position, id), key=list_order)
            if row < len(rows) and rows[row].id == id:
                return row
    return None


def ranges_of(rows: Iterable[int]) -> list[range]:
    """Ascending rows as ranges."""
    ranges: list[range] = []
    for row in rows:
        if ranges and ranges[-1].stop == row:
            ranges[-1] = range(ranges[-1].start, row + 1)
        else:
            ranges.append(range(row, row + 1))
    return ranges


def _insertions(rows: Sequence[Job], jobs: Sequence[Job]) -> tuple[tuple[int, tuple[Job, ...]], ...]:
    """Where jobs, which are in order, are inserted into the rows; those that stand together, together."""
    groups: list[tuple[int, list[Job]]] = []
    orders = [list_order(row) for row in rows] if jobs else []
    for number, job in enumerate(jobs):
        place = bisect_left(orders, list_order(job)) + number
        if groups and place == groups[-1][0] + len(groups[-1][1]):
            groups[-1][1].append(job)
        else:
            groups.append((place, [job]))
    return tuple((place, tuple(group)) for place, group in groups)
