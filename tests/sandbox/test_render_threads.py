"""Renderings at their own pace: none keeps another from its turn, and each can be stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from waiting import until

from sora_desktop.sandbox.render import RenderCancelled, Scene
from sora_desktop.sandbox.render_pace import RenderPace
from sora_desktop.sandbox.render_threads import RenderThreads


async def test_a_rendering_that_waits_for_its_time_lets_others_work(tmp_path: Path) -> None:
    threads = RenderThreads(tiny=True, engines=4)
    paces = [RenderPace(10), RenderPace(10), RenderPace(10), RenderPace()]
    files = [tmp_path / f"{number}.mp4" for number in range(4)]
    scene = Scene("1", "A cat", tiny=True)
    stopped, first, second, whole = (
        asyncio.create_task(threads.render(scene, file, file.with_suffix(".jpg"), pace))
        for file, pace in zip(files, paces, strict=True)
    )
    try:
        await whole
        await until(lambda: [pace.rendered for pace in paces[:3]] == [10, 10, 10])
        paces[0].stop()
        with pytest.raises(RenderCancelled):
            await stopped
        for pace in paces[1:3]:
            pace.allow(1000)
        await asyncio.gather(first, second)
        assert [file.exists() for file in files] == [False, True, True, True]
    finally:
        await threads.aclose()
