"""Jobs that were paid for with another API key wait for that key, and are never given up as lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fakes import DONE, FakeService, rendering_report
from workbench import REQUEST, Bench, until

from sora_desktop.api.errors import NotFound, Unreachable
from sora_desktop.api.service import TaskReport
from sora_desktop.domain.job import Failed, Job, Phase, Ready, Rendering, Unsaved
from sora_desktop.jobs.polling.watcher import PAID_WITH_OTHER_KEY

pytestmark = pytest.mark.virtual_time

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
        await bench.runner.until_idle()
        phase = shown_phase(bench, job)
        assert PAID_WITH_OTHER_KEY in (phase.warning if isinstance(phase, Rendering) else getattr(phase, "reason", ""))
        await asyncio.sleep(48 * 3600.0)
        assert not isinstance(bench.saved(job).phase, Failed)
        assert len(other.polled) == 1, "it is not polled with a key that does not show it"
        await bench.runner.commands.resume(job.id)
        await bench.runner.until_idle()
        assert len(other.polled) == 2, "the user can ask again"
        assert not isinstance(bench.saved(job).phase, Failed)
    async with Bench(FakeService(), tmp_path, key_fingerprint="first") as bench:
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_key_that_was_replaced_within_one_account_shows_its_tasks(tmp_path: Path) -> None:
    job = await paid_job(tmp_path, rendered=False)
    service = FakeService(on_poll=[Unreachable("no network"), rendering_report(50), DONE])
    async with Bench(service, tmp_path, key_fingerprint="second") as bench:
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)


async def test_jobs_of_another_key_take_no_slot(tmp_path: Path) -> None:
    await paid_job(tmp_path, rendered=False)
    service = FakeService(on_poll=[UNKNOWN, DONE])
    async with Bench(service, tmp_path, key_fingerprint="second", jobs_at_once=1) as bench:
        await until(lambda: service.polled)
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
