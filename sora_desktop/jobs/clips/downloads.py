"""Downloads finished videos and saves them as checked clips in the clips folder."""

from __future__ import annotations

import asyncio
import os
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sora_desktop.api.errors import DownloadBroken
from sora_desktop.api.service import Downloader
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clips.priority_semaphore import PrioritySemaphore
from sora_desktop.jobs.ports import Inspector
from sora_desktop.media.errors import MediaError
from sora_desktop.store import disk

#: Downloads at the same time.
MAX_DOWNLOADS = 4
#: Bytes reserved for a clip of unknown size: 15 s of 1080p at a high bit rate.
ROOM_FOR_A_CLIP = 200 * 1024 * 1024
#: File name extensions by FFmpeg's name of the container.
EXTENSIONS = {"mov": ".mp4", "webm": ".webm", "matroska": ".mkv", "avi": ".avi", "mpegts": ".ts", "flv": ".flv"}
#: Prefix of a clip's file name if another file has the name already.
TAKEN_NAME_PREFIX = "again "
#: Names in a row that may be missing before a clip with more prefixes, because their files were deleted.
MAX_MISSING_NAMES = 3
#: Seconds by which a clip may differ from the requested duration without a warning.
DURATION_TOLERANCE = 0.75


class Downloads:
    """Downloads, checks and names clips, a few at the same time. One call is one try: `DownloadRetry` tries again.

    Services do not report when a link expires, so the video that finished first is downloaded first.
    """

    def __init__(self, clips_folder: Path, downloader: Downloader, inspector: Inspector) -> None:
        self._folder = clips_folder
        self._downloader = downloader
        self._inspector = inspector
        self._slots = PrioritySemaphore(MAX_DOWNLOADS)

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
        """The clip, if the program ended after naming its file and before saving the job."""
        for file in await asyncio.to_thread(self._files_named, clip_name(job)):
            try:
                facts = await self._inspector.facts(file)
            except MediaError:
                continue  # not a clip of ours: left alone
            return Clip(file, facts, warning_about(facts, job.request))
        return None

    def _files_named(self, name: str) -> list[Path]:
        """Files that may be the clip of that name, by lookup: reading the folder takes longer with each clip."""
        found: list[Path] = []
        missing = 0
        while missing < MAX_MISSING_NAMES:
            spellings = (name, unicodedata.normalize("NFD", name))  # some file systems store letters decomposed
            files = [
                self._folder / f"{spelling}{extension}"
                for spelling in dict.fromkeys(spellings)
                for extension in EXTENSIONS.values()
            ]
            existing = [file for file in files if file.is_file()]
            found += existing
            missing = 0 if existing else missing + 1
            name = f"{TAKEN_NAME_PREFIX}{name}"
        return found

    async def _downloaded(self, job: Job, url: str, progress: Callable[[int, int | None], None]) -> Clip:
        parts = self._folder / ".parts"
        part = parts / f"{job.id}.part"
        await asyncio.to_thread(parts.mkdir, exist_ok=True)
        await asyncio.to_thread(disk.require_space, self._folder, ROOM_FOR_A_CLIP)
        await self._downloader.download(url, part, progress)
        try:
            facts = await self._inspector.facts(part)
        except MediaError as error:
            await asyncio.to_thread(part.unlink, missing_ok=True)
            raise DownloadBroken(f"The downloaded file is not a complete video: {error}") from error
        naming = asyncio.ensure_future(asyncio.to_thread(self._give_name, part, job, extension_of(facts)))
        try:
            file = await asyncio.shield(naming)
        except asyncio.CancelledError:  # the thread continues: no second download may start before it ends
            await asyncio.wait({naming})
            raise
        return Clip(file, facts, warning_about(facts, job.request))

    def _give_name(self, part: Path, job: Job, extension: str) -> Path:
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


def clip_name(job: Job) -> str:
    """A readable file name that every file system accepts, without extension: date, prompt, start of the job's id."""
    plain = unicodedata.normalize("NFKC", job.request.prompt)
    words = re.sub(r"[^\w\- ]+", " ", plain).split()
    title = " ".join(words)[:60].strip() or "clip"
    while len(title.encode()) > 120:
        title = title[:-1]
    date = datetime.fromtimestamp(job.created_at).strftime("%Y-%m-%d %H%M%S")
    return f"{date} {title} {job.id[:8]}"


def extension_of(facts: VideoFacts) -> str:
    """The file name extension for a video's container and codec."""
    first = facts.container.split(",")[0]
    is_webm = first == "matroska" and facts.video_codec in ("vp8", "vp9", "av1")
    return EXTENSIONS.get("webm" if is_webm else first, ".mp4")


def warning_about(facts: VideoFacts, request: VideoRequest) -> str:
    """How the clip differs from the request, for the user; empty if it does not."""
    warnings = []
    if abs(facts.seconds - request.duration) > DURATION_TOLERANCE:
        warnings.append(f"{facts.seconds:.1f} s long; {int(request.duration)} s were requested.")
    if extension_of(facts) != ".mp4":
        warnings.append(f"The service sent {extension_of(facts)[1:]}, not mp4.")
    return " ".join(warnings)
