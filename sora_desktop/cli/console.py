"""Output of the command line: JSON lines for programs, progress bars for a terminal, plain lines for a log."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Container
from contextlib import suppress
from typing import Protocol, TextIO, assert_never

from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    JobId,
    Ready,
    Removed,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
    is_settled,
    phase_name,
    remote_id_of,
)
from sora_desktop.domain.trash import before_trash
from sora_desktop.system.path_names import shown

BAR_WIDTH = 24


def percent_of(job: Job) -> int | None:
    """Progress of rendering or saving, 0-100; None if unknown."""
    match job.phase:
        case Rendering(percent=percent):
            return percent
        case Saving(received=received, total=total) if total:
            return min(100 * received // total, 100)
        case _:
            return None


def reason_of(job: Job) -> str:
    """Why the job is in its phase, for the user; empty if the phase says enough."""
    match job.phase:
        case Waiting() if job.on_hold:
            return "On hold: not sent until released."
        case Waiting(reason=reason) | Rendering(warning=reason) | Unconfirmed(reason=reason):
            return reason
        case Unsaved(reason=reason) | Failed(reason=reason):
            return reason
        case Ready(clip=clip):
            return clip.warning
        case Trashed():
            return reason_of(before_trash(job))
        case Saving() | Abandoned() | Cancelled() | Removed():
            return ""
        case _:
            assert_never(job.phase)


def _is_gone(job: Job) -> bool:
    """True if the user has moved the job to the Trash, or deleted it: its progress is not shown any more."""
    return isinstance(job.phase, Trashed | Removed)


def as_object(job: Job, file: str | None = None) -> dict[str, object]:
    """The job as a JSON object. `file`: where a copy of the clip is, instead of the library's clip."""
    fields: dict[str, object] = {"job": job.id, "phase": phase_name(job.phase), "service": job.service}
    remote_id = remote_id_of(job.phase)
    if remote_id is not None:
        fields["remote_id"] = remote_id
    percent = percent_of(job)
    if percent is not None:
        fields["percent"] = percent
    phase = before_trash(job).phase
    if isinstance(job.phase, Trashed):
        fields["before"] = phase_name(phase)
    if isinstance(phase, Ready):
        fields["file"] = file or str(phase.clip.file)
        fields["flag"] = job.flag
    reason = reason_of(job)
    if reason:
        fields["reason"] = reason
    return fields


def as_line(job: Job, file: str | None = None, *, free: Container[str] = ()) -> str:
    """The job as one line of text. `free`: the names of the services that charge nothing."""
    line = f"{job.id[:8]}  {_label_of(job, job.service in free):<12}"
    percent = percent_of(job)
    if percent is not None:
        full = percent * BAR_WIDTH // 100
        line += f"  [{'#' * full}{'-' * (BAR_WIDTH - full)}] {percent:3d} %"
    phase = before_trash(job).phase
    if isinstance(phase, Ready):
        line += f"  {shown(file or phase.clip.file)}"
    reason = reason_of(job)
    return f"{line}  {reason}" if reason else line


def _label_of(job: Job, is_free: bool) -> str:
    match job.phase:
        case Unconfirmed(reason=reason):
            return "outcome unknown" if reason else "sending"
        case Unsaved():
            return "not downloaded yet" if is_free else "paid, not downloaded yet"
        case Abandoned():
            return "abandoned"
        case Trashed():
            return f"in the Trash, {_label_of(before_trash(job), is_free)}"
        case _:
            return phase_name(job.phase)


class Output:
    """Standard output. If writing fails, the command goes on without output, since its jobs are paid for."""

    def __init__(self, stream: TextIO | None, *, on_failure: Callable[[str], None], may_be_cut: bool = False) -> None:
        """`may_be_cut`: a reader that ends early, such as `head`, is not reported."""
        self._stream = stream
        self._on_failure = on_failure
        self._may_be_cut = may_be_cut

    def write(self, text: str) -> None:
        """Write and flush. The first failure is reported; after it nothing is written."""
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError) as error:
            _redirect_to_null(self._stream)
            self._stream = None
            if self._may_be_cut and isinstance(error, BrokenPipeError):
                return
            reason = "the reader has ended" if isinstance(error, BrokenPipeError) else str(error)
            self._on_failure(f"The output cannot be written ({reason}). The command goes on without it.")


def _redirect_to_null(stream: TextIO) -> None:
    """Send the rest of the stream's buffer to the null device, so that the flush at exit does not fail."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


class Console(Protocol):
    """Shows jobs while they change."""

    def show(self, job: Job) -> None:
        """Called with the job after each change."""


class JsonLines:
    """A JSON object for each change, one per line."""

    def __init__(self, out: Output, file_of: Callable[[Job], str | None]) -> None:
        self._out = out
        self._file_of = file_of
        self._last: dict[JobId, str] = {}

    def show(self, job: Job) -> None:
        if _is_gone(job):
            return
        line = json.dumps(as_object(job, self._file_of(job)), ensure_ascii=False)
        if self._last.get(job.id) != line:
            self._last[job.id] = line
            self._out.write(f"{line}\n")


class PlainLines:
    """A line for each change of phase or reason. `free` as for `as_line`."""

    def __init__(self, out: Output, file_of: Callable[[Job], str | None], *, free: Container[str] = ()) -> None:
        self._out = out
        self._file_of = file_of
        self._free = free
        self._last: dict[JobId, tuple[str, str]] = {}

    def show(self, job: Job) -> None:
        state = (phase_name(job.phase), reason_of(job))
        last = self._last.get(job.id)
        if last is not None and last[0] == state[0] == phase_name(Waiting()) and not state[1]:
            return  # while a service is away, the reason comes and goes with each try
        if not _is_gone(job) and last != state:
            self._last[job.id] = state
            self._out.write(f"{as_line(job, self._file_of(job), free=self._free).rstrip()}\n")


class Bars:
    """For a terminal: settled jobs scroll up; the others are a block below them, redrawn in place.

    `free` as for `as_line`.
    """

    def __init__(
        self,
        out: Output,
        file_of: Callable[[Job], str | None],
        size: Callable[[], tuple[int, int]],
        *,
        free: Container[str] = (),
    ) -> None:
        self._out = out
        self._free = free
        self._file_of = file_of
        self._size = size  # columns and lines of the terminal
        self._unsettled: dict[JobId, Job] = {}
        self._settled: set[JobId] = set()
        self._lines_drawn = 0

    def show(self, job: Job) -> None:
        above = ""
        self._unsettled.pop(job.id, None) if is_settled(job.phase) else self._unsettled.update({job.id: job})
        if is_settled(job.phase) and not _is_gone(job) and job.id not in self._settled:
            self._settled.add(job.id)
            above = f"{as_line(job, self._file_of(job), free=self._free).rstrip()}\n"
        columns, lines = self._size()
        block = [
            as_line(each, self._file_of(each), free=self._free).rstrip()[: max(columns - 1, 20)]
            for each in self._unsettled.values()
        ]
        room = max(lines - 2, 1)
        if len(block) > room:
            block = [*block[: room - 1], f"          … and {len(block) - room + 1} more"]
        up = f"\x1b[{self._lines_drawn}A" if self._lines_drawn else ""
        self._out.write(f"{up}\r\x1b[J{above}" + "".join(f"{line}\n" for line in block))
        self._lines_drawn = len(block)
