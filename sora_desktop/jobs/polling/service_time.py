"""The service's own time, known from the dates of its answers, and the day over which it counts requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sora_desktop.jobs.clock import Clock

#: Seconds by which the service's day may begin later than ours.
DAY_TOLERANCE = 5.0
#: Seconds after our day began in which a `DailyLimit` error means that the service's day is still to begin.
AROUND_DAY_START = 900.0
#: Seconds by which the dates of two answers may disagree: each is cut to a second and was some time on the way.
DATE_TOLERANCE = 10.0


@dataclass(frozen=True, slots=True)
class ServiceDay:
    """The day over which a service counts requests. All moments are in the service's time."""

    begins: float = 0.0  # seconds after midnight UTC

    def name(self, now: float) -> str:
        """The day, as YYYY-MM-DD, for which a request sent now certainly counts."""
        return datetime.fromtimestamp(now - DAY_TOLERANCE - self.begins, UTC).strftime("%Y-%m-%d")

    def next_start(self, now: float) -> float:
        """Unix seconds at which the next day begins and the service's daily limit starts again."""
        return now + 86400 - (now - self.begins) % 86400

    def has_just_begun(self, now: float) -> bool:
        """True while the service's day may not have begun although ours has."""
        return (now - DAY_TOLERANCE - self.begins) % 86400 < AROUND_DAY_START

    def limit_ends(self, now: float) -> float:
        """Unix seconds of the next useful try after the service's daily limit was reached at `now`."""
        if self.has_just_begun(now):
            return now + AROUND_DAY_START / 3
        return self.next_start(now - DAY_TOLERANCE) + DAY_TOLERANCE


class ServiceTime:
    """The service's time of day.

    Once an answer had a date, it no longer depends on this computer's time of day. A date that contradicts the earlier
    ones is believed when the next answer confirms it: one answer may come from a cache or a proxy.
    """

    def __init__(self, day: ServiceDay, clock: Clock) -> None:
        self.day = day
        self._clock = clock
        self._offset: float | None = None  # the service's time less the tick
        self._contradicting: float | None = None

    def observe(self, date: float) -> None:
        """An answer that was received now has this date, in unix seconds."""
        offset = date - self._clock.tick()
        for believed in (self._offset, self._contradicting):
            if believed is not None and abs(offset - believed) <= DATE_TOLERANCE:
                self._offset, self._contradicting = offset, None
                return
        if self._offset is None:
            self._offset = offset
        else:
            self._contradicting = offset

    @property
    def is_known(self) -> bool:
        """True if the service has told its time; until then this computer's time of day stands for it."""
        return self._offset is not None

    @property
    def skew(self) -> float | None:
        """Seconds by which this computer's time of day is behind the service's; below 0: ahead. None: not known.

        Precise to some seconds. A change of the time of day shows at once.
        """
        return None if self._offset is None else self.now() - self._clock.now()

    def now(self) -> float:
        """The service's time, in unix seconds."""
        return self._clock.now() if self._offset is None else self._clock.tick() + self._offset

    @property
    def today(self) -> str:
        """The service's day, as YYYY-MM-DD."""
        return self.day.name(self.now())

    @property
    def until_next_day(self) -> float:
        """Seconds until the service's next day begins."""
        now = self.now()
        return self.day.next_start(now) - now

    @property
    def until_limit_ends(self) -> float:
        """Seconds until the next useful try after the service's daily limit was reached now."""
        now = self.now()
        return self.day.limit_ends(now) - now
