"""When a rendering under way is looked at, by what is known and what is left of the day."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from sora_desktop.api.sora.profile import LIMITS
from sora_desktop.domain.job import JobId
from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.schedule import FEW_SAMPLES, FEW_SAMPLES_PAUSE, MANY_LEFT, PollSchedule, Watch

KIND = RenderKind("test", "sora2", 5, "standard")
NOW = 1_800_000_000.0


async def pause_after(renderings: int, *, spent: int = 0) -> float:
    """Seconds to the next look at one that is 80 s old, where earlier ones took 100 s or, one in three, 300 s."""
    times = RenderTimes()
    for number in range(renderings):
        took = 300.0 if number % 3 == 1 else 100.0
        await times.add(RenderTime(KIND, took - 1, took + 1, ()))
    rate_limit = RateLimit(replace(LIMITS, per_minute=10_000), now=lambda: NOW)
    for _ in range(spent):
        await rate_limit.take(RequestKind.POLL)
    schedule = PollSchedule(rate_limit, times)
    watch = Watch(JobId("job"), KIND, NOW - 80.0, True, unfinished_at=80.0, polls=3)
    schedule.add(watch, NOW)
    return schedule.pause(watch, NOW, waiting=0)


def test_while_little_is_known_and_the_day_is_young_it_is_looked_at_often() -> None:
    assert asyncio.run(pause_after(FEW_SAMPLES - 1)) <= FEW_SAMPLES_PAUSE


def test_what_is_known_well_enough_decides_alone() -> None:
    assert asyncio.run(pause_after(2 * FEW_SAMPLES)) > FEW_SAMPLES_PAUSE


def test_on_an_older_day_requests_are_kept_for_what_may_still_be_wished() -> None:
    assert asyncio.run(pause_after(FEW_SAMPLES - 1, spent=LIMITS.per_day - MANY_LEFT)) > FEW_SAMPLES_PAUSE
