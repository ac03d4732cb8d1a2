"""A service with several addresses: what is sent ahead keeps them busy, and the last jobs go where one is free."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bench.engine_farm import ENGINE, EngineRendering, ListingFarm, around
from jobs.polling.scripted_engine import REQUEST
from workbench import MIDNIGHT, Bench

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
