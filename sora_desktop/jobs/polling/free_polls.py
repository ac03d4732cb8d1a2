"""Finds out whether polls count against the limits of the service."""

from __future__ import annotations

#: Consecutive polls that did not lower what remains, after which polls are taken to be free.
FREE_POLLS_SEEN = 5
#: Seconds by which a reset time may be rounded up.
RESET_ROUNDING = 1.5


class FreePollDetector:
    """Finds out from the headers whether polls count. They do until `FREE_POLLS_SEEN` in a row have not.

    Two answers are compared only if nothing but polls was sent between them and the reset of the first is still to
    come, so that no earlier request has left the service's count in between.
    """

    def __init__(self) -> None:
        self._previous: tuple[int, int, float | None] | None = None  # limit, remaining, tick of the reset
        self._polls = self._others = 0  # sent since
        self._free_in_a_row = 0
        self._distrusted = False

    @property
    def found(self) -> bool:
        """True if the headers have shown that polls are free."""
        return self._free_in_a_row >= FREE_POLLS_SEEN and not self._distrusted

    def sent(self, *, poll: bool) -> None:
        """A request was granted."""
        if poll:
            self._polls += 1
        else:
            self._others += 1

    def observe(self, limit: int, remaining: int | None, reset_at: float | None, tick: float) -> None:
        """Compare an answer with the previous one. `reset_at` and `tick` in ticks."""
        if remaining is None:
            return
        previous, polls, others = self._previous, self._polls, self._others
        self._previous, self._polls, self._others = (limit, remaining, reset_at), 0, 0
        if previous is None or not polls or others:
            return
        limit_before, remaining_before, reset_before = previous
        if reset_before is None or limit_before != limit or tick >= reset_before - RESET_ROUNDING:
            return
        self._free_in_a_row = self._free_in_a_row + 1 if remaining >= remaining_before else 0

    def distrust(self) -> None:
        """The service refused a request although the rate limit was kept: count all polls from now on."""
        self._free_in_a_row = 0
        self._distrusted = True
