"""When the queue tries again after every place was found to render as many jobs as it may, also those of others."""

from __future__ import annotations

from collections.abc import Awaitable

from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.outage import OUTAGE_WORTH_WAITING

#: Seconds between two tries; each costs the list of every place.
TRY_PAUSE = 5.0
#: Seconds: the shortest sleep until the next try.
SHORTEST_SLEEP = 0.05


class PlaceWait:
    """Paces the tries of one queue. Times are ticks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: float | None = None  # the first try in a row that found no free place
        self._next = float("-inf")

    @property
    def may_try(self) -> bool:
        """False if no place was free a moment ago."""
        return self._clock.tick() >= self._next

    @property
    def is_worth_waiting(self) -> bool:
        """False if no place has been free for so long that a command line should no longer wait."""
        return self._since is None or self._clock.tick() - self._since < OUTAGE_WORTH_WAITING

    def begin_or_go_on(self) -> None:
        """No place was free."""
        tick = self._clock.tick()
        self._since = tick if self._since is None else self._since
        self._next = tick + TRY_PAUSE

    def end(self) -> None:
        """A job was sent, or the next try is wanted now."""
        self._since, self._next = None, float("-inf")

    def next_try(self) -> Awaitable[None] | None:
        """Sleeps until the next try; None if it may be now."""
        return None if self.may_try else self._clock.sleep(max(self._next - self._clock.tick(), SHORTEST_SLEEP))
