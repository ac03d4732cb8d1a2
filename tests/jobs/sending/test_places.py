"""A service with several addresses: what is sent ahead keeps them busy, and the last jobs go where one is free."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from bench.engine_farm import ENGINE, EngineRendering, ListingFarm, around
from jobs.polling.scripted_engine import REQUEST
from workbench import MIDNIGHT, Bench

from sora_desktop.domain.job import RemoteId

pytestmark = pytest.mark.virtual_time


async def renderings(folder: Path, seconds: float, jobs: int) -> list[EngineRendering]:
    """Render on two engines with one GPU each; two jobs at once for each of them."""
    farm = ListingFarm(
        around(seconds, 0.3), lambda: MIDNIGHT + 3600.0 + asyncio.get_running_loop().time(), places=2, gpus=1, seed=3
    )
    async with Bench(farm, folder, capabilities=ENGINE, jobs_at_once=4) as bench:
        await bench.runner.commands.submit(REQUEST, jobs)
        await bench.runner.until_idle()
    assert len(farm.renderings) == jobs
    return farm.renderings


def waited(rendering: EngineRendering) -> bool:
    return rendering.begins > rendering.created + 1.0


async def test_short_renderings_are_sent_ahead_until_the_last_ones(tmp_path: Path) -> None:
    done = await renderings(tmp_path, 20, 24)
    assert sum(map(waited, done[:20])) >= 10
    assert not any(map(waited, done[-2:]))


async def test_long_renderings_are_not_sent_ahead_once_the_service_has_shown_what_waits(tmp_path: Path) -> None:
    done = await renderings(tmp_path, 400, 12)
    assert not any(map(waited, done[5:]))


async def test_engines_that_were_busy_with_the_videos_of_others_get_jobs_when_they_have_none(tmp_path: Path) -> None:
    farm = ListingFarm(
        around(20, 0.3), lambda: MIDNIGHT + 3600.0 + asyncio.get_running_loop().time(), places=2, gpus=1, busy=90.0
    )
    async with Bench(farm, tmp_path, capabilities=ENGINE, jobs_at_once=4) as bench:
        for _ in range(2):
            await bench.runner.commands.submit(REQUEST, 2)
            async with asyncio.timeout(600):
                await bench.runner.until_idle()


class HalfReachedFarm(ListingFarm):
    """Its first engine cannot be reached."""

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        return "1"


async def test_an_engine_that_gets_one_job_at_a_time_does_not_get_those_of_one_that_is_down(tmp_path: Path) -> None:
    farm = HalfReachedFarm(around(20, 0.3), lambda: asyncio.get_running_loop().time(), places=2)
    async with Bench(farm, tmp_path, capabilities=replace(ENGINE, most_jobs=1), jobs_at_once=2) as bench:
        await bench.runner.commands.submit(REQUEST, 3)
        await bench.runner.until_idle()
    assert len(farm.renderings) == 3 and not any(map(waited, farm.renderings))
