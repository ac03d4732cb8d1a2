"""Keeps in mind what was seen of each rendering under way, and says when the next look at it is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.domain.forecast import Forecast, renewed
from sora_desktop.domain.job import JobId
from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.polling.plan import (
    CHEAPEST,
    DEAREST_TOLD,
    DEAREST_UNTOLD,
    NO_PRICE,
    SHARP_TOLD,
    SHARP_UNTOLD,
    Odds,
    PollCosts,
    cost_of_poll,
    first_poll,
    next_poll,
)
from sora_desktop.jobs.polling.rate_limit import FOR_ONE_VIDEO, SPARE, RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.request_window import MINUTE

#: Requests left today above which they do not count.
PLENTY = 5000
#: Longest pause between two looks where requests do not count, and shortest anywhere. Seconds.
LIVELY = 2.0
SHORTEST = 1.0
#: Share of the usual time without any progress after which one may be stuck.
STALLED = 0.3
#: Share of its age that must pass before one that seems stuck is looked at again, however many requests are left.
SPARING = 0.4
#: While the day has so many requests left, no progress is told and fewer renderings than this were seen: from this
#: share of the usual time on, no longer than so many seconds pass between two looks.
YOUNG_DAY, ENOUGH, DOUBTFUL, UNSURE_GAP = 330, 12, 0.6, 9.0
#: Share of the usual spread that remains once the progress is known.
SPREAD_WITH_PROGRESS = 0.3
#: A rendering whose end is known no better than this share of its length teaches nothing.
TOO_VAGUE = 0.5


@dataclass
class Watch:
    """One rendering under way, as far as it was seen. Seconds count from its acceptance."""

    job: JobId
    kind: RenderKind
    started: float  # unix seconds of its acceptance
    from_the_start: bool  # watched ever since
    alive_at: float = 0.0  # last seen unfinished
    percent: int | None = None  # the highest that the service has said
    percent_since: float = 0.0  # when it was first said
    polls: int = 0
    marks: list[tuple[float, int]] = field(default_factory=list)
    forecast: Forecast | None = None


class PollSchedule:
    """One for all jobs, since they share the budget."""

    def __init__(self, rate_limit: RateLimit, times: RenderTimes, waiting: Callable[[], int]) -> None:
        self._rate_limit = rate_limit
        self._times = times
        self._waiting = waiting
        self._watches: dict[JobId, Watch] = {}

    def begin(self, watch: Watch, now: float) -> None:
        """A rendering is under way."""
        self._watches[watch.job] = watch
        self._foresee(watch, now)
        self._claim(now)

    def end(self, watch: Watch, now: float) -> None:
        """It is not looked at any more."""
        if self._watches.get(watch.job) is watch:
            del self._watches[watch.job]
        self._claim(now)

    def pause(self, watch: Watch, now: float) -> float:
        """Seconds until the next look at it is due."""
        elapsed = now - watch.started
        plenty = self._rate_limit.polls_are_free or self._rate_limit.left_today > PLENTY
        price = NO_PRICE if plenty else self._price(watch)
        gap = max(MINUTE * self._crowd(now) / max(self._rate_limit.per_minute - SPARE, 1), SHORTEST)
        if self.is_overdue(watch.job, now):
            gap = max(gap, elapsed * max(SPARING, 3 * price / self._dearest(watch)))
        elif self._stands_still(watch):
            gap = max(gap, elapsed * price / DEAREST_TOLD)
        odds, usual = self._odds(watch), self._times.odds(watch.kind).quantile(0.94)
        told = self._times.tells_progress(watch.kind)
        costs = PollCosts(price, gap, usual, SHARP_TOLD if told else SHARP_UNTOLD)
        if watch.polls == 0 and told is not False:
            due = first_poll(odds, costs)
        else:
            due = next_poll(odds, watch.alive_at, costs)
        pause = max(due - elapsed, 0.0)
        if price <= CHEAPEST and not told and self._is_doubtful(watch, elapsed):
            pause = min(pause, max(gap, UNSURE_GAP))  # what has been seen so far need not be all that can be
        return min(pause, LIVELY) if plenty else pause

    def saw(self, watch: Watch, report: TaskReport, now: float) -> None:
        """A look has shown that it has not ended."""
        watch.polls += 1
        watch.alive_at = max(now - watch.started, 0.0)
        if report.percent is not None and (watch.percent is None or report.percent > watch.percent):
            watch.percent, watch.percent_since = report.percent, watch.alive_at
            watch.marks.append((watch.alive_at, report.percent))
        self._foresee(watch, now)
        self._claim(now)

    async def ended(self, watch: Watch, report: TaskReport, now: float) -> None:
        """A look has shown that it has ended; what it teaches is kept."""
        elapsed = now - watch.started
        if report.state is not TaskState.COMPLETED or elapsed <= 0:
            return
        vague = elapsed - watch.alive_at > TOO_VAGUE * elapsed and not (watch.from_the_start and watch.polls == 0)
        if not vague:
            await self._times.learn(RenderTime(watch.kind, watch.alive_at, elapsed, tuple(watch.marks)))

    def is_overdue(self, id: JobId, now: float) -> bool:
        """True for one that is likelier stuck than slow."""
        watch = self._watches.get(id)
        return watch is not None and now - watch.started > self._times.overdue_after(watch.kind)

    def _odds(self, watch: Watch) -> Odds:
        if watch.percent is None:
            return self._times.odds(watch.kind)
        return self._times.odds_given(watch.kind, watch.percent, watch.percent_since)

    def _is_doubtful(self, watch: Watch, elapsed: float) -> bool:
        """True while it may end at any moment for all that few renderings have taught, and the day is young."""
        first, last = DOUBTFUL * self._times.median(watch.kind), self._times.overdue_after(watch.kind)
        return (
            self._rate_limit.left_today > YOUNG_DAY and first < elapsed < last and self._times.seen(watch.kind) < ENOUGH
        )

    def _stands_still(self, watch: Watch) -> bool:
        if watch.percent is None:
            return False
        return watch.alive_at - watch.percent_since > STALLED * self._times.median(watch.kind)

    def _dearest(self, watch: Watch) -> float:
        return DEAREST_TOLD if self._times.tells_progress(watch.kind) else DEAREST_UNTOLD

    def _price(self, watch: Watch) -> float:
        told = self._times.tells_progress(watch.kind)
        return cost_of_poll(
            left_today=self._rate_limit.left_today,
            waiting=self._waiting(),
            watched=len(self._watches),
            spread=self._times.spread(watch.kind) * (SPREAD_WITH_PROGRESS if told else 1.0),
            dearest=self._dearest(watch),
        )

    def _crowd(self, now: float) -> int:
        """How many may end any moment."""
        near = sum(
            now - watch.started >= self._odds(watch).quantile(0.05) and not self.is_overdue(watch.job, now)
            for watch in self._watches.values()
        )
        return max(near, 1)

    def _claim(self, now: float) -> None:
        """Keep requests for those that are paid for; one that seems stuck must not hold up the others."""
        soon = sum(not self.is_overdue(id, now) for id in self._watches)
        self._rate_limit.reserve_polls(soon * (FOR_ONE_VIDEO - 1))

    def _foresee(self, watch: Watch, now: float) -> None:
        likely = self._odds(watch).after(max(watch.alive_at, now - watch.started)).quantile(0.5)
        usual = self._times.usual(watch.kind)
        fresh = Forecast(watch.started, now, watch.started + likely, usual=usual)
        watch.forecast = renewed(watch.forecast, fresh)
