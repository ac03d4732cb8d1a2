"""A kill at any call: the next start continues every job and buys nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from fake_engine import ENGINE, FakeEngine, engine_request
from fakes import FakeClock
from integrity import integrity_of
from reaper import Killed, Reaper
from waiting import until
from workbench import Bench, ChargingService

from sora_desktop.domain.job import Ready, Unconfirmed
from sora_desktop.domain.request import VideoRequest

PROMPTS = ("one", "two", "three")


async def _first_life(bench: Bench, reaper: Reaper, requests: Iterable[VideoRequest]) -> None:
    """Run the requests until they have ended or the reaper kills the program."""
    await bench.database.open()
    try:
        await bench.runner.start()
        for request in requests:
            await bench.runner.commands.submit(request)
        ended = asyncio.ensure_future(bench.runner.until_idle())
        await until(lambda: reaper.dead or ended.done())
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)
    except Killed:
        pass
    finally:
        reaper.dead = True
        await bench.runner.aclose()
        await bench.database.aclose()


async def _second_life(service: ChargingService, folder: Path, clock: FakeClock) -> None:
    async with Bench(service, folder, clock=clock, jobs_at_once=2) as bench:
        await bench.runner.until_idle()
        jobs = list(bench.store.everything())
        for job in jobs:
            bought = service.creates_of(job.request.prompt)
            if isinstance(job.phase, Ready):
                assert bought == 1, job
                continue
            assert isinstance(job.phase, Unconfirmed) and bought <= 1, job
            await bench.runner.commands.reconcile(job.id)
            phase = bench.saved(job).phase
            assert isinstance(phase, Unconfirmed)
            assert (phase.billed, phase.safe_to_send) == (bought == 1, bought == 0), (phase, bought)
            if phase.safe_to_send:
                await bench.runner.commands.send_again(job.id)
                await bench.runner.until_idle()
                assert isinstance(bench.saved(job).phase, Ready)
                assert service.creates_of(job.request.prompt) == 1
        ready = [job for job in bench.store.everything() if isinstance(job.phase, Ready)]
        clips = sorted(path.name for path in (folder / "library").glob("*.mp4"))
        assert clips == sorted(job.phase.clip.file.name for job in ready if isinstance(job.phase, Ready))
        lost = sum(isinstance(job.phase, Unconfirmed) for job in bench.store.everything())
        assert len(service.prompts) == len(ready) + lost
    assert integrity_of(folder / "jobs.db") == "ok"


def _live_twice(folder: Path, deadly: int, *, after: bool) -> Reaper:
    async def lives() -> Reaper:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the tasks that were killed are reported
        service, clock = ChargingService(), FakeClock()
        async with asyncio.timeout(15):
            reaper = Reaper(deadly, after=after)
            bench = Bench(reaper.guard(service), folder, clock=clock, wrap=reaper.guard, jobs_at_once=2)
            await _first_life(bench, reaper, map(VideoRequest, PROMPTS))
            await _second_life(service, folder, clock)
        return reaper

    return asyncio.run(lives())


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_call_loses_nothing_and_buys_nothing_twice(tmp_path: Path, after: bool) -> None:
    whole = _live_twice(tmp_path, 10**9, after=after).calls
    assert whole > 30
    step = 3  # the slow test below takes every call
    for deadly in range(1 + after, whole + 1, step):
        folder = tmp_path / str(deadly)
        folder.mkdir()
        _live_twice(folder, deadly, after=after)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_every_single_call(tmp_path: Path, after: bool) -> None:
    whole = _live_twice(tmp_path, 10**9, after=after).calls
    for deadly in range(1, whole + 1):
        folder = tmp_path / str(deadly)
        folder.mkdir()
        _live_twice(folder, deadly, after=after)


def _live_twice_at_engine(folder: Path, deadly: int, *, after: bool) -> Reaper:
    """The answers to the second and third request are lost, one of them before it arrived."""

    async def lives() -> Reaper:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the tasks that were killed are reported
        clock = FakeClock()
        engine = FakeEngine(clock.now)
        engine.add(engine_request("of another user"))
        engine.swallows.add("two")
        engine.drops.add("three")

        async def arrive_again(request: VideoRequest) -> None:
            if engine.asked_for("three") > 1:
                engine.drops.clear()

        engine.before_create = arrive_again
        async with asyncio.timeout(15):
            reaper = Reaper(deadly, after=after)
            how: dict[str, Any] = {"clock": clock, "capabilities": ENGINE, "jobs_at_once": 2}
            first = Bench(reaper.guard(engine), folder, wrap=reaper.guard, **how)
            await _first_life(first, reaper, map(engine_request, PROMPTS))
            async with Bench(engine, folder, **how) as bench:
                await until(lambda: not any(isinstance(job.phase, Unconfirmed) for job in bench.runner.jobs()))
                await bench.runner.until_idle()
                jobs = list(bench.store.everything())
                assert all(isinstance(job.phase, Ready) for job in jobs), [job.phase for job in jobs]
                assert len(jobs) <= len(PROMPTS) and len(engine.accepted) == len(jobs) + 1
        return reaper

    return asyncio.run(lives())


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_call_leaves_nothing_unknown_at_a_service_that_lists(tmp_path: Path, after: bool) -> None:
    whole = _live_twice_at_engine(tmp_path, 10**9, after=after).calls
    assert whole > 30
    for deadly in range(1 + after, whole + 1, 3):
        folder = tmp_path / str(deadly)
        folder.mkdir()
        _live_twice_at_engine(folder, deadly, after=after)
