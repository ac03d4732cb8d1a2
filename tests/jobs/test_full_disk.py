"""A disk that stays full: paid jobs become Unsaved, `until_idle` returns, and no request is wasted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from builders import an_image
from fakes import DONE, FakeService, rendering_report
from waiting import until
from workbench import REQUEST, Bench, WrappedStore

from sora_desktop.api.errors import Refused
from sora_desktop.domain.job import Failed, JobChange, Ready, Rendering, Unsaved
from sora_desktop.domain.marks import MarkEdit
from sora_desktop.store.errors import StoreError

pytestmark = pytest.mark.virtual_time

FULL = "The library cannot be written: the disk is full."


async def test_a_disk_that_stays_full_settles_the_queue_and_costs_no_requests(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(20), DONE])
    is_full = False

    class FullStore(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            if is_full:
                raise StoreError(FULL)
            await self.store.change(changes)

    async with Bench(service, tmp_path, wrap=FullStore) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        is_full = True
        async with asyncio.timeout(600):
            await bench.runner.until_idle()
        phase = bench.last_shown(job).phase
        assert isinstance(phase, Unsaved) and phase.reason == FULL
        polled = len(service.polled)
        assert polled <= 3
        await asyncio.sleep(24 * 3600)
        assert len(service.polled) == polled, "trying to write costs no requests"
        is_full = False
        await asyncio.sleep(120)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_full_clips_folder_requests_no_new_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = FakeService(on_poll=[rendering_report(20), DONE])
    full = False
    monkeypatch.setattr("sora_desktop.store.disk.free_bytes", lambda _: 0 if full else 10**12)

    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        full = True
        async with asyncio.timeout(600):
            await bench.runner.until_idle()
        phase = bench.saved(job).phase
        assert isinstance(phase, Unsaved) and "MB are free" in phase.reason
        polled = len(service.polled)
        await asyncio.sleep(24 * 3600)
        assert len(service.polled) == polled and not service.fetched
        full = False
        await asyncio.sleep(700)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_failed_job_that_could_not_be_saved_is_not_sent_after_another_change(tmp_path: Path) -> None:
    service = FakeService(on_upload=[Refused("Not this picture."), "https://cdn.example/i.png"])
    image = tmp_path / "i.png"
    image.write_bytes(b"an image")
    request = replace(REQUEST, image=an_image(image))
    is_full = False

    class FullStore(WrappedStore):
        async def change(self, changes: Sequence[JobChange]) -> None:
            if is_full:
                raise StoreError(FULL)
            await self.store.change(changes)

    async with Bench(service, tmp_path, wrap=FullStore) as bench:
        bench.runner.commands.pause(True)
        (job,) = await bench.runner.commands.submit(request)
        is_full = True
        bench.runner.commands.pause(False)
        await until(lambda: any(isinstance(shown.phase, Failed) for shown in bench.shown))
        is_full = False
        await bench.runner.commands.mark({job.id: MarkEdit(starred=True)})
        await asyncio.sleep(60)
        assert service.created == [] and isinstance(bench.saved(job).phase, Failed)
