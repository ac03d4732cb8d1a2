"""Only the time in which the process could have read an answer counts as waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from bench.virtual_loop import VirtualLoop

from sora_desktop.api.http.patience import LAST_STEP, LAST_STEPS, wait_patiently

pytestmark = pytest.mark.virtual_time

LIMIT = 120.0


def stop_process(at: float, seconds: float, then: Callable[[], object] = lambda: None) -> None:
    """At that time the process is stopped for some seconds. What arrives meanwhile is read when it continues."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)

    def stop() -> None:
        loop.jump(seconds)
        loop.call_soon(then)

    loop.call_at(loop.time() + at, stop)


async def answer_after(event: asyncio.Event) -> str:
    await event.wait()
    for _ in range(5):  # a few steps of the loop between the bytes and the answer
        await asyncio.sleep(0)
    return "answer"


async def test_a_call_that_is_not_answered_ends_at_the_limit() -> None:
    started = asyncio.get_running_loop().time()
    cancelled = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        await wait_patiently(hang(), LIMIT)
    took = asyncio.get_running_loop().time() - started
    assert LIMIT <= took <= LIMIT + LAST_STEP + 0.01 and cancelled.is_set()


@pytest.mark.parametrize("at", [4028.9, 123456.7, 9e6 + 0.3])
async def test_a_rest_that_the_clock_cannot_show_does_not_keep_the_wait_from_ending(
    at: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, wait, waits = asyncio.get_running_loop(), asyncio.wait, 0
    assert isinstance(loop, VirtualLoop)
    loop.jump(at)

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal waits
        waits += 1
        assert waits < 10 * LIMIT
        return await wait(*arguments, **named)

    monkeypatch.setattr(asyncio, "wait", counted)
    with pytest.raises(TimeoutError):
        await wait_patiently(asyncio.Event().wait(), LIMIT + 0.1)


@pytest.mark.parametrize("at", [0.5, 60.2, 119.2, 119.9999, 120.0, 120.5, 120.9999])
@pytest.mark.parametrize("seconds", [0.2, 3.0, 119.0, 500.0])
async def test_an_answer_that_came_while_the_process_was_stopped_is_read(at: float, seconds: float) -> None:
    arrived = asyncio.Event()
    stop_process(at, seconds, arrived.set)
    assert await wait_patiently(answer_after(arrived), LIMIT) == "answer"


async def test_a_stop_does_not_shorten_the_wait_for_an_answer() -> None:
    arrived = asyncio.Event()
    stop_process(10.0, 10_000.0)
    asyncio.get_running_loop().call_later(10.0 + 10_000.0 + 100.0, arrived.set)
    assert await wait_patiently(answer_after(arrived), LIMIT) == "answer"


async def test_a_process_that_is_stopped_all_the_time_gives_up() -> None:
    for n in range(10 * LAST_STEPS):
        stop_process(3.0 * n, 2.5)
    with pytest.raises(TimeoutError):
        await wait_patiently(answer_after(asyncio.Event()), 30.0)


async def test_a_complete_answer_is_not_waited_for_longer_than_a_moment() -> None:
    started = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        await wait_patiently(answer_after(asyncio.Event()), LIMIT, lambda: True)
    assert asyncio.get_running_loop().time() - started <= LAST_STEP + 0.01


async def test_an_error_of_the_call_is_raised() -> None:
    async def fail() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        await wait_patiently(fail(), LIMIT)


async def test_a_cancelled_wait_cancels_the_call() -> None:
    ended = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting: Coroutine[object, object, None] = wait_patiently(hang(), LIMIT)
    task = asyncio.create_task(waiting)
    await asyncio.sleep(5.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
