"""The reset in an answer's headers is measured by the service's clock, and a minute's limit stays one of a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import pytest

from sora_desktop.api.errors import DailyLimit
from sora_desktop.api.sora import wire
from sora_desktop.api.sora.capabilities import LIMITS
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind
from sora_desktop.jobs.polling.service_time import ServiceDay
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.usage import DayUsage, UsageTable

NOON = 20_700 * 86400.0 + 43_200
HOUR, DAY = 3600.0, 86400.0


@dataclass
class World:
    """A service, and a computer whose time of day may be wrong. Sleeping moves the time."""

    passed: float = 0.0
    offset: float = 0.0  # of this computer's time of day
    usage: UsageTable | None = None

    def __post_init__(self) -> None:
        clock = Clock(lambda: NOON + self.passed + self.offset, self.sleep, lambda: self.passed)
        self.rate_limit = RateLimit(LIMITS, usage=self.usage, clock=clock)

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await asyncio.sleep(0)

    @property
    def now(self) -> float:
        """The service's time."""
        return NOON + self.passed

    def answer(self, limit: object, remaining: object, reset: object, *, date: bool = True) -> None:
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(reset),
        }
        if date:
            headers["Date"] = formatdate(self.now, usegmt=True)
        self.rate_limit.observe(wire.limits_in(headers))

    async def waits_for(self, kind: RequestKind = RequestKind.CREATE) -> float:
        """Seconds until the next request is granted."""
        began = self.passed
        await self.rate_limit.take(kind)
        return self.passed - began


#: How servers write that the window ends in 40 s.
RESETS: dict[str, Callable[[float], object]] = {
    "seconds": lambda now: now + 40,
    "milliseconds": lambda now: int((now + 40) * 1000),
    "microseconds": lambda now: int((now + 40) * 1_000_000),
    "relative": lambda now: 40,
    "HTTP date": lambda now: formatdate(now + 40, usegmt=True),
    "an hour fast": lambda now: now + 3640,
    "an hour slow": lambda now: now - 3560,
    "hours fast, in milliseconds": lambda now: int((now + 7 * HOUR) * 1000),
    "negative": lambda now: -1,
    "huge": lambda now: 1e18,
    "text": lambda now: "soon",
    "NaN": lambda now: "NaN",
    "zero": lambda now: 0,
}
OFFSETS = [0.0, -180.0, 170.0, -HOUR, HOUR, -14 * HOUR, 25 * HOUR, -NOON]


@pytest.mark.parametrize("date", [True, False])
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("reset", RESETS)
async def test_no_reset_stops_the_queue_for_longer_than_a_minute(reset: str, offset: float, date: bool) -> None:
    for limit, remaining in ((10, 6), (10, 0), (20, 0), (100, 0), (500, 0), (0, 0), (-1, -1)):
        world = World(offset=offset)
        await world.waits_for()
        for _ in range(3):
            world.answer(limit, remaining, RESETS[reset](world.now), date=date)
            assert await world.waits_for() <= 62, (limit, remaining)
        assert world.rate_limit.left_today >= 400
        await world.rate_limit.aclose()


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("reset", ["seconds", "milliseconds", "relative", "HTTP date"])
async def test_a_used_up_minute_is_waited_for_by_the_answers_date(reset: str, offset: float) -> None:
    world = World(offset=offset)
    await world.waits_for()
    world.answer(20, 0, RESETS[reset](world.now))
    assert 38 <= await world.waits_for() <= 42
    skew = world.rate_limit.skew
    assert skew is not None and abs(skew + offset) < 2
    await world.rate_limit.aclose()


async def test_a_low_limit_of_a_minute_is_kept_and_leaves_the_days_limit() -> None:
    world = World(offset=-HOUR)
    world.answer(10, 6, world.now + 40)
    assert world.rate_limit.per_minute == 10 and world.rate_limit.left_today == 500
    await world.rate_limit.aclose()


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("unit", [1, 1000])
async def test_the_days_limit_is_recognized_by_the_end_of_the_services_day(offset: float, unit: int) -> None:
    world = World(offset=offset)
    midnight = ServiceDay().next_start(world.now)
    world.answer(200, 120, midnight * unit)
    assert world.rate_limit.per_minute == 20 and world.rate_limit.left_today == 120
    world.answer(10, 9, world.now + 40)
    assert world.rate_limit.per_minute == 10 and world.rate_limit.left_today == 120
    await world.rate_limit.aclose()


async def test_without_a_date_no_header_is_taken_for_the_days_limit() -> None:
    world = World()
    world.answer(500, 0, ServiceDay().next_start(world.now), date=False)
    assert world.rate_limit.left_today == 500 and world.rate_limit.per_minute == 20
    await world.rate_limit.aclose()


@pytest.mark.parametrize("offset", OFFSETS)
async def test_after_the_services_daily_limit_it_goes_on_at_the_services_midnight(offset: float) -> None:
    world = World(offset=offset)
    world.answer(20, 19, world.now + 40)
    world.rate_limit.refused_today()
    with pytest.raises(DailyLimit):
        await world.rate_limit.take(RequestKind.CREATE)
    for world.offset in (offset + 25 * HOUR, offset - 25 * HOUR, offset):
        with pytest.raises(DailyLimit):
            await world.rate_limit.take(RequestKind.CREATE)
    world.passed = ServiceDay().next_start(NOON) - NOON + 10
    assert await world.waits_for() == 0
    await world.rate_limit.aclose()


async def test_requests_sent_before_the_service_told_its_time_count_for_its_day(tmp_path: Path) -> None:
    database = Database(tmp_path / "jobs.db")
    await database.open()
    usage = UsageTable(database, "test")
    today = ServiceDay().name(NOON)
    await usage.write(DayUsage(today, 30, ()))
    world = World(offset=3 * DAY, usage=usage)
    for _ in range(4):
        await world.waits_for()
    assert world.rate_limit.left_today == 496
    world.answer(20, 15, world.now + 40)
    assert world.rate_limit.left_today == 466
    await world.waits_for()
    await world.rate_limit.aclose()
    assert usage.read(today).count == 35
    await database.aclose()


async def test_a_day_keeps_its_count_while_the_time_of_day_jumps() -> None:
    world = World()
    world.answer(20, 20, world.now + 40)
    for world.offset in (0.0, 25 * HOUR, -25 * HOUR, 0.0):
        for _ in range(10):
            await world.waits_for()
    assert world.rate_limit.left_today == 460
    await world.rate_limit.aclose()
