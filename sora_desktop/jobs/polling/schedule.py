"""Decides when each rendering is polled next, by what is known about it and the requests left today."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.domain.forecast import Forecast, continued
from sora_desktop.domain.job import JobId
from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.minute_window import MINUTE
from sora_desktop.jobs.polling.plan import (
    DELAY_SCALE_WITH_PROGRESS,
    DELAY_SCALE_WITHOUT,
    MAX_POLL_COST_WITH_PROGRESS,
    MAX_POLL_COST_WITHOUT,
    MIN_POLL_COST,
    UNLIMITED_POLL_COST,
    EndDistribution,
    PollCosts,
    cost_of_poll,
    expected_delay,
    first_poll,
    next_poll,
)
from sora_desktop.jobs.polling.rate_limit import NOT_FOR_POLLS, REQUESTS_PER_VIDEO, UNLIMITED_A_DAY, RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes

#: Seconds between two polls: at most where requests are unlimited, and at least anywhere.
LONGEST_UNLIMITED_PAUSE = 2.0
SHORTEST_PAUSE = 1.0
#: Share of the median time without any progress after which a rendering may be stuck.
STALLED_SHARE = 0.3
#: Share of its age that passes before an overdue rendering is polled again, however many requests are left.
OVERDUE_GAP_SHARE = 0.4
#: Without progress, while fewer renderings of the kind than `FEW_SAMPLES` are known and more requests than
#: `MANY_LEFT` are left today, polls are at most `FEW_SAMPLES_PAUSE` seconds apart once the share
#: `FEW_SAMPLES_SHARE` of the median time has passed.
FEW_SAMPLES, MANY_LEFT, FEW_SAMPLES_SHARE, FEW_SAMPLES_PAUSE = 12, 330, 0.6, 9.0
#: Seconds for which a rendering of an earlier run counts at most when the pause until its next poll is limited: how old
#: it is, only the time of day says, which may be wrong.
TRUSTED_AGE = 300.0
#: Share of the spread of render times that remains once the progress is known.
SPREAD_WITH_PROGRESS = 0.3
#: Percent between two reported progresses that are kept of one rendering where it is polled each second.
MARK_STEP = 12
#: Nothing is learned from a rendering whose end is known less precisely than this share of its length.
MAX_UNCERTAINTY = 0.5


@dataclass
class Watch:
    """What polls have shown of one rendering. Seconds count from its acceptance."""

    job: JobId
    kind: RenderKind
    began: float  # tick at which this run began to follow it
    from_the_start: bool  # polled ever since its acceptance
    #: Seconds between its acceptance and `began`, by the time of day; 0 if this run sent it. Only a hint: the time of
    #: day may have been wrong then, or be wrong now.
    earlier: float = 0.0
    unfinished_at: float = 0.0  # last seen unfinished
    percent: int | None = None  # the highest reported
    percent_since: float = 0.0  # when it was first reported
    polls: int = 0
    marks: list[tuple[float, int]] = field(default_factory=list)
    forecast: Forecast | None = None
    forecast_tick: float = 0.0  # when the forecast was made
    place: str = ""  # the address at which it is
    queued_at: float | None = None  # tick at which it was last seen waiting for its turn at the service

    def observed(self, tick: float) -> float:
        """Seconds for which this run has followed the rendering."""
        return tick - self.began

    def elapsed(self, tick: float) -> float:
        """Seconds since the rendering was accepted, as far as known."""
        return self.earlier + tick - self.began

    def begin(self, tick: float) -> None:
        """The service has begun to render at that time: it was accepted earlier, and waited there."""
        self.began, self.earlier, self.queued_at = tick, 0.0, None
        self.unfinished_at, self.percent, self.percent_since = 0.0, None, 0.0
        self.marks.clear()

    def correct(self, earlier: float) -> None:
        """The time of day says that the rendering is younger than it said before."""
        excess = self.earlier - max(earlier, 0.0)
        if excess > 0:
            self.earlier -= excess
            self.unfinished_at = max(self.unfinished_at - excess, 0.0)
            self.percent_since = max(self.percent_since - excess, 0.0)
            self.marks = [(max(elapsed - excess, 0.0), percent) for elapsed, percent in self.marks]


class PollSchedule:
    """Schedules the polls of all renderings, since they share the rate limit. Sends nothing itself."""

    def __init__(self, rate_limit: RateLimit, times: RenderTimes, clock: Clock) -> None:
        self._rate_limit = rate_limit
        self._times = times
        self._clock = clock
        self._watches: dict[JobId, Watch] = {}
        #: The service has shown that a task is at work, so that one that it shows as pending waits for its turn.
        self._shows_beginning = False
        #: How often so many renderings of a place were at work while another one waited for its turn there.
        self._at_work: dict[str, Counter[int]] = defaultdict(Counter)

    def add(self, watch: Watch) -> None:
        """Start with a rendering."""
        self._watches[watch.job] = watch
        self._update_forecast(watch)
        self._reserve_polls()

    def remove(self, watch: Watch) -> None:
        """Forget a rendering: it ended or is no longer polled."""
        if self._watches.get(watch.job) is watch:
            del self._watches[watch.job]
        self._reserve_polls()

    def pause(self, watch: Watch, waiting: int) -> float:
        """Seconds until the next poll. `waiting`: jobs in the queue, which will need requests as well."""
        tick = self._clock.tick()
        elapsed = watch.elapsed(tick)
        trusted = min(watch.earlier, TRUSTED_AGE) + watch.observed(tick)
        unlimited = self._rate_limit.polls_are_free or self._rate_limit.left_today > UNLIMITED_A_DAY
        cost = UNLIMITED_POLL_COST if unlimited else self._cost_of_poll(watch, waiting)
        per_minute = max(self._rate_limit.per_minute - NOT_FOR_POLLS, 1)
        gap = max(MINUTE * self._number_ending_soon(tick) / per_minute, SHORTEST_PAUSE)
        if self.is_overdue(watch.job):
            gap = max(gap, trusted * max(OVERDUE_GAP_SHARE, 3 * cost / self._highest_cost(watch)))
        elif self._is_stalled(watch):
            gap = max(gap, trusted * cost / MAX_POLL_COST_WITH_PROGRESS)
        distribution = self._distribution(watch)
        with_progress = self._times.reports_progress(watch.kind)
        costs = PollCosts(
            cost,
            gap,
            typical_end=self._times.distribution(watch.kind).quantile(0.94),
            delay_scale=DELAY_SCALE_WITH_PROGRESS if with_progress else DELAY_SCALE_WITHOUT,
        )
        if watch.polls == 0 and with_progress is not False:
            due = first_poll(distribution, costs)
        else:
            due = next_poll(distribution, watch.unfinished_at, costs)
        pause = max(due - elapsed, 0.0)
        if watch.earlier > 0:
            pause = min(pause, max(gap, OVERDUE_GAP_SHARE * trusted))
        if cost <= MIN_POLL_COST and not with_progress and self._may_end_any_time(watch, elapsed):
            pause = min(pause, max(gap, FEW_SAMPLES_PAUSE))  # the known renderings need not be typical
        return min(pause, LONGEST_UNLIMITED_PAUSE) if unlimited else pause

    def expected_delay(self, watch: Watch) -> float:
        """Mean seconds for which the rendering has been finished by now without being seen."""
        tick = self._clock.tick()
        if watch.queued_at is not None and self.waits_for_turn(watch):
            return expected_delay(self._times.distribution(watch.kind), 0.0, tick - watch.queued_at)
        return expected_delay(self._distribution(watch), watch.unfinished_at, watch.elapsed(tick))

    def is_full(self, place: str, active: int) -> bool:
        """True if a place with so many active jobs would let one more wait, as far as it has shown.

        One without any is not full, although the videos of others may keep it busy: no end of ours would free it.
        """
        if not (active and self._shows_beginning and self._at_work[place]):
            return False
        return active >= self._at_work[place].most_common(1)[0][0]

    def waits_for_turn(self, watch: Watch) -> bool:
        """True if the rendering has not begun, as far as the service shows that."""
        return watch.queued_at is not None and self._shows_beginning

    def record_unfinished(self, watch: Watch, report: TaskReport) -> None:
        """A poll has shown that the rendering has not ended."""
        watch.polls += 1
        if not self._rate_limit.has_daily_limit:
            self._note_turn(watch, report)
        watch.unfinished_at = watch.elapsed(self._clock.tick())
        if report.percent is not None and (watch.percent is None or report.percent > watch.percent):
            watch.percent, watch.percent_since = report.percent, watch.unfinished_at
            if self._rate_limit.has_daily_limit or not watch.marks or report.percent >= watch.marks[-1][1] + MARK_STEP:
                watch.marks.append((watch.unfinished_at, report.percent))
        self._update_forecast(watch)
        self._reserve_polls()

    async def record_end(self, watch: Watch, report: TaskReport) -> None:
        """A poll has shown that the rendering has ended. Its time is saved if it is known precisely enough."""
        elapsed = watch.elapsed(self._clock.tick())
        if report.state is not TaskState.COMPLETED or elapsed <= 0:
            return
        if watch.earlier > 0 and self.is_overdue(watch.job):  # the time of day was wrong, more likely than not
            return
        is_precise = elapsed - watch.unfinished_at <= MAX_UNCERTAINTY * elapsed
        if is_precise or (watch.from_the_start and watch.polls == 0):
            await self._times.add(RenderTime(watch.kind, watch.unfinished_at, elapsed, tuple(watch.marks)))

    def is_overdue(self, id: JobId) -> bool:
        """True if the rendering is more likely stuck than slow."""
        watch = self._watches.get(id)
        if watch is None or self.waits_for_turn(watch):
            return False
        return watch.elapsed(self._clock.tick()) > self._times.overdue_after(watch.kind)

    def _note_turn(self, watch: Watch, report: TaskReport) -> None:
        tick = self._clock.tick()
        if report.state is TaskState.PENDING:
            watch.queued_at = tick
            others = [each for each in self._watches.values() if each.place == watch.place and each.polls]
            self._at_work[watch.place][sum(each.queued_at is None for each in others)] += 1
        elif report.state is TaskState.PROCESSING:
            self._shows_beginning = True
            if watch.queued_at is not None:
                watch.begin((watch.queued_at + tick) / 2)

    def _distribution(self, watch: Watch) -> EndDistribution:
        if watch.percent is None:
            return self._times.distribution(watch.kind)
        return self._times.given_progress(watch.kind, watch.percent, watch.percent_since)

    def _may_end_any_time(self, watch: Watch, elapsed: float) -> bool:
        """True while too few renderings are known to rule out any time, and many requests are left today."""
        first, last = FEW_SAMPLES_SHARE * self._times.median(watch.kind), self._times.overdue_after(watch.kind)
        many_left = self._rate_limit.left_today > MANY_LEFT
        return many_left and first < elapsed < last and self._times.samples(watch.kind) < FEW_SAMPLES

    def _is_stalled(self, watch: Watch) -> bool:
        if watch.percent is None:
            return False
        return watch.unfinished_at - watch.percent_since > STALLED_SHARE * self._times.median(watch.kind)

    def _highest_cost(self, watch: Watch) -> float:
        return MAX_POLL_COST_WITH_PROGRESS if self._times.reports_progress(watch.kind) else MAX_POLL_COST_WITHOUT

    def _cost_of_poll(self, watch: Watch, waiting: int) -> float:
        with_progress = self._times.reports_progress(watch.kind)
        return cost_of_poll(
            left_today=self._rate_limit.left_today,
            waiting=waiting,
            watched=len(self._watches),
            spread=self._times.spread(watch.kind) * (SPREAD_WITH_PROGRESS if with_progress else 1.0),
            highest=self._highest_cost(watch),
        )

    def _number_ending_soon(self, tick: float) -> int:
        """The number of renderings that may end any moment; at least 1."""
        number = sum(
            watch.elapsed(tick) >= self._distribution(watch).quantile(0.05) and not self.is_overdue(watch.job)
            for watch in self._watches.values()
        )
        return max(number, 1)

    def _reserve_polls(self) -> None:
        """Keep requests for paid videos, but not for overdue ones: they must not block the others."""
        number = sum(not self.is_overdue(id) for id in self._watches)
        self._rate_limit.reserve_polls(number * (REQUESTS_PER_VIDEO - 1))

    def _update_forecast(self, watch: Watch) -> None:
        if self.waits_for_turn(watch):
            watch.forecast = None
            return
        now, tick = self._clock.now(), self._clock.tick()
        elapsed = watch.elapsed(tick)
        since = max(watch.unfinished_at, elapsed)
        likely_end = self._distribution(watch).given_unfinished_at(since).quantile(0.5)
        quantiles = self._times.seen_quantiles(watch.kind)
        forecast = Forecast(now - elapsed, now, now - elapsed + likely_end, usual=quantiles)
        before = watch.forecast
        if before is not None:  # the time of day may have been set since: the bar must not jump with it
            set_by = now - before.made_at - (tick - watch.forecast_tick)
            before = replace(
                before,
                started_at=before.started_at + set_by,
                made_at=before.made_at + set_by,
                ends_at=before.ends_at + set_by,
            )
        watch.forecast, watch.forecast_tick = continued(before, forecast), tick
