"""A data folder on which one life of the program after the other is lived, and the books at the end."""

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

from program import ROOT, environment, lives
from sandbox_server import Create

from sora_desktop.domain.job import Failed, Job, JobId, Ready, Unconfirmed, new_job, phase_name
from sora_desktop.domain.ledger import Attempt
from sora_desktop.domain.request import VideoRequest
from sora_desktop.media.videos import facts_of
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.connection import Database, integrity_of
from sora_desktop.store.database.jobs import JobStore
from sora_desktop.store.inbox import Inbox

#: Seconds after which a life has hung.
LIMIT = 60.0
#: A word of Python's that is no word of a person's.
_JARGON = re.compile(r"Traceback|\b[A-Z]\w*(Error|Exception|Interrupt)\b|\bNone\b|0x[0-9a-f]{6}|\bErrno\b")


@dataclass(frozen=True, slots=True)
class Life:
    """What one life said, and how it ended."""

    status: int  # negative: the number of the signal that killed it
    events: list[dict[str, Any]]
    complaints: str

    @property
    def killed(self) -> bool:
        """It did not end by itself."""
        return self.status < 0

    @property
    def last(self) -> dict[str, dict[str, Any]]:
        """The last that was said of each job."""
        return {event["job"]: event for event in self.events}

    @property
    def reasons(self) -> list[str]:
        """All that a person was told of why, but for what the service said of a failed video."""
        said = [str(event["reason"]) for event in self.events if "reason" in event and event["phase"] != "failed"]
        return [*said, *(line.removeprefix("sora-desktop: ") for line in self.complaints.splitlines())]

    def check(self) -> None:
        """It ended as promised: the right exit status, in words for a person. Not for one that was killed."""
        assert self.status in (0, 1, 2, 3), (self.status, self.complaints)
        for reason in self.reasons:
            assert reason.strip() and not _JARGON.search(reason), reason
            assert reason.rstrip().endswith((".", "!", "?", "…")) or " failed: " in reason, reason
        if self.status == 2:
            return
        phases = [event["phase"] for event in self.last.values()]
        ready = all(phase == "ready" for phase in phases)
        ended = all(phase in ("ready", "failed") for phase in phases)
        assert self.status == (0 if ready else 1 if ended else 3), (self.status, phases, self.complaints)
        assert ready or self.complaints.strip(), "it did not say why not all are ready"


