"""What the status bar says is being done, measured once a second."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from waiting import until
from workbench import Bench, ChargingService

from sora_desktop.controllers.activity import ActivityMonitor
from sora_desktop.domain.job import Job, Rendering
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.journal import Journal
from sora_desktop.state.window_view import Activity, WindowState

pytestmark = pytest.mark.virtual_time


async def test_waiting_jobs_are_counted_without_looking_at_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 5,000, that took 30 ms in each second."""

    def each(_: Journal) -> Any:
        raise AssertionError("every unsettled job is looked at")

    async with Bench(ChargingService(), tmp_path, jobs_at_once=1) as bench:
        state = WindowState()
        engine = SimpleNamespace(lanes={"test": SimpleNamespace(runner=bench.runner)})
        monitor = ActivityMonitor(cast(Any, engine), state, lambda: None)
        first, *others = await bench.runner.commands.submit(VideoRequest("a cat"), takes=4)
        await bench.runner.commands.hold([others[-1].id])

        def saved(job: Job) -> object:
            return bench.saved(job).phase

        await until(lambda: isinstance(saved(first), Rendering))
        bench.runner.commands.pause(True)
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "__iter__", each)
            monitor._measure()
        assert state.facts.activity == Activity(1, 3)
        bench.runner.commands.pause(False)
        await bench.runner.until_idle()
        monitor._measure()
        assert state.facts.activity == Activity(0, 1), "the one on hold"
