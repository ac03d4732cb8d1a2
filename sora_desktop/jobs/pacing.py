"""Requests are a budget shared by all jobs: who may send next, and when a look is worth one."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from sora_desktop.api.service import Limits

#: Requests in any 60 s until the service's headers say otherwise. Source: its rate limits page.
DOCUMENTED_PER_MINUTE = 20
MINUTE = 60.0
#: A wait is at most this many of the shortest waits, so that progress on the screen stays alive.
LONGEST_SHARE = 4.0


class Want(IntEnum):
    """Kinds of requests; the lower goes first."""

    CREATE = 0
    CREDITS = 1
    LOOK = 2


def next_midnight(now: float) -> float:
    """Unix seconds of the next midnight UTC, when the service's daily limit starts anew."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()


class RequestBudget:
    """Grants requests so that no 60 seconds see more than the service allows."""

    def __init__(
        self,
        *,
        per_minute: int = DOCUMENTED_PER_MINUTE,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._now = now
        self._sleep = sleep
        self._sent: deque[float] = deque()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._ticket = itertools.count()
        self._closed_until = 0.0
        self._clerk: asyncio.Task[None] | None = None

    @property
    def per_minute(self) -> int:
        """Requests allowed in 60 s, as the headers last said."""
        return self._per_minute

    async def take(self, want: Want) -> None:
        """Return when one request may be sent; it counts from then on."""
        if not self._waiting and self._delay() <= 0:
            self._sent.append(self._now())
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (want, next(self._ticket), place))
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._serve(), name="request budget")
        await place

    def observe(self, limits: Limits) -> None:
        """Learn from the headers of an answer."""
        if limits.limit is not None and limits.limit > 0:
            self._per_minute = limits.limit
        if limits.remaining == 0 and limits.reset_at is not None:
            self.close_until(min(limits.reset_at, self._now() + MINUTE))

    def close_until(self, moment: float) -> None:
        """Grant nothing before `moment`, in unix seconds."""
        self._closed_until = max(self._closed_until, moment)

    async def aclose(self) -> None:
        """Forget those who wait."""
        if self._clerk is not None:
            self._clerk.cancel()
            await asyncio.gather(self._clerk, return_exceptions=True)

    def _delay(self) -> float:
        now = self._now()
        while self._sent and not now - MINUTE < self._sent[0] <= now:  # a clock set back must not block for ever
            self._sent.popleft()
        full = self._sent[len(self._sent) - self._per_minute] + MINUTE if len(self._sent) >= self._per_minute else now
        return max(full, self._closed_until) - now

    async def _serve(self) -> None:
        while self._waiting:
            if self._waiting[0][2].done():  # given up by its owner
                heapq.heappop(self._waiting)
                continue
            delay = self._delay()
            if delay > 0:
                await self._sleep(min(delay, 1.0))
                continue
            _, _, place = heapq.heappop(self._waiting)
            self._sent.append(self._now())
            place.set_result(None)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of one rendering when the next look is planned."""

    elapsed: float  # seconds since it was accepted
    percent: int | None  # as last said
    expected: float  # seconds such a rendering usually takes


def seconds_to_next_look(progress: Progress, *, watched: int, per_minute: int) -> float:
    """When to look again: rarely early, closely near the expected end, backing off past it.

    The share of the budget that `watched` renderings may use sets the shortest wait; three requests a minute are
    left for creates and the balance.
    """
    shortest = max(MINUTE * max(watched, 1) / max(per_minute - 3, 1), 0.5)
    if progress.percent and progress.elapsed > 1:
        total = progress.elapsed * 100 / progress.percent
        left = total - progress.elapsed
    else:
        left = progress.expected - progress.elapsed
    wished = left * 0.5 if left > 0 else -left * 0.25
    longest = max(min(shortest * LONGEST_SHARE, 30.0), shortest)
    return min(max(wished, shortest), longest)


class RenderTimes:
    """How long renderings took lately, to say when the next will end."""

    def __init__(self, first_guess: float = 120.0) -> None:
        self._guess = first_guess
        self._taken: dict[tuple[str, ...], deque[float]] = {}

    def learn(self, kind: tuple[str, ...], seconds: float) -> None:
        """One rendering of this kind took `seconds` from accepted to seen complete."""
        self._taken.setdefault(kind, deque(maxlen=20)).append(seconds)

    def expected(self, kind: tuple[str, ...]) -> float:
        """Median seconds for this kind, or a guess while nothing is known."""
        taken = sorted(self._taken.get(kind, ()))
        return taken[len(taken) // 2] if taken else self._guess