class Nursery:
    """Owns the process that gives birth; `with` ends it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "drills.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(PYTHONPATH=os.pathsep.join((str(ROOT), str(ROOT / "tests")))),
        )
        self._folder = tempfile.TemporaryDirectory(prefix="drill-")
        self._folder_path = Path(self._folder.name)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LIMIT)
        self._process.stdout.close()
        self._folder.cleanup()

    @contextmanager
    def living(
        self, *arguments: str | Path, environ: Mapping[str, str], step: int = 0, act: str = "count"
    ) -> Iterator[Living]:
        """Give birth to one; it is over with the block."""
        out, complaints = self._folder_path / "out", self._folder_path / "complaints"
        out.unlink(missing_ok=True)
        complaints.unlink(missing_ok=True)
        wish = {
            "arguments": [str(argument) for argument in arguments],
            "environ": dict(environ),
            "out": str(out),
            "complaints": str(complaints),
            "step": step,
            "act": act,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        living = Living(self._heard()["pid"], out, complaints, self._waited, as_json="--json" in arguments)
        try:
            yield living
        finally:
            living.end_at_once()

    def live(self, *arguments: str | Path, environ: Mapping[str, str], step: int = 0, act: str = "count") -> Life:
        """One life to its end."""
        with self.living(*arguments, environ=environ, step=step, act=act) as living:
            return living.end()

    def _waited(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._heard()["status"])

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery has ended"
        said: dict[str, Any] = json.loads(line)
        return said


class Living:
    """A life that goes on."""

    def __init__(self, pid: int, out: Path, complaints: Path, waited: Callable[[], int], *, as_json: bool) -> None:
        self.pid = pid
        self._out, self._complaints = out, complaints
        self._waited = waited
        self._as_json = as_json
        self._life: Life | None = None

    def end(self, with_signal: signal.Signals | None = None) -> Life:
        """Wait for its end; one that hangs is killed, and fails the test."""
        if self._life is None:
            if with_signal is not None:
                os.kill(self.pid, with_signal)
            with _deadline(self.pid) as late:
                status = self._waited()
            self._life = Life(status, self.events(), _text(self._complaints))
            assert not late.is_set(), f"it hung and was killed: {self._life.last} {self._life.complaints}"
        return self._life

    def has_ended(self) -> bool:
        """It has nothing more to do, or has fallen."""
        return self._life is not None or not lives(self.pid)

    @property
    def said(self) -> str:
        """Standard output so far."""
        return _text(self._out)

    def end_at_once(self) -> None:
        """Where it has not ended."""
        if self._life is None:
            self.end(signal.SIGKILL if lives(self.pid) else None)

    def events(self) -> list[dict[str, Any]]:
        """What it has said so far with --json; every line must be an object."""
        said = _text(self._out)
        return [json.loads(line) for line in said[: said.rfind("\n") + 1].splitlines()] if self._as_json else []

    def until(self, phase: str) -> None:
        """Return when a job is in that phase, or has been."""
        end = time.monotonic() + LIMIT
        while not any(event["phase"] == phase for event in self.events()):
            assert time.monotonic() < end, (phase, self.events(), _text(self._complaints))
            time.sleep(0.01)


@contextmanager
def _deadline(pid: int) -> Iterator[threading.Event]:
    late = threading.Event()

    def kill() -> None:
        late.set()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)  # it says where it stands
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


def ask_for(data: Path, service: str, prompts: Sequence[str]) -> list[JobId]:
    """What a command line beside a running program does: leave requests in its inbox."""
    jobs = [new_job(VideoRequest(prompt), service) for prompt in prompts]
    Inbox(DataFolder.at(data).inbox).post({"jobs": [codec.job_to_text(job) for job in jobs]})
    return [job.id for job in jobs]


@dataclass(frozen=True, slots=True)
class Books:
    """What is on this disk."""

    jobs: list[Job]
    attempts: dict[JobId, list[Attempt]]
    clips: list[Path]
    parts: list[Path]

    @classmethod
    def of(cls, data: Path) -> Books:
        """Read them; the database must be whole."""
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
        """How many jobs stand where."""
        return Counter(phase_name(job.phase) for job in self.jobs)

    @property
    def unconfirmed(self) -> list[Unconfirmed]:
        """The jobs whose outcome is unknown."""
        return [job.phase for job in self.jobs if isinstance(job.phase, Unconfirmed)]

    def agree_with(
        self, creates: Sequence[Create], *, resent: Sequence[str] = (), unasked: int = 0, given_up: bool = False
    ) -> None:
        """Nothing was bought twice and nothing that was bought is lost.

        Prompts tell the jobs apart. `resent`: ids of jobs that a person sent again; `unasked`: creates of jobs that
        these books have never heard of; `given_up`: the service itself said of a task that it had ended.
        """
        self._clips_are_whole()
        bought = Counter(create["prompt"] for create in creates)
        again = Counter(resent)
        assert len(creates) == sum(bought[job.request.prompt] for job in self.jobs) + unasked
        for job in self.jobs:
            times, tries = bought[job.request.prompt], self.attempts[job.id]
            assert times <= 1 + again[job.id], f"bought {times} times: {job}"
            assert times <= len(tries), f"bought without a note: {job} {tries}"
            match job.phase:
                case Ready():
                    assert times >= 1 or not tries, job
                case Unconfirmed(safe_to_send=True):
                    assert times == again[job.id], f"called unbilled, and was billed: {job}"
                case Unconfirmed(billed=True):
                    assert times >= 1, f"called billed, and was not: {job}"
                case Failed(remote_id=None):
                    assert times == 0, f"bought and given up: {job} {tries}"
                case _:
                    pass
        finished = Counter(create["prompt"] for create in creates if create["status"] == "completed")
        for job in self.jobs:
            here = isinstance(job.phase, Ready | Unconfirmed)
            assert here or given_up or not finished[job.request.prompt], f"paid for, and not here: {job}"

    def _clips_are_whole(self) -> None:
        ready = {job.phase.clip.file: job.phase.clip for job in self.jobs if isinstance(job.phase, Ready)}
        assert sorted(ready) == sorted(self.clips), (sorted(ready), sorted(self.clips))
        for file, clip in ready.items():
            facts = facts_of(file)
            assert (facts.sha256, facts.size) == (clip.facts.sha256, clip.facts.size), file
