"""A file that the service itself delivers broken is fetched a few times, not without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import DONE, VIDEO, FakeInspector, FakeService
from jobs.polling.scripted_engine import ScriptedEngine, engine_bench, rendering_jobs
from workbench import REQUEST, Bench

from sora_desktop.domain.clip import VideoFacts
from sora_desktop.domain.job import Job, Ready, Unsaved
from sora_desktop.media.errors import PassingMediaError

pytestmark = pytest.mark.virtual_time


def unsaved(bench: Bench, job: Job) -> Unsaved:
    phase = bench.saved(job).phase
    assert isinstance(phase, Unsaved), phase
    return phase


async def test_the_same_broken_file_is_fetched_a_few_times(tmp_path: Path) -> None:
    service = FakeService(on_poll=[DONE], on_download=[b"no video"])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert len(service.fetched) == 6
        reason = unsaved(bench, job).reason
        assert "a file that is no complete video; it was downloaded 6 times" in reason
        assert "Download again" in reason
        await asyncio.sleep(7 * 86400)
        assert len(service.fetched) == 6
        service.on_download[0] = VIDEO
        await bench.runner.commands.resume(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready) and len(service.fetched) == 7


async def test_different_broken_files_are_fetched_more_often(tmp_path: Path) -> None:
    engine, number = ScriptedEngine(), [0]

    def growing() -> bytes:
        number[0] += 1
        return b"half" * number[0]

    engine.content = growing
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.finish()
        await asyncio.sleep(86400)
        assert engine.fetched == 12 and "12 times" in unsaved(bench, job).reason


async def test_another_run_tries_a_broken_file_again(tmp_path: Path) -> None:
    service = FakeService(on_poll=[DONE], on_download=[b"no video"])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        await bench.runner.aclose()
        service.on_download[0] = VIDEO
        await bench.runner.start()
        await asyncio.sleep(60)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_file_that_could_not_be_read_here_is_not_the_services_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts: Callable[[FakeInspector, Path], object] = FakeInspector.facts
    failures = [0]

    async def failing(self: FakeInspector, file: Path) -> VideoFacts:
        failures[0] += 1
        if failures[0] <= 20:
            raise PassingMediaError("The disk is full.")
        return await facts(self, file)  # type: ignore[misc,no-any-return]

    monkeypatch.setattr(FakeInspector, "facts", failing)
    service = FakeService(on_poll=[DONE])
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await asyncio.sleep(86400)
        assert isinstance(bench.saved(job).phase, Ready) and len(service.fetched) == 21
