"""How videos of engines end otherwise than with a clip: forgotten, without a file, cancelled, and behind replicas.

Over real HTTP to the sandbox's engines, with the jobs of the program on a fast clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from drills.test_engines import EngineDrill, Judged, a_pool, a_run, an_engine
from waiting import until
from workbench import Bench

from sora_desktop.domain.job import Cancelled, Failed, Job, Ready, Rendering
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.jobs.polling.sightings import FORGOTTEN, SEVERAL_ENGINES

Drill = Callable[[EngineDrill, Bench], Awaitable[None]]


def run(folder: Path, like: str, drill: Drill, *faults: str, **options: Any) -> None:
    """Run a drill at an engine at which each of these faults meets one create."""

    async def run_it() -> None:
        async with an_engine(folder / "service", like, **options) as engine, a_pool() as pool:
            engine.sandbox.faults.plan([{"call": "videos.create", "fault": fault} for fault in faults])
            async with a_run(engine, folder, pool, Judged()) as bench:
                await drill(engine, bench)

    asyncio.run(run_it())


async def rendering(engine: EngineDrill, bench: Bench, prompt: str = "kite") -> Job:
    """A job that the engine has accepted, and that was seen rendering there."""
    (job,) = await bench.runner.commands.submit(engine.request(prompt))
    await until(lambda: isinstance(bench.saved(job).phase, Rendering))
    await bench.clock.sleep(10.0)
    return job


@pytest.mark.parametrize("like", ["omni", "sglang"])
def test_a_restart_forgets_the_video_and_nothing_is_sent_again(tmp_path: Path, like: str) -> None:
    async def drill(engine: EngineDrill, bench: Bench) -> None:
        job = await rendering(engine, bench)
        engine.sandbox.fleet.restart()
        await bench.runner.until_idle()
        phase = bench.saved(job).phase
        assert isinstance(phase, Failed) and phase.code == FORGOTTEN and phase.remote_id
        assert engine.creates == {"kite": 1}
        await bench.runner.commands.retry(job.id)
        await bench.runner.until_idle()
        assert engine.creates == {"kite": 2}

    run(tmp_path, like, drill, "never_ends")


@pytest.mark.parametrize("like", ["omni", "sglang"])
def test_a_video_whose_file_is_gone_ends_and_is_not_rendered_again(tmp_path: Path, like: str) -> None:
    async def drill(engine: EngineDrill, bench: Bench) -> None:
        job = await bench.finished(engine.request("kite"))
        assert isinstance(job.phase, Failed) and job.phase.code == "file gone"
        assert engine.creates == {"kite": 1}

    run(tmp_path, like, drill, "content_gone")


def test_a_cancel_stops_the_rendering_and_the_next_one_begins(tmp_path: Path) -> None:
    async def drill(engine: EngineDrill, bench: Bench) -> None:
        job = await rendering(engine, bench)
        await bench.runner.commands.cancel(job.id)
        phase = bench.saved(job).phase
        assert isinstance(phase, Cancelled)
        (video,) = engine.sandbox.fleet.accepted
        assert video.is_deleted and video.id == phase.remote_id and not engine.sandbox.fleet.has_work
        assert isinstance((await bench.finished(engine.request("boat"))).phase, Ready)

    run(tmp_path, "omni", drill, "never_ends")


def test_a_video_that_was_adopted_is_not_deleted(tmp_path: Path) -> None:
    async def drill(engine: EngineDrill, bench: Bench) -> None:
        job = await rendering(engine, bench)
        engine.sandbox.faults.plan([{"call": "videos.create", "fault": "reset_after"}])
        adopted = await rendering(engine, bench, "boat")
        with pytest.raises(CommandRejected, match="it may be another program's"):
            await bench.runner.commands.cancel(adopted.id)
        await bench.runner.commands.cancel(job.id)
        assert [video.is_deleted for video in engine.sandbox.fleet.accepted] == [True, False]
        await bench.runner.until_idle()
        assert isinstance(bench.saved(adopted).phase, Ready)

    run(tmp_path, "omni", drill, "never_ends")


def test_replicas_behind_one_address_are_survived_and_stopped(tmp_path: Path) -> None:
    async def drill(engine: EngineDrill, bench: Bench) -> None:
        job = await rendering(engine, bench)
        await until(lambda: any(getattr(each.phase, "warning", "") == SEVERAL_ENGINES for each in bench.shown))
        (other,) = await bench.runner.commands.submit(engine.request("boat"))
        await until(lambda: isinstance(bench.saved(other).phase, Ready))
        await bench.runner.commands.cancel(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Cancelled)
        assert {video.body.prompt: video.is_deleted for video in engine.sandbox.fleet.accepted} == {
            "kite": True,
            "boat": False,
        }

    run(tmp_path, "omni", drill, "never_ends", replicas=2, is_flipping=True)
