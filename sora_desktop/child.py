"""The sandbox as a child process: started on a free port, ended with its parent."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: Seconds a sandbox may take to say that it listens.
START_LIMIT = 30.0


class SandboxWouldNotStart(Exception):
    """The child ended or stayed silent. The message may be shown to a person."""


def own_command() -> list[str]:
    """What starts this very program again, frozen or not."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "sora_desktop"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the child listens and which key it takes."""

    base_url: str
    key: str


class SandboxChild:
    """Owns the process. It ends when this closes its input, also when this process is killed."""

    def __init__(self, state: Path, extra: tuple[str, ...] = ()) -> None:
        self._state = state
        self._extra = extra
        self._process: subprocess.Popen[str] | None = None

    async def start(self) -> Address:
        """Start it and wait until it listens. Raises SandboxWouldNotStart."""
        return await asyncio.to_thread(self._start)

    async def aclose(self) -> None:
        """End it, politely first."""
        await asyncio.to_thread(self._end)

    def _start(self) -> Address:
        self._state.mkdir(parents=True, exist_ok=True)
        command = [*own_command(), "sandbox", "--port", "0", "--with-parent", "--state", str(self._state), *self._extra]
        with (self._state / "sandbox.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8"
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            said = json.loads(line)
            return Address(said["listening"], said["key"])
        except (ValueError, KeyError, TypeError):
            self._end()
            raise SandboxWouldNotStart(f"The sandbox did not start; {self._state / 'sandbox.log'} says why.") from None

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(3.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
