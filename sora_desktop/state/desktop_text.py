"""What a notification on the desktop says of jobs that have changed while the window was not in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sora_desktop.domain.job import Cancelled, Failed, Job, Ready, Trashed, Unconfirmed, Unsaved
from sora_desktop.state.clip_text import title_of


class DesktopText(NamedTuple):
    """The texts of one notification."""

    title: str
    message: str
    button: str
    job: Job | None  # what a click opens; None: the window alone


def is_worth_telling(before: Job | None, job: Job) -> bool:
    """True if a job has just got its clip, or waits for the user from now on. `before`: None if it is not known."""
    if before is None or isinstance(before.phase, Trashed | Cancelled):
        return False
    match job.phase:
        case Ready() | Failed() | Unsaved():
            return type(before.phase) is not type(job.phase)
        case Unconfirmed(reason=reason):
            return bool(reason) and not (isinstance(before.phase, Unconfirmed) and before.phase.reason)
        case _:
            return False


def desktop_text(jobs: Sequence[Job], block: str = "") -> DesktopText:
    """One notification for these jobs, the latest last, and for the reason why the queue is blocked.

    The words of requests are in the title only: some desktops read markup in the message.
    """
    ready = [job for job in jobs if isinstance(job.phase, Ready)]
    others = [job for job in jobs if not isinstance(job.phase, Ready)]
    if not jobs:
        return DesktopText("The queue is waiting for you", block, "", None)
    if len(jobs) == 1:
        message = "Clip is ready" if ready else _needs(jobs[0])
        return DesktopText(title_of(jobs[0]), _sentences(message, block), "Play" if ready else "Show", jobs[0])
    parts = [
        "" if not ready else "1 clip is ready" if len(ready) == 1 else f"{len(ready)} clips are ready",
        "" if not others else "1 video needs you" if len(others) == 1 else f"{len(others)} videos need you",
    ]
    latest = ready[-1] if ready else others[-1]
    button = ("Play latest" if len(ready) > 1 else "Play") if ready else "Show latest"
    return DesktopText(", ".join(filter(None, parts)), block, button, latest)


def _needs(job: Job) -> str:
    match job.phase:
        case Unconfirmed():
            return "The outcome is unknown. Open the window to decide"
        case Unsaved():
            return "The video could not be downloaded. Open the window to see why"
        case _:
            return "The video failed. Open the window to see why"


def _sentences(*texts: str) -> str:
    told = [text for text in texts if text]
    return told[0] if len(told) == 1 else ". ".join(text.rstrip(".") for text in told) + "."
