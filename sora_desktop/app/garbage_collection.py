"""Runs Python's garbage collector on the window's thread only.

Python collects in whichever thread allocates. A Qt object with a timer crashes the process if it is destroyed in a
thread other than its own.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QTimer

#: Milliseconds. What is created in a shorter time is scanned in less than a millisecond.
COLLECT_INTERVAL = 100
#: With Python's own 10, one collection of the middle generation takes up to 17 ms.
YOUNG_COLLECTIONS_PER_MIDDLE = 3
#: The oldest generation is collected too, after this number of intervals: one minute. That takes 10 to 25 ms.
INTERVALS_TO_FULL_COLLECTION = 600
#: The same while a clip plays, which would lose a frame: ten minutes.
INTERVALS_WHILE_PLAYING = 6000


def due_generation(intervals: int, counts: tuple[int, int, int], *, playing: bool) -> int | None:
    """The oldest generation to collect now; None if none is due.

    `intervals`: since the last full collection. `counts`: as `gc.get_count` returns them.
    """
    young, middle, _ = counts
    if intervals >= (INTERVALS_WHILE_PLAYING if playing else INTERVALS_TO_FULL_COLLECTION):
        return 2
    if middle >= YOUNG_COLLECTIONS_PER_MIDDLE:
        return 1
    return 0 if young > gc.get_threshold()[0] else None


@contextmanager
def collect_on_this_thread(is_playing: Callable[[], bool]) -> Iterator[None]:
    """Within the block, collect only on this thread, from a timer of its event loop.

    `is_playing`: whether a clip plays, for which a full collection is put off.
    """
    gc.disable()
    gc.freeze()  # objects of the start live until the end; scanning them would only take time
    intervals = 0

    def collect() -> None:
        nonlocal intervals
        intervals += 1
        generation = due_generation(intervals, gc.get_count(), playing=is_playing())
        if generation is not None:
            gc.collect(generation)
        if generation == 2:
            intervals = 0

    timer = QTimer()
    timer.setInterval(COLLECT_INTERVAL)
    timer.timeout.connect(collect)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
        gc.enable()
        gc.unfreeze()
