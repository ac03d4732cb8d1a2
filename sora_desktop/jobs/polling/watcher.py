"""Follows accepted jobs until their clips are saved."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sora_desktop.api.errors import NotFound, Refused
from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
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
from sora_desktop.jobs.clips.download_retry import DownloadRetry, SaveState
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.polling.abandoned import AbandonedPoller
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.task_poller import TaskPoller, TaskPolls
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import ChangedElsewhere, StoreError

log = logging.getLogger(__name__)

#: Seconds: pauses after a step could not be saved, and the longest after an error of our own, which may cost a request
#: each time.
FIRST_RETRY_PAUSE, LONGEST_SAVE_PAUSE, LONGEST_ERROR_PAUSE = 2.0, 60.0, 600.0
#: Failures on this side after which a command line no longer waits for the job: in a row (steps that could not be
#: saved, broken downloads), and of each kind that makes following begin again, whatever succeeds in between.
FAILURES_WORTH_WAITING, ROUNDS_WORTH_WAITING = 4, 20
#: Begins what the user is told about a job whose task the present key does not show. What to do follows.
OTHER_KEY_NEEDED = "Waits for its API key: this video was requested with another one."


@dataclass
class _Followed:
    """A job that is being followed."""

    task: asyncio.Task[Job] | None = None
    failures: int = 0  # consecutive errors of our own, or steps that could not be saved
    rounds: int = 0  # how often following began
    polls: TaskPolls = field(default_factory=TaskPolls)
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
        other_key_advice: Callable[[JobId], str],
    ) -> None:
        """`other_key_advice`: what to do about a job that was accepted under another API key than the present one.

        It is empty if the job was not.
        """
        self._calls = calls
        self._journal = journal
        self._download_retry = download_retry
        self._rate_limit = rate_limit
        self._clock = clock
        self._poller = TaskPoller(calls, journal, rate_limit, times, clock)
        self._other_key_advice = other_key_advice
        #: Jobs that the service does not show to the present key.
        self._waiting_for_key: set[JobId] = set()
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
        if job is not None:
            self._start_again(job, stopped)

    async def cancel(self, id: JobId) -> None:
        """Stop a rendering at the service, unless it has finished: its clip is kept. Raises ServiceError.

        What the user has asked for is on disk first, so that a task that is gone afterwards counts as cancelled,
        whatever happens meanwhile. After an error the job is followed as before. A task that the service does not know
        at the moment is stopped when it is known again.
        """
        is_missing = False
        stopped = await self._stop(id)
        job = self._journal.get(id)
        if job is None or not isinstance(job.phase, Rendering):
            if job is not None and stopped is not None:
                self._start_again(job, stopped)
            return
        try:
            report = await self._calls.poll(id, job.phase.remote_id)
            if report.has_ended or report.state is TaskState.COMPLETED:
                return
            await self._note_cancel(job, asked=True, due=job.phase.cancel_due)
            await self._calls.cancel(id, job.phase.remote_id)
        except NotFound:
            await self._note_cancel(job, asked=True, due=True)
            is_missing = True
        except Refused:
            await self._note_cancel(job, asked=job.phase.cancel_asked, due=False)
            raise
        else:
            await self._journal.change(job, self._cancelled)
        finally:
            job = self._journal.get(id)
            if job is not None:
                self._start_again(job, stopped)
            if is_missing and (followed := self._followed.get(id)) is not None:
                followed.polls.sightings.note(False, self._clock.tick())

    async def _note_cancel(self, job: Job, *, asked: bool, due: bool) -> None:
        def changed(current: Job) -> Job | None:
            if not isinstance(current.phase, Rendering):
                return None
            phase = replace(current.phase, cancel_asked=asked, cancel_due=due)
            return None if phase == current.phase else self._journal.stepped(current, phase)

        await self._journal.change(job, changed)

    def _cancelled(self, current: Job) -> Job | None:
        if not isinstance(current.phase, Rendering):
            return None
        return self._journal.stepped(current, Cancelled(current.phase.remote_id))

    def _start_again(self, job: Job, stopped: _Followed | None) -> None:
        """Follow a job again, with what is known from before."""
        if isinstance(job.phase, Rendering | Saving | Unsaved):
            self.start(job, poll_now=True)
            if stopped is not None:
                self._followed[job.id].polls.watch = stopped.polls.watch
                self._followed[job.id].polls.sightings = stopped.polls.sightings
                self._followed[job.id].saving.finished_at = stopped.saving.finished_at

    def holds_slot(self, job: Job) -> bool:
        """True if the job counts as being rendered. An overdue one does not if the service has a free slot."""
        if not isinstance(job.phase, Rendering) or self.waits_for_key(job):
            return False
        return not (self._rate_limit.slot_free and self._poller.is_overdue(job.id))

    def should_wait_here(self, job: Job, is_among_last: bool, most_jobs: int | None) -> bool:
        """True if the job would have to wait at its place, while another place may be free earlier.

        `most_jobs`: how many each place may have at once; None: any number. True if all in reach have as many.

        A job that is sent ahead keeps a place busy, which matters while renderings are short. It cannot be moved any
        more, which matters at the end of the queue.
        """
        if not self._calls.has_places:
            return False
        rendering = [(each, each.phase.remote_id) for each in self._journal.active if isinstance(each.phase, Rendering)]
        place = self._calls.place_for_next(id for _, id in rendering)
        there = sum(self._calls.place_of(id) == place for each, id in rendering if self.holds_slot(each))
        if most_jobs is not None and there >= most_jobs:
            return True
        return self._poller.is_full(place, there) and (is_among_last or self._poller.renders_long(job))

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
        if followed.saving.is_broken_at_service:
            return False
        broken_downloads = followed.saving.broken_downloads if isinstance(job.phase, Unsaved) else 0
        return (
            max(followed.failures, broken_downloads) <= FAILURES_WORTH_WAITING
            and followed.rounds <= ROUNDS_WORTH_WAITING
            and self._poller.is_worth_waiting(followed.polls)
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
        await self._poller.aclose()

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
                self._poller.show_warning(job, "Something went wrong in the program. Trying again.")
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
            self._poller.show_warning(job, str(error))
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
        remote_id = job.phase.remote_id
        if not isinstance(job.phase, Rendering):
            ready = await self._download_retry.save_existing(job)
            if ready is not None:  # whether or not the service still knows the task
                return ready
        advice = self._other_key_advice(job.id)
        if advice and not await self._poller.is_shown(job, remote_id, followed.polls):
            self._waiting_for_key.add(job.id)
            self._poller.show_warning(job, f"{OTHER_KEY_NEEDED} {advice}.")
            self._poll_rarely(job)
            return job
        report = await self._poller.until_end(job, remote_id, followed.polls, poll_now=poll_now)
        if report is None:
            return await self._journal.move(job, Abandoned(remote_id))
        if report.state is TaskState.FAILED:
            return await self._journal.change(job, lambda current: self._ended(current, report, remote_id)) or job
        return await self._download_retry.until_saved(job, remote_id, report.video_url, followed.saving)

    def _ended(self, current: Job, report: TaskReport, remote_id: RemoteId) -> Job:
        """A job whose task has ended without a video."""
        if isinstance(current.phase, Rendering) and current.phase.cancel_asked:
            return self._journal.stepped(current, Cancelled(remote_id))
        reason = report.reason or "The service gave no reason."
        return self._journal.stepped(current, Failed(reason, report.code, report.by_policy, remote_id))

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
