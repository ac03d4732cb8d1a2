"""Runs the program on a data folder, again and again, and compares what is on disk with what the service billed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrity import integrity_of
from program import ROOT, environment, is_alive
from sandbox_server import Create

from sora_desktop.domain.job import Failed, Job, JobId, Ready, Unconfirmed, new_job, phase_name
from sora_desktop.domain.ledger import Attempt
from sora_desktop.domain.request import VideoRequest
from sora_desktop.media.video_facts import facts_of
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.inbox import Inbox

#: Seconds after which a run has hung.
LIMIT = 60.0
#: Words of Python's that no user should read.
_JARGON = re.compile(r"Traceback|\b[A-Z]\w*(Error|Exception|Interrupt)\b|\bNone\b|0x[0-9a-f]{6}|\bErrno\b")


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run printed, and how it ended."""

    status: int  # negative: the number of the signal that killed it
    events: list[dict[str, Any]]
    errors: str

    @property
    def killed(self) -> bool:
        """True if a signal ended the process."""
        return self.status < 0

    @property
    def last(self) -> dict[str, dict[str, Any]]:
        """The last event of each job."""
        return {event["job"]: event for event in self.events}

    @property
    def reasons(self) -> list[str]:
        """Every reason and error message, except what the service reported about a failed video."""
        reasons = [str(event["reason"]) for event in self.events if "reason" in event and event["phase"] != "failed"]
        return [*reasons, *(line.removeprefix("sora-desktop: ") for line in self.errors.splitlines())]

    def check(self) -> None:
        """Asserts the promised exit status, and messages fit for a user. Not for a run that was killed."""
        assert self.status in (0, 1, 2, 3), (self.status, self.errors)
        for reason in self.reasons:
            assert reason.strip() and not _JARGON.search(reason), reason
            assert reason.rstrip().endswith((".", "!", "?", "…")) or " failed: " in reason, reason
        if self.status == 2:
            return
        phases = [event["phase"] for event in self.last.values()]
        ready = all(phase == "ready" for phase in phases)
        ended = all(phase in ("ready", "failed") for phase in phases)
        assert self.status == (0 if ready else 1 if ended else 3), (self.status, phases, self.errors)
        assert ready or self.errors.strip(), "it did not say why not all are ready"


