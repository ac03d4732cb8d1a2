"""The order of waiting jobs in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.domain.queue import Before, Place


def moved(jobs: Sequence[Job], id: JobId, place: Place | Before) -> list[Job]:
    """The waiting jobs whose position changes; none if the job is there already or one of the two does not wait."""
    waiting = sorted((job for job in jobs if isinstance(job.phase, Waiting)), key=lambda job: (job.position, job.id))
    at = _index(waiting, id)
    if at is None:
        return []
    last = len(waiting) - 1
    if isinstance(place, Before):
        other = _index(waiting, place.id)
        if other is None or other == at:
            return []
        return _reordered(waiting, at, other - 1 if at < other else other)
    to = {Place.FRONT: 0, Place.UP: max(at - 1, 0), Place.DOWN: min(at + 1, last), Place.END: last}[place]
    return _reordered(waiting, at, to)


def arranged(jobs: Sequence[Job], order: Sequence[JobId]) -> list[Job]:
    """The waiting jobs whose position changes when those in `order` follow each other as they do there.

    They share the places that they have together. Jobs that do not wait any more are left out, others stay.
    """
    waiting = sorted((job for job in jobs if isinstance(job.phase, Waiting)), key=lambda job: (job.position, job.id))
    by_id = {job.id: job for job in waiting}
    wanted = iter([by_id[id] for id in order if id in by_id])
    moving = set(order)
    return _with_positions_of(waiting, [next(wanted) if job.id in moving else job for job in waiting])


def _index(jobs: Sequence[Job], id: JobId) -> int | None:
    return next((number for number, job in enumerate(jobs) if job.id == id), None)


def _reordered(waiting: Sequence[Job], at: int, to: int) -> list[Job]:
    order = list(waiting)
    order.insert(to, order.pop(at))
    return _with_positions_of(waiting, order)


def _with_positions_of(waiting: Sequence[Job], order: Sequence[Job]) -> list[Job]:
    """The same positions, given to the jobs in their new order, so that no gap between two ever gets too small."""
    positions = [job.position for job in waiting]
    for number in range(1, len(positions)):  # equal if created in the same instant, or by two programs
        if positions[number] <= positions[number - 1]:
            positions[number] = positions[number - 1] + 0.001
    return [
        replace(job, position=position)
        for job, position in zip(order, positions, strict=True)
        if job.position != position
    ]
