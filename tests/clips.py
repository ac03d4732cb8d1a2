"""Jobs, and frame numbers encoded in pictures, for tests of the window."""

from __future__ import annotations

from PySide6.QtGui import QImage

from sora_desktop.domain.job import Job, JobId, Phase
from sora_desktop.domain.request import VideoRequest
from sora_desktop.sandbox.frame_strip import decode_row

NOW = 1_800_000_000.0


def a_job(phase: Phase, number: int = 1, **request: object) -> Job:
    """A job in this phase. A higher number makes a newer job."""
    video_request = VideoRequest(**{"prompt": f"prompt {number}", **request})  # type: ignore[arg-type]
    return Job(JobId(f"job{number}"), video_request, phase, NOW + number, NOW + number, NOW + number)


def frame_in(image: QImage) -> int | None:
    """The frame number encoded in the picture by the sandbox, if any."""
    y = image.height() - 8
    return decode_row([image.pixelColor(x, y).lightness() for x in range(image.width())])
