"""Runs Python's garbage collector on the window's thread only.

Python collects in whichever thread allocates. A Qt object with a timer crashes the process if it is destroyed in a
thread other than its own.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QTimer

#: Milliseconds. What is created in a shorter time is scanned in less than a millisecond.
COLLECT_INTERVAL = 100
#: With Python's own 10, one collection of the middle generation takes up to 17 ms.
YOUNG_COLLECTIONS_PER_MIDDLE = 3
#: The oldest generation is collected too, once in this number of intervals.
INTERVALS_PER_FULL_COLLECTION = 600


@contextmanager
def collect_on_this_thread() -> Iterator[None]:
    """Within the block, collect only on this thread, from a timer of its event loop."""
    gc.disable()
    gc.freeze()  # objects of the start live until the end; scanning them would only take time
    ticks = 0

    def collect() -> None:
        nonlocal ticks
        ticks += 1
        young, middle, _ = gc.get_count()
        if ticks % INTERVALS_PER_FULL_COLLECTION == 0:
            gc.collect()
        elif middle >= YOUNG_COLLECTIONS_PER_MIDDLE:
            gc.collect(1)
        elif young > gc.get_threshold()[0]:
            gc.collect(0)

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
