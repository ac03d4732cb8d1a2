"""What the user can do to the marks of jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import assert_never

from sora_desktop.domain.job import Job, JobId, Ready, Removed, Trashed
from sora_desktop.domain.marks import Flag, MarkEdit, Marks
from sora_desktop.state.actions import Action
from sora_desktop.state.clip_text import title_of

_EDITS = {
    Action.STAR: MarkEdit(starred=True),
    Action.UNSTAR: MarkEdit(starred=False),
    Action.PICK: MarkEdit(flag=Flag.PICKED),
    Action.UNPICK: MarkEdit(flag=Flag.NONE),
    Action.REJECT: MarkEdit(flag=Flag.REJECTED),
    Action.UNREJECT: MarkEdit(flag=Flag.NONE),
    Action.CLEAR_MARKS: MarkEdit(False, Flag.NONE),
}
#: The actions that change marks and nothing else.
MARK_ACTIONS = frozenset((*_EDITS, Action.KEEP_THIS))


class Mark(Enum):
    """What a key or a button does. Each but the last turns its mark on and off."""

    STAR = "star"
    PICK = "pick"
    REJECT = "reject"
    CLEAR = "clear"


def mark_names(marks: Marks) -> tuple[str, ...]:
    """A word for each mark of a job, such as "Starred"."""
    flags = {Flag.NONE: (), Flag.PICKED: ("Picked",), Flag.REJECTED: ("Rejected",)}
    return (*(("Starred",) if marks.starred else ()), *flags[marks.flag])


def spoken_marks(jobs: Sequence[Job]) -> str:
    """The marks that jobs have now, for screen readers, such as "Starred, Picked. A sailboat at dusk"."""
    counts = Counter(", ".join(mark_names(job.marks)) or "No marks" for job in jobs)
    if len(jobs) == 1:
        return f"{next(iter(counts))}. {title_of(jobs[0])}"
    return ". ".join(f"{names}: {count} {'video' if count == 1 else 'videos'}" for names, count in counts.items())


def mark_action(mark: Mark, jobs: Sequence[Job]) -> tuple[Action, tuple[JobId, ...]] | None:
    """What the key does to these jobs, and to which of them; None if none of them takes the mark.

    The mark is removed if all of them have it, else given to the others. Marks stay as they are in the Trash.
    """
    listed = [job for job in jobs if not isinstance(job.phase, Trashed | Removed)]
    clips = [job for job in listed if isinstance(job.phase, Ready)]
    match mark:
        case Mark.STAR:
            on, off, takers, have = Action.STAR, Action.UNSTAR, listed, [job.starred for job in listed]
        case Mark.PICK:
            on, off, takers, have = Action.PICK, Action.UNPICK, clips, [job.flag is Flag.PICKED for job in clips]
        case Mark.REJECT:
            on, off, takers, have = Action.REJECT, Action.UNREJECT, clips, [job.flag is Flag.REJECTED for job in clips]
        case Mark.CLEAR:
            on = off = Action.CLEAR_MARKS
            takers, have = [job for job in listed if _has_mark(job)], []
        case _:
            assert_never(mark)
    if not takers:
        return None
    return off if have and all(have) else on, tuple(job.id for job in takers)


def _has_mark(job: Job) -> bool:
    return job.starred or job.flag is not Flag.NONE


def mark_edits(action: Action, ids: Iterable[JobId]) -> dict[JobId, MarkEdit]:
    """What an action of `MARK_ACTIONS` changes. "Keep this" picks the first of the jobs and rejects the others."""
    if action is Action.KEEP_THIS:
        first, *others = ids
        return {first: _EDITS[Action.PICK]} | dict.fromkeys(others, _EDITS[Action.REJECT])
    return dict.fromkeys(ids, _EDITS[action])
