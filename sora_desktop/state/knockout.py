"""Review takes: the user says which of a few clips is the best, and the answers put all of them into an order.

Only clips that are not known to be worse than another one are asked about, those that have won least first. The best
of n clips is known after n - 1 questions about two, each further rank after about log2(n) more; all ranks take hardly
more questions than any method needs (see DECISIONS.md). A clip that is out of the review takes no answer with it: if it
was worse than one clip and better than another, the two stay in this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from sora_desktop.domain.job import JobId

#: How many clips one question can be about.
TWO_AT_ONCE, FOUR_AT_ONCE = 2, 4
#: Clips from which on a review begins with questions about four.
_MANY = 9


def at_once_for(clips: int) -> int:
    """How many clips the questions of a review of so many are about, unless the user wants it otherwise."""
    return TWO_AT_ONCE if clips < _MANY else FOUR_AT_ONCE


class ReviewAnswer(NamedTuple):
    """Which of the clips that were asked about is the best."""

    asked: tuple[JobId, ...]
    best: JobId | None  # None: they are equal


class Rank(NamedTuple):
    """The clips of one rank in the order: several if the user found them equal."""

    number: int  # from 1
    clips: tuple[JobId, ...]


class Standing(NamedTuple):
    """What follows from the answers."""

    ranks: tuple[Rank, ...]  # those that are certain, best first
    others: tuple[JobId, ...]  # the rest: none is better than one before it, as far as is known
    question: tuple[JobId, ...]  # the clips to ask about next; empty: all ranks are certain
    questions_left: int  # until the next rank is certain

    @property
    def order(self) -> tuple[JobId, ...]:
        """All clips, best first."""
        return (*(clip for rank in self.ranks for clip in rank.clips), *self.others)


@dataclass(frozen=True)
class Knockout:
    """The clips of a review, and what the user has answered so far."""

    clips: tuple[JobId, ...]
    at_once: int = TWO_AT_ONCE  # clips in one question, at most
    answers: tuple[ReviewAnswer, ...] = ()
    out: frozenset[JobId] = frozenset()  # clips that are gone or rejected

    def answered(self, best: JobId | None) -> Knockout:
        """The review after one more answer to the question of its standing; None: the clips are equal."""
        return replace(self, answers=(*self.answers, ReviewAnswer(self.standing.question, best)))

    def undone(self) -> Knockout:
        """The review before the last answer."""
        return replace(self, answers=self.answers[:-1])

    @property
    def left(self) -> tuple[JobId, ...]:
        """The clips that are in the review."""
        return tuple(clip for clip in self.clips if clip not in self.out)

    @cached_property
    def standing(self) -> Standing:
        """What is known: a few milliseconds of work for 60 clips."""
        known = _Known(self)
        rest = known.bits_of(self.left)
        ranks: list[Rank] = []
        while rest:
            open_groups = known.unbeaten(rest)
            if len(open_groups) > 1:
                asked = sorted(sorted(open_groups, key=lambda group: known.wins(group, rest))[: self.at_once])
                question = tuple(self.clips[_lowest(group)] for _, group in asked)
                left = -(-(len(open_groups) - 1) // (self.at_once - 1))
                return Standing(tuple(ranks), known.sorted(rest), question, left)
            ((_, group),) = open_groups
            number = 1 + sum(len(rank.clips) for rank in ranks)
            ranks.append(Rank(number, tuple(self.clips[clip] for clip in _numbers(group))))
            rest &= ~group
        return Standing(tuple(ranks), (), (), 0)


class _Known:
    """Which clips are better than which. A set of clips is an int with a bit for each, by its number in the review."""

    def __init__(self, review: Knockout) -> None:
        self._clips = review.clips
        self._number = {clip: number for number, clip in enumerate(review.clips)}
        self._better = [0] * len(review.clips)
        self._worse = [0] * len(review.clips)
        self._equal = [1 << number for number in range(len(review.clips))]
        for answer in review.answers:
            self._add(answer)

    def bits_of(self, clips: tuple[JobId, ...]) -> int:
        return sum(1 << self._number[clip] for clip in clips)

    def unbeaten(self, among: int) -> list[tuple[int, int]]:
        """The groups of equal clips that none of these clips is better than, each after its first number."""
        groups = {self._equal[clip] & among for clip in _numbers(among) if not self._better[clip] & among}
        return sorted((_lowest(group), group) for group in groups)

    def wins(self, group: tuple[int, int], among: int) -> tuple[int, int]:
        """How many of these clips are not better than the group, as far as is known; then its place in the review."""
        first, clips = group
        return ((self._worse[first] | clips) & among).bit_count(), first

    def sorted(self, among: int) -> tuple[JobId, ...]:
        """These clips: those first that fewest are known to be better than, so that each is after all better ones."""
        numbers = sorted(
            _numbers(among),
            key=lambda clip: (
                (self._better[clip] & among).bit_count(),
                -(self._worse[clip] & among).bit_count(),
                _lowest(self._equal[clip] & among),
                clip,
            ),
        )
        return tuple(self._clips[clip] for clip in numbers)

    def _add(self, answer: ReviewAnswer) -> None:
        asked = [self._number[clip] for clip in answer.asked]
        if answer.best is None:
            above, below, group = (self._union(part, asked) for part in (self._better, self._worse, self._equal))
            for clip in _numbers(group):
                self._equal[clip] = group
            self._link(above, group | below)
            self._link(group, below)
            return
        best = self._number[answer.best]
        for other in asked:
            if other != best:
                self._link(self._better[best] | self._equal[best], self._worse[other] | self._equal[other])

    def _link(self, better: int, worse: int) -> None:
        for clip in _numbers(better):
            self._worse[clip] |= worse
        for clip in _numbers(worse):
            self._better[clip] |= better

    @staticmethod
    def _union(sets: list[int], clips: list[int]) -> int:
        union = 0
        for clip in clips:
            union |= sets[clip]
        return union


def _lowest(clips: int) -> int:
    return (clips & -clips).bit_length() - 1


def _numbers(clips: int) -> Iterator[int]:
    while clips:
        yield _lowest(clips)
        clips &= clips - 1