class ProgramRunner:
    """Starts runs of the program in forks of one process (`fork_server.py`); `with` ends that process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "drills.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(PYTHONPATH=os.pathsep.join((str(ROOT), str(ROOT / "tests")))),
        )
        self._folder = tempfile.TemporaryDirectory(prefix="drill-")
        self._folder_path = Path(self._folder.name)

    def __enter__(self) -> ProgramRunner:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LIMIT)
        self._process.stdout.close()
        self._folder.cleanup()

    @contextmanager
    def start(
        self, *arguments: str | Path, environ: Mapping[str, str], step: int = 0, act: str = "count"
    ) -> Iterator[ProgramRun]:
        """Starts a run with these arguments; it is killed at the end of the block if it has not ended."""
        out, errors = self._folder_path / "out", self._folder_path / "errors"
        out.unlink(missing_ok=True)
        errors.unlink(missing_ok=True)
        order = {
            "arguments": [str(argument) for argument in arguments],
            "environ": dict(environ),
            "out": str(out),
            "errors": str(errors),
            "step": step,
            "act": act,
        }
        self._write(json.dumps(order))
        run = ProgramRun(self._read()["pid"], out, errors, self._wait, as_json="--json" in arguments)
        try:
            yield run
        finally:
            run.kill()

    def run(self, *arguments: str | Path, environ: Mapping[str, str], step: int = 0, act: str = "count") -> RunResult:
        """Runs the program with these arguments to its end."""
        with self.start(*arguments, environ=environ, step=step, act=act) as run:
            return run.end()

    def _wait(self) -> int:
        self._write("")
        return int(self._read()["status"])

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the fork server has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


class ProgramRun:
    """A run of the program that has not been waited for yet."""

    def __init__(self, pid: int, out: Path, errors: Path, wait: Callable[[], int], *, as_json: bool) -> None:
        self.pid = pid
        self._out, self._errors = out, errors
        self._wait = wait
        self._as_json = as_json
        self._result: RunResult | None = None

    def end(self, with_signal: signal.Signals | None = None) -> RunResult:
        """Waits for the end; a run that hangs is killed and fails the test."""
        if self._result is None:
            if with_signal is not None:
                os.kill(self.pid, with_signal)
            with _deadline(self.pid) as late:
                status = self._wait()
            self._result = RunResult(status, self.events(), _text(self._errors))
            assert not late.is_set(), f"it hung and was killed: {self._result.last} {self._result.errors}"
        return self._result

    def has_ended(self) -> bool:
        """True if the process has exited, by itself or by a signal."""
        return self._result is not None or not is_alive(self.pid)

    @property
    def output(self) -> str:
        """Standard output so far."""
        return _text(self._out)

    @property
    def errors(self) -> str:
        """Standard error so far."""
        return _text(self._errors)

    def kill(self) -> None:
        """Kills the process unless it has ended."""
        if self._result is None:
            self.end(signal.SIGKILL if is_alive(self.pid) else None)

    def events(self) -> list[dict[str, Any]]:
        """The objects printed so far with --json; fails on a line that is not one."""
        output = self.output
        return [json.loads(line) for line in output[: output.rfind("\n") + 1].splitlines()] if self._as_json else []

    def until(self, phase: str) -> None:
        """Returns when a job is in that phase or has been."""
        end = time.monotonic() + LIMIT
        while not any(event["phase"] == phase for event in self.events()):
            assert time.monotonic() < end, (phase, self.events(), _text(self._errors))
            time.sleep(0.01)


@contextmanager
def _deadline(pid: int) -> Iterator[threading.Event]:
    late = threading.Event()

    def kill() -> None:
        late.set()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)  # it prints the stacks of its tasks
            time.sleep(0.2)
            os.kill(pid, signal.SIGKILL)

    clock = threading.Timer(LIMIT, kill)
    clock.start()
    try:
        yield late
    finally:
        clock.cancel()


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


def post_requests(data: Path, service: str, prompts: Sequence[str]) -> list[JobId]:
    """Leaves requests in the inbox, as a command line next to a running program does."""
    jobs = [new_job(VideoRequest(prompt), service) for prompt in prompts]
    Inbox(DataFolder.at(data).inbox).post({"jobs": [codec.job_to_text(job) for job in jobs]})
    return [job.id for job in jobs]


@dataclass(frozen=True, slots=True)
class DiskState:
    """What a data folder contains."""

    jobs: list[Job]
    attempts: dict[JobId, list[Attempt]]
    clips: list[Path]
    parts: list[Path]

    @classmethod
    def read(cls, data: Path) -> DiskState:
        """Reads the data folder; fails unless the database is intact."""
        data_folder = DataFolder.at(data)
        verdict = integrity_of(data_folder.database)
        assert verdict == "ok", verdict
        database = Database(data_folder.database)
        store = JobStore(database)
        jobs = list(store.everything())
        attempts = {job.id: store.attempts(job.id) for job in jobs}
        database.reader().close()
        found = [file for file in data_folder.clips.glob("*") if file.is_file()] if data_folder.clips.is_dir() else []
        parts = list((data_folder.clips / ".parts").glob("*")) if data_folder.clips.is_dir() else []
        return cls(jobs, attempts, found, parts)

    @property
    def phases(self) -> Counter[str]:
        """The number of jobs in each phase."""
        return Counter(phase_name(job.phase) for job in self.jobs)

    @property
    def unconfirmed(self) -> list[Unconfirmed]:
        """The phases of the jobs whose outcome is unknown."""
        return [job.phase for job in self.jobs if isinstance(job.phase, Unconfirmed)]

    def check_against(
        self, creates: Sequence[Create], *, resent: Sequence[str] = (), unasked: int = 0, given_up: bool = False
    ) -> None:
        """Asserts that nothing was bought twice and nothing that was bought is lost.

        Jobs are told apart by their prompts. `resent`: ids of jobs that the user sent again; `unasked`: number of
        creates whose jobs are not in this data folder; `given_up`: the program does not wait for the task any more.
        """
        self._check_clips()
        bought = Counter(create["prompt"] for create in creates)
        again = Counter(resent)
        assert len(creates) == sum(bought[job.request.prompt] for job in self.jobs) + unasked
        for job in self.jobs:
            times, tries = bought[job.request.prompt], self.attempts[job.id]
            assert times <= 1 + again[job.id], f"bought {times} times: {job}"
            assert times <= len(tries), f"bought without an attempt in the ledger: {job} {tries}"
            match job.phase:
                case Ready():
                    assert times >= 1 or not tries, job
                case Unconfirmed(safe_to_send=True):
                    assert times == again[job.id], f"shown as not billed, but billed: {job}"
                case Unconfirmed(billed=True):
                    assert times >= 1, f"shown as billed, but not billed: {job}"
                case Failed(remote_id=None):
                    assert times == 0, f"bought and given up: {job} {tries}"
                case _:
                    pass
        finished = Counter(create["prompt"] for create in creates if create["status"] == "completed")
        for job in self.jobs:
            on_disk = isinstance(job.phase, Ready | Unconfirmed)
            assert on_disk or given_up or not finished[job.request.prompt], f"paid for, but not on disk: {job}"

    def _check_clips(self) -> None:
        ready = {job.phase.clip.file: job.phase.clip for job in self.jobs if isinstance(job.phase, Ready)}
        assert sorted(ready) == sorted(self.clips), (sorted(ready), sorted(self.clips))
        for file, clip in ready.items():
            facts = facts_of(file)
            assert (facts.sha256, facts.size) == (clip.facts.sha256, clip.facts.size), file
