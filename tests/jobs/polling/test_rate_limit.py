"""No minute and no day contain more requests than allowed, and urgent requests go first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeClock
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_desktop.api.errors import DailyLimit
from sora_desktop.api.service import ObservedLimits
from sora_desktop.api.sora.capabilities import LIMITS
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.free_polls import FREE_POLLS_SEEN
from sora_desktop.jobs.polling.minute_window import MINUTE
from sora_desktop.jobs.polling.rate_limit import (
    ONLY_FOR_POLLS,
    REQUESTS_FOR_CREATE,
    REQUESTS_PER_VIDEO,
    RateLimit,
    RequestKind,
)
from sora_desktop.jobs.polling.service_time import DAY_TOLERANCE, ServiceDay
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.usage import DayUsage, UsageTable

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()


@asynccontextmanager
async def open_rate_limit(per_minute: int = 20) -> AsyncIterator[tuple[RateLimit, FakeClock]]:
    clock = FakeClock(NOON)
    rate_limit = RateLimit(replace(LIMITS, per_minute=per_minute), clock=Clock(clock.now, clock.sleep, clock.tick))
    yield rate_limit, clock
    await rate_limit.aclose()


async def test_no_60_seconds_contain_more_requests_than_allowed() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        sent: list[float] = []
        for _ in range(65):
            await rate_limit.take(RequestKind.POLL)
            sent.append(clock.now())
        assert all(later - earlier >= MINUTE for earlier, later in zip(sent, sent[20:], strict=False))
        assert sent[-1] - sent[0] < 4 * MINUTE


async def test_a_create_that_takes_several_requests_is_not_passed_by_smaller_ones() -> None:
    async with open_rate_limit(10) as (rate_limit, clock):
        for _ in range(10):
            await rate_limit.take(RequestKind.CONTENT)
            await clock.sleep(1.0)
        granted: list[RequestKind] = []

        async def take(kind: RequestKind, requests: int) -> None:
            await rate_limit.take(kind, requests)
            granted.append(kind)

        kinds = (RequestKind.CONTENT, RequestKind.BALANCE, RequestKind.CONTENT)
        await asyncio.gather(take(RequestKind.CREATE, REQUESTS_FOR_CREATE), *(take(kind, 1) for kind in kinds))
        assert granted[:2] == [RequestKind.CREATE, RequestKind.BALANCE]


class AdjustableClock:
    """Real time, and a wall clock that the user may set."""

    def __init__(self) -> None:
        self.real, self.offset = 0.0, 0.0

    def wall(self) -> float:
        return NOON + self.real + self.offset

    def tick(self) -> float:
        return self.real

    async def sleep(self, seconds: float) -> None:
        self.real += seconds
        await asyncio.sleep(0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(list(RequestKind)),
        st.integers(1, 8),
        st.floats(0, 90),
        st.sampled_from([0.0, 0.0, 0.0, -7200.0, 7200.0, -90_000.0, 90_000.0]),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(STEPS, st.integers(1, 25))
def test_no_minute_contains_too_many_requests_even_if_the_clock_is_set(
    steps: list[tuple[RequestKind, int, float, float]], per_minute: int
) -> None:
    sent: list[float] = []

    async def main() -> None:
        clock = AdjustableClock()
        rate_limit = RateLimit(
            replace(LIMITS, per_minute=per_minute, per_day=10_000),
            clock=Clock(clock.wall, clock.sleep, clock.tick),
        )
        for kind, number, pause, jump in steps:
            clock.offset += jump
            for _ in range(number):
                before = clock.real
                await rate_limit.take(kind)
                assert clock.real - before <= MINUTE + 2  # a clock that was set back does not block for longer
                sent.append(clock.real)
            clock.real += pause
        await rate_limit.aclose()

    asyncio.run(main())
    spans = [sent[i + per_minute] - sent[i] for i in range(len(sent) - per_minute)]
    assert all(seconds >= MINUTE for seconds in spans)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 40_000)), max_size=20), st.integers(1, 60))
def test_no_day_contains_too_many_requests(steps: list[tuple[int, float]], per_day: int) -> None:
    seen: dict[int, int] = {}

    async def main() -> None:
        clock = AdjustableClock()
        rate_limit = RateLimit(
            replace(LIMITS, per_minute=1000, per_day=per_day), clock=Clock(clock.wall, clock.sleep, clock.tick)
        )
        for number, pause in steps:
            for _ in range(number):
                try:
                    await rate_limit.take(RequestKind.POLL)
                except DailyLimit:
                    break
                day = int(clock.wall() // 86400)
                seen[day] = seen.get(day, 0) + 1
            clock.real += pause
        await rate_limit.aclose()

    asyncio.run(main())
    assert all(count <= per_day for count in seen.values())


async def test_polls_leave_room_for_all_requests_of_a_create_while_jobs_wait() -> None:
    async with open_rate_limit(per_minute=60) as (rate_limit, clock):
        for _ in range(60 - REQUESTS_FOR_CREATE):
            await rate_limit.take(RequestKind.POLL)
        assert rate_limit.poll_pause(waiting=0) < 5
        assert rate_limit.poll_pause(waiting=1) > MINUTE
        before = clock.now()
        await rate_limit.take(RequestKind.CREATE, REQUESTS_FOR_CREATE)
        assert clock.now() == before


async def test_creates_go_before_balance_readings_and_those_before_polls() -> None:
    async with open_rate_limit(per_minute=1) as (rate_limit, _clock):
        order: list[str] = []

        async def ask(kind: RequestKind, name: str) -> None:
            await rate_limit.take(kind)
            order.append(name)

        await ask(RequestKind.POLL, "first")
        async with asyncio.TaskGroup() as group:
            group.create_task(ask(RequestKind.POLL, "poll"))
            group.create_task(ask(RequestKind.BALANCE, "balance"))
            group.create_task(ask(RequestKind.CREATE, "create"))
        assert order == ["first", "create", "balance", "poll"]


async def test_polls_leave_requests_for_a_create() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        polls = [asyncio.create_task(rate_limit.take(RequestKind.POLL)) for _ in range(20)]
        await asyncio.sleep(0)
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert clock.now() - began < 2
        await asyncio.gather(*polls)


async def test_a_cancelled_request_does_not_count() -> None:
    async with open_rate_limit(per_minute=1) as (rate_limit, _clock):
        await rate_limit.take(RequestKind.CREATE)
        waiting = asyncio.create_task(rate_limit.take(RequestKind.CREATE))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert rate_limit.left_today == 499


async def test_headers_raise_and_pause_the_limit() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        rate_limit.observe(ObservedLimits(100, 0, clock.now() + 30, 3, 1))
        assert rate_limit.per_minute == 100 and rate_limit.slot_free
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert 30 <= clock.now() - began < 33


async def test_requests_of_another_program_count() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        rate_limit.observe(ObservedLimits(20, 1, clock.now() + 60))
        await rate_limit.take(RequestKind.CREATE)
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert clock.now() - began > 59


async def test_a_429_pauses_all_requests() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        rate_limit.refused(17)
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert 17 <= clock.now() - began < 20


async def test_polls_that_do_not_lower_what_remains_are_found_to_be_free() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        await rate_limit.take(RequestKind.CREATE)
        rate_limit.observe(ObservedLimits(20, 19, clock.now() + 60))
        for number in range(FREE_POLLS_SEEN):
            assert not rate_limit.polls_are_free, number
            await rate_limit.take(RequestKind.POLL)
            clock.time += 3
            rate_limit.observe(ObservedLimits(20, 19, NOON + 60))
        assert rate_limit.polls_are_free
        left = rate_limit.left_today
        for _ in range(50):
            await rate_limit.take(RequestKind.POLL)
        assert rate_limit.left_today == left
        rate_limit.refused(5)
        assert not rate_limit.polls_are_free


async def test_polls_that_count_are_not_taken_to_be_free() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        remaining = 19
        await rate_limit.take(RequestKind.CREATE)
        for _ in range(15):
            rate_limit.observe(ObservedLimits(20, remaining, NOON + 60))
            await rate_limit.take(RequestKind.POLL)
            clock.time += 2
            remaining -= 1
        assert not rate_limit.polls_are_free


async def test_a_paid_video_keeps_requests_for_its_polls() -> None:
    async with open_rate_limit(per_minute=2000) as (rate_limit, _clock):
        left = ONLY_FOR_POLLS + REQUESTS_PER_VIDEO
        for _ in range(500 - left):
            await rate_limit.take(RequestKind.POLL)
        await rate_limit.take(RequestKind.CREATE)
        with pytest.raises(DailyLimit):
            await rate_limit.take(RequestKind.CREATE)
        for _ in range(left - 1):
            await rate_limit.take(RequestKind.POLL)
        with pytest.raises(DailyLimit):
            await rate_limit.take(RequestKind.POLL)


async def test_a_create_waits_while_reserved_requests_may_become_free() -> None:
    async with open_rate_limit(per_minute=2000) as (rate_limit, clock):
        for _ in range(485):
            await rate_limit.take(RequestKind.POLL)
        rate_limit.reserve_polls(9)
        create = asyncio.create_task(rate_limit.take(RequestKind.CREATE))
        await clock.sleep(30)
        assert not create.done()
        await rate_limit.take(RequestKind.POLL)  # is not blocked by the create
        rate_limit.reserve_polls(0)
        await create


async def test_after_the_services_daily_limit_it_goes_on_at_midnight() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        rate_limit.refused_today()
        with pytest.raises(DailyLimit):
            await rate_limit.take(RequestKind.POLL)
        clock.time = ServiceDay().next_start(NOON) + DAY_TOLERANCE + 1
        await rate_limit.take(RequestKind.CREATE)


async def test_a_refusal_right_after_midnight_does_not_cost_the_whole_day() -> None:
    midnight = ServiceDay().next_start(NOON)
    assert ServiceDay().limit_ends(midnight + 30) - midnight < 600
    assert ServiceDay().limit_ends(NOON) == midnight + DAY_TOLERANCE

    async with open_rate_limit() as (rate_limit, clock):
        clock.time = midnight + 30
        rate_limit.refused_today()
        await rate_limit.take(RequestKind.CREATE)
        assert 60 < clock.now() - midnight < 600


async def test_a_restart_continues_the_counts_of_the_day_and_the_minute(tmp_path: Path) -> None:
    clock = FakeClock(NOON)
    database = Database(tmp_path / "jobs.db")
    await database.open()
    usage = UsageTable(database, "test")
    first = RateLimit(LIMITS, usage=usage, clock=Clock(clock.now, clock.sleep, clock.tick))
    for _ in range(20):
        await first.take(RequestKind.CREATE)
    await first.aclose()
    clock.time += 10
    second = RateLimit(LIMITS, usage=usage, clock=Clock(clock.now, clock.sleep, clock.tick))
    assert second.left_today == 480
    began = clock.now()
    await second.take(RequestKind.CREATE)
    assert clock.now() - began > 49
    await second.aclose()
    clock.time += 86400
    assert RateLimit(LIMITS, usage=usage, clock=Clock(clock.now, clock.sleep, clock.tick)).left_today == 500
    await database.aclose()


async def test_the_saved_count_never_falls(tmp_path: Path) -> None:
    database = Database(tmp_path / "jobs.db")
    await database.open()
    usage = UsageTable(database, "test")
    await usage.write(DayUsage("2026-11-24", 30, (1.0, 2.0)))
    await usage.write(DayUsage("2026-11-24", 10, (3.0,), 20, 500))
    assert usage.read("2026-11-24") == DayUsage("2026-11-24", 30, (3.0,), 20, 500)
    assert UsageTable(database, "other").read("2026-11-24").count == 0
    await database.aclose()


def test_the_next_day_starts_at_midnight_utc() -> None:
    assert datetime.fromtimestamp(ServiceDay().next_start(NOON), UTC) == datetime(2026, 11, 25, tzinfo=UTC)


async def test_a_request_right_after_midnight_counts_for_both_days() -> None:
    async with open_rate_limit() as (rate_limit, clock):
        clock.time = ServiceDay().next_start(NOON) + 1
        await rate_limit.take(RequestKind.CREATE)
        clock.time += 2 * DAY_TOLERANCE
        assert rate_limit.left_today == 499


async def test_all_requests_of_a_create_count_at_once_and_unused_ones_are_given_back() -> None:
    async with open_rate_limit(60) as (rate_limit, clock):
        for _ in range(20):
            granted_at = await rate_limit.take(RequestKind.CREATE, 3)
        rate_limit.give_back(granted_at, 2)
        await rate_limit.take(RequestKind.BALANCE, 2)
        assert clock.now() == NOON, "two of sixty were given back"
        await rate_limit.take(RequestKind.BALANCE)
        assert clock.now() - NOON >= MINUTE
        await rate_limit.aclose()
