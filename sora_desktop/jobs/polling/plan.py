"""When a look at a rendering is worth a request: the times that cost the least waiting for the requests they use."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import NamedTuple

#: Moments weighed against one another for one plan.
CANDIDATES = 96
#: Seconds of delay at which one more second weighs three times as much as the first. Where the service tells the
#: progress, most are seen soon, and what is saved on them is better spent on the few that would be seen late.
SHARP_TOLD, SHARP_UNTOLD = 3.0, 7.0
#: How fast a delay loses weight past the usual time: a power of the usual time's share of the whole.
LENIENCE = 2.0
#: Price of a look, in seconds of a person's waiting: while requests abound, and when the day will not suffice. Where
#: the service tells the progress, few looks do much, and what is saved makes more videos.
CHEAPEST = 0.05
DEAREST_TOLD, DEAREST_UNTOLD = 250.0, 40.0
#: The price where requests do not count at all.
NO_PRICE = 0.02
#: Share of the day's requests that may be spent on the videos known now; the rest is for those still to be wished.
SPENDABLE = 0.6
#: What it costs, in looks, to see one to its end whose progress is known, and how that grows the earlier it is told.
INFORMED, VAGUENESS = 1.4, 0.05


@dataclass(frozen=True, slots=True)
class Odds:
    """When a rendering may end: seconds since it was accepted, ascending, each with its weight. Never empty."""

    ends: tuple[float, ...]
    weights: tuple[float, ...]

    def after(self, moment: float) -> Odds:
        """Given that it has not ended by then. Past every known end, it may end any time up to twice as late."""
        first = bisect_right(self.ends, moment)
        if first < len(self.ends):
            return Odds(self.ends[first:], self.weights[first:])
        return Odds(tuple(moment * (1 + step / 8) + step for step in range(1, 9)), (1.0,) * 8)

    def quantile(self, share: float) -> float:
        """Seconds by which that share of them has ended."""
        sums = list(accumulate(self.weights))
        return self.ends[min(bisect_left(sums, share * sums[-1]), len(self.ends) - 1)]

    def share_by(self, moment: float) -> float:
        """Which share of them has ended by then, 0-1."""
        return sum(self.weights[: bisect_right(self.ends, moment)]) / sum(self.weights)


def mixed(parts: Iterable[tuple[Odds, float]]) -> Odds:
    """Odds of which each part has its share."""
    points: list[tuple[float, float]] = []
    for odds, share in parts:
        scale = share / sum(odds.weights)
        points += [(end, weight * scale) for end, weight in zip(odds.ends, odds.weights, strict=True)]
    points.sort()
    return Odds(tuple(end for end, _ in points), tuple(weight for _, weight in points))


@dataclass(frozen=True, slots=True)
class PollCosts:
    """What a plan must reckon with."""

    price: float  # seconds of waiting that one request is worth
    gap: float  # seconds that must pass between two looks
    usual: float  # seconds by which most have ended; to be late with later ones weighs less and less
    sharp: float = SHARP_UNTOLD  # seconds of delay at which one more second weighs three times as much as the first


def cost_of_poll(*, left_today: int, waiting: int, watched: int, spread: float, dearest: float) -> float:
    """What one request is worth in seconds of waiting, by the day's rest and the videos that share it.

    `spread`: seconds over which renderings of this kind end. A rendering watched in n looks over that spread waits
    about spread / 2n to be seen, so the n-th look saves spread / 2n².
    """
    videos = waiting + 0.5 * watched
    polls = (left_today * SPENDABLE - 1.1 * waiting) / max(videos, 0.5)
    if polls < 1:
        return dearest
    return min(max(spread / (2 * polls * polls), CHEAPEST), dearest)


def next_poll(odds: Odds, alive_at: float, costs: PollCosts) -> float:
    """Seconds after acceptance at which to look, for one that was seen unfinished at `alive_at`.

    Of all ways to place this look and those after it, the one with the least sum of expected waiting and requests.
    """
    return _best_look(odds.after(alive_at), alive_at, costs)[1]


def first_poll(odds: Odds, costs: PollCosts) -> float:
    """Seconds after acceptance of the first look where the service tells the progress.

    An early look shows when the next one is due; it is worth a request unless that is known well enough already.
    """
    blind_cost, blind = _best_look(odds, 0.0, costs)
    ahead = _Ahead(odds, costs)
    middle = odds.quantile(0.5)
    begin = ahead.sums(0.0)
    told_cost, told = min(
        (_waiting(begin, there) + _informed(there.moment / middle) * costs.price * there.alive, there.moment)
        for there in map(ahead.sums, _candidates(odds, costs.gap))
    )
    return told if told_cost < blind_cost else blind


def _informed(part: float) -> float:
    """What it costs, in looks, to see one to its end whose progress was told in that part of the usual time."""
    return INFORMED * (1 + VAGUENESS * max(-math.log(max(part, 0.01)), 0.0))


def _best_look(odds: Odds, since: float, costs: PollCosts) -> tuple[float, float]:
    """What is still to come costs so much, without the look that comes next; and when that is due."""
    moments = _candidates(odds, since + costs.gap)
    ahead = _Ahead(odds, costs)
    last = len(moments) - 1
    begin, sums = ahead.sums(since), [ahead.sums(moment) for moment in moments]
    best = [0.0] * (last + 1)
    farthest = last
    for i in range(last - 1, -1, -1):
        here = sums[i]
        price = costs.price * here.alive
        least, at = _waiting(here, sums[last]), last
        earliest = moments[i] + costs.gap
        for j in range(max(i + 1, bisect_left(moments, earliest)), farthest + 1):
            cost = _waiting(here, sums[j])
            if cost >= least:
                break
            if cost + best[j] < least:
                least, at = cost + best[j], j
        best[i], farthest = price + least, at  # of two, the one that ends sooner is never looked at later
    return min((_waiting(begin, there) + rest, there.moment) for there, rest in zip(sums, best, strict=True))


def _candidates(odds: Odds, earliest: float) -> list[float]:
    """Moments at which about the same share more has ended, none before `earliest`."""
    sums = list(accumulate(odds.weights))
    moments: list[float] = []
    for step in range(1, CANDIDATES + 1):
        moment = odds.ends[min(bisect_left(sums, sums[-1] * step / CANDIDATES), len(sums) - 1)]
        moment = max(moment, earliest)
        if not moments or moment > moments[-1]:
            moments.append(moment)
    return moments


class _Sums(NamedTuple):
    """What has ended by a moment, and how much is felt of being late with it."""

    moment: float
    alive: float  # weight of those that end later
    felt: float
    felt_ends: float
    keenly: float
    keenly_ends: float
    keenly_squares: float


class _Ahead:
    """Sums over the odds, so that the waiting between any two moments is one subtraction.

    To be late is felt in proportion to what one has waited for anyway: less and less past the usual time.
    """

    def __init__(self, odds: Odds, costs: PollCosts) -> None:
        self._ends: Sequence[float] = odds.ends
        felt, keenly = [], []
        for end, weight in zip(odds.ends, odds.weights, strict=True):
            share = min(1.0, costs.usual / end) ** LENIENCE if end > 0 else 1.0
            felt.append(weight * share)
            keenly.append(weight * share * share / costs.sharp)
        self._mass = list(accumulate(odds.weights, initial=0.0))
        self._felt = list(accumulate(felt, initial=0.0))
        self._felt_ends = list(accumulate(map(mul, felt, odds.ends), initial=0.0))
        self._keenly = list(accumulate(keenly, initial=0.0))
        first = list(map(mul, keenly, odds.ends))
        self._keenly_ends = list(accumulate(first, initial=0.0))
        self._keenly_squares = list(accumulate(map(mul, first, odds.ends), initial=0.0))

    def sums(self, moment: float) -> _Sums:
        """Of all that ends by then."""
        i = bisect_right(self._ends, moment)
        return _Sums(
            moment,
            self._mass[-1] - self._mass[i],
            self._felt[i],
            self._felt_ends[i],
            self._keenly[i],
            self._keenly_ends[i],
            self._keenly_squares[i],
        )


def _waiting(since: _Sums, seen: _Sums) -> float:
    """What it costs that those which end between the two moments are seen at the second."""
    at, _, felt, felt_ends, keenly, keenly_ends, keenly_squares = seen
    _, _, felt0, felt_ends0, keenly0, keenly_ends0, keenly_squares0 = since
    delay = at * (felt - felt0) - (felt_ends - felt_ends0)
    squared = at * (at * (keenly - keenly0) - 2 * (keenly_ends - keenly_ends0)) + keenly_squares - keenly_squares0
    return (delay if delay > 0 else 0.0) + (squared if squared > 0 else 0.0)
