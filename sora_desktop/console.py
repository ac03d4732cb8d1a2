"""What the command line says: JSON lines for programs, moving bars for a terminal, plain lines for a log."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol, TextIO, assert_never

from sora_desktop.domain.job import (
    Failed,
    Job,
    JobId,
    Ready,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Unwatched,
    Waiting,
    phase_name,
    remote_id_of,
)

BAR = 24


def percent_of(job: Job) -> int | None:
    """0-100 of what is going on now, where it is known."""
    match job.phase:
        case Rendering(percent=percent):
            return percent
        case Saving(received=received, total=total) if total:
            return min(100 * received // total, 100)
        case _:
            return None


def reason_of(job: Job) -> str:
    """Why it stands where it stands, for a person; empty where the phase says all."""
    match job.phase:
        case Waiting(held=reason) | Rendering(trouble=reason) | Unconfirmed(finding=reason):
            return reason
        case Unsaved(reason=reason) | Failed(reason=reason):
            return reason
        case Ready(clip=clip):
            return clip.remark
        case Saving() | Unwatched() | Removed():
            return ""
        case _:
            assert_never(job.phase)


def as_object(job: Job, file: str | None = None) -> dict[str, object]:
    """One change of one job, for programs. `file` stands for the clip's own place."""
    said: dict[str, object] = {"job": job.id, "phase": phase_name(job.phase)}
    remote_id = remote_id_of(job.phase)
    if remote_id is not None:
        said["remote_id"] = remote_id
    percent = percent_of(job)
    if percent is not None:
        said["percent"] = percent
    if isinstance(job.phase, Ready):
        said["file"] = file or str(job.phase.clip.file)
    reason = reason_of(job)
    if reason:
        said["reason"] = reason
    return said


def as_line(job: Job, file: str | None = None) -> str:
    """One line for a person."""
    words = {"waiting": "waiting", "unconfirmed": "outcome unknown", "unsaved": "paid, not on disk yet"}
    name = phase_name(job.phase)
    if isinstance(job.phase, Unconfirmed) and not job.phase.finding:
        name = "sending"
    line = f"{job.id[:8]}  {words.get(name, name):<12}"
    percent = percent_of(job)
    if percent is not None:
        full = percent * BAR // 100
        line += f"  [{'#' * full}{'-' * (BAR - full)}] {percent:3d} %"
    if isinstance(job.phase, Ready):
        line += f"  {file or job.phase.clip.file}"
    reason = reason_of(job)
    return f"{line}  {reason}" if reason else line


class Console(Protocol):
    """Hears of every change."""

    def show(self, job: Job) -> None:
        """A job took a step."""


class JsonLines:
    """One object a line for each change, flushed at once."""

    def __init__(self, out: TextIO, file_of: Callable[[Job], str | None]) -> None:
        self._out = out
        self._file_of = file_of
        self._last: dict[JobId, str] = {}

    def show(self, job: Job) -> None:
        if isinstance(job.phase, Removed):
            return
        line = json.dumps(as_object(job, self._file_of(job)), ensure_ascii=False)
        if self._last.get(job.id) != line:
            self._last[job.id] = line
            print(line, file=self._out, flush=True)


class PlainLines:
    """A line when the phase changes."""

    def __init__(self, out: TextIO, file_of: Callable[[Job], str | None]) -> None:
        self._out = out
        self._file_of = file_of
        self._last: dict[JobId, tuple[str, str]] = {}

    def show(self, job: Job) -> None:
        state = (phase_name(job.phase), reason_of(job))
        if not isinstance(job.phase, Removed) and self._last.get(job.id) != state:
            self._last[job.id] = state
            print(as_line(job, self._file_of(job)).rstrip(), file=self._out, flush=True)


class Bars:
    """A block of lines on a terminal, one for each job, redrawn in place."""

    def __init__(self, out: TextIO, file_of: Callable[[Job], str | None], width: Callable[[], int]) -> None:
        self._out = out
        self._file_of = file_of
        self._width = width
        self._jobs: dict[JobId, Job] = {}
        self._drawn = 0

    def show(self, job: Job) -> None:
        if isinstance(job.phase, Removed):
            return
        self._jobs[job.id] = job
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        lines = [as_line(each, self._file_of(each)).rstrip() for each in self._jobs.values()]
        room = max(self._width() - 1, 20)
        # a finished line may be wider than the terminal: its file is what was waited for
        shown = [line if "ready" in line[:24] else line[:room] for line in lines]
        self._out.write(up + "".join(f"\x1b[2K{line}\n" for line in shown))
        self._out.flush()
        self._drawn = sum(1 + (len(line) - 1) // (room + 1) for line in shown)
