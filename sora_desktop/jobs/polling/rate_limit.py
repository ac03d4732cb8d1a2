"""Requests are a budget shared by all jobs: who may send next, and when there is nothing left for today."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from sora_desktop.api.errors import DailyLimit
from sora_desktop.api.service import Limits
from sora_desktop.jobs.polling.request_window import MINUTE, MinuteWindow, PollMeter
from sora_desktop.jobs.ports import UsageLog
from sora_desktop.store.database.usage import Spent
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Requests in any 60 s and in a day (UTC) until the headers say otherwise. Source: the service's rate limits page.
DOCUMENTED_PER_MINUTE = 20
DOCUMENTED_PER_DAY = 500
#: Of each minute's requests, those that looks leave to creates and the balance.
SPARE = 2
#: Requests that a create must find for itself and the looks at its video.
FOR_ONE_VIDEO = 4
#: Requests of a day that only looks may use, so that what is late can still be seen.
LAST_POLLS = 5
#: Seconds by which the service's midnight may come later than ours.
LATE_MIDNIGHT = 5.0
#: A 2003 within so many seconds after our midnight means that theirs has not come yet.
EARLY_MORNING = 900.0
#: A reset further away than this is the day's, not the minute's.
LONG_RESET = 180.0
#: Longest sleep of those who wait, so that what the headers say meanwhile is heeded.
NAP = 1.0


class RequestKind(IntEnum):
    """Kinds of requests; the lower goes first."""

    CREATE = 0
    CREDITS = 1
    POLL = 2


def next_midnight(now: float) -> float:
    """Unix seconds of the next midnight UTC, when the service's daily limit starts anew."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()


def utc_day(now: float) -> str:
    """The day (UTC) that a request sent now surely belongs to."""
    return datetime.fromtimestamp(now - LATE_MIDNIGHT, UTC).strftime("%Y-%m-%d")


def daily_limit_ends(now: float) -> float:
    """Unix seconds at which it is worth trying again, when the day's requests are said to be used up now."""
    if (now - LATE_MIDNIGHT) % 86400 < EARLY_MORNING:
        return now + EARLY_MORNING / 3
    return next_midnight(now - LATE_MIDNIGHT) + LATE_MIDNIGHT


@dataclass(order=True, frozen=True)
class _Place:
    kind: RequestKind
    ticket: int
    granted: asyncio.Future[None]


