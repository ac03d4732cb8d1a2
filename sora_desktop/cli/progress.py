"""The progress of one command's jobs, and the summary at its end."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

import click

from sora_desktop.cli.console import Bars, Console, JsonLines, Output, PlainLines, reason_of
from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    ChangedJobs,
    Failed,
    Job,
    JobId,
    Ready,
    Removed,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.money import price_text
from sora_desktop.domain.overrides import with_overrides
from sora_desktop.domain.queue import QueueState
from sora_desktop.jobs.clips import exports
from sora_desktop.store.overrides import overrides_in
from sora_desktop.system.installation import as_typed


class Cost(NamedTuple):
    """What a command is about to send."""

    videos: int
    amount: Decimal | None  # of all of them; None if a price is not known
    unit: Unit | None  # None if the service does not charge
    earlier: int = 0  # how many of them an earlier command has queued; 0 if that is the user's intention
    in_sandbox: bool = False
    service: str = ""  # where to, if the command sends to several


#: A queue that sends.
OPEN = QueueState()
#: Exit statuses.
ALL_READY, SOME_FAILED, BAD_REQUEST, SOME_UNFINISHED = 0, 1, 2, 3


def print_error(message: str) -> None:
    """Print a message for the user to standard error. Commands in it are named as this user can type them.

    Advice about Settings that an environment variable overrides says so.
    """
    with suppress(OSError, ValueError):  # standard error may be closed
        click.echo(f"sora-desktop: {with_overrides(as_typed(message), overrides_in(os.environ))}", err=True)


def standard_output(as_json: bool, *, may_be_cut: bool = False) -> Output:
    """Standard output; JSON is always encoded as UTF-8. `may_be_cut`: as for `Output`."""
    stream = sys.stdout
    if isinstance(stream, TextIOWrapper):
        if as_json:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
        else:
            stream.reconfigure(errors="replace")
    return Output(stream, on_failure=print_error, may_be_cut=may_be_cut)


def exit_status_of(jobs: Iterable[Job]) -> int:
    """SOME_UNFINISHED takes precedence over SOME_FAILED, since the user can still do something about it."""
    phases = [job.phase for job in jobs]
    if all(isinstance(phase, Ready) for phase in phases):
        return ALL_READY
    if any(not isinstance(phase, Ready | Failed) for phase in phases):
        return SOME_UNFINISHED
    return SOME_FAILED


def summary_of(
    jobs: Sequence[Job], queue: QueueState = OPEN, *, beside_window: bool = False, free: Container[str] = ()
) -> list[str]:
    """Why some jobs are not ready, each reason once, and what the user can do.

    `beside_window`: a window has them. `free`: the names of the services that charge nothing.
    """
    reasons = (reason_of(job) for job in jobs if isinstance(job.phase, Waiting) and not job.on_hold)
    block = queue.reason or next(filter(None, reasons), "")  # the others wait behind the job that has a reason
    if queue.paused:
        block = block or "The queue is paused."
        then = "" if beside_window else ", then `sora-desktop resume`"
        help = f"Run `sora-desktop queue resume`{then} to continue."
    elif beside_window:
        help = "The button under the library in the open window continues."
    else:
        help = f"Run `sora-desktop resume` to {'top up the sandbox (free) and ' if queue.tops_up else ''}continue."
    counted = Counter(
        _outcome_of(job, block, help, job.service in free) for job in jobs if not isinstance(job.phase, Ready)
    )
    return [f"{number} {'video' if number == 1 else 'videos'} {outcome}" for outcome, number in counted.items()]


def _outcome_of(job: Job, block: str, help: str, is_free: bool) -> str:
    """`block`: why the queue sends nothing. `help`: what lets it send. `is_free`: its service charges nothing."""
    reason = reason_of(job)
    details = f": {reason}" if reason else "."
    match job.phase:
        case Failed():
            return f"failed{details}"
        case Waiting() if job.on_hold:
            return "on hold. Run `sora-desktop queue release` to allow sending."
        case Waiting():
            return f"not sent yet{f': {block}' if block else '.'} {help}"
        case Unconfirmed(safe_to_send=False) if not is_free:
            return f"may have been charged and will not be sent again automatically{details}"
        case Unconfirmed():
            wanted = "If you still want it, choose “Send again” in the window, or run `sora-desktop generate` again."
            return f"not sent again automatically{details} {wanted}"
        case Trashed():
            return f"in the Trash{details} Restore it in the window to continue."
        case Removed():
            return "deleted permanently in the window."
        case Cancelled():
            return "cancelled."
        case Abandoned():
            costs = "its engine goes on rendering" if is_free else "still billed"
            return f"abandoned, but {costs}. Choose “Resume waiting” in the window to get it."
        case Unsaved():
            state = "rendered" if is_free else "paid"
            return f"{state}, but not downloaded yet{details} Run `sora-desktop resume` to download again."
        case _:
            return f"unfinished{details} Run `sora-desktop resume` to continue."


class JobProgress:
    """Shows the jobs of one command and copies finished clips to its output folder."""

    def __init__(self, as_json: bool, out: Path | None = None, *, free: Container[str] = ()) -> None:
        """`free`: the names of the services that charge nothing."""
        self._out = out
        self._free = free
        self._copied: dict[JobId, str] = {}
        self._followed: set[JobId] | None = None
        self._early: list[Job] = []  # updates before `follow()`
        self.latest: dict[JobId, Job] = {}
        self._as_json = as_json
        self._console = self._choose_console(as_json)

    def _choose_console(self, as_json: bool) -> Console:
        output = standard_output(as_json)
        if as_json:
            return JsonLines(output, self._file_of)
        if sys.stdout is not None and sys.stdout.isatty():
            return Bars(output, self._file_of, shutil.get_terminal_size, free=self._free)
        return PlainLines(output, self._file_of, free=self._free)

    def follow(self, ids: Iterable[JobId]) -> None:
        """Show only these jobs from now on; updates that came earlier are shown now."""
        self._followed = set(ids)
        early, self._early = self._early, []
        for job in early:
            self.update(job)

    def update_all(self, changed: ChangedJobs) -> None:
        """Show changed jobs."""
        for job in changed.jobs:
            self.update(job)

    def update(self, job: Job) -> None:
        """Show a changed job."""
        if self._followed is None:
            self._early.append(job)
            return
        if job.id not in self._followed:
            return
        self.latest[job.id] = job
        if isinstance(job.phase, Ready) and self._out is not None and job.id not in self._copied:
            self._copied[job.id] = self._copy(job.phase.clip.file, self._out)
        self._console.show(job)

    def show_cost(self, cost: Cost) -> None:
        """Print what will be sent and what it costs, before it is sent.

        With --json only if there is more than the caller's own request, which it knows.
        """
        if cost.videos and (cost.earlier or not self._as_json):
            what = "1 video" if cost.videos == 1 else f"{cost.videos} videos"
            earlier = f", {cost.earlier} of them queued earlier" if cost.earlier else ""
            where = ", in the sandbox at no cost" if cost.in_sandbox else ""
            to = f" to {cost.service}" if cost.service else ""
            price = "free" if cost.unit is None else price_text(cost.amount, cost.unit)
            print_error(f"{what} to send{to}{earlier}: {price}{where}.")

    def show_nothing_to_resume(self) -> None:
        """Print that no job is unfinished. With --json, an empty output says so."""
        if not self._as_json:
            print_error("Nothing to resume: no video is unfinished.")

    def close(
        self, queue: QueueState = OPEN, others: Mapping[str, QueueState] | None = None, *, beside_window: bool = False
    ) -> int:
        """Print why some jobs are not ready. Returns the exit status.

        `queue`: the state of their queue. `others`: those of queues of other services, by service name.
        `beside_window`: a window has them.
        """
        by_queue: dict[QueueState, list[Job]] = {}
        for job in self.latest.values():
            by_queue.setdefault((others or {}).get(job.service, queue), []).append(job)
        for state, jobs in by_queue.items():
            for line in summary_of(jobs, state, beside_window=beside_window, free=self._free):
                print_error(line)
        return exit_status_of(self.latest.values())

    def _copy(self, clip: Path, out: Path) -> str:
        try:
            return str(exports.copy_into(clip, out))
        except OSError as error:
            reason = error.strerror or error
            print_error(f"{clip.name} could not be copied to {out} ({reason}). It stays in the library as {clip}.")
            return str(clip)

    def _file_of(self, job: Job) -> str | None:
        return self._copied.get(job.id)
