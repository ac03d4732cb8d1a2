"""Estimates how long a rendering takes and what its progress means, from earlier renderings."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from statistics import NormalDist

from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.polling.plan import EndDistribution, mixture
from sora_desktop.jobs.ports import RenderTimeLog
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Renderings of one kind that are used, and the factor by which each older one counts less.
MAX_SAMPLES = 80
DECAY = 0.985
#: Prior: the median of a rendering in seconds, and the standard deviation of its logarithm.
PRIOR_MEDIAN = 120.0
PRIOR_SIGMA = 0.75
#: How many renderings the prior counts for in the fitted log-normal distribution, and the points that stand for it.
PRIOR_WEIGHT = 1.0
LOG_NORMAL_POINTS = 72
#: How many renderings the log-normal distribution counts for at first; each `LOG_NORMAL_FADES` more halve that.
LOG_NORMAL_WEIGHT, LOG_NORMAL_FADES = 6.0, 8.0
#: A rendering found finished by its first poll took at least this share of the time until then.
EARLIEST_SHARE = 0.5
#: Share of renderings that end much later than any seen, or never; up to when, and the points that stand for them.
TAIL_SHARE = 0.04
LATEST_END = 24 * 3600.0
TAIL_POINTS = 72
#: Renderings of a kind that must be known before quantiles are shown or other kinds are ignored.
ENOUGH = 5
#: Percent by which a reported progress may differ for a known one to count fully: the width of a Gaussian kernel.
PERCENT_WIDTH = 12.0
#: Share of a conditional distribution that ignores the progress.
IGNORE_PROGRESS_SHARE = 0.1
#: Conditional distributions that are kept until the next rendering ends.
MAX_CACHED = 64
#: A rendering is overdue after this multiple of the time in which nearly all others ended.
OVERDUE_FACTOR = 2.0
#: Seconds after which a rendering is overdue while nothing is known.
OVERDUE_AT_FIRST = 1800.0
#: Share of the time elapsed at a percent, divided by the percent, while nothing is known.
PRIOR_RATIOS = (0.75, 0.9, 1.0, 1.12, 1.35)


class RenderTimes:
    """Distributions of render times by kind. A kind with few samples borrows from similar kinds."""

    def __init__(self, log_store: RenderTimeLog | None = None, now: Callable[[], float] = lambda: 0.0) -> None:
        self._log_store = log_store
        self._now = now
        self._samples: dict[str, list[RenderTime]] = {}  # by service, oldest first
        self._distributions: dict[RenderKind, EndDistribution] = {}
        self._conditional: dict[tuple[RenderKind, int, float], EndDistribution] = {}

    async def add(self, time: RenderTime) -> None:
        """Learn from a rendering that has ended, and save it."""
        self._of_service(time.kind.service).append(time)
        self._samples[time.kind.service] = _latest_of_each_kind(self._samples[time.kind.service])
        self._distributions.clear()
        self._conditional.clear()
        if self._log_store is not None:
            try:
                await self._log_store.add(time, self._now())
            except StoreError as error:
                log.warning("a render time could not be saved: %s", error)

    def distribution(self, kind: RenderKind) -> EndDistribution:
        """When a rendering of this kind ends, before it was polled."""
        if kind not in self._distributions:
            self._distributions[kind] = self._estimate(kind)
        return self._distributions[kind]

    def given_progress(self, kind: RenderKind, percent: int, since: float) -> EndDistribution:
        """When a rendering ends whose service first reported `percent` at `since` seconds."""
        if percent <= 0 or since <= 0:
            return self.distribution(kind)
        progress = (kind, percent, since)
        if progress not in self._conditional:
            if len(self._conditional) >= MAX_CACHED:
                self._conditional.clear()
            self._conditional[progress] = self._estimate_given(kind, percent, since)
        return self._conditional[progress]

    def reports_progress(self, kind: RenderKind) -> bool | None:
        """Whether the service has lately reported progress of such renderings; None if nothing is known."""
        latest = self._of_kind(kind)[-5:] or self._of_service(kind.service)[-5:]
        return any(time.marks for time in latest) if latest else None

    def spread(self, kind: RenderKind) -> float:
        """Seconds over which most renderings end."""
        distribution = self.distribution(kind)
        return distribution.quantile(0.9) - distribution.quantile(0.1)

    def median(self, kind: RenderKind) -> float:
        """Seconds by which half of the renderings have ended."""
        return self.distribution(kind).quantile(0.5)

    def seen_quantiles(self, kind: RenderKind) -> tuple[tuple[int, float], ...]:
        """Percent of earlier renderings, and the seconds by which they had ended; empty if too few are known."""
        own = self._of_kind(kind)
        if len(own) < ENOUGH:
            return ()
        distribution = _empirical([(time, 1.0) for time in own])
        return tuple((percent, distribution.quantile(percent / 100)) for percent in (10, 50, 75, 90, 95, 99))

    def samples(self, kind: RenderKind) -> int:
        """The number of renderings of this kind that are known, at most MAX_SAMPLES."""
        return len(self._of_kind(kind))

    def almost_certain_end(self, kind: RenderKind) -> float:
        """Seconds by which a rendering has ended, unless it is stuck."""
        return OVERDUE_FACTOR * self.distribution(kind).quantile(0.95 * (1 - TAIL_SHARE))

    def overdue_after(self, kind: RenderKind) -> float:
        """Seconds after which a rendering is more likely stuck than slow."""
        with_few_samples = OVERDUE_AT_FIRST / (1 + len(self._of_kind(kind)) / 10)
        return max(self.almost_certain_end(kind), with_few_samples)

    def _of_service(self, service: str) -> list[RenderTime]:
        if service not in self._samples:
            self._samples[service] = [] if self._log_store is None else self._log_store.latest(service)
        return self._samples[service]

    def _of_kind(self, kind: RenderKind) -> list[RenderTime]:
        return [time for time in self._of_service(kind.service) if time.kind == kind][-MAX_SAMPLES:]

    def _estimate(self, kind: RenderKind) -> EndDistribution:
        own = self._of_kind(kind)
        others = [time for time in self._of_service(kind.service) if time.kind != kind][-MAX_SAMPLES:]
        similar = [time for time in others if time.kind.model == kind.model] or others
        weighted = [(time, DECAY**age) for age, time in enumerate(reversed(own))]
        if len(own) < ENOUGH:
            weighted += [(time, 2.0 / len(similar)) for time in similar]
        parts = [(_log_normal(weighted), LOG_NORMAL_WEIGHT / (1 + len(weighted) / LOG_NORMAL_FADES))]
        if weighted:
            parts.append((_empirical(weighted), sum(weight for _, weight in weighted)))
        body = mixture(parts)
        return mixture([(body, 1 - TAIL_SHARE), (_tail(body.quantile(0.9)), TAIL_SHARE)])

    def _estimate_given(self, kind: RenderKind, percent: int, since: float) -> EndDistribution:
        points = sorted(
            (since / (ratio * min((percent + part) / 100, 1.0)), weight)
            for ratio, weight in self._time_ratios(kind, percent)
            for part in (0.1, 0.5, 0.9)  # a percent is rounded down
        )
        given = EndDistribution(tuple(end for end, _ in points), tuple(weight for _, weight in points))
        return mixture([(given, 1 - IGNORE_PROGRESS_SHARE), (self.distribution(kind), IGNORE_PROGRESS_SHARE)])

    def _time_ratios(self, kind: RenderKind, percent: int) -> list[tuple[float, float]]:
        """Share of the time elapsed at about this percent, divided by the percent; with weights."""
        own = self._of_kind(kind)
        found: list[tuple[float, float]] = []
        for time in own or self._of_service(kind.service)[-MAX_SAMPLES:]:
            middle = (time.low + time.high) / 2
            uncertainty = (time.high - time.low) / middle if middle > 0 else 1.0
            for elapsed, reported in time.marks:
                if reported > 0 and middle > 0:
                    weight = math.exp(-(((reported - percent) / PERCENT_WIDTH) ** 2)) / (1 + 4 * uncertainty)
                    found.append((elapsed / middle / min((reported + 0.5) / 100, 1.0), weight))
        known = sum(weight for _, weight in found)
        prior = 1.5 / (1 + known) / len(PRIOR_RATIOS)
        return [
            *((ratio, weight) for ratio, weight in found if ratio > 0),
            *((ratio, prior) for ratio in PRIOR_RATIOS),
        ]


def _latest_of_each_kind(times: list[RenderTime]) -> list[RenderTime]:
    """The last MAX_SAMPLES of each kind, in the same order; older ones are never used."""
    counts: dict[RenderKind, int] = {}
    kept = []
    for time in reversed(times):
        counts[time.kind] = counts.get(time.kind, 0) + 1
        if counts[time.kind] <= MAX_SAMPLES:
            kept.append(time)
    return kept[::-1]


def _log_normal(weighted: list[tuple[RenderTime, float]]) -> EndDistribution:
    """A log-normal distribution fitted to the samples and the prior, so that few samples do not rule anything out."""
    logs = [(math.log(max(_low(time) + time.high, 0.002) / 2), weight) for time, weight in weighted]
    total = PRIOR_WEIGHT + sum(weight for _, weight in logs)
    prior = math.log(PRIOR_MEDIAN)
    mean = (PRIOR_WEIGHT * prior + sum(value * weight for value, weight in logs)) / total
    squares = sum((value - mean) ** 2 * weight for value, weight in logs)
    sigma = math.sqrt((PRIOR_WEIGHT * PRIOR_SIGMA**2 + squares) / total)
    normal = NormalDist(mean, sigma)
    points = (normal.inv_cdf((step + 0.5) / LOG_NORMAL_POINTS) for step in range(LOG_NORMAL_POINTS))
    return EndDistribution(tuple(math.exp(point) for point in points), (1.0,) * LOG_NORMAL_POINTS)


def _low(time: RenderTime) -> float:
    return max(time.low, time.high * EARLIEST_SHARE)


def _tail(start: float) -> EndDistribution:
    """Ends far behind the usual ones, up to a day: the logarithm of the time is uniform."""
    span = math.log(max(LATEST_END / max(start, 1.0), 2.0))
    return EndDistribution(
        tuple(start * math.exp(span * step / TAIL_POINTS) for step in range(1, TAIL_POINTS + 1)), (1.0,) * TAIL_POINTS
    )


def _empirical(weighted: list[tuple[RenderTime, float]]) -> EndDistribution:
    """The samples, each spread over the interval in which it ended; the fewer there are, the wider."""
    margin = max(0.03, 0.15 / math.sqrt(len(weighted)))
    points: list[tuple[float, float]] = []
    for time, weight in weighted:
        low, high = _low(time) * (1 - margin), time.high * (1 + margin)
        points += [(low + (high - low) * (step + 0.5) / 6, weight / 6) for step in range(6)]
    points.sort()
    return EndDistribution(tuple(max(end, 0.001) for end, _ in points), tuple(weight for _, weight in points))
