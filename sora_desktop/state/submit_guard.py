"""Recognizes a submission that is made twice by mistake."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Seconds within which the same submission counts as a repeat: a double click, or a key held down. Longer than the
#: delay after which systems begin to repeat a key.
SAME_CLICK = 0.75


class SubmitGuard:
    """Admits a submission once, however often it is repeated before the user can have meant to repeat it.

    A submission is any value that says what is asked for. The last one is a repeat when it comes again within
    SAME_CLICK seconds of the last try, so a key that is held down is admitted once. One that is `pending` is a repeat
    however late it comes, since nothing on the screen has answered it yet.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is in seconds."""
        self._now = now
        self._last: tuple[object, float] | None = None
        self._pending: list[object] = []

    def admits(self, submission: object) -> bool:
        """True if the submission is to be carried out; False for a repeat."""
        last, now = self._last, self._now()
        self._last = (submission, now)
        repeated = last is not None and last[0] == submission and now - last[1] < SAME_CLICK
        return not repeated and not self.is_pending(submission)

    def is_pending(self, submission: object) -> bool:
        """True while the same submission has not been answered."""
        return submission in self._pending

    @contextmanager
    def pending(self, submission: object) -> Iterator[None]:
        """Until the block ends, the submission has not been answered."""
        self._pending.append(submission)
        try:
            yield
        finally:
            self._pending.remove(submission)
