"""Cycles of objects are collected on the window's thread alone.

Python collects in whichever thread happens to allocate; an object of Qt's with a timer that dies in another thread than
its own crashes the process.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QTimer

EVERY = 1000  # milliseconds
#: Times after which everything is looked through, not the young alone.
OLD_ONES_EVERY = 60


@contextmanager
def collect_on_this_thread() -> Iterator[None]:
    """Within the block, Python itself collects nothing; this thread does, while its event loop runs."""
    gc.disable()
    gc.freeze()  # what is there from the start stays to the end, and need not be looked through, not even once
    times = 0

    def collect() -> None:
        nonlocal times
        times += 1
        young, middle, _ = gc.get_count()
        if times % OLD_ONES_EVERY == 0:
            gc.collect()
        elif middle > gc.get_threshold()[1]:
            gc.collect(1)
        elif young > gc.get_threshold()[0]:
            gc.collect(0)

    timer = QTimer()
    timer.setInterval(EVERY)
    timer.timeout.connect(collect)
    timer.start()
    try:
        yield
    finally:
        timer.stop()
        gc.enable()
        gc.unfreeze()
