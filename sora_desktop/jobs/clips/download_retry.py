"""Downloads the clip of a completed task again and again until it is saved."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from sora_desktop.api.errors import Gone, ServiceError
from sora_desktop.domain.job import Failed, Job, JobId, Ready, RemoteId, Saving, Unsaved
from sora_desktop.jobs.clips.downloads import Downloads, NotAVideo
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import ChangedElsewhere, StoreError

log = logging.getLogger(__name__)

#: Seconds: the longest pause after a broken download.
LONGEST_DOWNLOAD_PAUSE = 600.0
#: Broken downloads after each of which a new link is requested, and how many of the later ones share one new link,
#: which is about one an hour.
RENEW_LINK_ALWAYS, RENEW_LINK_ONE_IN = 12, 6
#: The same for a file that is missing: its link is hardly the reason.
RENEW_LINK_GONE = 1
#: Whole files that are no videos after which the file is not fetched again by itself: the same one each time, and
#: different ones.
BROKEN_FILE_LIMIT, BROKEN_FILES_LIMIT = 6, 12
#: Services without a daily limit keep files in memory or on a disk that is cleaned. Seconds and tries after which a
#: missing file is gone for good, and the longest pause before: some services name a task completed before its file is
#: there, and one of several engines behind an address has it.
#: Of eight engines, the one that has it is missed so many times in a row once in 10,000 times.
GONE_AFTER, GONE_TRIES, LONGEST_GONE_PAUSE = 300.0, 70, 5.0
#: So many missing files are asked for as often as that; the pauses of more are longer, since others need requests, too.
GONE_AT_ONCE = 2
#: Code of a job whose file the service no longer has, and what the user is told.
FILE_GONE = "file gone"
FILE_GONE_TEXT = (
    "The engine no longer has the file of this video: it was restarted, or deleted it. Retry renders it again."
)
FILE_NOT_THERE = "The service does not have the file yet. Trying again."


@dataclass
class SaveState:
    """What is known about one job while its clip is being saved. It outlasts an error of our own."""

    finished_at: float | None = None  # when the rendering was known to have ended; unix seconds
    broken_downloads: int = 0  # consecutive
    #: Checksums of whole files that were no videos.
    not_videos: list[str] = field(default_factory=list)
    gone: int = 0  # answers that the file is not there
    gone_since: float = 0.0  # tick

    @property
    def is_broken_at_service(self) -> bool:
        """True if another download of the file is not likely to be a video."""
        same = self.not_videos.count(self.not_videos[-1]) if self.not_videos else 0
        return same >= BROKEN_FILE_LIMIT or len(self.not_videos) >= BROKEN_FILES_LIMIT

    def note(self, error: Exception, tick: float) -> None:
        """A download has failed."""
        if isinstance(error, NotAVideo):
            self.not_videos.append(error.checksum)
        if not isinstance(error, Gone):
            self.gone = 0
            return
        self.gone_since = self.gone_since if self.gone else tick
        self.gone += 1

    def is_gone(self, tick: float) -> bool:
        """True if the file is missing for good."""
        return self.gone >= GONE_TRIES and tick - self.gone_since >= GONE_AFTER


class DownloadRetry:
    """Moves a job from `Saving` to `Ready`.

    A broken download never fails the job: it is `Unsaved` until it is tried again. Only a service without a daily limit
    can lose the file for good.
    """

    def __init__(self, calls: ServiceCalls, journal: Journal, downloads: Downloads, clock: Clock) -> None:
        self._calls = calls
        self._journal = journal
        self._downloads = downloads
        self._clock = clock
        self._missing: set[JobId] = set()  # jobs whose files are asked for again and again

    async def save_existing(self, job: Job) -> Job | None:
        """The job in `Ready` if its clip is on disk already; None if it is not. Raises StoreError."""
        clip = await self._downloads.already_here(job)
        return None if clip is None else await self._journal.move(job, Ready(clip))

    async def until_saved(self, job: Job, remote_id: RemoteId, url: str, state: SaveState) -> Job:
        """Download the clip until it is saved. Return the job in `Ready`. Raises StoreError.

        The job is `Failed` if the service no longer has the file. A file that is no video is fetched a few times, then
        again once the user asks for it, or in another run.
        """
        try:
            return await self._until_saved(job, remote_id, url, state)
        finally:
            self._missing.discard(job.id)

    async def _until_saved(self, job: Job, remote_id: RemoteId, url: str, state: SaveState) -> Job:
        tries = 0
        while True:
            try:
                job = await self._journal.move(job, Saving(remote_id))
            except ChangedElsewhere:  # it is shown as it is on disk
                raise
            except StoreError as error:  # still show what is known: the rendering has ended
                self._journal.show_phase(job, Unsaved(remote_id, str(error)))
                raise
            state.finished_at = state.finished_at or job.changed_at

            def progress(received: int, total: int | None, job: Job = job) -> None:
                current = self._journal.get(job.id)
                if current is not None and isinstance(current.phase, Saving):
                    self._journal.show_phase(current, Saving(remote_id, received, total))

            try:
                await self._calls.reserve_download()
                clip = await self._downloads.fetch(job, url, progress, finished_at=state.finished_at)
            except (ServiceError, StoreError, OSError) as error:
                state.note(error, self._clock.tick())
                may_be_lost = isinstance(error, Gone) and not self._calls.has_daily_limit
                if may_be_lost and state.is_gone(self._clock.tick()):
                    return await self._journal.move(job, Failed(FILE_GONE_TEXT, FILE_GONE, remote_id=remote_id))
                unsaved = Unsaved(remote_id, FILE_NOT_THERE if may_be_lost else _reason(error, state))
                log.warning("the clip of job %s is not saved yet: %s", job.id, unsaved.reason)
                if not (isinstance(error, Gone) and tries == 0):  # an expired link is renewed silently
                    job = await self._journal.move(job, unsaved)
                    if state.is_broken_at_service:
                        self._journal.bell.ring()
                        await asyncio.Event().wait()  # until the user asks for it again
                    longest = LONGEST_GONE_PAUSE if may_be_lost else LONGEST_DOWNLOAD_PAUSE
                    share = self._share_of_missing(job.id) if may_be_lost else 1.0
                    await self._clock.sleep(min(2.0 ** max(tries - 1, 0), longest) * share)
                tries += 1
                state.broken_downloads = 0 if may_be_lost else tries  # a missing file is waited for
                always = RENEW_LINK_GONE if may_be_lost else RENEW_LINK_ALWAYS
                keep_link = tries > always and tries % RENEW_LINK_ONE_IN
                if isinstance(error, ServiceError) and not keep_link:  # a full disk needs no other link
                    url = await self._new_link(job.id, remote_id) or url
            else:
                state.broken_downloads = 0
                return await self._journal.move(job, Ready(clip))

    def _share_of_missing(self, id: JobId) -> float:
        """The factor by which the pauses of a missing file are longer, since there are others."""
        self._missing.add(id)
        return max(len(self._missing) / GONE_AT_ONCE, 1.0)

    async def _new_link(self, id: JobId, remote_id: RemoteId) -> str:
        try:
            return (await self._calls.poll(id, remote_id)).video_url
        except ServiceError:
            return ""


def _reason(error: Exception, state: SaveState) -> str:
    if state.is_broken_at_service:
        return (
            f"the service delivers a file that is no complete video; it was downloaded {len(state.not_videos)} times. "
            f"Choose “Download again” later, or send the service a report. {error}"
        )
    if isinstance(error, OSError) and not isinstance(error, ServiceError | StoreError):
        return (
            f"The clip could not be saved: {error.strerror or error}. Free some space or choose another library folder."
        )
    return str(error)
