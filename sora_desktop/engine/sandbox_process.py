"""The sandbox as a child process: started on a free port, ended with its parent."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.system.subprocesses import child_environment, creation_flags, own_command

#: The sandbox among the names of services; every other service is named by its base URL.
SANDBOX = "sandbox"
#: Seconds a sandbox may take to say that it listens, and to end when asked to.
START_LIMIT = 30.0
END_LIMIT = 3.0
#: Free bytes below which a disk is as good as full.
TIGHT = 1 << 20


class SandboxStartError(Exception):
    """The child ended or stayed silent. The message may be shown to a person."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the child listens and which key it takes."""

    base_url: str
    key: str


class SandboxProcess:
    """Owns the process. It ends when this closes its input, also when this process is killed."""

    def __init__(
        self, state: Path, extra: tuple[str, ...] = (), *, command: list[str] | None = None, limit: float = START_LIMIT
    ) -> None:
        self._state = state
        self._extra = extra
        self._command = own_command() if command is None else command
        self._limit = limit
        self._lock = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[str] | None = None

    async def start(self) -> Address:
        """Start it and wait until it listens. Raises SandboxWouldNotStart."""
        return await asyncio.to_thread(self._start)

    async def aclose(self) -> None:
        """End it, politely first; also one that is just starting."""
        await asyncio.to_thread(self._end)

    def _start(self) -> Address:
        log = self._state / "sandbox.log"
        refused = SandboxStartError(f"The sandbox did not start; {log} says why.")
        try:
            process = self._started(log)
        except OSError as error:
            raise SandboxStartError(f"The sandbox did not start: {error}.") from error
        if process is None:
            raise refused
        assert process.stdout is not None
        clock = threading.Timer(self._limit, process.kill)
        clock.start()
        try:
            said = json.loads(process.stdout.readline())
            return Address(said["listening"], said["key"])
        except (ValueError, KeyError, TypeError):
            self._end()
            if shutil.disk_usage(self._state).free < TIGHT:
                raise SandboxStartError(
                    f"The sandbox did not start: the disk that holds {self._state} is full. Make room and start again."
                ) from None
            raise refused from None
        finally:
            clock.cancel()

    def _started(self, log: Path) -> subprocess.Popen[str] | None:
        """The process; None when this was closed before."""
        self._state.mkdir(parents=True, exist_ok=True)
        told = ["sandbox", "--port", "0", "--with-parent", "--state", str(self._state), *self._extra]
        with self._lock, log.open("ab") as complaints:
            if self._closed:
                return None
            self._process = subprocess.Popen(
                [*self._command, *told],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                encoding="utf-8",
                env=child_environment(),
                start_new_session=True,  # Ctrl-C is for the parent, which still needs the child's answers
                creationflags=creation_flags(),
            )
            return self._process

    def _end(self) -> None:
        with self._lock:
            self._closed = True
            process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None and process.stdout is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
