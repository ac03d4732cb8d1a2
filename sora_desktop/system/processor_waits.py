"""How long the threads of this process wait until the system gives them a processor."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


class ProcessorWaits:
    """Reads what Linux counts for each thread. Elsewhere nothing is known, and no wait is found."""

    def __init__(self, threads: Path = Path("/proc/self/task"), now: Callable[[], float] = time.monotonic) -> None:
        """`threads`: a folder with one folder for each thread. `now` is in seconds of a clock that is never set."""
        self._threads = threads
        self._now = now
        self._looked_at, self._waited = now(), self._read()

    def share(self) -> float:
        """The share of the time since the last call that the thread that has waited longest has waited.

        Above 1 if a wait that has ended now began before.
        """
        (before, waited), at = (self._looked_at, self._waited), self._now()
        self._looked_at, self._waited = at, self._read()
        longest = max((each - waited.get(thread, 0) for thread, each in self._waited.items()), default=0)
        return longest / 1e9 / (at - before) if at > before else 0.0

    def _read(self) -> dict[str, int]:
        """Nanoseconds that each thread has waited since it began."""
        waited: dict[str, int] = {}
        try:
            for thread in self._threads.iterdir():
                try:
                    waited[thread.name] = int((thread / "schedstat").read_text().split()[1])
                except (OSError, ValueError, IndexError):
                    continue  # it has ended, or the system does not count
        except OSError:
            pass
        return waited
