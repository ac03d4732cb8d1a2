"""Review takes: the user decides between two clips at a time, and the answers put all of them into an order.

Each clip in turn is inserted into the order of those before it, by halves: eight clips take at most 17 decisions,
sixteen at most 49. The clip that is being inserted stays on screen until it has its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from sora_desktop.domain.job import JobId

FEWEST_REVIEWED, MOST_REVIEWED = 2, 16


class Preference(Enum):
    """Which clip of a pair is better."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"  # the first stays before the second


class Pair(NamedTuple):
    """Two clips to decide between: the second one is being inserted."""

    first: JobId
    second: JobId


class _Progress(NamedTuple):
    order: tuple[JobId, ...]  # the clips that have a place, best first
    pair: Pair | None  # None: all have one
    at_most_left: int  # decisions


@dataclass(frozen=True, slots=True)
class Knockout:
    """The clips of a review, and what the user has decided so far."""

    clips: tuple[JobId, ...]
    verdicts: tuple[Preference, ...] = ()

    def decided(self, verdict: Preference) -> Knockout:
        """The review after one more decision. There must be a pair."""
        assert self.pair is not None
        return replace(self, verdicts=(*self.verdicts, verdict))

    def undone(self) -> Knockout:
        """The review before the last decision."""
        return replace(self, verdicts=self.verdicts[:-1])

    def without(self, id: JobId) -> Knockout:
        """The review begun again without a clip that is gone."""
        return Knockout(tuple(clip for clip in self.clips if clip != id))

    @property
    def order(self) -> tuple[JobId, ...]:
        """The clips that have a place, best first; at the end, all of them."""
        return self._progress.order

    @property
    def pair(self) -> Pair | None:
        """The clips to decide between; None at the end."""
        return self._progress.pair

    @property
    def number(self) -> int:
        """The number of the decision that is asked for, from 1."""
        return len(self.verdicts) + 1

    @property
    def at_most(self) -> int:
        """The most decisions that it can take in all."""
        return len(self.verdicts) + self._progress.at_most_left

    @property
    def _progress(self) -> _Progress:
        verdicts = iter(self.verdicts)
        order: list[JobId] = []
        for number, clip in enumerate(self.clips):
            low, high = 0, len(order)
            while low < high:
                middle = (low + high) // 2
                verdict = next(verdicts, None)
                if verdict is None:
                    later = range(number + 1, len(self.clips))
                    # an interval of k places is decided by as many halvings as k has binary digits
                    left = (high - low).bit_length() + sum(size.bit_length() for size in later)
                    return _Progress(tuple(order), Pair(order[middle], clip), left)
                if verdict is Preference.SECOND:
                    high = middle
                else:
                    low = middle + 1
                if verdict is Preference.TIE:
                    break
            order.insert(low, clip)
        return _Progress(tuple(order), None, 0)
