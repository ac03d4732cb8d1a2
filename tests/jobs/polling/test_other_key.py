"""Jobs that were paid for with another API key wait for that key, and are never given up as lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fakes import DONE, FakeService, rendering_report
from waiting import until
from workbench import MIDNIGHT, REQUEST, Bench, ChargingService

from sora_desktop.api.errors import NotFound, Unreachable
from sora_desktop.api.service import TaskReport
from sora_desktop.api.sora.capabilities import LIMITS
from sora_desktop.domain.job import Abandoned, Failed, Job, Phase, Ready, RemoteId, Rendering, Unsaved
from sora_desktop.jobs.polling.abandoned import KEY_POLL_PAUSE, LEFT_FOR_ABANDONED, MAX_JOBS, MAX_POLLS_PER_DAY
from sora_desktop.jobs.polling.rate_limit import RequestKind
from sora_desktop.jobs.polling.task_poller import KEY_TRY_PAUSES
from sora_desktop.jobs.polling.watcher import OTHER_KEY_NEEDED

pytestmark = pytest.mark.virtual_time

#: Polls with the present key before a job waits.
TRIES = len(KEY_TRY_PAUSES) + 1
UNKNOWN = NotFound("The service does not know this task.", code="404")


async def paid_job(folder: Path, *, rendered: bool) -> Job:
    """A job that was accepted with the key "first", and whose video was not saved."""
    reports = [TaskReport(DONE.state, 100, "https://cdn.example/gone.mp4") if rendered else rendering_report(10)]
    service = FakeService(on_poll=reports, on_download=[Unreachable("The service cannot be reached.")])
    async with Bench(service, folder, key_fingerprint="first") as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Unsaved if rendered else Rendering))
        return bench.saved(job)


def shown_phase(bench: Bench, job: Job) -> Phase:
    return bench.last_shown(job).phase


@pytest.mark.parametrize("rendered", [False, True])
async def test_a_job_of_another_key_waits_for_that_key(tmp_path: Path, rendered: bool) -> None:
    job = await paid_job(tmp_path, rendered=rendered)
    async with Bench(other := FakeService(on_poll=[UNKNOWN]), tmp_path, key_fingerprint="second") as bench:
        started = bench.clock.tick()
        await bench.runner.until_idle()
        assert bench.clock.tick() - started < 60, "a command line is not kept from ending"
        assert len(other.polled) == TRIES
        phase = shown_phase(bench, job)
        assert OTHER_KEY_NEEDED in (phase.warning if isinstance(phase, Rendering) else getattr(phase, "reason", ""))
        await asyncio.sleep(48 * 3600.0)
        assert not isinstance(bench.saved(job).phase, Failed)
        polls = len(other.polled)
        assert TRIES < polls <= TRIES + 2 * MAX_POLLS_PER_DAY, "a key that does not show it is tried now and then"
        await bench.runner.commands.resume(job.id)
        await bench.runner.until_idle()
        assert len(other.polled) == polls + TRIES, "the user can ask again"
        assert not isinstance(bench.saved(job).phase, Failed)
    async with Bench(FakeService(), tmp_path, key_fingerprint="first") as bench:
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize(
    ("variable", "advice"),
    [("", "Enter that key for its service in Settings › Services."), ("SECOND_KEY", "Set SECOND_KEY to that key.")],
)
async def test_the_key_of_a_further_service_is_asked_for_where_it_is(
    tmp_path: Path, variable: str, advice: str
) -> None:
    job = await paid_job(tmp_path, rendered=False)
    where: dict[str, Any] = {"settings_place": "in Settings › Services", "key_variable": variable}
    async with Bench(FakeService(on_poll=[UNKNOWN]), tmp_path, key_fingerprint="second", **where) as bench:
        await bench.runner.until_idle()
        assert f"{OTHER_KEY_NEEDED} {advice}" in str(shown_phase(bench, job))


async def test_a_key_that_was_replaced_within_one_account_shows_its_tasks(tmp_path: Path) -> None:
    job = await paid_job(tmp_path, rendered=False)
    service = FakeService(on_poll=[Unreachable("no network"), rendering_report(50), DONE])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize("rendered", [False, True])
@pytest.mark.parametrize("unknown", [1, 2])
async def test_one_replica_that_does_not_know_the_task_loses_nothing(
    tmp_path: Path, rendered: bool, unknown: int
) -> None:
    job = await paid_job(tmp_path, rendered=rendered)
    service = FakeService(on_poll=[UNKNOWN] * unknown + [DONE])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize("rendered", [False, True])
@pytest.mark.parametrize("unknown", [TRIES, TRIES + 2])
async def test_a_job_that_the_present_key_shows_later_goes_on_by_itself(
    tmp_path: Path, rendered: bool, unknown: int
) -> None:
    job = await paid_job(tmp_path, rendered=rendered)
    service = FakeService(on_poll=[UNKNOWN] * unknown + [rendering_report(50), DONE])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        assert OTHER_KEY_NEEDED in str(shown_phase(bench, job))
        await asyncio.sleep(3 * 3600.0)
        assert isinstance(bench.saved(job).phase, Ready)


class Replica(ChargingService):
    """Knows its tasks only while `knows` is true."""

    knows = True
    unknown = 0

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        if not self.knows:
            self.unknown += 1
            raise UNKNOWN
        return await super().poll(remote_id)


async def test_many_jobs_of_another_key_all_go_on_later(tmp_path: Path) -> None:
    service, count = Replica(balance=10_000, polls=10**6), MAX_JOBS + 2
    async with Bench(service, tmp_path, key_fingerprint="first", jobs_at_once=count) as bench:
        jobs = [job for _ in range(count) for job in await bench.runner.commands.submit(REQUEST)]
        await until(lambda: all(isinstance(bench.saved(job).phase, Rendering) for job in jobs))
    service.polls, service.knows = 1, False
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        assert service.unknown == count * TRIES
        service.knows = True
        await asyncio.sleep(24 * 3600.0)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)


async def test_a_job_that_is_shown_again_is_followed_before_it_ends(tmp_path: Path) -> None:
    job = await paid_job(tmp_path, rendered=False)
    service = FakeService(on_poll=[UNKNOWN] * TRIES + [rendering_report(50)])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await asyncio.sleep(KEY_POLL_PAUSE + 120.0)
        phase = shown_phase(bench, job)
        assert isinstance(phase, Rendering) and phase.percent == 50 and not phase.warning


async def test_nothing_is_said_to_be_tried_after_the_links_have_expired(tmp_path: Path) -> None:
    job = await paid_job(tmp_path, rendered=False)
    async with Bench(other := FakeService(on_poll=[UNKNOWN]), tmp_path, key_fingerprint="second") as bench:
        await asyncio.sleep(LIMITS.link_lifetime + 24 * 3600.0)
        polls = len(other.polled)
        await asyncio.sleep(7 * 24 * 3600.0)
        assert len(other.polled) == polls, "the rare polls have ended"
        phase = shown_phase(bench, job)
        assert isinstance(phase, Rendering) and phase.warning.startswith("Waits for its API key")
        assert "tried" not in phase.warning


async def test_a_job_that_is_shown_again_no_longer_says_that_it_waits(tmp_path: Path) -> None:
    job = await paid_job(tmp_path, rendered=True)
    service = FakeService(on_poll=[UNKNOWN] * TRIES + [rendering_report(50)])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        assert OTHER_KEY_NEEDED in str(shown_phase(bench, job))
        await asyncio.sleep(KEY_POLL_PAUSE + 120.0)
        assert len(service.polled) > TRIES + 1, "it is followed again"
        assert OTHER_KEY_NEEDED not in str(shown_phase(bench, job))


async def test_jobs_of_another_key_count_as_no_need_of_requests(tmp_path: Path) -> None:
    await paid_job(tmp_path, rendered=False)
    service = FakeService(on_poll=[UNKNOWN])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        while bench.rate_limit.left_today > LEFT_FOR_ABANDONED:
            await bench.rate_limit.take(RequestKind.POLL)
        await asyncio.sleep(2 * KEY_POLL_PAUSE)
        assert len(service.polled) == TRIES + 1


async def test_a_job_of_another_key_is_not_tried_without_requests_to_spare(tmp_path: Path) -> None:
    job = await paid_job(tmp_path, rendered=False)
    service = FakeService(on_poll=[UNKNOWN])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        for _ in range(LIMITS.per_day - LEFT_FOR_ABANDONED - len(service.polled)):
            await bench.rate_limit.take(RequestKind.POLL)
        before = len(service.polled)
        await asyncio.sleep(MIDNIGHT - bench.clock.now() - 60)
        assert len(service.polled) == before
        await bench.runner.commands.abandon(job.id)
        assert isinstance(bench.saved(job).phase, Abandoned), "the user can stop waiting"


async def test_jobs_of_another_key_take_no_slot(tmp_path: Path) -> None:
    await paid_job(tmp_path, rendered=False)
    service = FakeService(on_poll=[UNKNOWN] * TRIES + [DONE])
    async with Bench(service, tmp_path, key_fingerprint="second", jobs_at_once=1) as bench:
        await until(lambda: service.polled)
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
