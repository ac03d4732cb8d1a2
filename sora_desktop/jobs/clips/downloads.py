"""The vault: from a finished video's URL to a checked clip in the library."""

from __future__ import annotations

import asyncio
import glob
import os
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sora_desktop.api.errors import DownloadBroken
from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clips.priority_semaphore import PrioritySemaphore
from sora_desktop.jobs.ports import Inspector
from sora_desktop.media.errors import MediaError
from sora_desktop.store import disk

#: Clips fetched at once.
AT_ONCE = 4
#: Bytes a clip may need, when the service has not said: a 15 s 1080p clip at a generous rate.
ROOM_FOR_A_CLIP = 200 * 1024 * 1024
#: Endings of files by FFmpeg's word for the container.
SUFFIXES = {"mov": ".mp4", "webm": ".webm", "matroska": ".mkv", "avi": ".avi", "mpegts": ".ts", "flv": ".flv"}
#: Put before the name of a clip whose own name is taken.
AGAIN = "again "
#: Seconds by which a clip may differ from the asked length without a remark.
LENGTH_SLACK = 0.75


class Fetcher(Protocol):
    """The one call of the service that the vault needs."""

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        """Bring the bytes behind `url` to `part`, going on where it ends."""


class Downloads:
    """Fetches finished videos, checks them and gives them their name in the library.

    The service does not say when a link expires, so the video that has been finished longest goes first.
    """

    def __init__(self, library: Path, fetcher: Fetcher, inspector: Inspector) -> None:
        self._library = library
        self._fetcher = fetcher
        self._inspector = inspector
        self._slots = PrioritySemaphore(AT_ONCE)
        self._finished: dict[JobId, float] = {}  # unix seconds when it was first known to be finished

    async def fetch(self, job: Job, url: str, progress: Callable[[int, int | None], None]) -> Clip:
        """A checked clip. Raises ServiceError, MediaTrouble, StoreProblem or OSError; what has come is kept."""
        finished = self._finished.setdefault(job.id, job.changed_at)
        async with self._slots.passed(finished):
            await asyncio.to_thread(disk.check_writable, self._library)
            clip = await self.already_here(job) or await self._fetched(job, url, progress)
            self._finished.pop(job.id, None)
            return clip

    async def already_here(self, job: Job) -> Clip | None:
        """The clip, where the program ended between giving it its name and noting that."""
        name = clip_name(job)
        for file in await asyncio.to_thread(lambda: sorted(self._library.glob(f"*{glob.escape(job.id[:8])}.*"))):
            stem = unicodedata.normalize("NFC", file.stem)  # some file systems take letters apart
            while stem.startswith(AGAIN):
                stem = stem.removeprefix(AGAIN)
            if stem == name and file.is_file() and file.suffix in SUFFIXES.values():
                try:
                    facts = await self._inspector.facts(file)
                except MediaError:
                    continue  # whatever it is, it is not ours to remove
                return Clip(file, facts, warning_about(facts, job.request))
        return None

    async def _fetched(self, job: Job, url: str, progress: Callable[[int, int | None], None]) -> Clip:
        parts = self._library / ".parts"
        part = parts / f"{job.id}.part"
        await asyncio.to_thread(parts.mkdir, exist_ok=True)
        await asyncio.to_thread(disk.require_space, self._library, ROOM_FOR_A_CLIP)
        await self._fetcher.download(url, part, progress)
        try:
            facts = await self._inspector.facts(part)
        except MediaError as trouble:
            await asyncio.to_thread(part.unlink, missing_ok=True)
            raise DownloadBroken(f"What came is not a whole video: {trouble}") from trouble
        placing = asyncio.ensure_future(asyncio.to_thread(self._put_in_place, part, job, suffix_of(facts)))
        try:
            file = await asyncio.shield(placing)
        except asyncio.CancelledError:  # the thread goes on: a second download must not begin before the file is there
            await asyncio.wait({placing})
            raise
        return Clip(file, facts, warning_about(facts, job.request))

    def _put_in_place(self, part: Path, job: Job, suffix: str) -> Path:
        with part.open("rb+") as opened:
            os.fsync(opened.fileno())
        name = clip_name(job)
        file = self._library / f"{name}{suffix}"
        while file.exists():  # something that is no clip bears the name
            name = f"{AGAIN}{name}"
            file = self._library / f"{name}{suffix}"
        part.replace(file)
        disk.flush_folder(self._library)
        part.with_name(part.name + ".etag").unlink(missing_ok=True)
        return file


def clip_name(job: Job) -> str:
    """A file name that people can read and every system accepts, without its ending."""
    plain = unicodedata.normalize("NFKC", job.request.prompt)
    words = re.sub(r"[^\w\- ]+", " ", plain).split()
    title = " ".join(words)[:60].strip() or "clip"
    while len(title.encode()) > 120:
        title = title[:-1]
    day = datetime.fromtimestamp(job.created_at).strftime("%Y-%m-%d %H%M%S")
    return f"{day} {title} {job.id[:8]}"


def suffix_of(facts: VideoFacts) -> str:
    """The ending that fits what is in the file."""
    first = facts.container.split(",")[0]
    return SUFFIXES.get("webm" if first == "matroska" and facts.video_codec in ("vp8", "vp9", "av1") else first, ".mp4")


def warning_about(facts: VideoFacts, request: VideoRequest) -> str:
    """What differs from what was asked, for a person; empty when nothing does."""
    warnings = []
    if abs(facts.seconds - request.duration) > LENGTH_SLACK:
        warnings.append(f"{facts.seconds:.1f} s long; {int(request.duration)} s were asked for.")
    if suffix_of(facts) != ".mp4":
        warnings.append(f"The service sent {suffix_of(facts)[1:]}, not mp4.")
    return " ".join(warnings)
