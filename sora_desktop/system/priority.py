"""Scheduling priority of this process, and of its threads."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

#: Steps of niceness below the process that starts a worker.
WORKER_NICENESS = 5
#: Steps of niceness between a process and those of its threads that may wait.
THREAD_NICENESS = 5
#: The lowest priority on Linux.
_MAX_NICENESS = 19


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


def lower_priority_of_thread(
    platform: str = sys.platform,
    *,
    get: Callable[[int, int], int] | None = None,
    set: Callable[[int, int, int], None] | None = None,
) -> None:
    """Let a window on the same machine run before this thread, and before the decoder threads that it starts.

    Relative to the current priority, as with `lower_priority`. Never raises. Linux only: elsewhere a priority belongs
    to the whole process.
    """
    if platform != "linux":
        return
    try:
        thread = threading.get_native_id()
        niceness = (get or os.getpriority)(os.PRIO_PROCESS, thread)
        (set or os.setpriority)(os.PRIO_PROCESS, thread, min(niceness + THREAD_NICENESS, _MAX_NICENESS))
    except OSError:
        return
