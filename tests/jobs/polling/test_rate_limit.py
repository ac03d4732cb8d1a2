"""The request budget on a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes import FakeClock
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_desktop.api.errors import DailyLimit
from sora_desktop.api.service import ObservedLimits
from sora_desktop.api.sora.profile import LIMITS
from sora_desktop.jobs.polling.rate_limit import (
    DAY_TOLERANCE,
    FREE_POLLS_SEEN,
    MINUTE,
    ONLY_FOR_POLLS,
    REQUESTS_PER_VIDEO,
    RateLimit,
    RequestKind,
    ServiceDay,
)
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.usage import DayUsage, UsageTable

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()


def run(story: Callable[[RateLimit, FakeClock], Coroutine[object, object, None]], per_minute: int = 20) -> None:
    async def main() -> None:
        clock = FakeClock(NOON)
        rate_limit = RateLimit(replace(LIMITS, per_minute=per_minute), now=clock.now, sleep=clock.sleep)
        await story(rate_limit, clock)
        await rate_limit.aclose()

    asyncio.run(main())


def test_no_sixty_seconds_see_more_than_allowed() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        sent: list[float] = []
        for _ in range(65):
            await rate_limit.take(RequestKind.POLL)
            sent.append(clock.now())
        assert all(later - earlier >= MINUTE for earlier, later in zip(sent, sent[20:], strict=False))
        assert sent[-1] - sent[0] < 4 * MINUTE

    run(story)


class Ticking:
    """Real time, and a wall clock that a person may set."""

    def __init__(self) -> None:
        self.real, self.off = 0.0, 0.0

    def wall(self) -> float:
        return NOON + self.real + self.off

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
def test_no_minute_sees_too_many_whatever_is_taken_and_however_the_clock_is_set(
    steps: list[tuple[RequestKind, int, float, float]], per_minute: int
) -> None:
    sent: list[float] = []

    async def main() -> None:
        clock = Ticking()
        rate_limit = RateLimit(
            replace(LIMITS, per_minute=per_minute, per_day=10_000), now=clock.wall, tick=clock.tick, sleep=clock.sleep
        )
        for kind, number, pause, jump in steps:
            clock.off += jump
            for _ in range(number):
                before = clock.real
                await rate_limit.take(kind)
                assert clock.real - before <= MINUTE + 2  # no clock set back blocks for longer
                sent.append(clock.real)
            clock.real += pause
        await rate_limit.aclose()

    asyncio.run(main())
    late = [sent[i + per_minute] - sent[i] for i in range(len(sent) - per_minute)]
    assert all(seconds >= MINUTE for seconds in late)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 40_000)), max_size=20), st.integers(1, 60))
def test_no_day_sees_too_many(steps: list[tuple[int, float]], per_day: int) -> None:
    seen: dict[int, int] = {}

    async def main() -> None:
        clock = Ticking()
        rate_limit = RateLimit(
            replace(LIMITS, per_minute=1000, per_day=per_day), now=clock.wall, tick=clock.tick, sleep=clock.sleep
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


def test_creates_go_before_the_balance_and_the_balance_before_the_looks_that_wait() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        order: list[str] = []

        async def ask(kind: RequestKind, name: str) -> None:
            await rate_limit.take(kind)
            order.append(name)

        await ask(RequestKind.POLL, "first")
        async with asyncio.TaskGroup() as group:
            group.create_task(ask(RequestKind.POLL, "look"))
            group.create_task(ask(RequestKind.BALANCE, "credits"))
            group.create_task(ask(RequestKind.CREATE, "create"))
        assert order == ["first", "create", "credits", "look"]

    run(story, per_minute=1)


def test_looks_leave_room_for_a_create() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        polls = [asyncio.create_task(rate_limit.take(RequestKind.POLL)) for _ in range(20)]
        await asyncio.sleep(0)
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert clock.now() - began < 2
        await asyncio.gather(*polls)

    run(story)


def test_one_who_gives_up_takes_no_request() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        await rate_limit.take(RequestKind.CREATE)
        waiting = asyncio.create_task(rate_limit.take(RequestKind.CREATE))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert rate_limit.left_today == 499

    run(story, per_minute=1)


def test_headers_widen_and_close_the_budget() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        rate_limit.observe(ObservedLimits(100, 0, clock.now() + 30, 3, 1))
        assert rate_limit.per_minute == 100 and rate_limit.slot_free
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert 30 <= clock.now() - began < 33

    run(story)


def test_what_another_program_has_sent_counts_too() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        rate_limit.observe(ObservedLimits(20, 1, clock.now() + 60))
        await rate_limit.take(RequestKind.CREATE)
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert clock.now() - began > 59

    run(story)


def test_a_429_is_obeyed() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        rate_limit.refused(17)
        began = clock.now()
        await rate_limit.take(RequestKind.CREATE)
        assert 17 <= clock.now() - began < 20

    run(story)


def test_looks_that_do_not_lower_what_remains_are_found_to_be_free() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
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

    run(story)


def test_looks_that_count_are_not_taken_for_free() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        remaining = 19
        await rate_limit.take(RequestKind.CREATE)
        for _ in range(15):
            rate_limit.observe(ObservedLimits(20, remaining, NOON + 60))
            await rate_limit.take(RequestKind.POLL)
            clock.time += 2
            remaining -= 1
        assert not rate_limit.polls_are_free

    run(story)


def test_what_is_paid_for_keeps_its_looks() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
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

    run(story, per_minute=2000)


def test_a_create_waits_for_what_videos_under_way_may_give_back() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        for _ in range(485):
            await rate_limit.take(RequestKind.POLL)
        rate_limit.reserve_polls(9)
        create = asyncio.create_task(rate_limit.take(RequestKind.CREATE))
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not create.done()
        await rate_limit.take(RequestKind.POLL)  # is not held up by it
        rate_limit.reserve_polls(0)
        await create

    run(story, per_minute=2000)


def test_after_the_daily_limit_it_goes_on_at_midnight() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        rate_limit.refused_today()
        with pytest.raises(DailyLimit):
            await rate_limit.take(RequestKind.POLL)
        clock.time = ServiceDay().next_start(NOON) + DAY_TOLERANCE + 1
        await rate_limit.take(RequestKind.CREATE)

    run(story)


def test_a_refusal_right_after_midnight_does_not_cost_the_whole_day() -> None:
    midnight = ServiceDay().next_start(NOON)
    assert ServiceDay().limit_ends(midnight + 30) - midnight < 600
    assert ServiceDay().limit_ends(NOON) == midnight + DAY_TOLERANCE

    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        clock.time = midnight + 30
        rate_limit.refused_today()
        await rate_limit.take(RequestKind.CREATE)
        assert 60 < clock.now() - midnight < 600

    run(story)


def test_a_restart_remembers_the_day_and_the_minute(tmp_path: Path) -> None:
    async def main() -> None:
        clock = FakeClock(NOON)
        database = Database(tmp_path / "jobs.db")
        await database.open()
        usage = UsageTable(database, "test")
        first = RateLimit(LIMITS, usage=usage, now=clock.now, sleep=clock.sleep)
        for _ in range(20):
            await first.take(RequestKind.CREATE)
        await first.aclose()
        clock.time += 10
        second = RateLimit(LIMITS, usage=usage, now=clock.now, sleep=clock.sleep)
        assert second.left_today == 480
        began = clock.now()
        await second.take(RequestKind.CREATE)
        assert clock.now() - began > 49
        await second.aclose()
        clock.time += 86400
        assert RateLimit(LIMITS, usage=usage, now=clock.now, sleep=clock.sleep).left_today == 500
        await database.aclose()

    asyncio.run(main())


def test_the_count_on_disk_never_falls(tmp_path: Path) -> None:
    async def main() -> None:
        database = Database(tmp_path / "jobs.db")
        await database.open()
        usage = UsageTable(database, "test")
        await usage.write(DayUsage("2026-11-24", 30, (1.0, 2.0)))
        await usage.write(DayUsage("2026-11-24", 10, (3.0,), 20, 500))
        assert usage.read("2026-11-24") == DayUsage("2026-11-24", 30, (3.0,), 20, 500)
        assert UsageTable(database, "other").read("2026-11-24").count == 0
        await database.aclose()

    asyncio.run(main())


def test_midnight_is_the_next_one_in_utc() -> None:
    assert datetime.fromtimestamp(ServiceDay().next_start(NOON), UTC) == datetime(2026, 11, 25, tzinfo=UTC)


def test_a_request_right_after_midnight_counts_for_both_days() -> None:
    async def story(rate_limit: RateLimit, clock: FakeClock) -> None:
        clock.time = ServiceDay().next_start(NOON) + 1
        await rate_limit.take(RequestKind.CREATE)
        clock.time += 2 * DAY_TOLERANCE
        assert rate_limit.left_today == 499

    run(story)
