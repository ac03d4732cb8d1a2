"""Counts the requests of a minute, as the service may count them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

#: Seconds over which a limit per minute counts.
MINUTE = 60.0
#: Seconds by which a request may reach the service after it was granted here.
MAX_LATENCY = 1.0
#: Requests that may follow each other at once where a minute's are spread evenly.
BURST = 3


class MinuteWindow:
    """Requests that the service may still count for the current minute, by a clock that is never set back."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque()

    def used(self, tick: float) -> int:
        """The number of requests in the window."""
        while self._sent and tick - self._sent[0] >= MINUTE + MAX_LATENCY:
            self._sent.popleft()
        return len(self._sent)

    def delay(self, tick: float, allowed: int) -> float:
        """Seconds until fewer than `allowed` requests are in the window."""
        used = self.used(tick)
        if used < allowed:
            return 0.0
        return self._sent[used - allowed] + MINUTE + MAX_LATENCY - tick

    def even_pause(self, tick: float, allowed: int) -> float:
        """Seconds until one more request fits if `allowed` are spread evenly over a minute, but for short bursts.

        A window that is used up by a burst would stay closed until the burst has left it.
        """
        self.used(tick)
        gap = (MINUTE + MAX_LATENCY) / max(allowed - BURST, 1)
        free_at = float("-inf")
        for sent in self._sent:
            free_at = max(free_at, sent) + gap
        return max(free_at - (BURST - 1) * gap - tick, 0.0)

    def add(self, tick: float, number: int = 1) -> None:
        """Count requests that are sent now, by this program or another."""
        self._sent.extend([tick] * number)

    def restore(self, ages: Iterable[float], tick: float) -> None:
        """Count requests of an earlier run, by age in seconds. A negative age: the clock was set back."""
        recent = [tick - max(age, 0.0) for age in ages if age < MINUTE + MAX_LATENCY]
        self._sent = deque(sorted([*recent, *self._sent]))

    def ages(self, tick: float, limit: int = 100) -> list[float]:
        """Ages in seconds of the latest requests, oldest first."""
        self.used(tick)
        return [tick - sent for sent in self._sent][-limit:]
