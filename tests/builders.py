"""Values that tests need all the time: jobs, clips, facts about clips, reference images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobId, Phase
from sora_desktop.domain.marks import Flag
from sora_desktop.domain.request import ReferenceImage, VideoRequest

#: Unix seconds: the moment at which job number 0 is made.
NOW = 1_800_000_000.0


def a_job(
    phase: Phase,
    number: int = 1,
    *,
    id: str = "",
    made: float | None = None,
    changed: float | None = None,
    starred: bool = False,
    on_hold: bool = False,
    service: str = "",
    flag: Flag = Flag.NONE,
    **request: object,
) -> Job:
    """A job in that phase; its position is `made`. Jobs with higher numbers are newer. Times in unix seconds."""
    fields = {"prompt": f"prompt {number}", **request}
    made = NOW + number if made is None else made
    changed = made if changed is None else changed
    job_id = JobId(id or f"job{number}")
    return Job(job_id, VideoRequest(**fields), phase, made, changed, made, starred, on_hold, service, flag)  # type: ignore[arg-type]


def a_clip(file: Path = Path("/library/cat.mp4"), *, warning: str = "", size: int = 1000) -> Clip:
    """A clip of five seconds. `size` is in bytes; the file need not exist."""
    return Clip(file, video_facts(size=size), warning)


def video_facts(**changes: object) -> VideoFacts:
    """The facts about a clip of five seconds, with `changes`."""
    facts = VideoFacts(5.0, 1280, 720, 24.0, 120, True, "h264", "mp4", "00", 1000)
    return replace(facts, **changes)  # type: ignore[arg-type]


def an_image(file: Path = Path("/images/i.png"), **changes: object) -> ReferenceImage:
    """A reference image with `changes`; the file need not exist."""
    return replace(ReferenceImage(file, file.name, 640, 360, 1000, "00"), **changes)  # type: ignore[arg-type]