class RateLimit:
    """Grants requests so that no 60 seconds and no day see more than the service allows.

    `tick` is a clock that is never set back; `now` says the time of day. What a create will need for its looks is
    kept from other creates, so that nothing paid for waits for midnight unseen.
    """

    def __init__(
        self,
        *,
        per_minute: int = DOCUMENTED_PER_MINUTE,
        per_day: int = DOCUMENTED_PER_DAY,
        usage: UsageLog | None = None,
        now: Callable[[], float] = time.time,
        tick: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._per_day = per_day
        self._usage = usage
        self._now = now
        self._tick = tick or (time.monotonic if now is time.time else now)
        self._sleep = sleep
        self._window = MinuteWindow()
        self._meter = PollMeter()
        self._day = ""
        self._counts: dict[str, int] = {}  # of each day that this run has seen
        self._said = False  # the limits are the service's own words
        self._reserved_polls = 0
        self._closed_until = float("-inf")  # tick
        self._waiting: list[_Place] = []
        self._ticket = itertools.count()
        self._clerk: asyncio.Task[None] | None = None
        self._unwritten = False
        self._scribe: asyncio.Task[None] | None = None
        #: What the headers last said of tasks at once: True when one more may run; None: not said.
        self.slot_free: bool | None = None

    @property
    def per_minute(self) -> int:
        """Requests allowed in 60 s, as the headers last said."""
        return self._per_minute

    @property
    def left_today(self) -> int:
        """Requests that the day still has."""
        self._turn_the_day()
        return max(self._per_day - self._counts[self._day], 0)

    @property
    def polls_are_free(self) -> bool:
        """True when the headers have shown that looks at tasks do not count."""
        return self._meter.polls_are_free

    @property
    def is_quiet(self) -> bool:
        """True when one more request now would keep nobody waiting: nobody waits, and half of the minute is unused."""
        tick = self._tick()
        return (
            not self._waiting and self._closed_until <= tick and self._window.used(tick) < max(self._per_minute / 2, 1)
        )

    async def take(self, kind: RequestKind) -> None:
        """Return when one request may be sent; it counts from then on. Raises DailyLimit when today has none left."""
        if all(place.kind > kind for place in self._waiting) and self._delay(kind) <= 0:
            self._note(kind)
            return
        place = _Place(kind, next(self._ticket), asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._serve(), name="request budget")
        try:
            await place.granted
        finally:
            if place in self._waiting:
                self._waiting.remove(place)

    def observe(self, limits: Limits) -> None:
        """Learn from the headers of an answer."""
        now = self._now()
        if limits.concurrent_limit is not None and limits.concurrent_active is not None:
            self.slot_free = limits.concurrent_active < limits.concurrent_limit
        if limits.limit is None or limits.limit <= 0:
            return
        self._said = True
        if limits.reset_at is not None and limits.reset_at - now > LONG_RESET:
            self._observe_day(limits.limit, limits.remaining)
            return
        if limits.limit != self._per_minute:
            grown = max(limits.limit / DOCUMENTED_PER_MINUTE, 1.0)
            self._per_minute, self._per_day = limits.limit, int(DOCUMENTED_PER_DAY * grown)
        self._meter.observe(limits, now)
        if limits.remaining is None:
            return
        if limits.remaining <= 0 and limits.reset_at is not None:
            self.close_until(min(limits.reset_at, now + MINUTE))
            return
        elsewhere = limits.limit - limits.remaining - self._window.used(self._tick())
        if elsewhere > 0 and not self.polls_are_free:  # another program uses the same key
            self._window.note(self._tick(), min(elsewhere, limits.limit))

    def close_until(self, moment: float) -> None:
        """Grant nothing before `moment`, in unix seconds."""
        self._closed_until = max(self._closed_until, self._tick() + moment - self._now())

    def refused(self, retry_after: float | None) -> None:
        """The service asked to wait although there should have been room."""
        self._meter.refused()
        self.close_until(self._now() + (retry_after if retry_after is not None and retry_after > 0 else NAP * 5))

    def refused_today(self) -> None:
        """The service said that today's requests are used up."""
        self._meter.refused()
        now = self._now()
        if (now - LATE_MIDNIGHT) % 86400 < EARLY_MORNING:
            self.close_until(daily_limit_ends(now))
            return
        self._turn_the_day()
        self._counts[self._day] = max(self._counts[self._day], self._per_day)
        self._keep()

    def reserve_polls(self, number: int) -> None:
        """So many of today's requests belong to videos that are paid for."""
        self._reserved_polls = number

    async def aclose(self) -> None:
        """Forget those who wait; what was counted is on disk."""
        if self._clerk is not None:
            self._clerk.cancel()
            await asyncio.gather(self._clerk, return_exceptions=True)
        if self._scribe is not None:
            await asyncio.gather(self._scribe, return_exceptions=True)

    def _delay(self, kind: RequestKind) -> float:
        """Seconds until it may be sent, as far as is known now. Raises DailyLimit."""
        tick = self._tick()
        closed = self._closed_until - tick
        if kind is RequestKind.POLL and self.polls_are_free:
            return closed
        left = self.left_today
        if kind is not RequestKind.POLL:
            left -= LAST_POLLS + self._reserved_polls + (FOR_ONE_VIDEO - 1 if kind is RequestKind.CREATE else 0)
            if left <= 0 and self._reserved_polls:
                return NAP  # those under way may need less than is kept for them
        if left <= 0:
            raise DailyLimit("Today's requests to the service are used up; it goes on after midnight UTC.")
        spare = SPARE if kind is RequestKind.POLL and self._per_minute > 2 * SPARE else 0
        return max(self._window.delay(tick, self._per_minute - spare), closed)

    def _note(self, kind: RequestKind) -> None:
        poll = kind is RequestKind.POLL
        free = poll and self.polls_are_free
        self._meter.sent(poll=poll)
        if not free:
            self._window.note(self._tick())
            self._turn_the_day()
            now = self._now()
            for day in {self._day, utc_day(now), utc_day(now + LATE_MIDNIGHT), utc_day(now + 2 * LATE_MIDNIGHT)}:
                self._counts[day] = self._counts.get(day, 0) + 1  # near midnight it may count for either day
            self._keep()

    async def _serve(self) -> None:
        while self._waiting:
            soonest = NAP
            for place in sorted(self._waiting):
                if place.granted.done():  # given up by its owner
                    continue
                try:
                    delay = self._delay(place.kind)
                except DailyLimit as trouble:
                    self._waiting.remove(place)
                    place.granted.set_exception(trouble)
                    continue
                if delay > 0:
                    soonest = min(soonest, delay)
                    continue
                self._note(place.kind)
                self._waiting.remove(place)
                place.granted.set_result(None)
            if self._waiting:
                await self._sleep(soonest)

    def _turn_the_day(self) -> None:
        """Begin the count of a new day, or take up what an earlier run has counted."""
        now = self._now()
        day = utc_day(now)
        if day == self._day:
            return
        first, self._day = not self._day, day
        if self._usage is None or (day in self._counts and not first):
            self._counts.setdefault(day, 0)
            return
        spent = self._usage.read(day)
        self._counts[day] = max(self._counts.get(day, 0), spent.count)
        if first:
            yesterday = self._usage.read(utc_day(now - 86400))
            self._window.take_up((now - at for at in (*yesterday.recent, *spent.recent)), self._tick())
            self._per_minute = spent.per_minute or self._per_minute
            self._per_day = spent.per_day or self._per_day

    def _observe_day(self, limit: int, remaining: int | None) -> None:
        self._turn_the_day()
        self._per_day = limit
        if remaining is not None and limit - remaining > self._counts[self._day]:
            self._counts[self._day] = limit - remaining
            self._keep()

    def _keep(self) -> None:
        self._unwritten = self._usage is not None
        if self._unwritten and (self._scribe is None or self._scribe.done()):
            self._scribe = asyncio.create_task(self._write(), name="request tally")

    async def _write(self) -> None:
        while self._unwritten and self._usage is not None:
            self._unwritten = False
            now = self._now()
            recent = tuple(now - age for age in self._window.ages(self._tick()))
            try:
                count = self._counts[self._day]
                limits = (self._per_minute, self._per_day) if self._said else (None, None)
                await self._usage.write(Spent(self._day, count, recent, *limits))
            except StoreError as trouble:
                log.warning("the number of requests could not be kept: %s", trouble)
