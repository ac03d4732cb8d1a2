"""A sandbox that has ended by itself is noticed soon and started again, unless it ends again and again."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from program import descendants
from waiting import until

from sora_desktop.domain.service_config import SANDBOX
from sora_desktop.engine import sandbox_watch
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.sandbox_watch import (
    BROKEN,
    MOST_RESTARTS,
    PROCESS_LOOK_INTERVAL,
    RESTARTED,
    RESTARTS_WITHIN,
    SandboxWatch,
)
from sora_desktop.store.data_folder import DataFolder


@pytest.mark.virtual_time
async def test_a_sandbox_that_ends_again_and_again_stays_closed() -> None:
    ended, loop = list[str](), asyncio.get_running_loop()
    watch = SandboxWatch(ended.append, tick=loop.time)

    async def runs_for(seconds: float) -> None:
        ends_at, before = loop.time() + seconds, len(ended)
        watch.note_start(lambda: loop.time() < ends_at)
        watch.begin()
        await until(lambda: len(ended) > before)
        assert 0 <= loop.time() - ends_at <= PROCESS_LOOK_INTERVAL + 1.0

    for _ in range(MOST_RESTARTS + 1):
        await runs_for(60.0)
    assert ended == [*[""] * MOST_RESTARTS, BROKEN]
    await asyncio.sleep(RESTARTS_WITHIN)
    await runs_for(1.0)
    assert not ended[-1], "the others were long ago"
    watch.note_start(lambda: True)
    watch.begin()
    await watch.stop()


@pytest.mark.slow
async def test_a_killed_sandbox_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_watch, "PROCESS_LOOK_INTERVAL", 0.05)
    data, warnings = DataFolder.at(tmp_path / "data"), list[str]()
    data.make()
    engine = Engine.at(data, Listeners(warning=warnings.append), environ={})
    await engine.open()
    try:
        before = await engine.services.connect(sandbox=True)
        engine.services.connect_all()
        children = descendants(os.getpid())
        (sandbox,) = [pid for pid in children if "--with-parent" in Path(f"/proc/{pid}/cmdline").read_text()]
        os.kill(sandbox, signal.SIGKILL)
        await until(lambda: warnings)
        assert warnings == [RESTARTED]
        now = await engine.services.choose(SANDBOX)  # as a request does that is sent meanwhile
        assert now.runner is not before.runner and await now.runner.read_balance() is not None
    finally:
        await engine.aclose()
    assert warnings == [RESTARTED], "the end of the program is no reason"
