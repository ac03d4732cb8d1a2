"""Waits for an answer with a limit that counts only the time in which the program could have read it.

A timer that is due when a stopped process continues fires together with the answer that arrived meanwhile. A plain
timeout would discard that answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

#: Seconds: the longest step of a wait. Of a step that took longer, no more counts.
STEP = 1.0
#: Seconds that are not waited for: the loop's clock may be too coarse to show that they have passed.
MOMENT = 0.001
#: Seconds for reading what has arrived by the end of the wait, and for the end of an answer whose content is complete.
LAST_STEP = 1.0
#: Seconds by which the last step may be late; a later one is repeated, at most this often.
ON_TIME, LAST_STEPS = 0.05, 10


async def wait_patiently(
    call: Coroutine[object, object, T], seconds: float, is_complete: Callable[[], bool] = lambda: False
) -> T:
    """The result of `call`. Raises TimeoutError after `seconds` in which this process ran; the call is then cancelled.

    `is_complete`: everything of worth has arrived, so that only the last step is waited for.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(call, name="answer")
    left = seconds
    try:
        while left > MOMENT and not task.done() and not is_complete():
            step, started = min(left, STEP), loop.time()
            await asyncio.wait({task}, timeout=step)
            left -= min(loop.time() - started, step)
        for _ in range(LAST_STEPS):
            step, started = min(LAST_STEP, seconds), loop.time()
            if not task.done():
                await asyncio.wait({task}, timeout=step)
            if task.done() or loop.time() - started < step + ON_TIME:
                break
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
    if task.cancelled():
        raise TimeoutError
    return task.result()
