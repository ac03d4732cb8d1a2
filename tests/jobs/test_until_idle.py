"""A command line ends when nothing goes on soon; the jobs stay as they are, and a window goes on trying."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import DONE, FakeService, rendering_report
from waiting import until
from workbench import REQUEST, Bench, ChargingService, WrappedStore

from sora_desktop.api.errors import BadAnswer, DailyLimit, KeyRejected, NoSlot, ServiceError, TooBusy, Unreachable
from sora_desktop.api.service import BalanceReport, TaskReport
from sora_desktop.domain.job import JobChange, Ready, RemoteId, Rendering, Saving, Unsaved, Waiting
from sora_desktop.domain.queue import QueueState
from sora_desktop.store.errors import StoreError

pytestmark = pytest.mark.virtual_time

REJECTED = KeyRejected("The API key was rejected.", code="1001")


class FailingPolls(ChargingService):
    """A service whose polls fail, as long as there is an error."""

    def __init__(self, error: ServiceError | None = None) -> None:
        super().__init__(polls=1)
        self.error = error

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        if self.error is not None:
            raise self.error
        return await super().poll(remote_id)


@pytest.mark.parametrize(
    ("error", "longest"),
    [
        (REJECTED, 120.0),
        (Unreachable("The service cannot be reached."), 4500.0),
        (TooBusy("The service is busy."), 6 * 3600.0),
        (BadAnswer("The answer cannot be read."), 4500.0),
        (DailyLimit("Today's requests are used up.", code="1005"), 120.0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
async def test_polls_that_never_succeed_are_not_waited_for(error: ServiceError, longest: float, tmp_path: Path) -> None:
    service = FailingPolls(error)
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        async with asyncio.timeout(longest):
            await bench.runner.until_idle()
        phase = bench.last_shown(job).phase
        assert isinstance(phase, Rendering) and phase.warning
        assert isinstance(bench.saved(job).phase, Rendering), "it is paid for, and kept"
        service.error = None
        await asyncio.sleep(25 * 3600)
        assert isinstance(bench.saved(job).phase, Ready), "the runner of a window goes on trying"
    assert len(service.prompts) == 1


async def test_one_rejection_of_the_key_ends_nothing(tmp_path: Path) -> None:
    service = FakeService(on_poll=[REJECTED, rendering_report(10), REJECTED, rendering_report(20), REJECTED, DONE])
    async with Bench(service, tmp_path) as bench:
        assert isinstance((await bench.finished()).phase, Ready)


async def test_an_outage_of_half_an_hour_is_waited_for(tmp_path: Path) -> None:
    service = FailingPolls(Unreachable("The service cannot be reached."))
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        asyncio.get_running_loop().call_later(1800.0, lambda: setattr(service, "error", None))
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize("error", [Unreachable("No network."), TooBusy("Busy."), NoSlot("Three run.")])
async def test_creates_that_are_never_accepted_are_not_waited_for(error: Exception, tmp_path: Path) -> None:
    service = ChargingService()
    service.refuse = lambda _: error
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        async with asyncio.timeout(2 * 3600):
            await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Waiting) and not service.prompts
        assert not bench.runner.can_go_on(bench.saved(job))
        service.refuse = lambda _: None
        bench.runner.commands.go_on()
        assert bench.runner.can_go_on(bench.saved(job)), "the user has tried again"
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_job_that_waits_for_a_slot_behind_rejected_polls_is_not_waited_for(tmp_path: Path) -> None:
    class RejectingService(FailingPolls):
        async def balance(self) -> BalanceReport:
            if self.error is not None:
                raise self.error
            return await super().balance()

    service = RejectingService()
    async with Bench(service, tmp_path, jobs_at_once=1) as bench:
        rendering, waiting = await bench.runner.commands.submit(REQUEST, takes=2)
        await until(lambda: isinstance(bench.saved(rendering).phase, Rendering))
        assert bench.runner.can_go_on(bench.saved(waiting))
        service.error = REJECTED
        async with asyncio.timeout(300):
            await bench.runner.until_idle()
        assert isinstance(bench.saved(waiting).phase, Waiting) and isinstance(bench.saved(rendering).phase, Rendering)
        service.error = None
        await asyncio.sleep(3600)
        assert isinstance(bench.saved(waiting).phase, Ready) and len(service.prompts) == 2


@pytest.mark.parametrize("kind", [Saving, Ready])
async def test_a_disk_that_comes_and_goes_is_not_waited_for(kind: type, tmp_path: Path) -> None:
    """The job can be saved as it is, but each next step fails."""

    class ComingAndGoing(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            if isinstance(changes[0].changed.phase, kind):
                raise StoreError("The disk is full.")
            await self.store.change(changes)

    async with Bench(ChargingService(), tmp_path, wrap=ComingAndGoing) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        async with asyncio.timeout(3600):
            await bench.runner.until_idle()
        phase = bench.last_shown(job).phase
        assert isinstance(phase, Unsaved) and phase.reason == "The disk is full."


async def test_jobs_whose_failures_take_turns_are_not_waited_for(tmp_path: Path) -> None:
    """At each moment one of them can go on."""

    class ComingAndGoing(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            if isinstance(changes[0].changed.phase, Saving):
                raise StoreError("The disk is full.")
            await self.store.change(changes)

    class SlowPolls(ChargingService):
        async def poll(self, remote_id: RemoteId) -> TaskReport:
            await asyncio.sleep(200.0)
            return await super().poll(remote_id)

    async with Bench(SlowPolls(polls=1), tmp_path, wrap=ComingAndGoing) as bench:
        await bench.runner.commands.submit(REQUEST)
        await asyncio.sleep(130.0)  # half of a round
        await bench.runner.commands.submit(REQUEST)
        async with asyncio.timeout(3 * 3600):
            await bench.runner.until_idle()


async def test_an_answer_that_cannot_be_written_is_waited_for(tmp_path: Path) -> None:
    """Until it is written, the id of a paid video is in memory alone."""
    is_full = True

    class FullStore(WrappedStore):
        async def end_attempt(self, *arguments: Any) -> None:
            if is_full:
                raise StoreError("The disk is full.")
            await self.store.end_attempt(*arguments)

    async with Bench(ChargingService(), tmp_path, wrap=FullStore) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(6 * 3600):
                await bench.runner.until_idle()
        is_full = False
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)
    assert bench.states[-1] == QueueState()
