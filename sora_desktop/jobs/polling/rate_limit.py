"""The request budget that all jobs share: grants requests within the limits per minute and per day."""

from __future__ import annotations

import asyncio
import itertools
import logging
from dataclasses import dataclass
from enum import IntEnum

from sora_desktop.api.errors import DailyLimit
from sora_desktop.api.service import ObservedLimits
from sora_desktop.domain.capabilities import ServiceLimits
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.free_polls import RESET_ROUNDING, FreePollDetector
from sora_desktop.jobs.polling.minute_window import MINUTE, MinuteWindow
from sora_desktop.jobs.polling.service_time import DAY_TOLERANCE, ServiceDay, ServiceTime
from sora_desktop.jobs.ports import UsageLog
from sora_desktop.store.database.usage import DayUsage
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Requests of each minute that polls leave to creates and balance readings.
NOT_FOR_POLLS = 2
#: Requests that a create at an engine takes at most: the list before it, the question whether it is well, and itself.
REQUESTS_FOR_CREATE = 3
#: Requests that a video needs: a create and its polls.
REQUESTS_PER_VIDEO = 4
#: Requests of each day that only polls may use, so that a late video can still be found.
ONLY_FOR_POLLS = 5
#: A reset later than this many seconds is not that of a minute.
LONGEST_MINUTE_RESET = 180.0
#: Seconds by which the reset of the day's limit may differ from the start of the service's day.
DAY_RESET_TOLERANCE = 90.0
#: Longest sleep in seconds while requests wait, so that new limits in the headers take effect.
MAX_SLEEP = 1.0
#: Seconds of pause after an error that asks for one without saying how long.
DEFAULT_RETRY_AFTER = 5.0
#: Requests a day above which a service has no daily limit.
UNLIMITED_A_DAY = 5000


class RequestKind(IntEnum):
    """Kinds of requests; the lowest is granted first."""

    CREATE = 0
    BALANCE = 1
    CONTENT = 2  # the file of a video, where an engine serves it
    POLL = 3


@dataclass(order=True, frozen=True)
class _Waiter:
    kind: RequestKind
    number: int  # by arrival
    requests: int
    granted: asyncio.Future[float]  # the tick


