"""A kill at any call: the next start continues every job and buys nothing twice."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from integrity import integrity_of
from waiting import until
from workbench import Bench, ChargingService

from sora_desktop.api.service import Bills
from sora_desktop.domain.job import Ready, Unconfirmed
from sora_desktop.domain.request import VideoRequest

PROMPTS = ("one", "two", "three")


class Killed(BaseException):
    """The end of the process: a BaseException, so that no handler stops it."""


class Reaper:
    """Counts the calls of the objects that it guards. From the deadly call on, no call is carried out."""

    def __init__(self, deadly: int, *, after: bool) -> None:
        self._deadly = deadly
        self._after = after
        self.calls = 0
        self.dead = False

    def guard(self, guarded: Any) -> Any:
        """The same object, whose coroutine methods can be the deadly call."""
        return _Guarded(guarded, self)

    async def carry(self, call: Any) -> Any:
        """Carry out the call, or raise Killed before or after it."""
        self.calls += 1
        if self.dead:
            raise Killed
        if self.calls == self._deadly and not self._after:
            self.dead = True
            raise Killed
        deadly = self.calls == self._deadly
        result = await call()
        if deadly or self.dead:
            self.dead = True
            raise Killed
        return result


class _Guarded:
    def __init__(self, guarded: Any, reaper: Reaper) -> None:
        self._guarded = guarded
        self._reaper = reaper
        if isinstance(guarded, Bills):
            self.balance = self.__getattr__("balance")  # isinstance looks for the method in the class

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._guarded, name)
        if not inspect.iscoroutinefunction(found) or name == "aclose":
            return found

        async def mortal(*arguments: Any, **named: Any) -> Any:
            return await self._reaper.carry(lambda: found(*arguments, **named))

        return mortal


async def _first_life(service: ChargingService, folder: Path, clock: FakeClock, deadly: int, *, after: bool) -> Reaper:
    reaper = Reaper(deadly, after=after)
    bench = Bench(reaper.guard(service), folder, clock=clock, wrap=reaper.guard, jobs_at_once=2)
    await bench.database.open()
    try:
        await bench.runner.start()
        for prompt in PROMPTS:
            await bench.runner.commands.submit(VideoRequest(prompt))
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
    return reaper


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
            reaper = await _first_life(service, folder, clock, deadly, after=after)
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
