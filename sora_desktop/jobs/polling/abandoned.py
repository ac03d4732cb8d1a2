"""Looks now and then whether a video that nobody waits for has been finished: it is paid for all the same."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sora_desktop.domain.job import Abandoned, Job, JobId, RemoteId, Rendering, Waiting
from sora_desktop.domain.render_time import render_kind_of
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.polling.rate_limit import FOR_ONE_VIDEO, RateLimit, next_midnight, utc_day
from sora_desktop.jobs.polling.render_times import RenderTimes

log = logging.getLogger(__name__)

#: Seconds after which no service of this kind still has a finished video, and how many stopped jobs are kept in mind.
LINKS_LIVE, MOST_STOPPED = 72 * 3600.0, 10
#: Requests that the day must have left beyond all that those who are waited for may need.
LEFT_FOR_STOPPED = 100
#: Seconds to the first look at the least; each further pause is twice the last, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 12 * 3600.0
#: Looks at one job in a day (UTC).
MOST_A_DAY = 6
#: Seconds after which it is tried again, where no request was to spare.
NO_ROOM = 120.0
#: Longest sleep, since a suspended machine's timers run late. Seconds.
NAP = 60.0


class Poller(Protocol):
    """What is asked of the watcher."""

    async def has_ended(self, id: JobId, remote_id: RemoteId) -> bool:
        """One look: True when the service has nothing more to do for the task."""


@dataclass
class _Plan:
    job: Job
    remote_id: RemoteId
    due: float  # unix seconds
    pause: float  # seconds from that look to the next
    day: str = ""  # of the last look
    polls: int = 0  # on that day


class AbandonedJobs:
    """Asks only with requests that nobody else could want, a few times for each job, and gives up with the links."""

    def __init__(
        self,
        *,
        poller: Poller,
        journal: Journal,
        rate_limit: RateLimit,
        times: RenderTimes,
        watch: Callable[[JobId], Awaitable[None]],
        now: Callable[[], float],
    ) -> None:
        self._poller = poller
        self._journal = journal
        self._rate_limit = rate_limit
        self._times = times
        self._watch = watch
        self._now = now
        self._plans: dict[JobId, _Plan] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, stopped: Sequence[Job]) -> None:
        """Ask about these at once, and about those that a person stops from now on when they should be long over."""
        for job in reversed(stopped):  # the latest is kept longest
            self._plan(job, self._now())
        self._task = asyncio.create_task(self._run(), name="late results")

    def heard(self, job: Job) -> None:
        """A job took another phase."""
        if not isinstance(job.phase, Abandoned):
            self._plans.pop(job.id, None)
        elif job.id not in self._plans:
            self._plan(job, job.changed_at + self._first_pause(job))
            self._changed.set()

    async def aclose(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _first_pause(self, job: Job) -> float:
        return max(self._times.long_over_after(render_kind_of(job.request, job.service)), FIRST_PAUSE)

    def _plan(self, job: Job, due: float) -> None:
        if not isinstance(job.phase, Abandoned):
            return
        self._plans.pop(job.id, None)
        while len(self._plans) >= MOST_STOPPED:
            del self._plans[next(iter(self._plans))]  # stopped longest ago; the next start looks at it
        self._plans[job.id] = _Plan(job, job.phase.remote_id, due, self._first_pause(job))

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            for plan in self._due():
                try:
                    await self._ask(plan)
                except Exception:
                    log.exception("the result of job %s could not be looked for", plan.job.id)
                    plan.due = max(plan.due, self._now() + NO_ROOM)
            await self._nap()

    def _due(self) -> list[_Plan]:
        now = self._now()
        for id in [id for id, plan in self._plans.items() if now - plan.job.changed_at > LINKS_LIVE]:
            del self._plans[id]
        return sorted((plan for plan in self._plans.values() if plan.due <= now), key=lambda plan: plan.due)

    async def _nap(self) -> None:
        soonest = min((plan.due for plan in self._plans.values()), default=None)
        timeout = None if soonest is None else min(max(soonest - self._now(), 0.05), NAP)
        waiter = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({waiter}, timeout=timeout)
        finally:
            waiter.cancel()

    async def _ask(self, plan: _Plan) -> None:
        id, now = plan.job.id, self._now()
        if self._plans.get(id) is not plan:
            return  # a person has gone on with it meanwhile
        today = utc_day(now)
        if today != plan.day:
            plan.day, plan.polls = today, 0
        if plan.polls >= MOST_A_DAY:
            plan.due = next_midnight(now) + plan.pause
            return
        if not self._can_spare_one():
            plan.due = now + NO_ROOM
            return
        plan.polls += 1
        plan.due, plan.pause = now + plan.pause, min(2 * plan.pause, LONGEST_PAUSE)
        if await self._poller.has_ended(id, plan.remote_id) and self._plans.get(id) is plan:
            await self._watch(id)

    def _can_spare_one(self) -> bool:
        """True when the day will do for all that is waited for, and this minute has room."""
        wanted = sum(
            isinstance(job.phase, Rendering) or (isinstance(job.phase, Waiting) and not job.on_hold)
            for job in self._journal
        )
        left = self._rate_limit.left_today - FOR_ONE_VIDEO * wanted
        return self._rate_limit.is_quiet and (left >= LEFT_FOR_STOPPED or self._rate_limit.polls_are_free)
