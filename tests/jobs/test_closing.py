"""Closing the program at the wrong moment loses nothing that is paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from api.scripted_server import good, say, serving, stall
from waiting import until
from workbench import REQUEST, Bench, ChargingService, WrappedStore

from sora_desktop.api.http.connections import Timeouts
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.service import BalanceReport
from sora_desktop.api.sora.service import SoraService
from sora_desktop.domain.job import Failed, JobChange, Rendering, Unconfirmed, Waiting, remote_id_of
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.sending import queue
from sora_desktop.store.errors import StoreError


async def test_an_answer_that_could_not_be_written_is_written_on_closing(tmp_path: Path) -> None:
    is_full = True

    class FullStore(WrappedStore):
        async def end_attempt(self, *arguments: Any) -> None:
            if is_full:
                raise StoreError("The disk is full. Make room.")
            await self.store.end_attempt(*arguments)

    bench = Bench(ChargingService(), tmp_path, wrap=FullStore)
    async with bench.database_open():
        await bench.runner.start()
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(
            lambda: any("Keep the program open" in getattr(shown.phase, "warning", "") for shown in bench.shown)
        )
        is_full = False  # the user frees up space and closes the program before the next try
        await bench.runner.aclose()
        saved = bench.saved(job)
        assert remote_id_of(saved.phase) == "task_1"
        assert bench.store.attempts(job.id)[0].outcome is Outcome.ACCEPTED


async def test_a_job_that_was_about_to_be_sent_waits_again(tmp_path: Path) -> None:
    service = ChargingService()
    is_written, go_on = asyncio.Event(), asyncio.Event()

    class SlowStore(WrappedStore):
        async def begin_attempt(self, *arguments: Any, **named: Any) -> int:
            number = await self.store.begin_attempt(*arguments, **named)
            is_written.set()
            await go_on.wait()
            return number

    bench = Bench(service, tmp_path, wrap=SlowStore)
    async with bench.database_open():
        await bench.runner.start()
        (job,) = await bench.runner.commands.submit(REQUEST)
        await is_written.wait()
        closing = asyncio.create_task(bench.runner.aclose())
        for _ in range(20):  # closing cancels the create
            await asyncio.sleep(0)
        go_on.set()
        await closing
        assert not service.prompts
        assert isinstance(bench.saved(job).phase, Waiting)
        assert bench.store.attempts(job.id)[0].outcome is Outcome.REFUSED


async def test_closing_waits_for_the_answer_to_a_create(tmp_path: Path) -> None:
    service = ChargingService(polls=10**6)
    is_sent, answer = asyncio.Event(), asyncio.Event()

    async def slow_create(_: object) -> None:
        is_sent.set()
        await answer.wait()

    service.before_create = slow_create
    bench = Bench(service, tmp_path)
    async with bench.database_open():
        await bench.runner.start()
        first, second = await bench.runner.commands.submit(REQUEST, takes=2)
        await is_sent.wait()
        closing = asyncio.create_task(bench.runner.aclose())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not closing.done()
        answer.set()
        await closing
        assert remote_id_of(bench.saved(first).phase) == "task_1"
        assert isinstance(bench.saved(second).phase, Waiting) and len(service.prompts) == 1


async def test_closing_does_not_wait_for_a_price_check(tmp_path: Path) -> None:
    create_sent, answer = asyncio.Event(), asyncio.Event()

    class SlowBalance(ChargingService):
        async def balance(self) -> BalanceReport:
            if create_sent.is_set():
                await asyncio.Event().wait()
            return await super().balance()

    async def slow_create(_: VideoRequest) -> None:
        create_sent.set()
        await answer.wait()

    service = SlowBalance(polls=10**6)
    service.before_create = slow_create
    bench = Bench(service, tmp_path)
    async with bench.database_open():
        await bench.runner.start()
        (job,) = await bench.runner.commands.submit(REQUEST)
        await create_sent.wait()
        closing = asyncio.create_task(bench.runner.aclose(), name="close")
        await asyncio.sleep(0)
        answer.set()
        await asyncio.wait_for(closing, 10)
        assert isinstance(bench.saved(job).phase, Rendering)


async def test_a_create_that_is_never_answered_ends_as_unknown(tmp_path: Path) -> None:
    """Closing waits as long as the service's client does, and no longer."""
    with serving(good({"credits": 1000}), stall) as server:
        service = SoraService(server.url, "KEY", transport=ServiceTransport(Timeouts(connect=0.5, create=0.3)))
        bench = Bench(service, tmp_path)
        async with bench.database_open():
            await bench.runner.start()
            (job,) = await bench.runner.commands.submit(REQUEST)
            await until(lambda: any(asked.method == "POST" for asked in server.asked))
            await bench.runner.aclose()
            await service.aclose()
            exchanges = bench.store.exchanges(job.id)
            assert bench.saved(job).phase == Unconfirmed()
            assert [attempt.outcome for attempt in bench.store.attempts(job.id)] == [Outcome.OPEN]
        (answer,) = [exchange.answer for exchange in exchanges if exchange.method == "POST"]
        assert answer.startswith("The connection was lost before an answer came.")


