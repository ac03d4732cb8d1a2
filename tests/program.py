"""Runs the program as the user does: as a process, whose output is read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox_server import SandboxServer

ROOT = Path(__file__).parents[1]

#: Seconds after which a command counts as hung. It may wait 130 s for the second reading of a balance.
LIMIT = 240.0


def environment(service: SandboxServer | None = None, /, **more: str) -> dict[str, str]:
    """The environment without the user's own settings, and with the address and key of `service`."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SORA_")}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        variables.pop(name, None)
    if service is not None:
        variables |= {"SORA_BASE_URL": service.base_url, "SORA_API_KEY": service.key}
    variables["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    variables["SORA_DESKTOP_STATE"] = os.environ["SORA_DESKTOP_STATE"]  # the test's, never the user's
    return {**variables, "PYTHONPATH": str(ROOT), **more}


@dataclass
class Result:
    """The exit status and output of one command."""

    status: int
    events: list[dict[str, Any]] = field(default_factory=list)
    stdout: str = ""
    stderr: str = ""

    @property
    def phases(self) -> list[str]:
        """The phases in order, without repetitions."""
        found: list[str] = []
        for event in self.events:
            if not found or found[-1] != event["phase"]:
                found.append(event["phase"])
        return found

    @property
    def files(self) -> list[Path]:
        """The finished clips."""
        return [Path(event["file"]) for event in self.events if event["phase"] == "ready"]


class Running:
    """A running command. `until()` reads its output; `end()` waits for its end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._events: list[dict[str, Any]] = []
        self._stdout: list[str] = []

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read JSON lines until `wanted` accepts one. Returns that line. A command that hangs is killed."""
        assert self.process.stdout is not None
        with self._killed_if_it_hangs() as hung:
            for line in self.process.stdout:
                self._read_line(line)
                if self._events and wanted(self._events[-1]):
                    return self._events[-1]
        assert self.process.stderr is not None
        what = "hung" if hung.is_set() else "ended too early"
        raise AssertionError(f"the command {what}: {''.join(self._stdout)} {self.process.stderr.read()}")

    def until_phase(self, phase: str) -> dict[str, Any]:
        """Read until a job is in this phase."""
        return self.until(lambda event: event["phase"] == phase)

    def kill(self) -> None:
        """End the process at once, as a power failure would."""
        self.process.kill()
        self.process.wait()

    def end(self, with_signal: signal.Signals | None = None) -> Result:
        """Wait for the end of the command, after sending `with_signal` if given."""
        if with_signal is not None:
            self.process.send_signal(with_signal)
        with self._killed_if_it_hangs() as hung:
            stdout, stderr = self.process.communicate()
        for line in stdout.splitlines():
            self._read_line(line)
        assert not hung.is_set(), f"the command hung: {''.join(self._stdout)} {stderr}"
        return Result(self.process.returncode, self._events, "".join(self._stdout), stderr)

    @contextmanager
    def _killed_if_it_hangs(self) -> Iterator[threading.Event]:
        """After LIMIT seconds the process is killed, and the event is set."""
        hung = threading.Event()

        def kill() -> None:
            hung.set()
            self.process.kill()

        clock = threading.Timer(LIMIT, kill)
        clock.start()
        try:
            yield hung
        finally:
            clock.cancel()
            clock.join()

    def _read_line(self, line: str) -> None:
        self._stdout.append(line if line.endswith("\n") else f"{line}\n")
        if line.startswith("{"):
            self._events.append(json.loads(line))


@contextmanager
def running(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Start `sora-desktop` with these arguments. At the end of the block it is killed if it still runs."""
    command = [sys.executable, "-m", "sora_desktop", *map(str, arguments)]
    process = subprocess.Popen(
        command,
        env=environment() if environ is None else environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        with process:
            try:
                yield Running(process)
            finally:
                process.kill()
    finally:
        process.wait()


def run(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> Result:
    """Run a command to its end."""
    with running(*arguments, environ=environ) as command:
        return command.end()


def descendants(pid: int) -> list[int]:
    """Ids of all child processes and their children. Linux only."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: list[int] = []
    waiting: Sequence[int] = [pid]
    while waiting:
        waiting = [child for parent in waiting for child in parents.get(parent, [])]
        found += waiting
    return found


def is_alive(pid: int) -> bool:
    """True if the process exists and is not a zombie. Linux only."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
