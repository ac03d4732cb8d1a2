"""How long polls of one task have failed, to tell when a command line should no longer wait for it."""

from __future__ import annotations

from sora_desktop.api.errors import KeyRejected, ServiceError

#: Rejections of the key in a row after which a command ends. One may come from a service that is being deployed.
REJECTIONS_WORTH_WAITING = 2
#: Seconds without a usable answer, or until the next useful try, after which a command ends.
OUTAGE_WORTH_WAITING = 3600.0


class Outage:
    """Counts what has failed since the last usable answer. Times are in seconds, by a clock that is never set."""

    def __init__(self) -> None:
        self._rejections = 0
        self._since: float | None = None
        self._closed_until: float | None = None

    def begin_or_go_on(self, error: ServiceError, now: float) -> None:
        """A poll failed."""
        self._since = now if self._since is None else self._since
        self._rejections = self._rejections + 1 if isinstance(error, KeyRejected) else 0

    def close_until(self, moment: float) -> None:
        """The service answers no more requests before that moment."""
        self._closed_until = moment

    def end(self) -> None:
        """A poll was answered."""
        self._rejections, self._since, self._closed_until = 0, None, None

    def is_worth_waiting(self, now: float) -> bool:
        """False if the next usable answer is not likely to come soon."""
        if self._rejections >= REJECTIONS_WORTH_WAITING:
            return False
        if self._closed_until is not None and self._closed_until - now > OUTAGE_WORTH_WAITING:
            return False
        return self._since is None or now - self._since < OUTAGE_WORTH_WAITING
