"""Finds the job that a video file comes from: its clip, a copy of that, or an exported range of it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from sora_desktop.domain.job import Job, Ready
from sora_desktop.domain.trash import before_trash
from sora_desktop.jobs.clips.clip_files import read_clip_name
from sora_desktop.jobs.ports import ClipOrigins
from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import sha256_of

#: What an export adds to the name of a clip: the seconds of the range, and a number if the name was taken.
_ADDED = re.compile(r"(?: \d+\.\d\d-\d+\.\d\d s)?(?: \d+)?$")


async def job_of_clip(file: Path, library: ClipOrigins) -> Job | None:
    """The job whose request has made this file; None if no job is known for it. Raises StoreError.

    A clip and its copies are known by their content, whatever their names. A range that was exported has other bytes,
    so that it is known as long as its name begins with that of the clip.
    """
    try:
        size = (await asyncio.to_thread(file.stat)).st_size
    except (OSError, ValueError):
        return None
    jobs = library.jobs_with_clip_of(size)
    if (job := next((job for job in jobs if _clip_file(job) == file), None)) is not None:
        return job
    if jobs:
        try:
            checksum = await asyncio.to_thread(sha256_of, file)
        except MediaError:
            return None
        same = [job for job in jobs if _checksum(job) == checksum]
        if same:  # several if a service has sent one file for two requests
            return next((job for job in same if _is_named_like(file, job)), same[0])
    return _job_named_like(file, library)


def _clip_file(job: Job) -> Path | None:
    phase = before_trash(job).phase
    return phase.clip.file if isinstance(phase, Ready) else None


def _checksum(job: Job) -> str:
    phase = before_trash(job).phase
    return phase.clip.facts.sha256 if isinstance(phase, Ready) else ""


def _job_named_like(file: Path, library: ClipOrigins) -> Job | None:
    for clip in _possible_clips(file):
        name = read_clip_name(clip)
        if name is not None and (found := [job for job in library.jobs_starting(name.id_start) if name.fits(job)]):
            return found[0]
    return None


def _is_named_like(file: Path, job: Job) -> bool:
    return any(name.fits(job) for clip in _possible_clips(file) if (name := read_clip_name(clip)) is not None)


def _possible_clips(file: Path) -> tuple[Path, ...]:
    """The file, and the clip that it may be named after."""
    return file, file.with_name(f"{_ADDED.sub('', file.stem)}{file.suffix}")
