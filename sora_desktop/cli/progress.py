"""What one command tells of its jobs, while they move and at the end."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

import click

from sora_desktop.cli.console import Bars, Console, JsonLines, Output, PlainLines, reason_of
from sora_desktop.domain.job import Abandoned, Failed, Job, JobId, Ready, Unconfirmed, Unsaved, Waiting
from sora_desktop.jobs.clips import exports

ALL_READY, SOME_FAILED, BAD_REQUEST, UNFINISHED = 0, 1, 2, 3


def complain(sentence: str) -> None:
    """Say something to the person, on standard error."""
    with suppress(OSError, ValueError):  # nobody may be listening there
        click.echo(f"sora-desktop: {sentence}", err=True)


def standard_output(as_json: bool) -> Output:
    """Standard output; JSON is UTF-8 wherever it is printed."""
    stream = sys.stdout
    if isinstance(stream, TextIOWrapper):
        if as_json:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        else:
            stream.reconfigure(errors="replace")
    return Output(stream, lost=complain)


def status_of(jobs: Iterable[Job]) -> int:
    """What is unfinished weighs most: something may still be done about it."""
    phases = [job.phase for job in jobs]
    if all(isinstance(phase, Ready) for phase in phases):
        return ALL_READY
    if any(not isinstance(phase, Ready | Failed) for phase in phases):
        return UNFINISHED
    return SOME_FAILED


def closing_sentences(jobs: Iterable[Job]) -> list[str]:
    """Why not all are ready, each reason once, and what can be done."""
    counted = Counter(_ending_of(job) for job in jobs if not isinstance(job.phase, Ready))
    return [f"{number} {'video' if number == 1 else 'videos'} {ending}" for ending, number in counted.items()]


def _ending_of(job: Job) -> str:
    reason = reason_of(job)
    because = f": {reason}" if reason else "."
    match job.phase:
        case Failed():
            return f"failed{because}"
        case Waiting() if job.on_hold:
            return "on hold; `sora-desktop queue release` lets it be sent."
        case Unconfirmed(safe_to_send=False):
            return f"may have been billed, so it is not sent again by itself{because}"
        case Abandoned():
            return "is no longer watched; it is still billed, and the window's Resume watching fetches it."
        case Unsaved():
            return f"paid for, but not on this disk yet{because} `sora-desktop resume` fetches it again."
        case _:
            return f"unfinished{because} `sora-desktop resume` carries on."


class JobProgress:
    """Follows the jobs of one command and copies finished clips out."""

    def __init__(self, as_json: bool, out: Path | None = None) -> None:
        self._out = out
        self._copied: dict[JobId, str] = {}
        self._wanted: set[JobId] | None = None
        self._early: list[Job] = []
        self.latest: dict[JobId, Job] = {}
        self._console = self._chosen(as_json)

    def _chosen(self, as_json: bool) -> Console:
        output = standard_output(as_json)
        if as_json:
            return JsonLines(output, self._file_of)
        if sys.stdout is not None and sys.stdout.isatty():
            return Bars(output, self._file_of, shutil.get_terminal_size)
        return PlainLines(output, self._file_of)

    def follow(self, ids: Iterable[JobId]) -> None:
        """Only these jobs are this command's."""
        self._wanted = set(ids)
        early, self._early = self._early, []
        for job in early:
            self.hear(job)

    def hear(self, job: Job) -> None:
        """A job took a step."""
        if self._wanted is None:
            self._early.append(job)
            return
        if job.id not in self._wanted:
            return
        self.latest[job.id] = job
        if isinstance(job.phase, Ready) and self._out is not None and job.id not in self._copied:
            self._copied[job.id] = self._copy(job.phase.clip.file, self._out)
        self._console.show(job)

    def close(self) -> int:
        """Say why not all are ready, if so; the exit status."""
        for sentence in closing_sentences(self.latest.values()):
            complain(sentence)
        return status_of(self.latest.values())

    def _copy(self, clip: Path, out: Path) -> str:
        try:
            return str(exports.copy_into(clip, out))
        except OSError as trouble:
            why = trouble.strerror or trouble
            complain(f"{clip.name} could not be copied to {out} ({why}). It stays in the library, as {clip}.")
            return str(clip)

    def _file_of(self, job: Job) -> str | None:
        return self._copied.get(job.id)
