"""The wait for the answers to creates that were sent: nothing may cut it, since each answer names a video."""

from __future__ import annotations

import asyncio
import math
from typing import TypeVar

T = TypeVar("T")


def waiting_text(seconds: float) -> str:
    """What is waited for, and how long at most, for the user."""
    return (
        f"Waiting up to {math.ceil(seconds)} s for the answer to a request that was sent: without it, its video could "
        "be lost."
    )


async def uncut(task: asyncio.Task[T]) -> T:
    """Wait for the task and return its result. A cancelled caller gets its cancellation when the task has ended."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # asyncio would report an error that nobody has asked for
    raise cancelled
