"""Follows an accepted job until its clip is on this disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from sora_desktop.api.errors import (
    DailyLimit,
    Gone,
    KeyRejected,
    NotFound,
    ServiceError,
    TooBusy,
)
from sora_desktop.api.service import TaskReport, TaskState, VideoService
from sora_desktop.domain.job import Abandoned, Failed, Job, JobId, Ready, RemoteId, Rendering, Saving, Unsaved, Waiting
from sora_desktop.domain.render_time import render_kind_of
from sora_desktop.jobs.clips.downloads import Downloads
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.polling.rate_limit import RateLimit, RequestKind, daily_limit_ends
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.schedule import PollSchedule, Watch
from sora_desktop.jobs.support.exchange_log import ExchangeLog
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds after which nobody waits for a task that neither completes nor fails.
DEADLINE = 24 * 3600.0
LONGEST_PAUSE = 600.0
#: Broken downloads after each of which a new link is asked for; after that, one in so many: once an hour.
OFTEN, SELDOM = 12, 6
#: Seconds after its acceptance within which a rendering counts as watched from the start.
FRESH = 5.0
#: A 404 may be a replica that has not heard yet, or a service that is being replaced: so many in a row, each asked for
#: after twice the last pause, are believed. That is after half an hour; of a task so old that a service may well have
#: dropped it, and that was not seen since, after four minutes.
NOT_FOUND_BELIEVED, OLD_ONE_BELIEVED = 12, 8
#: Seconds after which a service may have dropped a task.
OLD = 24 * 3600.0


class Watcher:
    """Looks at tasks as the budget allows and fetches what is finished; one `follow` for each job."""

    def __init__(
        self,
        *,
        service: VideoService,
        journal: Journal,
        downloads: Downloads,
        rate_limit: RateLimit,
        times: RenderTimes,
        exchange_log: ExchangeLog,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._service = service
        self._journal = journal
        self._downloads = downloads
        self._rate_limit = rate_limit
        self._schedule = PollSchedule(rate_limit, times, self._waiting)
        self._exchange_log = exchange_log
        self._now = now
        self._sleep = sleep
        self._broken: dict[JobId, int] = {}

    def broken_downloads(self, id: JobId) -> int:
        """How often in a row fetching this job's clip went wrong."""
        return self._broken.get(id, 0)

    def holds_place(self, job: Job) -> bool:
        """True while the job counts among those at work; one that seems stuck does not, where the service has room."""
        if not isinstance(job.phase, Rendering):
            return False
        return not (self._rate_limit.slot_free and self._schedule.is_overdue(job.id, self._now()))

    async def has_ended(self, id: JobId, remote_id: RemoteId) -> bool:
        """One look at a task that nobody waits for: True when its video is there to be fetched, or it has failed."""
        try:
            return _is_over(await self._poll(id, remote_id))
        except ServiceError:
            return False

    async def follow(self, job: Job, remote_id: RemoteId, *, anew: bool = False) -> Job:
        """Watch until the task ends; return the job settled. `anew`: nobody has looked for a while, look at once."""
        was_rendering = isinstance(job.phase, Rendering)
        if isinstance(job.phase, Saving | Unsaved):
            clip = await self._downloads.already_here(job)
            if clip is not None:  # whether or not the service still knows the task
                return await self._journal.move(job, Ready(clip))
        if not isinstance(job.phase, Rendering | Saving | Unsaved):
            job = await self._journal.move(job, Rendering(remote_id))
        now = self._now()
        started = min(job.changed_at, now) if was_rendering else now
        fresh = was_rendering and not anew and now - started < FRESH
        watch = Watch(job.id, render_kind_of(job.request, job.service), started, fresh)
        self._schedule.begin(watch, now)
        try:
            report = await self._until_ended(job, remote_id, watch, at_once=anew or not was_rendering)
        finally:
            self._schedule.end(watch, self._now())
        if report is None:
            return await self._journal.move(job, Abandoned(remote_id))
        if report.state is TaskState.FAILED:
            reason = report.reason or "The service gave no reason."
            return await self._journal.move(job, Failed(reason, report.code, report.by_policy, remote_id))
        return await self._fetch(job, remote_id, report)

    async def _until_ended(self, job: Job, remote_id: RemoteId, watch: Watch, *, at_once: bool) -> TaskReport | None:
        """The report that ends it; None when the deadline passed and the service still says that it renders."""
        troubles = missing = 0
        missing_since = 0.0
        old = self._now() - job.changed_at > OLD
        renders = False
        pause = None if at_once else self._schedule.pause(watch, self._now())
        self._show(job.id, remote_id, watch, "")
        while not renders or self._now() - watch.started < DEADLINE:
            if pause is not None:
                await self._sleep(pause)
            trouble, pause, renders = "", None, False
            try:
                report = await self._poll(job.id, remote_id)
            except NotFound as error:
                missing += 1
                missing_since = missing_since or self._now()
                if missing >= (OLD_ONE_BELIEVED if old and watch.polls == 0 else NOT_FOUND_BELIEVED):
                    return _unknown_there(error, missing, self._now() - missing_since)
                trouble = "The service does not know this task at the moment. It is asked again for a while."
                pause = min(2.0**missing, LONGEST_PAUSE)
            except TooBusy as error:
                self._rate_limit.refused(error.retry_after)
            except DailyLimit as error:
                if error.code:  # the service's word, not the budget's own
                    self._rate_limit.refused_today()
                pause = min(daily_limit_ends(self._now()) - self._now(), LONGEST_PAUSE)
                trouble = "Today's requests are used up. It renders on and is looked at again after midnight UTC."
            except KeyRejected as error:
                trouble, pause = str(error), 32.0
            except ServiceError as error:
                troubles, trouble = min(troubles + 1, 10), str(error)
                pause = min(2.0**troubles, LONGEST_PAUSE)
            else:
                troubles = missing = 0
                missing_since = 0.0
                renders = True
                if _is_over(report):
                    await self._schedule.ended(watch, report, self._now())
                    return report
                self._schedule.saw(watch, report, self._now())
            self._show(job.id, remote_id, watch, trouble)
            if pause is None:
                pause = self._schedule.pause(watch, self._now())
        return None

    def _show(self, id: JobId, remote_id: RemoteId, watch: Watch, trouble: str) -> None:
        current = self._journal.get(id)
        if current is None:
            return
        if isinstance(current.phase, Rendering):
            shown: Rendering | Unsaved = Rendering(remote_id, watch.percent, trouble, watch.forecast)
        elif isinstance(current.phase, Saving | Unsaved) and trouble:
            shown = Unsaved(remote_id, trouble)
        else:
            return
        if current.phase != shown:
            self._journal.show(self._journal.stepped(current, shown))

    def _waiting(self) -> int:
        return sum(isinstance(job.phase, Waiting) and not job.on_hold for job in self._journal)

    async def _fetch(self, job: Job, remote_id: RemoteId, report: TaskReport) -> Job:
        """The clip on this disk. Never gives up while the service answers; a broken download never fails the job."""
        url, tries = report.video_url, 0
        while True:
            try:
                job = await self._journal.move(job, Saving(remote_id))
            except StoreError as trouble:  # what is known already: it is finished there
                self._journal.show(
                    self._journal.stepped(self._journal.get(job.id) or job, Unsaved(remote_id, str(trouble)))
                )
                raise

            def received(done: int, total: int | None, job: Job = job) -> None:
                current = self._journal.get(job.id)
                if current is not None and isinstance(current.phase, Saving):
                    self._journal.show(self._journal.stepped(current, Saving(remote_id, done, total)))

            try:
                clip = await self._downloads.fetch(job, url, received)
            except (ServiceError, StoreError, OSError) as trouble:
                unsaved = Unsaved(remote_id, _sentence(trouble))
                log.warning("job %s is not on this disk yet: %s", job.id, unsaved.reason)
                if not (isinstance(trouble, Gone) and tries == 0):  # a stale link is renewed without a word
                    job = await self._journal.move(job, unsaved)
                    await self._sleep(min(2.0 ** max(tries - 1, 0), LONGEST_PAUSE))
                tries += 1
                self._broken[job.id] = tries
                seldom = tries > OFTEN and tries % SELDOM  # to try the link itself costs no request
                if isinstance(trouble, ServiceError) and not seldom:  # a full disk needs no other link
                    url = await self._fresh_url(job.id, remote_id) or url
            else:
                self._broken.pop(job.id, None)
                return await self._journal.move(job, Ready(clip))

    async def _poll(self, id: JobId, remote_id: RemoteId) -> TaskReport:
        await self._rate_limit.take(RequestKind.POLL)
        try:
            report = await self._service.poll(remote_id)
        except ServiceError as error:
            self._exchange_log.add(id, error.exchange)
            raise
        self._exchange_log.add(id, report.exchange)
        return report

    async def _fresh_url(self, id: JobId, remote_id: RemoteId) -> str:
        try:
            return (await self._poll(id, remote_id)).video_url
        except ServiceError:
            return ""


def _is_over(report: TaskReport) -> bool:
    return report.state is TaskState.FAILED or (report.state is TaskState.COMPLETED and bool(report.video_url))


def _unknown_there(error: NotFound, times: int, seconds: float) -> TaskReport:
    minutes = max(round(seconds / 60), 1)
    reason = (
        f"The service no longer knows this task: it said so {times} times in {minutes} minutes. "
        f"“Look at the task once more” in its menu asks again, at no cost. {error}"
    )
    return TaskReport(TaskState.FAILED, reason=reason, code="404")


def _sentence(trouble: Exception) -> str:
    if isinstance(trouble, OSError) and not isinstance(trouble, ServiceError | StoreError):
        return f"It could not be written: {trouble.strerror or trouble}. Make room or choose another library folder."
    return str(trouble)
