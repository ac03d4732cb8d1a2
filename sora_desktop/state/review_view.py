"""What the bar of a review shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.marks import Flag
from sora_desktop.state.differences import LETTERS
from sora_desktop.state.knockout import TWO_AT_ONCE, Knockout, Rank, Standing
from sora_desktop.state.marks import mark_names

#: The largest number that "Pick the first …" offers.
_MOST_PICKED = 5
#: Letters of a name that fits on a button.
_SHORT = 16


class RankedClip(NamedTuple):
    """A clip in the order that a review has found."""

    job: Job
    name: str
    rank: str  # such as "1", or "=2" for one of several; empty: not certain

    @property
    def spoken(self) -> str:
        """Such as "Rank 1: Take 3, Picked"."""
        rank = f"Rank {self.rank.removeprefix('=')}" if self.rank else "Not ranked yet"
        return ", ".join((f"{rank}: {self.name}", *mark_names(self.job.marks)))


class ReviewView(NamedTuple):
    """One moment of a review."""

    text: str = ""  # what is asked, or who is the best
    progress: str = ""
    choices: tuple[str, ...] = ()  # the letters of the clips that are asked about; empty: the order is shown
    at_once: int = TWO_AT_ONCE
    can_change_at_once: bool = False
    can_undo: bool = False  # something was answered
    can_go_on: bool = False  # the order is shown before all ranks are certain
    ranking: tuple[RankedClip, ...] = ()  # at the end
    pick: str = ""  # the words on the button that picks the first
    can_pick: bool = False  # the first is certain, and not picked yet
    more_picks: tuple[int, ...] = ()  # how many the user can pick at once instead
    reject: str = ""  # the words on the button that rejects the rest; empty: nothing is certain, or left to reject
    can_export: bool = False  # some clips are picked


def review_view(
    review: Knockout, jobs: Mapping[JobId, Job], names: Mapping[JobId, str], *, finished: bool = False
) -> ReviewView:
    """`names`: what each clip is called. `finished`: the user wants the order as far as it is known."""
    standing = review.standing
    answers, clips = len(review.answers), len(review.left)
    can_undo = bool(answers)
    if standing.question and not finished:
        return ReviewView(
            "Which is better?" if len(standing.question) == TWO_AT_ONCE else "Which is the best?",
            _progress(standing, answers, names),
            tuple(LETTERS[: len(standing.question)]),
            review.at_once,
            clips > TWO_AT_ONCE,
            can_undo,
        )
    ranking = _ranking(standing, jobs, names)
    rest = rejected_at_end([clip.job for clip in ranking]) if standing.ranks else []
    ranked = sum(len(rank.clips) for rank in standing.ranks)
    questions = "1 question" if answers == 1 else f"{answers} questions"
    return ReviewView(
        _winner(standing.ranks[0], names, clips) if standing.ranks else "Nothing is ranked yet",
        f"{ranked} of {clips} ranked after {questions}" if standing.question else f"All ranked after {questions}",
        can_undo=can_undo,
        can_go_on=bool(standing.question),
        ranking=ranking,
        pick=f"Pick {ranking[0].name}" if len(ranking[0].name) <= _SHORT else "Pick the first",
        can_pick=bool(standing.ranks) and ranking[0].job.flag is not Flag.PICKED,
        more_picks=tuple(range(2, min(_MOST_PICKED, clips - 1) + 1)) if standing.ranks else (),
        reject=_reject_text([names[clip] for clip in rest]),
        can_export=any(clip.job.flag is Flag.PICKED for clip in ranking),
    )


def rejected_at_end(jobs: list[Job]) -> list[JobId]:
    """What *Reject the rest* rejects of the jobs, which are in the order of the review: all that are not picked.

    If none is, the first is kept.
    """
    has_picks = any(job.flag is Flag.PICKED for job in jobs)
    rest = [job for job in jobs if job.flag is not Flag.PICKED] if has_picks else jobs[1:]
    return [job.id for job in rest if job.flag is not Flag.REJECTED]


def _reject_text(names: list[str]) -> str:
    if len(names) == 1:
        return f"Reject {names[0]}" if len(names[0]) <= _SHORT else "Reject the other one"
    return f"Reject the other {len(names)}" if names else ""


def _progress(standing: Standing, answers: int, names: Mapping[JobId, str]) -> str:
    """Such as "Question 3 of 7", and later "Question 8 of 9 for rank 2 · Take 5 is the best"."""
    question = f"Question {answers + 1} of {answers + standing.questions_left}"
    if not standing.ranks:
        return question
    next_rank = 1 + sum(len(rank.clips) for rank in standing.ranks)
    return f"{question} for rank {next_rank} · {_winner(standing.ranks[0], names)}"


def _winner(rank: Rank, names: Mapping[JobId, str], clips: int = 0) -> str:
    *others, last = (names[clip] for clip in rank.clips)
    of = f" of {clips}" if clips else ""
    return f"{', '.join(others)} and {last} are the best{of}" if others else f"{last} is the best{of}"


def _ranking(standing: Standing, jobs: Mapping[JobId, Job], names: Mapping[JobId, str]) -> tuple[RankedClip, ...]:
    placed = [
        RankedClip(jobs[clip], names[clip], f"={rank.number}" if len(rank.clips) > 1 else str(rank.number))
        for rank in standing.ranks
        for clip in rank.clips
    ]
    return (*placed, *(RankedClip(jobs[clip], names[clip], "") for clip in standing.others))