@pytest.mark.virtual_time
async def test_closing_waits_as_long_as_a_create_may_take(tmp_path: Path) -> None:
    service = ChargingService(polls=10**6)
    is_sent = asyncio.Event()

    async def slow_create(_: object) -> None:
        is_sent.set()
        await asyncio.sleep(service.create_timeout - 1.0)

    service.before_create = slow_create
    bench = Bench(service, tmp_path)
    async with bench.database_open():
        await bench.runner.start()
        (job,) = await bench.runner.commands.submit(REQUEST)
        await is_sent.wait()
        assert bench.runner.seconds_to_answer == service.create_timeout
        await bench.runner.aclose()
        assert bench.runner.seconds_to_answer is None
        assert remote_id_of(bench.saved(job).phase) == "task_1"
        assert bench.store.attempts(job.id)[0].outcome is Outcome.ACCEPTED


@pytest.mark.virtual_time
async def test_closing_does_not_determine_the_outcome_of_a_lost_answer(tmp_path: Path) -> None:
    """The next start does; here it would take minutes."""
    service = ChargingService()
    is_sent = asyncio.Event()

    async def slow_create(_: object) -> None:
        is_sent.set()
        await asyncio.sleep(60.0)

    service.before_create = slow_create
    service.swallows.add(REQUEST.prompt)
    bench = Bench(service, tmp_path)
    async with bench.database_open():
        await bench.runner.start()
        (job,) = await bench.runner.commands.submit(REQUEST)
        await is_sent.wait()
        reads, began = service.balance_reads, bench.clock.tick()
        await bench.runner.aclose()
        assert bench.clock.tick() - began == 60.0
        assert service.balance_reads == reads and bench.saved(job).phase == Unconfirmed()
    service.before_create = None
    async with Bench(service, tmp_path) as again:
        await again.runner.until_idle()
        phase = again.saved(job).phase
        assert isinstance(phase, Unconfirmed) and phase.billed, phase


@pytest.mark.virtual_time
async def test_an_answer_on_a_full_disk_does_not_keep_the_program_from_closing(tmp_path: Path) -> None:
    is_sent = asyncio.Event()

    class FullStore(WrappedStore):
        async def end_attempt(self, *arguments: Any) -> None:
            raise StoreError("The disk is full. Make room.")

    async def slow_create(_: object) -> None:
        is_sent.set()
        await asyncio.sleep(60.0)

    service = ChargingService()
    service.before_create = slow_create
    bench = Bench(service, tmp_path, wrap=FullStore)
    async with bench.database_open():
        await bench.runner.start()
        (job,) = await bench.runner.commands.submit(REQUEST)
        await is_sent.wait()
        began = bench.clock.tick()
        await bench.runner.aclose()
        assert bench.clock.tick() - began == 60.0 + queue.LAST_WRITE
        assert bench.saved(job).phase == Unconfirmed()


@pytest.mark.parametrize(("status", "reason"), [(502, "502"), (401, "KeyRejected")])
async def test_the_ledger_says_why_if_the_answer_is_empty(tmp_path: Path, status: int, reason: str) -> None:
    with serving(good({"credits": 1000}), say(status, b"")) as server:
        service = SoraService(server.url, "KEY")
        bench = Bench(service, tmp_path)
        async with bench.database_open():
            await bench.runner.start()
            (job,) = await bench.runner.commands.submit(REQUEST)
            await until(lambda: any(attempt.ended_at for attempt in bench.store.attempts(job.id)))
            answer = bench.store.attempts(job.id)[-1].answer
            await bench.runner.aclose()
            await service.aclose()
        assert reason in answer


async def test_a_failure_that_is_being_saved_starts_no_reading_after_the_end(tmp_path: Path) -> None:
    saving, saved = asyncio.Event(), asyncio.Event()

    class SlowStore(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            if any(isinstance(each.changed.phase, Failed) for each in changes):
                saving.set()
                await saved.wait()
            await self.store.change(changes)

    service = ChargingService(polls=1)
    service.fails.add(REQUEST.prompt)
    bench = Bench(service, tmp_path, wrap=SlowStore)
    async with bench.database_open():
        await bench.runner.start()
        (job,) = await bench.runner.commands.submit(REQUEST)
        await saving.wait()
        closing = asyncio.create_task(bench.runner.aclose())
        await asyncio.sleep(0.05)
        reads = service.balance_reads
        saved.set()
        await closing
        assert isinstance(bench.saved(job).phase, Failed)
        assert "refunds" not in {task.get_name() for task in asyncio.all_tasks()}
        assert service.balance_reads - reads <= 1
