"""What the command line says: JSON lines for programs, moving bars for a terminal, plain lines for a log."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TextIO, assert_never

from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Ready,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
    is_settled,
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
        case Waiting() if job.on_hold:
            return "On hold: not sent until it is released."
        case Waiting(reason=reason) | Rendering(warning=reason) | Unconfirmed(reason=reason):
            return reason
        case Unsaved(reason=reason) | Failed(reason=reason):
            return reason
        case Ready(clip=clip):
            return clip.warning
        case Saving() | Abandoned() | Removed():
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
    if isinstance(job.phase, Unconfirmed) and not job.phase.reason:
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


class Output:
    """Standard output, which may lose its reader: what is paid for goes on without one."""

    def __init__(self, stream: TextIO | None, *, lost: Callable[[str], None]) -> None:
        self._stream = stream
        self._lost = lost

    def write(self, text: str) -> None:
        """Written and flushed; after a failure, which is told once, nothing more is."""
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError) as trouble:
            _silence(self._stream)
            self._stream = None
            why = "nobody reads it any more" if isinstance(trouble, BrokenPipeError) else str(trouble)
            self._lost(f"The output cannot be written ({why}); the work goes on without it.")


def _silence(stream: TextIO) -> None:
    """Give the stream's own flush at the end of the program somewhere to go."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class Console(Protocol):
    """Hears of every change."""

    def show(self, job: Job) -> None:
        """A job took a step."""


class JsonLines:
    """One object a line for each change, flushed at once."""

    def __init__(self, out: Output, file_of: Callable[[Job], str | None]) -> None:
        self._out = out
        self._file_of = file_of
        self._last: dict[JobId, str] = {}

    def show(self, job: Job) -> None:
        if isinstance(job.phase, Removed):
            return
        line = json.dumps(as_object(job, self._file_of(job)), ensure_ascii=False)
        if self._last.get(job.id) != line:
            self._last[job.id] = line
            self._out.write(f"{line}\n")


class PlainLines:
    """A line when the phase changes."""

    def __init__(self, out: Output, file_of: Callable[[Job], str | None]) -> None:
        self._out = out
        self._file_of = file_of
        self._last: dict[JobId, tuple[str, str]] = {}

    def show(self, job: Job) -> None:
        state = (phase_name(job.phase), reason_of(job))
        if not isinstance(job.phase, Removed) and self._last.get(job.id) != state:
            self._last[job.id] = state
            self._out.write(f"{as_line(job, self._file_of(job)).rstrip()}\n")


class Bars:
    """On a terminal: what has come to an end scrolls up, what moves is a block below it, redrawn in place."""

    def __init__(self, out: Output, file_of: Callable[[Job], str | None], size: Callable[[], tuple[int, int]]) -> None:
        self._out = out
        self._file_of = file_of
        self._size = size  # columns and lines of the terminal, now
        self._moving: dict[JobId, Job] = {}
        self._ended: set[JobId] = set()
        self._drawn = 0

    def show(self, job: Job) -> None:
        above = ""
        self._moving.pop(job.id, None) if is_settled(job.phase) else self._moving.update({job.id: job})
        if is_settled(job.phase) and not isinstance(job.phase, Removed) and job.id not in self._ended:
            self._ended.add(job.id)
            above = f"{as_line(job, self._file_of(job)).rstrip()}\n"
        columns, lines = self._size()
        block = [as_line(each, self._file_of(each)).rstrip()[: max(columns - 1, 20)] for each in self._moving.values()]
        room = max(lines - 2, 1)
        if len(block) > room:
            block = [*block[: room - 1], f"          … and {len(block) - room + 1} more"]
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._out.write(f"{up}\r\x1b[J{above}" + "".join(f"{line}\n" for line in block))
        self._drawn = len(block)
