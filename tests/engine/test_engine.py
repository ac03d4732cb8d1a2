"""What the engine promises about its own end."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from sora_desktop.engine.engine import Engine
from sora_desktop.engine.listeners import Listeners
from sora_desktop.jobs.clips import recovery
from sora_desktop.store.data_folder import DataFolder


async def test_a_disconnect_that_nobody_waits_for_is_carried_through(tmp_path: Path) -> None:
    """Settings are changed, a create's answer is waited for, and the window is closed: the answer must not be lost."""
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    engine = Engine.at(data_folder, Listeners(), {})
    answered, heard, waits = asyncio.Event(), False, asyncio.Event()

    async def hear_the_last_answer() -> None:
        nonlocal heard
        waits.set()
        await answered.wait()
        heard = True

    engine._service_stack.push_async_callback(hear_the_last_answer)
    reconnecting = asyncio.create_task(engine.disconnect())
    await waits.wait()
    reconnecting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reconnecting
    closing = asyncio.create_task(engine.aclose())
    await asyncio.sleep(0.01)
    assert not closing.done()
    answered.set()
    await closing
    assert heard


async def test_a_search_for_lost_clips_that_was_broken_off_begins_anew_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_folder = DataFolder.at(tmp_path)
    data_folder.make()
    polls = asyncio.Event()

    async def look_for_long(*_: object) -> int:
        polls.set()
        await asyncio.Event().wait()
        return 0

    async def find_three(*_: object) -> int:
        return 3

    monkeypatch.setattr(recovery, "find_lost_clips", look_for_long)
    first = Engine.at(data_folder, Listeners(), {})
    opening = asyncio.create_task(first.open())
    await polls.wait()
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    await first.aclose()
    monkeypatch.setattr(recovery, "find_lost_clips", find_three)
    for found in (3, 0):
        engine = Engine.at(data_folder, Listeners(), {})
        await engine.open()
        assert engine.clips_found == found
        await engine.aclose()
