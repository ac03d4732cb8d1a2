"""Downloads the clip of a completed task again and again until it is saved."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sora_desktop.api.errors import Gone, ServiceError
from sora_desktop.domain.job import Job, JobId, Ready, RemoteId, Saving, Unsaved
from sora_desktop.jobs.clips.downloads import Downloads
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


@dataclass
class SaveState:
    """What is known about one job while its clip is being saved. It outlasts an error of our own."""

    finished_at: float | None = None  # when the rendering was known to have ended; unix seconds
    broken_downloads: int = 0  # consecutive


class DownloadRetry:
    """Moves a job from `Saving` to `Ready`.

    A broken download never fails the job: it is `Unsaved` until it is tried again.
    """

    def __init__(self, calls: ServiceCalls, journal: Journal, downloads: Downloads, clock: Clock) -> None:
        self._calls = calls
        self._journal = journal
        self._downloads = downloads
        self._clock = clock

    async def save_existing(self, job: Job) -> Job | None:
        """The job in `Ready` if its clip is on disk already; None if it is not. Raises StoreError."""
        clip = await self._downloads.already_here(job)
        return None if clip is None else await self._journal.move(job, Ready(clip))

    async def until_saved(self, job: Job, remote_id: RemoteId, url: str, state: SaveState) -> Job:
        """Download the clip until it is saved. Return the job in `Ready`. Raises StoreError."""
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
                clip = await self._downloads.fetch(job, url, progress, finished_at=state.finished_at)
            except (ServiceError, StoreError, OSError) as error:
                unsaved = Unsaved(remote_id, _reason(error))
                log.warning("the clip of job %s is not saved yet: %s", job.id, unsaved.reason)
                if not (isinstance(error, Gone) and tries == 0):  # an expired link is renewed silently
                    job = await self._journal.move(job, unsaved)
                    await self._clock.sleep(min(2.0 ** max(tries - 1, 0), LONGEST_DOWNLOAD_PAUSE))
                tries += 1
                state.broken_downloads = tries
                keep_link = tries > RENEW_LINK_ALWAYS and tries % RENEW_LINK_ONE_IN  # to try a link costs no request
                if isinstance(error, ServiceError) and not keep_link:  # a full disk needs no other link
                    url = await self._new_link(job.id, remote_id) or url
            else:
                state.broken_downloads = 0
                return await self._journal.move(job, Ready(clip))

    async def _new_link(self, id: JobId, remote_id: RemoteId) -> str:
        try:
            return (await self._calls.poll(id, remote_id)).video_url
        except ServiceError:
            return ""


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, ServiceError | StoreError):
        return (
            f"The clip could not be saved: {error.strerror or error}. Free some space or choose another library folder."
        )
    return str(error)
