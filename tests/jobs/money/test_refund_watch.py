"""The watch reads the balance after each failure, and a command waits for that reading, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from waiting import until
from workbench import REQUEST, Bench, ChargingService

from sora_desktop.domain.job import Failed
from sora_desktop.domain.ledger import Outcome
from sora_desktop.jobs.money.balance import Comparison
from sora_desktop.jobs.money.refund_watch import PAUSES, TOGETHER, TRY_PAUSES, RefundWatch

pytestmark = pytest.mark.virtual_time


class _Readings:
    """The balance: answers from a script, whose last entry is repeated, and remembers when it was asked."""

    def __init__(self, *results: Comparison) -> None:
        self.asked_at: list[float] = []
        self._results = results or (Comparison.DONE,)
        #: Ends the reading with that number.
        self.answers: dict[int, asyncio.Event] = {}

    async def compare(self) -> Comparison:
        number = len(self.asked_at)
        self.asked_at.append(asyncio.get_running_loop().time())
        if number in self.answers:
            await self.answers[number].wait()
        return self._results[min(number, len(self._results) - 1)]


@asynccontextmanager
async def watching(readings: _Readings, expects: Callable[[], bool] = lambda: True) -> AsyncIterator[RefundWatch]:
    watch = RefundWatch(
        cast(Any, readings),
        cast(Any, SimpleNamespace(expected_refunds=expects)),
        cast(Any, SimpleNamespace(sleep=asyncio.sleep)),
    )
    try:
        yield watch
    finally:
        await watch.aclose()


async def test_a_reading_that_began_before_the_last_failure_does_not_count() -> None:
    readings = _Readings()
    readings.answers = {0: asyncio.Event(), 1: asyncio.Event()}
    async with watching(readings) as watch:
        watch.start()
        await until(lambda: readings.asked_at)
        watch.start()  # another task has failed while the balance is on its way
        waiting = asyncio.create_task(watch.until_compared(), name="waiting")
        readings.answers[0].set()
        await until(lambda: len(readings.asked_at) == 2)
        assert not waiting.done()
        readings.answers[1].set()
        await waiting
        assert watch.is_compared and readings.asked_at[1] - readings.asked_at[0] < 1.0, "nobody waits for a pause"


@pytest.mark.parametrize("pause", range(len(PAUSES)))
async def test_a_failure_ends_the_pause_between_two_readings(pause: int) -> None:
    readings = _Readings()
    async with watching(readings) as watch:
        watch.start()
        await until(lambda: len(readings.asked_at) == pause + 1)
        await asyncio.sleep(10.0)
        failed_at = asyncio.get_running_loop().time()
        watch.start()
        await until(lambda: len(readings.asked_at) == pause + 2)
        assert readings.asked_at[-1] - failed_at == pytest.approx(TOGETHER)
        await until(lambda: len(readings.asked_at) == pause + 3)
        assert readings.asked_at[-1] - readings.asked_at[-2] == pytest.approx(PAUSES[0]), "the pauses begin again"


async def test_tasks_that_fail_together_cost_one_reading() -> None:
    readings = _Readings()
    async with watching(readings) as watch:
        watch.start()
        await until(lambda: readings.asked_at)
        for _ in range(6):
            watch.start()
            await asyncio.sleep(0.5)
        await watch.until_compared()
        await asyncio.sleep(TOGETHER)
        assert len(readings.asked_at) == 2


async def test_a_command_waits_for_a_reading_that_can_be_compared() -> None:
    readings = _Readings(*[Comparison.TRY_AGAIN] * 3, Comparison.DONE)
    async with watching(readings) as watch:
        watch.start()
        await watch.until_compared()
        assert watch.is_compared and readings.asked_at[-1] < PAUSES[0]


@pytest.mark.parametrize(
    ("result", "tries", "longest"), [(Comparison.TRY_AGAIN, 6, sum(TRY_PAUSES)), (Comparison.NOT_NOW, 2, 0.0)]
)
async def test_a_command_does_not_wait_for_ever(result: Comparison, tries: int, longest: float) -> None:
    readings = _Readings(result)
    async with watching(readings) as watch:
        watch.start()
        begun_at = asyncio.get_running_loop().time()
        await watch.until_compared()
        assert asyncio.get_running_loop().time() - begun_at <= longest
        assert not watch.is_compared and len(readings.asked_at) <= tries


@pytest.mark.parametrize("seconds", [15.0, 3600.0])
async def test_the_runner_is_idle_after_the_refund_or_says_why_not(seconds: float, tmp_path: Path) -> None:
    """The service does not tell the balance for that long after the task has failed."""
    service = ChargingService()
    service.fails.add(REQUEST.prompt)
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: service.creates_of(REQUEST.prompt))
        service.balance_hidden = True
        idle = asyncio.create_task(bench.runner.until_idle(), name="idle")
        await until(lambda: isinstance(bench.saved(job).phase, Failed))
        asyncio.get_running_loop().call_later(seconds, lambda: setattr(service, "balance_hidden", False))
        async with asyncio.timeout(60.0):
            await idle
        is_told = seconds < 60.0
        (attempt,) = bench.store.attempts(job.id)
        assert (attempt.outcome is Outcome.REFUNDED) is is_told
        assert ("The service cannot be reached." in bench.runner.refund_doubt) is not is_told
