"""Counts the requests of a minute, as the service may count them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

#: Seconds over which a limit per minute counts.
MINUTE = 60.0
#: Seconds by which a request may reach the service after it was granted here.
MAX_LATENCY = 1.0
#: Seconds between two polls where requests are spread over the minute: at most, unless none is left.
LONGEST_GAP = 4.0
#: Seconds over which requests are spread at least.
SHORTEST_SPREAD = 1.0


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

    def even_pause(self, tick: float, allowed: int, kept: int = 0, haste: float = 1.0) -> float:
        """Seconds until one more poll fits if what is left of each minute is spread evenly over it.

        `kept`: requests a minute that others than polls will need. After a burst, what it has left is spread until the
        burst has left the window: neither is it used up at once, nor is there silence.
        """
        used = self.used(tick)
        if not used:
            return 0.0
        if used >= allowed:
            return self.delay(tick, allowed)
        length = MINUTE + MAX_LATENCY
        rate = allowed / length
        for number, sent in enumerate(self._sent):  # until it leaves the window, so many more fit
            rate = min(rate, (allowed - used + number) / max(sent + length - tick, SHORTEST_SPREAD))
        gap = min(1 / max(rate - kept / length, 1 / LONGEST_GAP), LONGEST_GAP)
        return max(self._sent[-1] + gap / haste - tick, 0.0)

    def add(self, tick: float, number: int = 1) -> None:
        """Count requests that are sent now, by this program or another."""
        self._sent.extend([tick] * number)

    def take_back(self, tick: float, number: int) -> None:
        """Do not count so many of the requests that were added at that tick: they were not sent."""
        for _ in range(min(number, self._sent.count(tick))):
            self._sent.remove(tick)

    def restore(self, ages: Iterable[float], tick: float) -> None:
        """Count requests of an earlier run, by age in seconds. A negative age: the clock was set back."""
        recent = [tick - max(age, 0.0) for age in ages if age < MINUTE + MAX_LATENCY]
        self._sent = deque(sorted([*recent, *self._sent]))

    def ages(self, tick: float, limit: int = 100) -> list[float]:
        """Ages in seconds of the latest requests, oldest first."""
        self.used(tick)
        return [tick - sent for sent in self._sent][-limit:]
