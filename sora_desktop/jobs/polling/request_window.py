"""What the service has counted lately, as far as it can be known from here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from sora_desktop.api.service import Limits

#: Seconds in which the service counts requests. Source: its rate limits page.
MINUTE = 60.0
#: Seconds by which a request may reach the service later than it was granted here.
LATENESS = 1.0
#: Looks in a row that did not lower what remains, until looks are believed to be free.
BELIEVED = 5
#: Seconds by which a reset time may be rounded up.
ROUNDING = 1.5


class MinuteWindow:
    """Requests of the last minute, on a clock that is never set back."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque()

    def used(self, tick: float) -> int:
        """How many the service may still count."""
        while self._sent and tick - self._sent[0] >= MINUTE + LATENESS:
            self._sent.popleft()
        return len(self._sent)

    def delay(self, tick: float, allowed: int) -> float:
        """Seconds until one more is fewer than `allowed` in any minute."""
        used = self.used(tick)
        if used < allowed:
            return 0.0
        return self._sent[used - allowed] + MINUTE + LATENESS - tick

    def note(self, tick: float, number: int = 1) -> None:
        """So many are sent now, by whomever."""
        self._sent.extend([tick] * number)

    def take_up(self, ages: Iterable[float], tick: float) -> None:
        """Requests of an earlier run, by their age in seconds; an age below zero means a clock that was set back."""
        kept = [tick - max(age, 0.0) for age in ages if age < MINUTE + LATENESS]
        self._sent = deque(sorted([*kept, *self._sent]))

    def ages(self, tick: float, limit: int = 100) -> list[float]:
        """Ages of the latest, oldest first."""
        self.used(tick)
        return [tick - sent for sent in self._sent][-limit:]


class PollMeter:
    """Finds out from the headers whether looks count. They do until `BELIEVED` of them in a row have not.

    Two answers are compared only when nothing but looks was sent between them and the first one's reset is still to
    come, so that nothing can have run out between them.
    """

    def __init__(self) -> None:
        self._before: Limits | None = None
        self._looks = self._others = 0
        self._in_a_row = 0
        self._distrusted = False

    @property
    def polls_are_free(self) -> bool:
        """True when the headers have shown it."""
        return self._in_a_row >= BELIEVED and not self._distrusted

    def sent(self, *, poll: bool) -> None:
        """One request was granted."""
        if poll:
            self._looks += 1
        else:
            self._others += 1

    def observe(self, limits: Limits, now: float) -> None:
        """An answer came. `now` in unix seconds."""
        if limits.remaining is None:
            return
        before, polls, others = self._before, self._looks, self._others
        self._before, self._looks, self._others = limits, 0, 0
        if before is None or before.remaining is None or before.reset_at is None or not polls or others:
            return
        if before.limit != limits.limit or now >= before.reset_at - ROUNDING:
            return
        self._in_a_row = self._in_a_row + 1 if limits.remaining >= before.remaining else 0

    def refused(self) -> None:
        """The service refused one although there should have been room: whatever was learned is not to be trusted."""
        self._in_a_row = 0
        self._distrusted = True
