"""Polls with requests that are to spare: abandoned jobs (still billed), and those waiting for their API key."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from sora_desktop.api.errors import ServiceError
from sora_desktop.domain.job import Abandoned, Job, JobId, RemoteId, Rendering, Saving, Unsaved, remote_id_of
from sora_desktop.domain.render_time import render_kind_of
from sora_desktop.jobs.clock import LONGEST_SLEEP, Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.polling.rate_limit import REQUESTS_PER_VIDEO, RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.service_calls import ServiceCalls

log = logging.getLogger(__name__)

#: The most abandoned jobs that are polled; the ones abandoned last.
MAX_JOBS = 10
#: Requests that must be left today beyond those that other jobs may need.
LEFT_FOR_ABANDONED = 100
#: Seconds: the shortest pause before the first poll. Each further pause is twice as long, up to the longest.
FIRST_POLL_PAUSE, LONGEST_POLL_PAUSE = 60.0, 12 * 3600.0
#: Seconds until the first rare poll of a job that waits for its API key.
KEY_POLL_PAUSE = 600.0
#: Polls of one job in a day of the service.
MAX_POLLS_PER_DAY = 6
#: Seconds until the next try if no request was to spare, or a poll failed.
RETRY_PAUSE = 120.0


@dataclass
class AbandonedJob:
    """A job that is polled rarely, and its next poll."""

    id: JobId
    remote_id: RemoteId
    expires: float  # tick at which its links have surely expired, unless the time of day was wrong
    due: float  # tick
    pause: float  # seconds between the poll at `due` and the one after it
    was_polled: bool = False  # by this run
    day: str = ""  # of the last poll
    polls: int = 0  # on that day
    waits_for_key: bool = False  # not abandoned, but not shown to the present API key

    def is_still(self, job: Job) -> bool:
        """True if the job is still one that is polled rarely."""
        return isinstance(job.phase, Rendering | Saving | Unsaved if self.waits_for_key else Abandoned)


class AbandonedSchedule:
    """Schedules polls from requests that nothing else needs: a few for each job, until its links expire.

    Sends nothing itself.
    """

    def __init__(self, rate_limit: RateLimit, times: RenderTimes, clock: Clock) -> None:
        self._rate_limit = rate_limit
        self._times = times
        self._clock = clock
        self._jobs: dict[JobId, AbandonedJob] = {}

    def add(self, job: Job, *, poll_now: bool) -> None:
        """Schedule an abandoned job: now, or when its rendering has almost certainly ended.

        A job that is still unsettled waits for its API key.
        """
        remote_id, waits_for_key = remote_id_of(job.phase), isinstance(job.phase, Rendering | Saving | Unsaved)
        if remote_id is None or not (waits_for_key or isinstance(job.phase, Abandoned)):
            return
        self._jobs.pop(job.id, None)
        pause = KEY_POLL_PAUSE
        if not waits_for_key:
            abandoned = [id for id, each in self._jobs.items() if not each.waits_for_key]
            for id in abandoned[: max(len(abandoned) - MAX_JOBS + 1, 0)]:
                del self._jobs[id]  # abandoned longest ago; the next run polls it
            pause = max(self._times.almost_certain_end(render_kind_of(job.request, job.service)), FIRST_POLL_PAUSE)
        tick, age = self._clock.tick(), self._clock.now() - job.changed_at
        expires = tick + self._rate_limit.limits.link_lifetime - max(age, 0.0)
        due = tick if poll_now else tick + pause
        self._jobs[job.id] = AbandonedJob(job.id, remote_id, expires, due, pause, waits_for_key=waits_for_key)

    def remove(self, id: JobId) -> None:
        """Forget a job. Does nothing if it is not scheduled."""
        self._jobs.pop(id, None)

    def due(self) -> list[AbandonedJob]:
        """The jobs whose poll is due, the first one first. Forgets polled ones whose links have expired."""
        tick = self._clock.tick()
        for id in [id for id, job in self._jobs.items() if job.was_polled and tick > job.expires]:
            del self._jobs[id]
        return sorted((job for job in self._jobs.values() if job.due <= tick), key=lambda job: job.due)

    def next_due(self) -> float | None:
        """Tick of the next poll; None if no job is scheduled."""
        return min((job.due for job in self._jobs.values()), default=None)

    def waits_for_key(self, id: JobId) -> bool:
        """True if the job is scheduled because it waits for its API key."""
        return (job := self._jobs.get(id)) is not None and job.waits_for_key

    def contains(self, job: AbandonedJob) -> bool:
        """False if the job was removed, or added again, since `due` returned it."""
        return self._jobs.get(job.id) is job

    def may_poll(self, job: AbandonedJob, unfinished: int) -> bool:
        """True if the poll that is due may be sent; plans the next one either way.

        `unfinished`: the number of jobs that wait or are rendered.
        """
        tick, today = self._clock.tick(), self._rate_limit.service_time.today
        if today != job.day:
            job.day, job.polls = today, 0
        if job.polls >= MAX_POLLS_PER_DAY:
            job.due = tick + self._rate_limit.service_time.until_next_day + job.pause
            return False
        if not self._has_spare_request(unfinished):
            job.due = tick + RETRY_PAUSE
            return False
        job.polls += 1
        job.was_polled = True
        job.due, job.pause = tick + job.pause, min(2 * job.pause, LONGEST_POLL_PAUSE)
        return True

    def _has_spare_request(self, unfinished: int) -> bool:
        left = self._rate_limit.left_today - REQUESTS_PER_VIDEO * unfinished
        return self._rate_limit.is_quiet and (left >= LEFT_FOR_ABANDONED or self._rate_limit.polls_are_free)


class AbandonedPoller:
    """Polls the abandoned jobs of one service, and those that wait for their API key, when they are due."""

    def __init__(
        self, calls: ServiceCalls, journal: Journal, rate_limit: RateLimit, times: RenderTimes, clock: Clock
    ) -> None:
        self._calls = calls
        self._journal = journal
        self._clock = clock
        self._schedule = AbandonedSchedule(rate_limit, times, clock)

    def add(self, job: Job, *, poll_now: bool = False) -> None:
        """Poll this job rarely from now on. `poll_now`: an earlier run abandoned it."""
        self._schedule.add(job, poll_now=poll_now)

    def remove(self, id: JobId) -> None:
        """Do not poll this job any more. Does nothing if it is not polled."""
        self._schedule.remove(id)

    async def next_ended(self) -> JobId | None:
        """Poll until a task has ended, or is shown to the present key if its job waited for that.

        Return its job, which stays scheduled; None once no job is left.
        """
        while (due := self._schedule.next_due()) is not None:
            await asyncio.sleep(min(max(due - self._clock.tick(), 0.05), LONGEST_SLEEP))
            for abandoned in self._schedule.due():
                try:
                    if await self._poll(abandoned):
                        return abandoned.id
                except Exception:
                    log.exception("abandoned job %s could not be polled", abandoned.id)
                    abandoned.due = max(abandoned.due, self._clock.tick() + RETRY_PAUSE)
        return None

    async def _poll(self, abandoned: AbandonedJob) -> bool:
        """Poll the job if a request is to spare. True if it can be followed again."""
        job = self._journal.find(abandoned.id)
        if job is None or not abandoned.is_still(job):
            self.remove(abandoned.id)  # moved to the Trash, or its clip was found
            return False
        rendering = sum(
            isinstance(each.phase, Rendering) and not self._schedule.waits_for_key(each.id)
            for each in self._journal.active
        )
        unfinished = rendering + self._journal.waiting_count
        if not self._schedule.contains(abandoned):  # removed while another one was being polled
            return False
        if not self._schedule.may_poll(abandoned, unfinished):
            return False
        try:
            report = await self._calls.poll(abandoned.id, abandoned.remote_id)
        except ServiceError:
            return False
        return (report.has_ended or abandoned.waits_for_key) and self._schedule.contains(abandoned)
