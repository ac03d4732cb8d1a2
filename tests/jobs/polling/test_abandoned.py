"""The clip of an abandoned job is saved if the program stays open, at the cost of few requests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from builders import a_job
from fakes import FakeService, rendering_report
from waiting import until
from workbench import MIDNIGHT, REQUEST, Bench, ChargingService, WrappedStore

from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.api.sora.capabilities import LIMITS
from sora_desktop.domain.job import Abandoned, Failed, Job, JobChange, Ready, RemoteId, Rendering, remote_id_of
from sora_desktop.domain.marks import MarkEdit
from sora_desktop.jobs.polling.abandoned import LEFT_FOR_ABANDONED, MAX_JOBS, MAX_POLLS_PER_DAY
from sora_desktop.jobs.polling.rate_limit import RequestKind
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

pytestmark = pytest.mark.virtual_time

HOUR = 3600.0


async def abandoned_job(bench: Bench) -> Job:
    """A job that the user abandoned while it was rendered."""
    (job,) = await bench.runner.commands.submit(REQUEST)
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    await bench.runner.commands.abandon(job.id)
    return bench.saved(job)


async def test_the_clip_is_saved_while_the_program_stays_open(tmp_path: Path) -> None:
    world = ChargingService(polls=10**6)
    async with Bench(world, tmp_path) as bench:
        job = await abandoned_job(bench)
        polled = dict(world.polled)
        await asyncio.sleep(120)
        assert world.polled == polled, "no poll before the rendering has almost certainly ended"
        world.polls = 1
        await asyncio.sleep(HOUR)
        assert isinstance(bench.saved(job).phase, Ready)
        assert sum(world.polled.values()) - sum(polled.values()) == 2
        assert world.creates_of(REQUEST.prompt) == 1


async def test_resuming_polls_at_once(tmp_path: Path) -> None:
    world = ChargingService(polls=10**6)
    async with Bench(world, tmp_path) as bench:
        job = await abandoned_job(bench)
        world.polls = 1
        await asyncio.sleep(30)
        await bench.runner.commands.resume(job.id)
        await asyncio.sleep(1)
        assert isinstance(bench.saved(job).phase, Ready)


class SlowPoll:
    """Makes the next poll of a service wait for `answered`."""

    def __init__(self, service: ChargingService) -> None:
        self.sent, self.answered = asyncio.Event(), asyncio.Event()
        self.polls: list[RemoteId] = []
        self._poll = service.poll
        service.poll = self  # type: ignore[method-assign]

    async def __call__(self, remote_id: RemoteId) -> TaskReport:
        self.polls.append(remote_id)
        if not self.sent.is_set():
            self.sent.set()
            await self.answered.wait()
        return await self._poll(remote_id)


async def test_a_job_that_the_user_resumes_during_its_rare_poll_is_not_resumed_again(tmp_path: Path) -> None:
    service = ChargingService(polls=10**6)
    async with Bench(service, tmp_path) as bench:
        job = await abandoned_job(bench)
        slow = SlowPoll(service)
        await slow.sent.wait()
        await bench.runner.commands.resume(job.id)
        await until(lambda: len(slow.polls) == 2)
        service.polls = 1  # the rare poll finds that the task has ended
        slow.answered.set()
        await asyncio.sleep(0.5)
        assert len(slow.polls) == 2


async def test_a_job_that_is_abandoned_again_is_polled_when_it_is_due_again(tmp_path: Path) -> None:
    service = ChargingService(polls=10**6)
    async with Bench(service, tmp_path) as bench:
        for _ in range(2):
            await abandoned_job(bench)
    slow = SlowPoll(service)
    async with Bench(service, tmp_path) as bench:  # both are due at the start
        await slow.sent.wait()
        (other,) = (job for job in bench.store.abandoned_since(0) if remote_id_of(job.phase) != slow.polls[0])
        await bench.runner.commands.resume(other.id)
        await bench.runner.commands.abandon(other.id)
        polls = len(slow.polls)
        slow.answered.set()
        await asyncio.sleep(0.5)
        assert len(slow.polls) == polls


class FullStore(WrappedStore):
    """A store that cannot save while `is_full`."""

    def __init__(self, store: JobStore) -> None:
        super().__init__(store)
        self.is_full = False

    async def change(self, changes: Sequence[JobChange]) -> None:
        if self.is_full:
            raise StoreError("The disk is full.")
        await self.store.change(changes)


@pytest.mark.parametrize("by_user", [False, True])
async def test_a_job_that_cannot_be_resumed_on_a_full_disk_is_polled_again(tmp_path: Path, by_user: bool) -> None:
    service = ChargingService(polls=10**6)
    stores: list[FullStore] = []

    def wrap(store: JobStore) -> FullStore:
        stores.append(FullStore(store))
        return stores[-1]

    async with Bench(service, tmp_path, wrap=wrap) as bench:
        job = await abandoned_job(bench)
        stores[-1].is_full = True
        if by_user:
            with pytest.raises(StoreError):
                await bench.runner.commands.resume(job.id)
            service.polls = 1
        else:
            service.polls, polled = 1, sum(service.polled.values())
            while sum(service.polled.values()) == polled:
                await asyncio.sleep(5)
            await asyncio.sleep(5)
        stores[-1].is_full = False
        await asyncio.sleep(40 * HOUR)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_job_that_never_ends_is_polled_more_and_more_rarely(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        job = await abandoned_job(bench)
        polls = []
        for _ in range(5):
            before = len(service.polled)
            await asyncio.sleep(24 * HOUR)
            polls.append(len(service.polled) - before)
        assert 3 <= polls[0] <= MAX_POLLS_PER_DAY
        assert polls == sorted(polls, reverse=True) and polls[-1] == 0
        assert sum(polls) <= 2 * MAX_POLLS_PER_DAY
        assert isinstance(bench.saved(job).phase, Abandoned)


async def test_a_job_that_failed_after_it_was_abandoned_gets_its_reason(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        job = await abandoned_job(bench)
        service.on_poll.clear()
        service.on_poll.append(TaskReport(TaskState.FAILED, reason="The model crashed."))
        await asyncio.sleep(HOUR)
        phase = bench.saved(job).phase
        assert isinstance(phase, Failed) and phase.reason == "The model crashed."


async def test_a_job_of_another_service_is_not_polled(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        now = bench.clock.now()
        job = a_job(Abandoned(RemoteId("task_9")), made=now, service="https://elsewhere.example")
        await bench.store.add([job])
        await bench.runner.commands.mark({job.id: MarkEdit(starred=True)})
        await asyncio.sleep(24 * HOUR)
        assert not service.polled


async def test_starring_a_job_does_not_cause_more_polls(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        now = bench.clock.now()
        job = a_job(Abandoned(RemoteId("task_9")), made=now, service="test")
        await bench.store.add([job])
        await bench.runner.aclose()
        await bench.runner.start()
        for _ in range(20):
            await bench.runner.commands.mark({job.id: MarkEdit(starred=True)})
            await asyncio.sleep(HOUR)
        assert len(service.polled) <= MAX_POLLS_PER_DAY


async def test_a_job_in_the_trash_is_not_polled(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        job = await abandoned_job(bench)
        await bench.runner.commands.trash([job.id])
        before = len(service.polled)
        await asyncio.sleep(48 * HOUR)
        assert len(service.polled) == before


async def test_no_poll_is_sent_on_a_day_without_requests_to_spare(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        await abandoned_job(bench)
        for _ in range(LIMITS.per_day - LEFT_FOR_ABANDONED - len(service.polled)):
            await bench.rate_limit.take(RequestKind.POLL)
        before = len(service.polled)
        await asyncio.sleep(MIDNIGHT + 24 * HOUR - bench.clock.now())
        assert len(service.polled) == before
        await asyncio.sleep(HOUR)
        assert len(service.polled) > before, "the next day has requests to spare"


async def test_many_abandoned_jobs_cost_few_requests(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        now = bench.clock.now()
        jobs = [a_job(Abandoned(RemoteId(f"task_{n}")), n, made=now, service="test") for n in range(40)]
        await bench.store.add(jobs)
        await bench.runner.aclose()
        await bench.runner.start()
        await asyncio.sleep(22 * HOUR)
        assert len(set(service.polled)) == MAX_JOBS
        assert len(service.polled) <= MAX_JOBS * MAX_POLLS_PER_DAY
