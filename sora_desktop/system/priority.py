"""Scheduling priority of this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

#: Steps of niceness below the process that starts a worker.
WORKER_NICENESS = 5


def lower_priority(platform: str = sys.platform, *, nice: Callable[[int], int] | None = None) -> None:
    """Let a window on the same machine run before this process. Call it before starting threads.

    Relative to the current priority: an ordinary user may lower a priority but not raise it. Never raises, since work
    at the same priority is better than none. Does nothing on Windows.
    """
    if platform == "win32":
        return
    try:
        (nice or os.nice)(WORKER_NICENESS)
    except OSError:
        return
