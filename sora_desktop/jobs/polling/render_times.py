"""What earlier renderings teach about the next: how long it takes, and what its progress means."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from statistics import NormalDist

from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.polling.plan import Odds, mixed
from sora_desktop.jobs.ports import RenderTimeLog
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Renderings of one kind that are remembered; the newest weigh most.
REMEMBERED = 80
FADING = 0.985
#: While nothing is known: seconds of which a rendering takes about as likely more as less, and their spread.
GUESS = 120.0
GUESS_SPREAD = 0.75
GUESS_STEPS = 72
#: How many renderings that guess is worth for where they end and how far apart.
WEIGHT_OF_GUESS = 1.0
#: How many renderings the even spread round what was seen is worth at first; each so many more halve what it adds.
WEIGHT_OF_BELL, BELL_FADES = 6.0, 8.0
#: One found finished at the first look has hardly taken less than this share of the time until then.
EARLIEST = 0.5
#: Share of renderings that end much later than any that was seen, or never.
LATE_SHARE = 0.04
LATEST = 24 * 3600.0
LATE_STEPS = 72
#: Renderings that must be known before anything is said of what is usual.
ENOUGH = 5
#: Percent over which what was learned of progress is carried to its neighbours.
NEAR = 12.0
#: Share of the odds that do not believe the progress.
DISBELIEF = 0.1
#: Odds given a progress that are kept until more is learned.
KEPT_IN_MIND = 64
#: One that takes so many times as long as nearly all others no longer holds a place among those at work.
OVERDUE = 2.0
OVERDUE_AT_FIRST = 1800.0  # seconds

#: Share of the time that is over at a percent, against the percent itself, while nothing is known.
_PACES = (0.75, 0.9, 1.0, 1.12, 1.35)


class RenderTimes:
    """How long renderings took, by kind; what one kind has not shown yet is borrowed from its neighbours."""

    def __init__(self, log_store: RenderTimeLog | None = None, now: Callable[[], float] = lambda: 0.0) -> None:
        self._log_store = log_store
        self._now = now
        self._known: dict[str, list[RenderTime]] = {}  # by service
        self._odds: dict[RenderKind, Odds] = {}
        self._given: dict[tuple[RenderKind, int, float], Odds] = {}

    async def learn(self, time: RenderTime) -> None:
        """One rendering has ended."""
        self._of_service(time.kind.service).append(time)
        self._odds.clear()
        self._given.clear()
        if self._log_store is not None:
            try:
                await self._log_store.add(time, self._now())
            except StoreError as trouble:
                log.warning("a render time could not be kept: %s", trouble)

    def odds(self, kind: RenderKind) -> Odds:
        """When a rendering of this kind ends, before anything was seen of it."""
        if kind not in self._odds:
            self._odds[kind] = self._learned(kind)
        return self._odds[kind]

    def odds_given(self, kind: RenderKind, percent: int, since: float) -> Odds:
        """When it ends, given that the service said `percent` first at `since` seconds."""
        if percent <= 0 or since <= 0:
            return self.odds(kind)
        seen = (kind, percent, since)
        if seen not in self._given:
            if len(self._given) >= KEPT_IN_MIND:
                self._given.clear()
            self._given[seen] = self._told(kind, percent, since)
        return self._given[seen]

    def _told(self, kind: RenderKind, percent: int, since: float) -> Odds:
        paces = self._paces(kind, percent)
        points = sorted(
            (since / (pace * min((percent + part) / 100, 1.0)), weight)
            for pace, weight in paces
            for part in (0.1, 0.5, 0.9)
        )
        told = Odds(tuple(end for end, _ in points), tuple(weight for _, weight in points))
        return mixed([(told, 1 - DISBELIEF), (self.odds(kind), DISBELIEF)])

    def tells_progress(self, kind: RenderKind) -> bool | None:
        """Whether the service has lately said how far such renderings are; None when nothing is known."""
        lately = self._of_kind(kind)[-5:] or self._of_service(kind.service)[-5:]
        return any(time.marks for time in lately) if lately else None

    def spread(self, kind: RenderKind) -> float:
        """Seconds over which most of them end."""
        odds = self.odds(kind)
        return odds.quantile(0.9) - odds.quantile(0.1)

    def median(self, kind: RenderKind) -> float:
        """Seconds by which half of them have ended."""
        return self.odds(kind).quantile(0.5)

    def usual(self, kind: RenderKind) -> tuple[tuple[int, float], ...]:
        """Percent of earlier ones and the seconds by which they had ended; empty while too few are known."""
        own = self._of_kind(kind)
        if len(own) < ENOUGH:
            return ()
        odds = _seen([(time, 1.0) for time in own])
        return tuple((percent, odds.quantile(percent / 100)) for percent in (10, 50, 75, 90, 95, 99))

    def seen(self, kind: RenderKind) -> int:
        """How many of this kind were seen to end, as far as is remembered."""
        return len(self._of_kind(kind))

    def long_over_after(self, kind: RenderKind) -> float:
        """Seconds after which it has hardly not ended, unless it is stuck."""
        return OVERDUE * self.odds(kind).quantile(0.95 * (1 - LATE_SHARE))

    def overdue_after(self, kind: RenderKind) -> float:
        """Seconds after which one is likelier stuck than slow."""
        while_little_is_known = OVERDUE_AT_FIRST / (1 + len(self._of_kind(kind)) / 10)
        return max(self.long_over_after(kind), while_little_is_known)

    def _of_service(self, service: str) -> list[RenderTime]:
        if service not in self._known:
            self._known[service] = [] if self._log_store is None else self._log_store.latest(service)
        return self._known[service]

    def _of_kind(self, kind: RenderKind) -> list[RenderTime]:
        return [time for time in self._of_service(kind.service) if time.kind == kind][-REMEMBERED:]

    def _learned(self, kind: RenderKind) -> Odds:
        own = self._of_kind(kind)
        others = [time for time in self._of_service(kind.service) if time.kind != kind][-REMEMBERED:]
        akin = [time for time in others if time.kind.model == kind.model] or others
        weighed = [(time, FADING**age) for age, time in enumerate(reversed(own))]
        if len(own) < ENOUGH:
            weighed += [(time, 2.0 / len(akin)) for time in akin]
        parts = [(_bell(weighed), WEIGHT_OF_BELL / (1 + len(weighed) / BELL_FADES))]
        if weighed:
            parts.append((_seen(weighed), sum(weight for _, weight in weighed)))
        body = mixed(parts)
        return mixed([(body, 1 - LATE_SHARE), (_late(body.quantile(0.9)), LATE_SHARE)])

    def _paces(self, kind: RenderKind, percent: int) -> list[tuple[float, float]]:
        """How the time spent at about this percent compares with the percent, with weights."""
        own = self._of_kind(kind)
        found: list[tuple[float, float]] = []
        for time in own or self._of_service(kind.service)[-REMEMBERED:]:
            middle = (time.low + time.high) / 2
            blur = (time.high - time.low) / middle if middle > 0 else 1.0
            for elapsed, said in time.marks:
                if said > 0 and middle > 0:
                    nearness = math.exp(-(((said - percent) / NEAR) ** 2)) / (1 + 4 * blur)
                    found.append((elapsed / middle / min((said + 0.5) / 100, 1.0), nearness))
        known = sum(weight for _, weight in found)
        doubt = 1.5 / (1 + known) / len(_PACES)
        return [*((pace, weight) for pace, weight in found if pace > 0), *((pace, doubt) for pace in _PACES)]


def _bell(weighed: list[tuple[RenderTime, float]]) -> Odds:
    """Ends spread evenly round those seen, so that a few of them are not taken for all that can be."""
    middles = [(math.log(max(_low(time) + time.high, 0.002) / 2), weight) for time, weight in weighed]
    whole = WEIGHT_OF_GUESS + sum(weight for _, weight in middles)
    guess = math.log(GUESS)
    centre = (WEIGHT_OF_GUESS * guess + sum(middle * weight for middle, weight in middles)) / whole
    squares = sum((middle - centre) ** 2 * weight for middle, weight in middles)
    spread = math.sqrt((WEIGHT_OF_GUESS * GUESS_SPREAD**2 + squares) / whole)
    normal = NormalDist(centre, spread)
    points = (normal.inv_cdf((step + 0.5) / GUESS_STEPS) for step in range(GUESS_STEPS))
    return Odds(tuple(math.exp(point) for point in points), (1.0,) * GUESS_STEPS)


def _low(time: RenderTime) -> float:
    return max(time.low, time.high * EARLIEST)


def _late(usual: float) -> Odds:
    """Ends far behind the usual ones, up to a day: each doubling of the time is as likely as the next."""
    span = math.log(max(LATEST / max(usual, 1.0), 2.0))
    return Odds(
        tuple(usual * math.exp(span * step / LATE_STEPS) for step in range(1, LATE_STEPS + 1)), (1.0,) * LATE_STEPS
    )


def _seen(weighed: list[tuple[RenderTime, float]]) -> Odds:
    """Ends as they were seen, blurred by what is not known of them; the fewer there are, the more."""
    blur = max(0.03, 0.15 / math.sqrt(len(weighed)))
    points: list[tuple[float, float]] = []
    for time, weight in weighed:
        low, high = _low(time) * (1 - blur), time.high * (1 + blur)
        points += [(low + (high - low) * (step + 0.5) / 6, weight / 6) for step in range(6)]
    points.sort()
    return Odds(tuple(max(end, 0.001) for end, _ in points), tuple(weight for _, weight in points))
