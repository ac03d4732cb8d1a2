"""When a rendering is polled, by what is known about it and the requests left today."""

from __future__ import annotations

from dataclasses import replace

from sora_desktop.api.sora.capabilities import LIMITS
from sora_desktop.domain.job import JobId
from sora_desktop.domain.render_time import RenderKind, RenderTime
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.schedule import FEW_SAMPLES, FEW_SAMPLES_PAUSE, MANY_LEFT, PollSchedule, Watch

KIND = RenderKind("test", "sora2", 5, "standard")
NOW = 1_800_000_000.0


async def pause_after(renderings: int, *, spent: int = 0) -> float:
    """Seconds until the next poll of a rendering after 80 s. Earlier ones took 100 s or, one in three, 300 s."""
    times = RenderTimes()
    for number in range(renderings):
        took = 300.0 if number % 3 == 1 else 100.0
        await times.add(RenderTime(KIND, took - 1, took + 1, ()))
    clock = Clock(lambda: NOW, tick=lambda: 80.0)
    rate_limit = RateLimit(replace(LIMITS, per_minute=10_000), clock=clock)
    for _ in range(spent):
        await rate_limit.take(RequestKind.POLL)
    schedule = PollSchedule(rate_limit, times, clock)
    watch = Watch(JobId("job"), KIND, 0.0, True, unfinished_at=80.0, polls=3)
    schedule.add(watch)
    return schedule.pause(watch, waiting=0)


async def test_with_few_samples_and_many_requests_left_polls_are_frequent() -> None:
    assert await pause_after(FEW_SAMPLES - 1) <= FEW_SAMPLES_PAUSE


async def test_with_enough_samples_the_distribution_alone_decides() -> None:
    assert await pause_after(2 * FEW_SAMPLES) > FEW_SAMPLES_PAUSE


async def test_with_fewer_requests_left_some_are_kept_for_later_videos() -> None:
    assert await pause_after(FEW_SAMPLES - 1, spent=LIMITS.per_day - MANY_LEFT) > FEW_SAMPLES_PAUSE
