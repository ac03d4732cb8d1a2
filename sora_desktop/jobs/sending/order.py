"""Who goes before whom among those that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sora_desktop.domain.job import Job, JobId, Waiting


class Place(StrEnum):
    """Where a person wants a waiting job."""

    FRONT = "front"
    UP = "up"
    DOWN = "down"
    END = "end"


@dataclass(frozen=True, slots=True)
class Before:
    """Where a person wants a waiting job: right before another one."""

    id: JobId


def moved(jobs: Sequence[Job], id: JobId, place: Place | Before) -> list[Job]:
    """The waiting jobs whose position changes; none when the job is there already, or one of the two does not wait."""
    waiting = _waiting(jobs)
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


def _index(jobs: Sequence[Job], id: JobId) -> int | None:
    return next((number for number, job in enumerate(jobs) if job.id == id), None)


def _waiting(jobs: Sequence[Job]) -> list[Job]:
    return sorted((job for job in jobs if isinstance(job.phase, Waiting)), key=lambda job: (job.position, job.id))


def _reordered(waiting: list[Job], at: int, to: int) -> list[Job]:
    """The places stay as they are and are dealt out anew, so that no gap between two numbers is ever too small."""
    places = [job.position for job in waiting]
    for number in range(1, len(places)):  # two that were made in the same instant, or by two programs
        if places[number] <= places[number - 1]:
            places[number] = places[number - 1] + 0.001
    waiting.insert(to, waiting.pop(at))
    return [replace(job, position=place) for job, place in zip(waiting, places, strict=True) if job.position != place]
