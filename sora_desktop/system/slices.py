"""Long work on the event loop's thread in slices, so that the window and the other tasks go on in between."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

T = TypeVar("T")

#: Most items of one slice.
SLICE = 100
#: Seconds that a slice may take: the taking of its items and what is done to them.
SLICE_SECONDS = 0.01


async def in_slices(items: Iterable[T], now: Callable[[], float] = time.perf_counter) -> AsyncGenerator[list[T], None]:
    """The items, at most SLICE at a time, and fewer where so many take longer than SLICE_SECONDS.

    Between two slices, the event loop does what else it has to do. A loop that may end early, or raise, iterates within
    `contextlib.aclosing`. `now` is in seconds.
    """
    from asyncio import sleep  # late: the first paint does not need asyncio

    rest, size = iter(items), SLICE
    while True:
        began = now()
        part = list(_taken(rest, size, began + SLICE_SECONDS, now))
        if not part:
            return
        yield part
        took = now() - began
        size = min(max(int(len(part) * SLICE_SECONDS / took), 1), SLICE) if took > 0 else SLICE
        following = list(islice(rest, 1))
        if not following:
            return
        rest = chain(following, rest)
        await sleep(0)


def _taken(items: Iterator[T], most: int, until: float, now: Callable[[], float]) -> Iterator[T]:
    """Items until there are enough, or it is time to stop."""
    for number, item in enumerate(items, 1):
        yield item
        if number == most or now() >= until:
            return
