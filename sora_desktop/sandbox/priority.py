"""Scheduling of the threads that render."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

#: Steps of niceness between the sandbox and its rendering threads.
RENDER_NICENESS = 5
#: The lowest priority on Linux.
_MAX_NICENESS = 19


def lower_thread_priority(
    platform: str = sys.platform,
    *,
    get: Callable[[int, int], int] | None = None,
    set: Callable[[int, int, int], None] | None = None,
) -> None:
    """Let a window on the same machine run before this thread, and before the encoder threads that it starts.

    Lowers the priority relative to the current one: an ordinary user may not raise it, so a fixed niceness is refused
    in a process that was started with a higher one. Never raises: an exception would break the whole thread pool.
    """
    if platform != "linux":  # elsewhere a priority belongs to the whole process
        return
    try:
        thread = threading.get_native_id()
        niceness = (get or os.getpriority)(os.PRIO_PROCESS, thread)
        (set or os.setpriority)(os.PRIO_PROCESS, thread, min(niceness + RENDER_NICENESS, _MAX_NICENESS))
    except OSError:
        return  # rendering at the same priority is better than none


def end_realtime(platform: str = sys.platform, threads: Path = Path("/proc/self/task")) -> None:
    """Give all threads of this process the usual scheduling back; to be called after SVT-AV1 was opened.

    It gives the highest realtime priority to its threads, and to the one that opens it, if the user is root. All other
    programs would wait for them, for as long as the process runs. Never raises.
    """
    if platform != "linux":  # elsewhere it does not
        return
    with suppress(OSError):  # of a system without that folder
        for thread in threads.iterdir():
            with suppress(OSError):  # the thread has ended
                if os.sched_getscheduler(int(thread.name)) == os.SCHED_FIFO:
                    os.sched_setscheduler(int(thread.name), os.SCHED_OTHER, os.sched_param(0))
