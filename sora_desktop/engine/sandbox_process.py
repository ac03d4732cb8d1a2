"""The sandbox as a child process that listens on a free port and ends with its parent."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.store.disk import is_full
from sora_desktop.system.subprocesses import child_environment, creation_flags, own_command

#: Seconds that the sandbox may take to listen.
START_TIMEOUT = 30.0
#: Seconds that the sandbox may take to end when asked to.
END_TIMEOUT = 3.0


class SandboxStartError(Exception):
    """The sandbox ended or did not listen in time. The message can be shown to the user."""


@dataclass(frozen=True, slots=True)
class SandboxAddress:
    """Base URL of the sandbox and the key that it accepts."""

    base_url: str
    key: str


class SandboxProcess:
    """Owns the process. The sandbox ends when its input is closed, which also happens if this process is killed."""

    def __init__(
        self,
        state: Path,
        options: tuple[str, ...] = (),
        *,
        command: list[str] | None = None,
        timeout: float = START_TIMEOUT,
    ) -> None:
        """`state`: folder of the sandbox's data and log. `timeout`: seconds until a start fails."""
        self._state = state
        self._options = options
        self._command = own_command() if command is None else command
        self._timeout = timeout
        self._lock = threading.Lock()
        self._closed = False
        self._process: subprocess.Popen[str] | None = None

    def runs(self) -> bool:
        """True while the process runs."""
        process = self._process
        return process is not None and process.poll() is None

    async def start(self) -> SandboxAddress:
        """Start the process and wait until it listens. Raises SandboxStartError."""
        return await asyncio.to_thread(self._start)

    async def aclose(self) -> None:
        """End the process, also while it is starting. A process that does not end in time is killed."""
        await asyncio.to_thread(self._end)

    def _start(self) -> SandboxAddress:
        log = self._state / "sandbox.log"
        failed = SandboxStartError(f"The sandbox did not start. See {log} for the reason.")
        try:
            process = self._launch(log)
        except OSError as error:
            raise SandboxStartError(f"The sandbox did not start: {error.strerror or error}.") from error
        if process is None:
            raise failed
        assert process.stdout is not None
        timer = threading.Timer(self._timeout, process.kill)
        timer.start()
        try:
            announced = json.loads(process.stdout.readline())
            return SandboxAddress(announced["listening"], announced["key"])
        except (ValueError, KeyError, TypeError):
            self._end()
            if is_full(self._state):
                raise SandboxStartError(
                    f"The sandbox did not start: the disk that holds {self._state} is full. Free some space and try "
                    "again."
                ) from None
            raise failed from None
        finally:
            timer.cancel()

    def _launch(self, log: Path) -> subprocess.Popen[str] | None:
        """Start the process; None if `aclose()` was called before."""
        self._state.mkdir(parents=True, exist_ok=True)
        options = ["sandbox", "--port", "0", "--with-parent", "--state", str(self._state), *self._options]
        with self._lock, log.open("ab") as stderr:
            if self._closed:
                return None
            self._process = subprocess.Popen(
                [*self._command, *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                encoding="utf-8",
                env=child_environment(),
                start_new_session=True,  # Ctrl-C must not end the sandbox before the parent has its answers
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
            process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
