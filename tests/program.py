"""The program as a person starts it: a process of its own, whose every line is read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox_server import SandboxServer

ROOT = Path(__file__).parents[1]

#: Seconds after which a command of these tests has hung.
LIMIT = 90.0


def environment(service: SandboxServer | None = None, /, **more: str) -> dict[str, str]:
    """Ours, with nothing of a person's own settings, and with this service where one is given."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SORA_")}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        ours.pop(name, None)
    if service is not None:
        ours |= {"SORA_BASE_URL": service.base_url, "SORA_API_KEY": service.key}
    ours["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    return {**ours, "PYTHONPATH": str(ROOT), **more}


@dataclass
class Told:
    """What one run said."""

    status: int
    events: list[dict[str, Any]] = field(default_factory=list)
    out: str = ""
    complaint: str = ""

    @property
    def phases(self) -> list[str]:
        """The phases in turn, each once."""
        found: list[str] = []
        for event in self.events:
            if not found or found[-1] != event["phase"]:
                found.append(event["phase"])
        return found

    @property
    def files(self) -> list[Path]:
        """The clips that are ready."""
        return [Path(event["file"]) for event in self.events if event["phase"] == "ready"]


class Running:
    """A command at work; `until()` reads on, `end()` waits for its end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._events: list[dict[str, Any]] = []
        self._out: list[str] = []

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read JSON lines until one is as wanted."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._hear(line)
            if wanted(self._events[-1]):
                return self._events[-1]
        assert self.process.stderr is not None
        raise AssertionError(f"it ended before: {self._events} {self.process.stderr.read()}")

    def until_phase(self, phase: str) -> dict[str, Any]:
        """Read until a job is in that phase."""
        return self.until(lambda event: event["phase"] == phase)

    def kill(self) -> None:
        """As the power fails."""
        self.process.kill()
        self.process.wait()

    def end(self, with_signal: signal.Signals | None = None) -> Told:
        """All that it says until it ends."""
        if with_signal is not None:
            self.process.send_signal(with_signal)
        out, complaint = self.process.communicate(timeout=LIMIT)
        for line in out.splitlines():
            self._hear(line)
        return Told(self.process.returncode, self._events, "".join(self._out), complaint)

    def _hear(self, line: str) -> None:
        self._out.append(line if line.endswith("\n") else f"{line}\n")
        if line.startswith("{"):
            self._events.append(json.loads(line))


@contextmanager
def running(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Start `sora-desktop` with these arguments; it is killed with the block if it has not ended."""
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


def run(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> Told:
    """One command from start to end."""
    with running(*arguments, environ=environ) as command:
        return command.end()


def descendants(pid: int) -> list[int]:
    """Every process below this one. Linux."""
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


def lives(pid: int) -> bool:
    """True while the process is there and no zombie. Linux."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
