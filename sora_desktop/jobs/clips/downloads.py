"""Downloads finished videos and saves them as checked clips in the clips folder."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from sora_desktop.api.errors import DownloadBroken
from sora_desktop.api.service import Downloader
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clips.clip_files import EXTENSIONS, TAKEN_NAME_PREFIX, ClipFinder, clip_name
from sora_desktop.jobs.clips.priority_semaphore import PrioritySemaphore
from sora_desktop.jobs.ports import ClipLibrary, Inspector
from sora_desktop.media.errors import MediaError, PassingMediaError
from sora_desktop.media.files import sha256_of
from sora_desktop.store import disk

#: Downloads at the same time.
MAX_DOWNLOADS = 4
#: Bytes reserved for a clip of unknown size: 15 s of 1080p at a high bit rate.
ROOM_FOR_A_CLIP = 200 * 1024 * 1024
#: Clips of this run that are compared with later ones even if they are not in the library yet.
MAX_LATEST = 64
#: Seconds by which a clip may differ from the requested duration without a warning.
DURATION_TOLERANCE = 0.75


class NotAVideo(DownloadBroken):
    """The whole file was received, and is no complete video. `checksum`: its SHA-256."""

    def __init__(self, message: str, checksum: str) -> None:
        super().__init__(message)
        self.checksum = checksum


class Downloads:
    """Downloads, checks and names clips, a few at the same time. One call is one try: `DownloadRetry` tries again.

    Services do not report when a link expires, so the video that finished first is downloaded first.
    """

    def __init__(
        self,
        clips_folder: Path,
        downloader: Downloader,
        inspector: Inspector,
        library: ClipLibrary,
        more_folders: Sequence[Path] = (),
    ) -> None:
        """`more_folders`: where clips may have been saved before the user chose `clips_folder`."""
        self._folder = clips_folder
        self._downloader = downloader
        self._inspector = inspector
        self._library = library
        self._finder = ClipFinder(clips_folder, more_folders, library, inspector)
        self._slots = PrioritySemaphore(MAX_DOWNLOADS)
        self._naming = threading.Lock()
        self._latest: dict[str, Job] = {}  # by SHA-256; their clips may not be in the library yet

    async def fetch(
        self, job: Job, url: str, progress: Callable[[int, int | None], None], *, finished_at: float
    ) -> Clip:
        """Return the checked clip. `finished_at`: when the rendering was known to have ended, in unix seconds.

        Raises ServiceError, MediaError, StoreError or OSError. Bytes received so far are kept for the next call.
        """
        async with self._slots.acquired(finished_at):
            await asyncio.to_thread(disk.check_writable, self._folder)
            return await self.already_here(job) or await self._downloaded(job, url, progress)

    async def already_here(self, job: Job) -> Clip | None:
        """The clip, if the program ended after naming its file and before saving the job. Raises StoreError."""
        found = await self._finder.find(job)
        return None if found is None else self._clip(job, *found)

    async def _downloaded(self, job: Job, url: str, progress: Callable[[int, int | None], None]) -> Clip:
        parts = self._folder / ".parts"
        part = parts / f"{job.id}.part"
        await asyncio.to_thread(parts.mkdir, exist_ok=True)
        await asyncio.to_thread(disk.require_space, self._folder, ROOM_FOR_A_CLIP)
        await self._downloader.download(url, part, progress)
        try:
            facts = await self._inspector.facts(part)
        except PassingMediaError as error:
            await asyncio.to_thread(part.unlink, missing_ok=True)
            raise DownloadBroken(f"The downloaded file could not be read: {error}") from error
        except MediaError as error:
            checksum = await asyncio.to_thread(sha256_of, part)
            await asyncio.to_thread(part.unlink, missing_ok=True)
            raise NotAVideo(f"The downloaded file is not a complete video: {error}", checksum) from error
        naming = asyncio.ensure_future(asyncio.to_thread(self._give_name, part, job, extension_of(facts)))
        try:
            file = await asyncio.shield(naming)
        except asyncio.CancelledError:  # the thread continues: no second download may start before it ends
            await asyncio.wait({naming})
            raise
        return self._clip(job, file, facts)

    def _clip(self, job: Job, file: Path, facts: VideoFacts) -> Clip:
        warnings = (warning_about(facts, job.request), self._warning_about_twin(job, facts))
        return Clip(file, facts, " ".join(filter(None, warnings)))

    def _warning_about_twin(self, job: Job, facts: VideoFacts) -> str:
        """What the user should know about another job with the same file; empty if there is none."""
        latest = self._latest.pop(facts.sha256, job)
        self._latest[facts.sha256] = job
        while len(self._latest) > MAX_LATEST:
            del self._latest[next(iter(self._latest))]
        twin = latest if latest.id != job.id else self._library.job_with_clip(facts, job.id)
        if twin is None or (job.request.seed is not None and job.request == twin.request):
            return ""
        return (
            f"The same file as the clip of {twin.id[:8]}: the service may have delivered one video for two requests. "
            "Compare them, and send the service a report about the wrong one."
        )

    def _give_name(self, part: Path, job: Job, extension: str) -> Path:
        with self._naming:  # two jobs may have the same name
            return self._give_free_name(part, job, extension)

    def _give_free_name(self, part: Path, job: Job, extension: str) -> Path:
        with part.open("rb+") as opened:
            os.fsync(opened.fileno())
        name = clip_name(job)
        file = self._folder / f"{name}{extension}"
        while file.exists():  # a file that is not this clip
            name = f"{TAKEN_NAME_PREFIX}{name}"
            file = self._folder / f"{name}{extension}"
        part.replace(file)
        disk.flush_folder(self._folder)
        part.with_name(part.name + ".etag").unlink(missing_ok=True)
        return file


def extension_of(facts: VideoFacts) -> str:
    """The file name extension for a video's container and codec."""
    is_webm = facts.container == "matroska,webm" and facts.video_codec in ("vp8", "vp9", "av1")
    return EXTENSIONS.get("webm" if is_webm else facts.container, ".mp4")


def warning_about(facts: VideoFacts, request: VideoRequest) -> str:
    """How the clip differs from the request, for the user; empty if it does not."""
    warnings = []
    if abs(facts.seconds - request.duration) > DURATION_TOLERANCE:
        warnings.append(f"{facts.seconds:.1f} s long; {int(request.duration)} s were requested.")
    if extension_of(facts) != ".mp4":
        warnings.append(f"The service sent {extension_of(facts)[1:]}, not mp4.")
    return " ".join(warnings)
