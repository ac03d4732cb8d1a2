"""The request budget on a virtual clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from fakes import Clock

from sora_desktop.api.service import Limits
from sora_desktop.jobs.pacing import RequestBudget, Want, next_midnight
from sora_desktop.jobs.windows import MINUTE


def test_no_sixty_seconds_see_more_than_allowed() -> None:
    async def main() -> list[float]:
        clock = Clock()
        budget = RequestBudget(per_minute=20, now=clock.now, sleep=clock.sleep)
        sent: list[float] = []
        for _ in range(65):
            await budget.take(Want.LOOK)
            sent.append(clock.now())
        await budget.aclose()
        return sent

    sent = asyncio.run(main())
    assert all(later - earlier >= MINUTE for earlier, later in zip(sent, sent[20:], strict=False))
    assert sent[-1] - sent[0] < 3 * MINUTE + 5


def test_a_create_goes_before_the_looks_that_wait() -> None:
    async def main() -> list[str]:
        clock = Clock()
        budget = RequestBudget(per_minute=1, now=clock.now, sleep=clock.sleep)
        order: list[str] = []

        async def ask(want: Want, name: str) -> None:
            await budget.take(want)
            order.append(name)

        await ask(Want.LOOK, "first")
        async with asyncio.TaskGroup() as group:
            group.create_task(ask(Want.LOOK, "look"))
            group.create_task(ask(Want.CREATE, "create"))
        await budget.aclose()
        return order

    assert asyncio.run(main()) == ["first", "create", "look"]


def test_headers_widen_and_close_the_budget() -> None:
    async def main() -> float:
        clock = Clock()
        budget = RequestBudget(now=clock.now, sleep=clock.sleep)
        budget.observe(Limits(100, 0, clock.now() + 30, 3, 1))
        assert budget.per_minute == 100
        began = clock.now()
        await budget.take(Want.CREATE)
        await budget.aclose()
        return clock.now() - began

    assert 30 <= asyncio.run(main()) < 33


def test_midnight_is_the_next_one_in_utc() -> None:
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()
    assert datetime.fromtimestamp(next_midnight(noon), UTC) == datetime(2026, 11, 25, tzinfo=UTC)
