"""Long work on the event loop's thread in slices, so that the window and the other tasks go on in between."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

#: Items of one slice: at most some ten milliseconds of what is done to a job.
SLICE = 100


async def in_slices(items: Iterable[T], size: int = SLICE) -> AsyncGenerator[list[T], None]:
    """The items, `size` at a time. Between two slices, the event loop does what else it has to do.

    A loop that may end early, or raise, iterates within `contextlib.aclosing`.
    """
    from asyncio import sleep  # late: the first paint does not need asyncio

    rest = iter(items)
    part = list(islice(rest, size))
    while part:
        yield part
        part = list(islice(rest, size))
        if part:
            await sleep(0)
