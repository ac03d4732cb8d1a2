"""Moves a job to the Trash and back."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    Ready,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)


def trashed(job: Job, now: float) -> Job | None:
    """The job in the Trash; None if it is there already, or is being rendered or downloaded. `now` in unix seconds."""
    match job.phase:
        case Waiting() | Unconfirmed() | Ready() | Failed() | Abandoned() | Cancelled() as before:
            return replace(job, phase=Trashed(before, job.changed_at), changed_at=now)
        case Rendering() | Saving() | Unsaved() | Trashed() | Removed():
            return None
        case _:
            assert_never(job.phase)


def restored(job: Job) -> Job | None:
    """The job as it was before it was moved to the Trash; None if it is not there.

    A waiting job comes back on hold: it would be sent otherwise, and the user has not seen its price.
    """
    if not isinstance(job.phase, Trashed):
        return None
    before = before_trash(job)
    return replace(before, on_hold=True) if isinstance(before.phase, Waiting) else before


def before_trash(job: Job) -> Job:
    """What the job in the Trash is about: the job in its phase before. Any other job is returned as it is."""
    if not isinstance(job.phase, Trashed):
        return job
    return replace(job, phase=job.phase.before, changed_at=job.phase.before_changed_at)


def is_only_record(job: Job) -> bool:
    """True if the job, in the Trash or not, may be paid for and has no clip: support needs what is known about it."""
    match before_trash(job).phase:
        case Unconfirmed() | Abandoned():
            return True
        case Failed(remote_id=remote_id):
            return remote_id is not None
        case _:
            return False


def is_taken_away(before: Job, job: Job) -> bool:
    """True if the user has moved the job to the Trash, out of it, or deleted it."""
    return isinstance(job.phase, Removed) or isinstance(before.phase, Trashed) != isinstance(job.phase, Trashed)
