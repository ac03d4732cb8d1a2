"""Values that tests need all the time: jobs, clips."""

from __future__ import annotations

from pathlib import Path

from sora_desktop.domain.clip import Clip, VideoFacts
from sora_desktop.domain.job import Job, JobId, Phase
from sora_desktop.domain.request import VideoRequest

#: Unix seconds: the moment at which job number 0 is made.
NOW = 1_800_000_000.0


def a_job(
    phase: Phase,
    number: int = 1,
    *,
    made: float | None = None,
    changed: float | None = None,
    starred: bool = False,
    on_hold: bool = False,
    service: str = "",
    **request: object,
) -> Job:
    """A job in that phase. Jobs with higher numbers are newer; `made` and `changed` are in unix seconds."""
    fields = {"prompt": f"prompt {number}", **request}
    made = NOW + number if made is None else made
    changed = made if changed is None else changed
    id = JobId(f"job{number}")
    return Job(id, VideoRequest(**fields), phase, made, changed, made, starred, on_hold, service)  # type: ignore[arg-type]


def a_clip(file: Path = Path("/library/cat.mp4"), *, warning: str = "", size: int = 1000) -> Clip:
    """A clip of five seconds. `size` is in bytes; the file need not exist."""
    return Clip(file, VideoFacts(5.0, 1280, 720, 24.0, 120, True, "h264", "mp4", "00", size), warning)
