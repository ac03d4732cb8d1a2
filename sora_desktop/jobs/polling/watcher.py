"""Follows accepted jobs until their clips are saved."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sora_desktop.api.errors import DailyLimit, KeyRejected, NotFound, ServiceError, TooBusy
from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    RemoteId,
    Rendering,
    Saving,
    Unsaved,
    is_settled,
    remote_id_of,
)
from sora_desktop.domain.render_time import render_kind_of
from sora_desktop.jobs.clips.download_retry import DownloadRetry, SaveState
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.polling.abandoned import AbandonedPoller
from sora_desktop.jobs.polling.outage import Outage
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.schedule import PollSchedule, Watch
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import ChangedElsewhere, StoreError

log = logging.getLogger(__name__)

#: Seconds after which a task that neither completes nor fails is abandoned.
DEADLINE = 24 * 3600.0
#: Seconds for which this run must have followed a task of an earlier run before it is abandoned: its age is known only
#: from the time of day, which may be wrong for a while.
DEADLINE_CONFIRMATION = 3600.0
#: Seconds by which the time of day may differ from the service's for ages of earlier runs to be trusted.
TRUSTED_SKEW = 600.0
#: Seconds: the longest pause after errors of the service.
LONGEST_PAUSE = 600.0
#: Seconds after its acceptance within which a rendering counts as polled from the start.
FROM_THE_START = 5.0
#: Consecutive NotFound errors after which a task counts as lost. One may come from a replica that does not know the
#: task yet, or from a service that is being deployed. The pause doubles each time, so this takes half an hour; four
#: minutes for a task so old that the service may have deleted it, and that was not seen since.
NOT_FOUND_LIMIT, NOT_FOUND_LIMIT_OLD = 12, 8
#: Seconds until a poll is tried again after the key was rejected.
KEY_RETRY = 32.0
#: What the user is told about a job whose task the present key does not show.
PAID_WITH_OTHER_KEY = (
    "Waits for its API key: another API key paid for this video. Enter that key in Settings. "
    "The present key is tried now and then."
)
#: Seconds: pauses after which the present key is tried again for such a job, before it waits. A single NotFound may
#: come from a replica that does not know the task. Short, since a command line waits for them.
KEY_TRY_PAUSES = (15.0, 30.0)
UNKNOWN_TASK = "The service does not know this task at the moment. Checking again for a while."
#: Seconds after which a service may have deleted a task.
OLD = 24 * 3600.0
#: Shown with a job whose remote id another job has as well.
SHARED_ID = (
    "The service gave this request and an earlier one the same id, so both may become one video that is charged once. "
    "Compare the clips before you send either again."
)
#: Seconds: pauses after a step could not be saved, and the longest after an error of our own, which may cost a request
#: each time.
FIRST_RETRY_PAUSE, LONGEST_SAVE_PAUSE, LONGEST_ERROR_PAUSE = 2.0, 60.0, 600.0
#: Failures on this side after which a command line no longer waits for the job: in a row (steps that could not be
#: saved, broken downloads), and of each kind that makes following begin again, whatever succeeds in between.
FAILURES_WORTH_WAITING, ROUNDS_WORTH_WAITING = 4, 20


@dataclass
class _Followed:
    """A job that is being followed."""

    task: asyncio.Task[Job] | None = None
    failures: int = 0  # consecutive errors of our own, or steps that could not be saved
    rounds: int = 0  # how often following began
    outage: Outage = field(default_factory=Outage)
    watch: Watch | None = None  # of its rendering
    saving: SaveState = field(default_factory=SaveState)


class Watcher:
    """Polls renderings within the rate limit and has their clips saved. Each job that is followed has one task.

    Abandoned jobs are polled as well, rarely, and followed again once their rendering has ended. So are jobs that wait
    for their API key, once the present key shows them.
    """

    def __init__(
        self,
        *,
        calls: ServiceCalls,
        journal: Journal,
        download_retry: DownloadRetry,
        rate_limit: RateLimit,
        times: RenderTimes,
        clock: Clock,
        paid_with_other_key: Callable[[JobId], bool],
    ) -> None:
        """`paid_with_other_key`: True if the job was accepted under another API key than the present one."""
        self._calls = calls
        self._journal = journal
        self._download_retry = download_retry
        self._rate_limit = rate_limit
        self._clock = clock
        self._paid_with_other_key = paid_with_other_key
        #: Jobs that the service does not show to the present key.
        self._waiting_for_key: set[JobId] = set()
        self._schedule = PollSchedule(rate_limit, times, clock)
        self._followed: dict[JobId, _Followed] = {}
        self._abandoned = AbandonedPoller(calls, journal, rate_limit, times, clock)
        self._resuming: asyncio.Task[None] | None = None  # runs while there are abandoned jobs

    def start(self, job: Job, *, poll_now: bool = False) -> None:
        """Follow an accepted job, unless it is followed already. `poll_now`: it was not polled for some time."""
        if job.id in self._followed:
            return
        self._waiting_for_key.discard(job.id)
        self._abandoned.remove(job.id)
        followed = _Followed()
        task = asyncio.create_task(self._run(job, followed, poll_now), name=f"job {job.id}")
        followed.task = task

        def ended(_: asyncio.Task[Job]) -> None:
            if self._followed.get(job.id) is followed:
                del self._followed[job.id]
            self._journal.bell.ring()

        self._followed[job.id] = followed
        task.add_done_callback(ended)

    def start_abandoned(self, jobs: Iterable[Job]) -> None:
        """Poll jobs that an earlier run abandoned, latest first: once now, then rarely."""
        for job in reversed(list(jobs)):  # the latest is kept longest
            self._poll_rarely(job, poll_now=True)

    async def abandon(self, id: JobId) -> None:
        """Stop following an accepted job. It is still billed; its clip is saved if a rare poll finds it."""
        await self._stop(id)

        def abandoned(current: Job) -> Job | None:
            remote_id = remote_id_of(current.phase)
            if remote_id is None or is_settled(current.phase):
                return None
            return self._journal.stepped(current, Abandoned(remote_id))

        job = self._journal.find(id)
        job = job and await self._journal.change(job, abandoned)
        if job is not None and self._journal.is_ours(job):
            self._poll_rarely(job)

    async def resume(self, id: JobId) -> None:
        """Follow an abandoned or failed job again, or skip the pause of one that is followed: poll it at once."""
        stopped = await self._stop(id)

        def rendering(current: Job) -> Job | None:
            remote_id = remote_id_of(current.phase)
            if remote_id is None or not isinstance(current.phase, Abandoned | Failed):
                return None
            return self._journal.stepped(current, Rendering(remote_id))

        job = self._journal.find(id)
        if job is not None:
            await self._journal.change(job, rendering)
        self._abandoned.remove(id)  # not before: on a full disk it stays scheduled
        job = self._journal.get(id)
        if job is not None and isinstance(job.phase, Rendering | Saving | Unsaved):
            self.start(job, poll_now=True)
            if stopped is not None:
                self._followed[id].watch = stopped.watch
                self._followed[id].saving.finished_at = stopped.saving.finished_at

    def holds_slot(self, job: Job) -> bool:
        """True if the job counts as being rendered. An overdue one does not if the service has a free slot."""
        if not isinstance(job.phase, Rendering) or self.waits_for_key(job):
            return False
        return not (self._rate_limit.slot_free and self._schedule.is_overdue(job.id))

    def waits_for_key(self, job: Job) -> bool:
        """True if the job was paid for with another API key, which alone can show it."""
        return job.id in self._waiting_for_key

    def is_worth_waiting(self, job: Job) -> bool:
        """True if an accepted job is likely to go on soon, without the user. It is followed in any case."""
        if self.waits_for_key(job):
            return False
        followed = self._followed.get(job.id)
        if followed is None:
            return True  # its acceptance is being saved
        broken_downloads = followed.saving.broken_downloads if isinstance(job.phase, Unsaved) else 0
        return (
            max(followed.failures, broken_downloads) <= FAILURES_WORTH_WAITING
            and followed.rounds <= ROUNDS_WORTH_WAITING
            and followed.outage.is_worth_waiting(self._clock.tick())
        )

    async def aclose(self) -> None:
        """Stop following all jobs."""
        tasks: list[asyncio.Task[Any]] = [
            followed.task for followed in self._followed.values() if followed.task is not None
        ]
        self._followed.clear()
        if self._resuming is not None:
            tasks.append(self._resuming)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop(self, id: JobId) -> _Followed | None:
        followed = self._followed.pop(id, None)
        if followed is not None and followed.task is not None:
            followed.task.cancel()
            await asyncio.gather(followed.task, return_exceptions=True)
        return followed

    async def _run(self, job: Job, followed: _Followed, poll_now: bool) -> Job:
        """Follow the job to its end, whatever fails on this side, and return it."""
        failures = 0
        while True:
            try:
                job = await self._follow(job, followed, poll_now)
            except ChangedElsewhere:  # it is shown as it is on disk
                log.error("another program has changed job %s", job.id)
                failures += 1
                followed.failures = failures
                await self._clock.sleep(min(FIRST_RETRY_PAUSE * 2.0 ** min(failures, 10), LONGEST_ERROR_PAUSE))
            except StoreError as error:
                failures = await self._until_saved(job, followed, error, failures)
            except Exception:
                log.exception("following job %s failed", job.id)
                failures += 1
                followed.failures = failures
                self._show_warning(job, "Something went wrong in the program. Trying again.")
                await self._clock.sleep(min(FIRST_RETRY_PAUSE * 2.0 ** min(failures, 10), LONGEST_ERROR_PAUSE))
            else:
                if isinstance(job.phase, Abandoned):
                    self._poll_rarely(job)
                return job
            job = self._saved(job)

    def _saved(self, job: Job) -> Job:
        """The job as it is shown or saved; if it cannot be read, as it is."""
        with suppress(StoreError):
            return self._journal.find(job.id) or job
        return job

    async def _until_saved(self, job: Job, followed: _Followed, error: StoreError, failures: int) -> int:
        """Try to save the job as it is until that succeeds: this costs no request. Return the number of failures."""
        while True:
            log.error("a step of job %s could not be saved: %s", job.id, error)
            failures += 1
            followed.failures = failures
            self._show_warning(job, str(error))
            await self._clock.sleep(min(FIRST_RETRY_PAUSE * 2.0 ** min(failures, 10), LONGEST_SAVE_PAUSE))
            try:
                await self._journal.change(job, lambda current: current)
            except ChangedElsewhere:
                return failures
            except StoreError as another:
                error = another
            else:
                followed.failures = 0
                return failures

    async def _follow(self, job: Job, followed: _Followed, poll_now: bool) -> Job:
        """Poll until the task ends and save its clip. Return the job in its last phase."""
        if not isinstance(job.phase, Rendering | Saving | Unsaved):
            return job
        followed.rounds += 1
        remote_id, was_rendering = job.phase.remote_id, isinstance(job.phase, Rendering)
        if not was_rendering:
            ready = await self._download_retry.save_existing(job)
            if ready is not None:  # whether or not the service still knows the task
                return ready
        if self._paid_with_other_key(job.id) and not await self._is_shown_to_this_key(job, remote_id, followed.outage):
            self._waiting_for_key.add(job.id)
            self._show_warning(job, PAID_WITH_OTHER_KEY)
            self._poll_rarely(job)
            return job
        watch = followed.watch = self._watch_of(job, followed.watch, poll_now)
        self._schedule.add(watch)
        try:
            report = await self._poll_until_end(
                job, remote_id, watch, followed.outage, poll_now=poll_now or not was_rendering
            )
        finally:
            self._schedule.remove(watch)
        if report is None:
            return await self._journal.move(job, Abandoned(remote_id))
        if report.state is TaskState.FAILED:
            reason = report.reason or "The service gave no reason."
            return await self._journal.move(job, Failed(reason, report.code, report.by_policy, remote_id))
        return await self._download_retry.until_saved(job, remote_id, report.video_url, followed.saving)

    async def _is_shown_to_this_key(self, job: Job, remote_id: RemoteId, outage: Outage) -> bool:
        """False if the service does not know the task under the present key: that says nothing about the task.

        A key that was replaced within one account shows the tasks of the old one. The task is tried several times.
        """
        errors = missing = 0
        while True:
            try:
                await self._poll(job.id, remote_id, outage)
            except NotFound:
                if missing == len(KEY_TRY_PAUSES):
                    return False
                self._show_warning(job, UNKNOWN_TASK)
                await self._clock.sleep(KEY_TRY_PAUSES[missing])
                missing += 1
            except KeyRejected as error:
                self._show_warning(job, str(error))
                await self._clock.sleep(KEY_RETRY)
            except ServiceError as error:
                errors += 1
                self._show_warning(job, str(error))
                await self._clock.sleep(min(2.0 ** min(errors, 10), LONGEST_PAUSE))
            else:
                return True

    def _watch_of(self, job: Job, before: Watch | None, poll_now: bool) -> Watch:
        """What is known of a rendering: from before an interruption, or from the time of day at which it was saved."""
        if before is not None and isinstance(job.phase, Rendering):
            before.from_the_start = False
            return before
        age = self._clock.now() - job.changed_at if isinstance(job.phase, Rendering) else 0.0
        is_new = isinstance(job.phase, Rendering) and 0 <= age < FROM_THE_START
        kind = render_kind_of(job.request, job.service)
        earlier = 0.0 if is_new else max(age, 0.0)
        return Watch(job.id, kind, self._clock.tick(), is_new and not poll_now, earlier)

    def _is_past_deadline(self, watch: Watch) -> bool:
        tick = self._clock.tick()
        if watch.observed(tick) >= DEADLINE:
            return True
        confirmed = watch.observed(tick) >= DEADLINE_CONFIRMATION and self._trusts_time_of_day()
        return confirmed and watch.elapsed(tick) >= DEADLINE

    def _trusts_time_of_day(self) -> bool:
        skew = self._rate_limit.skew
        return skew is None or abs(skew) <= TRUSTED_SKEW

    async def _poll_until_end(
        self, job: Job, remote_id: RemoteId, watch: Watch, outage: Outage, *, poll_now: bool
    ) -> TaskReport | None:
        """The report that ends the task; None if it is still rendering at the deadline."""
        errors = missing = 0
        missing_since = 0.0  # tick
        is_old, is_rendering = True, False
        pause = None if poll_now else self._next_pause(watch)
        self._show_progress(job.id, remote_id, watch, "")
        while not (is_rendering and self._is_past_deadline(watch)):
            if pause is not None:
                await self._clock.sleep_until(self._clock.tick() + pause)
            warning, pause, is_rendering = "", None, False
            try:
                report = await self._poll(job.id, remote_id, outage)
            except NotFound as error:
                missing += 1
                missing_since = missing_since or self._clock.tick()
                is_old = is_old and self._clock.now() - job.changed_at > OLD and self._trusts_time_of_day()
                if missing >= (NOT_FOUND_LIMIT_OLD if is_old and watch.polls == 0 else NOT_FOUND_LIMIT):
                    return _lost(error, missing, self._clock.tick() - missing_since)
                warning = UNKNOWN_TASK
                pause = min(2.0**missing, LONGEST_PAUSE)
            except TooBusy as error:
                self._rate_limit.refused(error.retry_after)
                warning = "" if outage.is_worth_waiting(self._clock.tick()) else str(error)
            except DailyLimit as error:
                if error.code:  # an answer of the service, not of our own rate limit
                    self._rate_limit.refused_today()
                pause = min(self._rate_limit.service_time.until_limit_ends, LONGEST_PAUSE)
                tomorrow = self._rate_limit.limits.day_begins_text
                warning = f"Today's requests are used up. Rendering continues; the next check is after {tomorrow}."
            except KeyRejected as error:
                warning, pause = str(error), KEY_RETRY
            except ServiceError as error:
                errors, warning = min(errors + 1, 10), str(error)
                pause = min(2.0**errors, LONGEST_PAUSE)
            else:
                errors = missing = 0
                missing_since = 0.0
                is_rendering = True
                watch.correct(self._clock.now() - job.changed_at - watch.observed(self._clock.tick()))
                if report.has_ended:
                    await self._schedule.record_end(watch, report)
                    return report
                self._schedule.record_unfinished(watch, report)
            self._show_progress(job.id, remote_id, watch, warning)
            if pause is None:
                pause = self._next_pause(watch)
        return None

    async def _poll(self, id: JobId, remote_id: RemoteId, outage: Outage) -> TaskReport:
        """Poll once. Raises ServiceError, which is part of the outage."""
        try:
            report = await self._calls.poll(id, remote_id)
        except ServiceError as error:
            outage.begin_or_go_on(error, self._clock.tick())
            if isinstance(error, DailyLimit):
                outage.close_until(self._clock.tick() + self._rate_limit.service_time.until_limit_ends)
            self._journal.bell.ring()
            raise
        outage.end()
        return report

    def _next_pause(self, watch: Watch) -> float:
        return self._schedule.pause(watch, self._journal.waiting_count)

    def _show_progress(self, id: JobId, remote_id: RemoteId, watch: Watch, warning: str) -> None:
        current = self._journal.get(id)
        if current is None:
            return
        if isinstance(current.phase, Rendering):
            phase = Rendering(remote_id, watch.percent, warning or self._doubt_about(current), watch.forecast)
            if phase != current.phase:
                self._journal.show_phase(current, phase)
        elif isinstance(current.phase, Saving | Unsaved) and warning:
            self._journal.show_phase(current, Unsaved(remote_id, warning))

    def _doubt_about(self, job: Job) -> str:
        """What the user should know about the job's remote id; empty if there is nothing."""
        with suppress(StoreError):
            return SHARED_ID if self._journal.shares_remote_id(job) else ""
        return ""

    def _show_warning(self, job: Job, warning: str) -> None:
        job = self._journal.get(job.id) or job
        if isinstance(job.phase, Rendering):
            self._journal.show_phase(job, Rendering(job.phase.remote_id, job.phase.percent, warning))
        elif isinstance(job.phase, Saving | Unsaved):
            self._journal.show_phase(job, Unsaved(job.phase.remote_id, warning))

    def _poll_rarely(self, job: Job, *, poll_now: bool = False) -> None:
        self._abandoned.add(job, poll_now=poll_now)
        if self._resuming is None or self._resuming.done():
            self._resuming = asyncio.create_task(self._follow_again(), name="rare polls")

    async def _follow_again(self) -> None:
        """Follow each rarely polled job again once its task has ended, or is shown to the present key."""
        while (id := await self._abandoned.next_ended()) is not None:
            try:
                await self.resume(id)
            except Exception:
                log.exception("job %s could not be followed again; its next poll is planned", id)


def _lost(error: NotFound, times: int, seconds: float) -> TaskReport:
    minutes = max(round(seconds / 60), 1)
    reason = (
        f"The service no longer knows this task: it answered so {times} times in {minutes} minutes. "
        f"To ask again at no cost, choose “Check status again” in the job's menu. {error}"
    )
    return TaskReport(TaskState.FAILED, reason=reason, code=error.code)