class RateLimit:
    """Grants requests so that no 60 seconds and no day contain more than the service allows.

    Minutes are counted by ticks, days by the service's own time: this computer's time of day may be wrong, or be set. A
    create also needs requests for the polls of its video: other creates cannot take them, so that no paid video waits
    unseen until the next day.
    """

    def __init__(
        self,
        limits: ServiceLimits,
        *,
        usage: UsageLog | None = None,
        clock: Clock | None = None,
    ) -> None:
        #: The documented limits, which hold until the headers of an answer say otherwise.
        self.limits = limits
        self._per_minute = limits.per_minute
        self._per_day = limits.per_day
        self._usage = usage
        clock = clock or Clock()
        self._now = clock.now
        self._sleep = clock.sleep
        self._tick = clock.tick
        #: The service's time and day, from the dates of its answers.
        self.service_time = ServiceTime(ServiceDay(limits.day_begins), clock)
        self._sent_before_known = 0  # requests counted before the service told its time
        self._window = MinuteWindow()
        self._creates = MinuteWindow()  # the part of the creates
        self._free_polls = FreePollDetector()
        self._day = ""
        self._counts: dict[str, int] = {}  # requests of each day of this run
        self._limits_seen = False  # the limits are those of the headers
        self._day_limit_seen = False
        self._reserved_polls = 0
        self._closed_until = float("-inf")  # tick
        self._waiters: list[_Waiter] = []
        self._numbers = itertools.count()
        self._granting: asyncio.Task[None] | None = None
        self._unsaved = False
        self._saving: asyncio.Task[None] | None = None
        #: Whether the service has room for one more task, as the headers last said; None: never said.
        self.slot_free: bool | None = None

    @property
    def per_minute(self) -> int:
        """Requests allowed in 60 s, as the headers last said."""
        return self._per_minute

    @property
    def tick(self) -> float:
        """Seconds since some moment."""
        return self._tick()

    @property
    def has_daily_limit(self) -> bool:
        """False if requests are limited by the program alone, a minute's number of them, as at self-hosted engines."""
        return self.limits.per_day <= UNLIMITED_A_DAY

    @property
    def left_today(self) -> int:
        """Requests left for today."""
        self._update_day()
        return max(self._per_day - self._counts[self._day], 0)

    @property
    def skew(self) -> float | None:
        """Seconds by which this computer's time of day is behind the service's; below 0: ahead. None: not known."""
        return self.service_time.skew

    @property
    def polls_are_free(self) -> bool:
        """True if the headers have shown that polls do not count."""
        return self._free_polls.found

    @property
    def is_quiet(self) -> bool:
        """True if another request would delay nothing: none is waiting, and half of the minute's are unused."""
        tick = self._tick()
        return (
            not self._waiters and self._closed_until <= tick and self._window.used(tick) < max(self._per_minute / 2, 1)
        )

    def poll_pause(self, waiting: int, haste: float = 1.0) -> float:
        """Seconds until a poll fits, if the requests of a minute are spread evenly; sooner by the factor `haste`.

        `waiting`: creates that may follow. As many requests are kept for them as creates took in the last minute.
        """
        tick = self._tick()
        kept = min(self._creates.used(tick), waiting * REQUESTS_FOR_CREATE)
        spared = REQUESTS_FOR_CREATE if waiting else NOT_FOR_POLLS  # a list of an end is soon too old for a create
        pause = self._window.even_pause(tick, self._per_minute - spared, kept, haste)
        return max(pause, self._closed_until - tick, 0.0)

    def count_more(self, number: int) -> None:
        """Count requests that a call made beyond the one that was granted, such as further pages of a list."""
        self._window.add(self._tick(), number)

    def give_back(self, granted_at: float, number: int) -> None:
        """So many of the requests that were granted for a create at that tick are not sent."""
        self._window.take_back(granted_at, number)
        self._creates.take_back(granted_at, number)

    async def take(self, kind: RequestKind, requests: int = 1) -> float:
        """Return when so many requests may be sent at once; they count from then on. The result is the tick.

        Raises DailyLimit if none is left today.
        """
        if all(waiter.kind > kind for waiter in self._waiters) and self._delay(kind, requests) <= 0:
            return self._count(kind, requests)
        waiter = _Waiter(kind, next(self._numbers), requests, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        if self._granting is None or self._granting.done():
            self._granting = asyncio.create_task(self._grant_all(), name="rate limit")
        try:
            return await waiter.granted
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def observe(self, limits: ObservedLimits) -> None:
        """Learn from the headers of an answer that was received now."""
        if limits.date is not None:
            self._observe_date(limits.date)
        if limits.concurrent_limit is not None and limits.concurrent_active is not None:
            self.slot_free = limits.concurrent_active < limits.concurrent_limit
        limit, remaining = limits.limit, limits.remaining
        if limit is None or limit <= 0:
            return
        if remaining is not None and not 0 <= remaining <= limit:
            remaining = None
        reset_in = self._reset_in(limits)
        if self._is_of_the_day(limit, reset_in):
            self._observe_day(limit, remaining)
            return
        says_reset = limits.reset_at is not None or limits.reset_in is not None
        if reset_in is not None and not -RESET_ROUNDING <= reset_in <= LONGEST_MINUTE_RESET:
            reset_in = None
        if limit > self.limits.per_minute and says_reset and reset_in is None:
            return  # of an unknown window: nothing shows that a minute allows so much
        self._limits_seen = True
        if limit != self._per_minute:
            factor = max(limit / self.limits.per_minute, 1.0)
            self._per_minute = limit
            if not self._day_limit_seen:
                self._per_day = int(self.limits.per_day * factor)
        tick = self._tick()
        self._free_polls.observe(limit, remaining, None if reset_in is None else tick + reset_in, tick)
        if remaining is None:
            return
        if remaining <= 0 and reset_in is not None:
            self.close_for(min(reset_in, MINUTE))
            return
        elsewhere = limit - remaining - self._window.used(tick)
        if elsewhere > 0 and not self.polls_are_free:  # another program uses the same key
            self._window.add(tick, min(elsewhere, limit))

    def close_for(self, seconds: float) -> None:
        """Grant nothing for that long."""
        self._closed_until = max(self._closed_until, self._tick() + seconds)

    def refused(self, retry_after: float | None) -> None:
        """The service asked for a pause, in seconds, although the rate limit was kept."""
        self._free_polls.distrust()
        pause = retry_after if retry_after is not None and retry_after > 0 else DEFAULT_RETRY_AFTER
        self.close_for(pause)

    def refused_today(self) -> None:
        """The service said that today's requests are used up."""
        self._free_polls.distrust()
        if self.service_time.day.has_just_begun(self.service_time.now()):
            self.close_for(self.service_time.until_limit_ends)
            return
        self._update_day()
        self._counts[self._day] = max(self._counts[self._day], self._per_day)
        self._save_soon()

    def reserve_polls(self, number: int) -> None:
        """Keep this many of today's requests for videos that are being rendered."""
        self._reserved_polls = number

    async def aclose(self) -> None:
        """Drop requests that wait. The count is on disk when this returns."""
        if self._granting is not None:
            self._granting.cancel()
            await asyncio.gather(self._granting, return_exceptions=True)
        if self._saving is not None:
            await asyncio.gather(self._saving, return_exceptions=True)

    def _delay(self, kind: RequestKind, requests: int) -> float:
        """Seconds until so many requests may be sent, as known now. Raises DailyLimit."""
        tick = self._tick()
        closed = self._closed_until - tick
        if kind is RequestKind.POLL and self.polls_are_free:
            return closed
        left = self.left_today
        if kind is not RequestKind.POLL:
            polls = REQUESTS_PER_VIDEO - 1 if kind is RequestKind.CREATE else 0
            left -= ONLY_FOR_POLLS + self._reserved_polls + polls
            if left <= 0 and self._reserved_polls:
                return MAX_SLEEP  # the videos being rendered may need fewer requests than reserved
        if left <= 0:
            raise DailyLimit(
                f"Today's requests to the service are used up. Work continues after {self.limits.day_begins_text}."
            )
        spared = NOT_FOR_POLLS if kind is RequestKind.POLL and self._per_minute > 2 * NOT_FOR_POLLS else 0
        allowed = max(self._per_minute - spared - requests + 1, 1)
        return max(self._window.delay(tick, allowed), closed)

    def _count(self, kind: RequestKind, requests: int) -> float:
        is_poll, tick = kind is RequestKind.POLL, self._tick()
        is_free = is_poll and self.polls_are_free
        self._free_polls.sent(poll=is_poll)
        if kind is RequestKind.CREATE:
            self._creates.add(tick, requests)
        if not is_free:
            self._window.add(tick, requests)
            self._update_day()
            now = self.service_time.now()
            near = (now, now + DAY_TOLERANCE, now + 2 * DAY_TOLERANCE)
            for day in {self._day, *map(self.service_time.day.name, near)}:  # near its end it may count for either day
                self._counts[day] = self._counts.get(day, 0) + requests
            self._sent_before_known += 0 if self.service_time.is_known else requests
            self._save_soon()
        return tick

    async def _grant_all(self) -> None:
        while self._waiters:
            soonest, ahead = MAX_SLEEP, 0  # requests that one in front must have at once
            for waiter in sorted(self._waiters):
                if waiter.granted.done():  # cancelled
                    continue
                try:
                    delay = self._delay(waiter.kind, waiter.requests + ahead)
                except DailyLimit as error:
                    self._waiters.remove(waiter)
                    waiter.granted.set_exception(error)
                    continue
                if delay > 0:
                    soonest = min(soonest, delay)
                    ahead += waiter.requests - 1
                    continue
                self._waiters.remove(waiter)
                waiter.granted.set_result(self._count(waiter.kind, waiter.requests))
            if self._waiters:
                await self._sleep(soonest)

    def _update_day(self) -> None:
        """Start the count of a new day, or continue that of an earlier run."""
        day = self.service_time.today
        if day == self._day:
            return
        is_first, self._day = not self._day, day
        if self._usage is None or (day in self._counts and not is_first):
            self._counts.setdefault(day, 0)
            return
        usage = self._usage.read(day)
        self._counts[day] = max(self._counts.get(day, 0), usage.count)
        if is_first:
            now = self._now()
            yesterday = self._usage.read(self.service_time.day.name(now - 86400))
            self._window.restore((now - at for at in (*yesterday.recent, *usage.recent)), self._tick())
            self._per_minute = usage.per_minute or self._per_minute
            self._per_day = usage.per_day or self._per_day

    def _observe_date(self, date: float) -> None:
        """The service has told its time. Requests that were counted for a wrong day until now move to its day."""
        was_known, day = self.service_time.is_known, self._day
        self.service_time.observe(date)
        if was_known or not day:
            return
        self._update_day()
        if self._day != day:
            self._counts[self._day] += self._sent_before_known
            self._save_soon()

    def _reset_in(self, limits: ObservedLimits) -> float | None:
        """Seconds until the reset. None if that is not known: the answer has no date, and our clock may be wrong."""
        if limits.reset_in is not None or limits.reset_at is None:
            return limits.reset_in
        seconds = limits.reset_at - self.service_time.now()
        is_plausible = -RESET_ROUNDING <= seconds <= MINUTE + RESET_ROUNDING
        return seconds if self.service_time.is_known or is_plausible else None

    def _is_of_the_day(self, limit: int, reset_in: float | None) -> bool:
        """True if a limit is that of the day: it is too high for a minute, and ends with the service's day."""
        if reset_in is None or reset_in <= LONGEST_MINUTE_RESET or limit <= self.limits.per_minute:
            return False
        return self.service_time.is_known and abs(reset_in - self.service_time.until_next_day) <= DAY_RESET_TOLERANCE

    def _observe_day(self, limit: int, remaining: int | None) -> None:
        self._update_day()
        self._limits_seen = self._day_limit_seen = True
        self._per_day = limit
        if remaining is not None and limit - remaining > self._counts[self._day]:
            self._counts[self._day] = limit - remaining
            self._save_soon()

    def _save_soon(self) -> None:
        self._unsaved = self._usage is not None
        if self._unsaved and (self._saving is None or self._saving.done()):
            self._saving = asyncio.create_task(self._save(), name="save request count")

    async def _save(self) -> None:
        while self._unsaved and self._usage is not None:
            self._unsaved = False
            now = self._now()
            recent = tuple(now - age for age in self._window.ages(self._tick()))
            try:
                count = self._counts[self._day]
                limits = (self._per_minute, self._per_day) if self._limits_seen else (None, None)
                await self._usage.write(DayUsage(self._day, count, recent, *limits))
            except StoreError as error:
                log.warning("the number of requests could not be saved: %s", error)
