"""A reading of the balance is compared only with creates that it contains, and with the reading before it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from waiting import until
from workbench import Bench, ChargingService, WrappedStore

from sora_desktop.api.service import BalanceReport
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.database.job_store import JobStore

BAD = VideoRequest("bad")


class _AfterBegin(WrappedStore):
    """Calls `then` when an attempt is in the ledger and its create is not sent yet."""

    def __init__(self, store: JobStore) -> None:
        super().__init__(store)
        self.then: Any = None

    async def begin_attempt(self, *values: Any, **named: Any) -> int:
        number = await self.store.begin_attempt(*values, **named)
        if self.then is not None:
            await self.then()
        return number


async def test_a_reading_between_ledger_and_create_does_not_hide_a_refund(tmp_path: Path) -> None:
    """Compared with an attempt that it does not contain yet, it would make the balance seem lower from then on."""
    service, stores = ChargingService(), list[_AfterBegin]()
    service.fails.add(BAD.prompt)

    def wrap(store: JobStore) -> _AfterBegin:
        stores.append(_AfterBegin(store))
        return stores[-1]

    async with Bench(service, tmp_path, wrap=wrap) as bench:
        await bench.finished()  # the price is sure from now on
        stores[0].then = bench.runner.read_balance
        bad = await bench.finished(BAD)
        assert bench.store.attempts(bad.id)[-1].outcome is Outcome.REFUNDED


async def test_readings_wait_for_each_other(tmp_path: Path) -> None:
    """The answer to an earlier question may come last: compared last, it would look like a cost, and then a refund."""
    service = ChargingService()
    async with Bench(service, tmp_path) as bench:
        await bench.finished()
        balance, may_answer = service.balance, asyncio.Event()

        async def answers_late() -> BalanceReport:
            report = await balance()
            await may_answer.wait()
            return report

        service.balance = answers_late  # type: ignore[method-assign]
        reads = service.balance_reads
        earlier = asyncio.create_task(bench.runner.read_balance(), name="earlier")
        await until(lambda: service.balance_reads > reads)
        service.balance = balance  # type: ignore[method-assign]
        service.funds += service.price
        later = asyncio.create_task(bench.runner.read_balance(), name="later")
        await asyncio.sleep(0.01)
        may_answer.set()
        await asyncio.gather(earlier, later)
        assert bench.balances[-1].amount == service.funds
