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
from sora_desktop.api.service import Report, TaskState, VideoService
from sora_desktop.domain.job import Failed, Job, JobId, Ready, RemoteId, Rendering, Saving, Unsaved, Unwatched
from sora_desktop.jobs.downloads import Vault
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.pacing import Progress, RenderTimes, RequestBudget, Want, next_midnight, seconds_to_next_look
from sora_desktop.store.problems import StoreProblem

log = logging.getLogger(__name__)

#: Seconds after which nobody waits for a task that neither completes nor fails.
DEADLINE = 24 * 3600.0
LONGEST_PAUSE = 600.0
#: A 404 may be a replica that has not heard yet; this many in a row are believed.
NOT_FOUND_BELIEVED = 3


class Watcher:
    """Looks at tasks as the budget allows and fetches what is finished; one `follow` for each job."""

    def __init__(
        self,
        *,
        service: VideoService,
        journal: Journal,
        vault: Vault,
        budget: RequestBudget,
        times: RenderTimes,
        refunded: Callable[[], None],
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._service = service
        self._journal = journal
        self._vault = vault
        self._budget = budget
        self._times = times
        self._refunded = refunded
        self._now = now
        self._sleep = sleep
        self._watched: set[JobId] = set()
        self._broken: dict[JobId, int] = {}

    def broken_downloads(self, id: JobId) -> int:
        """How often in a row fetching this job's clip went wrong."""
        return self._broken.get(id, 0)

    async def follow(self, job: Job, remote_id: RemoteId) -> Job:
        """Watch until the task ends; return the job settled."""
        started = job.changed_at if isinstance(job.phase, Rendering) else self._now()
        if not isinstance(job.phase, Rendering | Saving | Unsaved):
            job = await self._journal.move(job, Rendering(remote_id))
        self._watched.add(job.id)
        try:
            report = await self._until_ended(job, remote_id, started)
        finally:
            self._watched.discard(job.id)
        if report is None:
            return await self._journal.move(job, Unwatched(remote_id))
        if report.state is TaskState.FAILED:
            self._refunded()
            reason = report.reason or "The service gave no reason."
            return await self._journal.move(job, Failed(reason, report.code, report.by_policy, remote_id))
        return await self._fetch(job, remote_id, report)

    async def _until_ended(self, job: Job, remote_id: RemoteId, started: float) -> Report | None:
        """The report that ends it; None when the deadline passed."""
        percent: int | None = None
        kind = (job.request.model, str(int(job.request.duration)), job.request.quality)
        troubles = missing = 0
        first = not isinstance(job.phase, Rendering)  # one that was being saved is finished there: look at once
        while self._now() - started < DEADLINE:
            if troubles:
                pause = min(2.0**troubles, LONGEST_PAUSE if missing == 0 else 10.0)
            else:
                progress = Progress(self._now() - started, percent, self._times.expected(kind))
                pause = seconds_to_next_look(progress, watched=len(self._watched), per_minute=self._budget.per_minute)
            if not first:
                await self._sleep(pause)
            first = False
            await self._budget.take(Want.LOOK)
            trouble = ""
            try:
                report = await self._service.look(remote_id)
            except NotFound as error:
                troubles, missing = troubles + 1, missing + 1
                if missing >= NOT_FOUND_BELIEVED:
                    return Report(
                        TaskState.FAILED, reason=f"The service no longer knows this task. {error}", code="404"
                    )
            except TooBusy as error:
                self._budget.close_until(self._now() + (error.retry_after or 5.0))
            except DailyLimit as error:
                trouble = f"{error} It is looked at again after midnight UTC."
                self._budget.close_until(next_midnight(self._now()))
            except KeyRejected as error:
                troubles, trouble = 5, str(error)
            except ServiceError as error:
                troubles, trouble = min(troubles + 1, 10), str(error)
            else:
                troubles = missing = 0
                if report.state is TaskState.FAILED or (report.state is TaskState.COMPLETED and report.video_url):
                    if report.state is TaskState.COMPLETED:
                        self._times.learn(kind, self._now() - started)
                    return report
                if report.percent is not None:
                    percent = max(report.percent, percent or 0)
            current = self._journal.get(job.id)
            shown = Rendering(remote_id, percent, trouble)
            if current is not None and current.phase != shown and isinstance(current.phase, Rendering):
                self._journal.show(self._journal.stepped(current, shown))
        return None

    async def _fetch(self, job: Job, remote_id: RemoteId, report: Report) -> Job:
        """The clip on this disk. Never gives up while the service answers; a broken download never fails the job."""
        url, tries = report.video_url, 0
        while True:
            job = await self._journal.move(job, Saving(remote_id))

            def received(done: int, total: int | None, job: Job = job) -> None:
                current = self._journal.get(job.id)
                if current is not None and isinstance(current.phase, Saving):
                    self._journal.show(self._journal.stepped(current, Saving(remote_id, done, total)))

            try:
                clip = await self._vault.fetch(job, url, received)
            except (ServiceError, StoreProblem, OSError) as trouble:
                reason = _sentence(trouble)
                log.warning("job %s is not on this disk yet: %s", job.id, reason)
                if not (isinstance(trouble, Gone) and tries == 0):  # a stale link is renewed without a word
                    job = await self._journal.move(job, Unsaved(remote_id, reason))
                    await self._sleep(min(2.0 ** max(tries - 1, 0), LONGEST_PAUSE))
                tries += 1
                self._broken[job.id] = tries
                url = await self._fresh_url(remote_id) or url
            else:
                self._broken.pop(job.id, None)
                return await self._journal.move(job, Ready(clip))

    async def _fresh_url(self, remote_id: RemoteId) -> str:
        await self._budget.take(Want.LOOK)
        try:
            return (await self._service.look(remote_id)).video_url
        except ServiceError:
            return ""


def _sentence(trouble: Exception) -> str:
    if isinstance(trouble, OSError) and not isinstance(trouble, ServiceError | StoreProblem):
        return f"It could not be written: {trouble.strerror or trouble}. Make room or choose another library folder."
    return str(trouble)
