"""The arithmetic of one poll: the moment with the lowest expected cost, from a distribution of end times.

The cost is the expected delay between the end of a rendering and the poll that finds it, plus the price of each poll.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import NamedTuple

#: Times compared with each other for one plan.
CANDIDATES = 96
#: Seconds of delay at which one more second costs three times as much as the first. With progress, most renderings are
#: found soon after their end, and requests are better spent on the few that would be found late.
DELAY_SCALE_WITH_PROGRESS, DELAY_SCALE_WITHOUT = 3.0, 7.0
#: Past the typical end, a delay is weighted by (typical end / end) to this power.
TAIL_EXPONENT = 2.0
#: Cost of a poll, in seconds of delay: while many requests are left, and while the day's requests are too few. With
#: progress, few polls achieve much, and the requests saved make more videos.
MIN_POLL_COST = 0.05
MAX_POLL_COST_WITH_PROGRESS, MAX_POLL_COST_WITHOUT = 250.0, 40.0
#: Cost of a poll where requests are not limited.
UNLIMITED_POLL_COST = 0.02
#: Share of the day's requests that may be spent on the videos known now; the rest is for later ones.
SPENDABLE_SHARE = 0.6
#: Polls expected for a rendering once its progress is known, and how the number grows the earlier progress was seen.
POLLS_AFTER_PROGRESS, EARLY_PROGRESS_PENALTY = 1.4, 0.05


@dataclass(frozen=True, slots=True)
class EndDistribution:
    """When a rendering ends: seconds since it was accepted, ascending, each with its weight. Never empty."""

    ends: tuple[float, ...]
    weights: tuple[float, ...]

    def given_unfinished_at(self, moment: float) -> EndDistribution:
        """The conditional distribution. Past every known end, the end is likely within twice the time elapsed."""
        first = bisect_right(self.ends, moment)
        if first < len(self.ends):
            return EndDistribution(self.ends[first:], self.weights[first:])
        return EndDistribution(tuple(moment * (1 + step / 8) + step for step in range(1, 9)), (1.0,) * 8)

    def quantile(self, share: float) -> float:
        """Seconds by which that share (0-1) of renderings has ended."""
        sums = list(accumulate(self.weights))
        return self.ends[min(bisect_left(sums, share * sums[-1]), len(self.ends) - 1)]


def mixture(parts: Iterable[tuple[EndDistribution, float]]) -> EndDistribution:
    """The distribution in which each part has the given share."""
    points: list[tuple[float, float]] = []
    for part, share in parts:
        scale = share / sum(part.weights)
        points += [(end, weight * scale) for end, weight in zip(part.ends, part.weights, strict=True)]
    points.sort()
    return EndDistribution(tuple(end for end, _ in points), tuple(weight for _, weight in points))


def expected_delay(distribution: EndDistribution, unfinished_at: float, moment: float) -> float:
    """Mean seconds for which a rendering has been finished at `moment`: 0 if it has not. All count from acceptance."""
    given = distribution.given_unfinished_at(unfinished_at)
    ended = bisect_right(given.ends, moment)
    late = sum(map(mul, given.weights[:ended], (moment - end for end in given.ends[:ended])))
    return late / sum(given.weights) if ended else 0.0


@dataclass(frozen=True, slots=True)
class PollCosts:
    """What a plan weighs."""

    per_poll: float  # seconds of delay that one request is worth
    min_gap: float  # seconds between two polls at least
    typical_end: float  # seconds by which most have ended; delays of later ones cost less
    delay_scale: float = DELAY_SCALE_WITHOUT  # seconds of delay at which one more second costs three times the first


def cost_of_poll(*, left_today: int, waiting: int, watched: int, spread: float, highest: float) -> float:
    """The cost of one poll in seconds of delay, by the requests left today and the videos that share them.

    `spread`: seconds over which renderings of this kind end. With n polls over that spread, the expected delay is about
    spread / 2n, so the n-th poll saves spread / 2n².
    """
    videos = waiting + 0.5 * watched
    polls = (left_today * SPENDABLE_SHARE - 1.1 * waiting) / max(videos, 0.5)
    if polls < 1:
        return highest
    return min(max(spread / (2 * polls * polls), MIN_POLL_COST), highest)


def next_poll(distribution: EndDistribution, unfinished_at: float, costs: PollCosts) -> float:
    """Seconds after acceptance of the next poll of a rendering that was last seen unfinished at `unfinished_at`.

    The poll and all polls after it are placed for the lowest sum of expected delay and requests.
    """
    return _best_poll(distribution.given_unfinished_at(unfinished_at), unfinished_at, costs)[1]


def first_poll(distribution: EndDistribution, costs: PollCosts) -> float:
    """Seconds after acceptance of the first poll where the service reports progress.

    An early poll shows when the next one is due. It is worth a request unless that is already known well enough.
    """
    blind_cost, blind = _best_poll(distribution, 0.0, costs)
    delays = _DelayCosts(distribution, costs)
    middle = distribution.quantile(0.5)
    start = delays.totals(0.0)
    informed_cost, informed = min(
        (
            _delay_cost(start, totals)
            + _polls_after_progress(totals.moment / middle) * costs.per_poll * totals.unfinished,
            totals.moment,
        )
        for totals in map(delays.totals, _candidates(distribution, costs.min_gap))
    )
    return informed if informed_cost < blind_cost else blind


def _polls_after_progress(share: float) -> float:
    """Polls expected until the end if progress is reported after that share of the median time."""
    return POLLS_AFTER_PROGRESS * (1 + EARLY_PROGRESS_PENALTY * max(-math.log(max(share, 0.01)), 0.0))


def _best_poll(distribution: EndDistribution, since: float, costs: PollCosts) -> tuple[float, float]:
    """The expected cost, without the poll that comes next, and the time of that poll.

    Dynamic programming from the last candidate to the first: `best[i]` is the cost after an unsuccessful poll at
    candidate i, that poll included.
    """
    moments = _candidates(distribution, since + costs.min_gap)
    delays = _DelayCosts(distribution, costs)
    last = len(moments) - 1
    start, totals = delays.totals(since), [delays.totals(moment) for moment in moments]
    best = [0.0] * (last + 1)
    farthest = last
    for i in range(last - 1, -1, -1):
        here = totals[i]
        price = costs.per_poll * here.unfinished
        lowest, at = _delay_cost(here, totals[last]), last
        earliest = moments[i] + costs.min_gap
        for j in range(max(i + 1, bisect_left(moments, earliest)), farthest + 1):
            cost = _delay_cost(here, totals[j])
            if cost >= lowest:
                break
            if cost + best[j] < lowest:
                lowest, at = cost + best[j], j
        best[i], farthest = (
            price + lowest,
            at,
        )  # after an earlier poll, the next one is never later than after a later one
    return min((_delay_cost(start, there) + rest, there.moment) for there, rest in zip(totals, best, strict=True))


def _candidates(distribution: EndDistribution, earliest: float) -> list[float]:
    """Times between which equal shares of renderings end, none before `earliest`."""
    sums = list(accumulate(distribution.weights))
    moments: list[float] = []
    for step in range(1, CANDIDATES + 1):
        moment = distribution.ends[min(bisect_left(sums, sums[-1] * step / CANDIDATES), len(sums) - 1)]
        moment = max(moment, earliest)
        if not moments or moment > moments[-1]:
            moments.append(moment)
    return moments


class _Totals(NamedTuple):
    """Sums over all renderings that have ended by a moment: of weights, of weights x end, of weights x end²."""

    moment: float
    unfinished: float  # weight of those that end later
    linear: float
    linear_ends: float
    square: float
    square_ends: float
    square_ends2: float


class _DelayCosts:
    """Prefix sums over a distribution: the cost of delays between two moments takes one subtraction.

    A delay d costs w x d + w² x d² / delay_scale. The weight w is 1 up to the typical end and falls after it.
    """

    def __init__(self, distribution: EndDistribution, costs: PollCosts) -> None:
        self._ends: Sequence[float] = distribution.ends
        linear, square = [], []
        for end, weight in zip(distribution.ends, distribution.weights, strict=True):
            share = min(1.0, costs.typical_end / end) ** TAIL_EXPONENT if end > 0 else 1.0
            linear.append(weight * share)
            square.append(weight * share * share / costs.delay_scale)
        self._weights = list(accumulate(distribution.weights, initial=0.0))
        self._linear = list(accumulate(linear, initial=0.0))
        self._linear_ends = list(accumulate(map(mul, linear, distribution.ends), initial=0.0))
        self._square = list(accumulate(square, initial=0.0))
        square_ends = list(map(mul, square, distribution.ends))
        self._square_ends = list(accumulate(square_ends, initial=0.0))
        self._square_ends2 = list(accumulate(map(mul, square_ends, distribution.ends), initial=0.0))

    def totals(self, moment: float) -> _Totals:
        """The sums over all that end by then."""
        i = bisect_right(self._ends, moment)
        return _Totals(
            moment,
            self._weights[-1] - self._weights[i],
            self._linear[i],
            self._linear_ends[i],
            self._square[i],
            self._square_ends[i],
            self._square_ends2[i],
        )


def _delay_cost(start: _Totals, poll: _Totals) -> float:
    """The cost if all renderings that end between two moments are found at the second one."""
    at, _, linear, linear_ends, square, square_ends, square_ends2 = poll
    _, _, linear0, linear_ends0, square0, square_ends0, square_ends20 = start
    delay = at * (linear - linear0) - (linear_ends - linear_ends0)
    squared = at * (at * (square - square0) - 2 * (square_ends - square_ends0)) + square_ends2 - square_ends20
    return (delay if delay > 0 else 0.0) + (squared if squared > 0 else 0.0)
