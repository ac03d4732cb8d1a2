"""Recognizes a submission that is made twice by mistake."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sora_desktop.state.toasts import Toast

#: Seconds within which the same submission counts as a repeat: a double click, a key held down, a control that is
#: pressed again because the eye has not found the new row yet.
SAME_CLICK = 3.0
#: The key of the toasts that say why nothing happened.
REPEATED_KEY = "repeated"
REPEATED = Toast("Not sent a second time", "To pay once more, wait three seconds", key=REPEATED_KEY)
REPEATED_FREE = Toast("Not sent a second time", "To render it once more, wait three seconds", key=REPEATED_KEY)


class SubmitGuard:
    """Admits a submission once, however often it is repeated before the user can have meant to repeat it.

    Every control that spends asks the one guard of the window. A submission is any value that says what is asked for.
    It is a repeat when it comes again within SAME_CLICK seconds of its last try, so a key that is held down is admitted
    once, however long. One that is `pending` is a repeat however late it comes, since nothing on the screen has
    answered it yet.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is in seconds."""
        self._now = now
        self._tried: dict[object, float] = {}  # when each submission was last tried
        self._pending: list[object] = []

    def admits(self, submission: object) -> bool:
        """True if the submission is to be carried out; False for a repeat."""
        now = self._now()
        self._tried = {each: at for each, at in self._tried.items() if now - at < SAME_CLICK}
        repeated = submission in self._tried
        self._tried[submission] = now
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
