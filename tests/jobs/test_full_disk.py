"""A disk that stays full: what is paid for is called unsaved, nobody waits for ever, and no request is wasted on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes import DONE, FakeService, at_work
from workbench import REQUEST, Bench, until

from sora_desktop.domain.job import Job, Phase, Ready, Rendering, Unsaved
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

pytestmark = pytest.mark.virtual_time

FULL = "The library cannot be written: the disk is full."


@dataclass
class Disk:
    full: bool = False


class Shelf(JobStore):
    """Takes everything while the disk has room."""

    def __init__(self, store: JobStore, disk: Disk) -> None:
        super().__init__(store._database, store._now)
        self._disk = disk

    async def add(self, jobs: Sequence[Job]) -> None:
        if self._disk.full:
            raise StoreError(FULL)
        await super().add(jobs)


def last(bench: Bench, job: Job) -> Phase:
    return [each for each in bench.shown if each.id == job.id][-1].phase


async def test_on_a_disk_that_stays_full_nothing_goes_further_by_itself(tmp_path: Path) -> None:
    service, disk = FakeService(on_poll=[at_work(20), DONE]), Disk()
    async with Bench(service, tmp_path, wrap=lambda store: Shelf(store, disk)) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        disk.full = True
        async with asyncio.timeout(600):
            await bench.runner.settled()
        phase = last(bench, job)
        assert isinstance(phase, Unsaved) and phase.reason == FULL
        polled = len(service.polled)
        assert polled <= 3
        await asyncio.sleep(24 * 3600)
        assert len(service.polled) == polled, "to try the disk again costs no request"
        disk.full = False
        await asyncio.sleep(120)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_where_only_the_library_is_full_no_new_link_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = FakeService(on_poll=[at_work(20), DONE])
    full = False
    monkeypatch.setattr("sora_desktop.store.disk.free_bytes", lambda _: 0 if full else 10**12)

    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        full = True
        async with asyncio.timeout(600):
            await bench.runner.settled()
        phase = bench.saved(job).phase
        assert isinstance(phase, Unsaved) and "MB are free" in phase.reason
        polled = len(service.polled)
        await asyncio.sleep(24 * 3600)
        assert len(service.polled) == polled and not service.fetched
        full = False
        await asyncio.sleep(700)
        assert isinstance(bench.saved(job).phase, Ready)
