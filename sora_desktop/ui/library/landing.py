"""Where a waiting row goes when it is dropped between two others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.domain.queue import Before
from sora_desktop.state.actions import Action, JobAction


class Landing(NamedTuple):
    """What dropping a waiting row between two others does."""

    move: JobAction
    gap: int  # number of rows above the line that marks the place


def landing_of(jobs: Sequence[Job], id: JobId, gap: int) -> Landing | None:
    """The move of the waiting job `id` when it is dropped with `gap` rows above it; None if it would stay in place.

    The job that is sent next is the highest waiting row.
    """
    waiting = [(row, job.id) for row, job in enumerate(jobs) if isinstance(job.phase, Waiting)]
    above = [(row, other) for row, other in waiting if row < gap]
    below = [(row, other) for row, other in waiting if row >= gap]
    if id in (above[-1][1] if above else "", below[0][1] if below else ""):
        return None
    if below:
        row, other = below[0]
        return Landing(Before(other), row)
    return Landing(Action.MOVE_TO_END, above[-1][0] + 1) if above else None
