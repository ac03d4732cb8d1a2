"""The download process as the program sees it. Loads no HTTP: the process does that."""

from __future__ import annotations

import asyncio
import enum
import itertools
import queue
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sora_desktop.api.errors import DownloadBroken, DownloadStopped
from sora_desktop.api.http.download_messages import error_in, message_in, start_line, stop_line
from sora_desktop.api.http.part_locks import PartLocks
from sora_desktop.system.subprocesses import child_environment, creation_flags, own_command

if TYPE_CHECKING:
    from sora_desktop.api.http.connections import Endpoint
    from sora_desktop.api.http.file_download import StopSignal

#: Called with the bytes that are there, and with how many there will be; None: that is not known.
Report: TypeAlias = Callable[[int, int | None], None]

#: Seconds after which a process that was killed is left alone: it may wait for a disk that does not answer.
END_WAIT = 2.0


class NotStarted(Exception):
    """The process cannot be started. The message says why."""


class DownloadProcess:
    """One process for the downloads of all services, so that they take neither Python's lock nor a core from the
    window. It starts with the first download, and again after it has ended.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        """`command`: starts the process; this program's own unless given."""
        self._command = list(command) if command is not None else own_command("download-worker")
        #: Of all services, also while a service is connected again.
        self.parts = PartLocks()
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._is_closed = False

    def download(self, endpoint: Endpoint, url: str, part: Path, report: Report, stop: StopSignal) -> None:
        """Download a file to `part`; blocks. `report` is called in another thread.

        Raises the same as FileDownload.run; DownloadBroken also if the process ends, and NotStarted.
        """
        self._started().download(endpoint, url, part, report, stop)

    async def aclose(self) -> None:
        """End the process, and with it all downloads. Nothing starts it again."""
        with self._lock:
            self._is_closed = True
            child = self._child
        if child is not None:
            await asyncio.to_thread(child.end)

    def _started(self) -> _Child:
        with self._lock:
            if self._is_closed:
                raise DownloadStopped("The download was stopped.")
            if self._child is None or self._child.has_ended:
                try:
                    self._child = _Child(self._command)
                except (OSError, RuntimeError) as error:  # the latter: no thread can be started
                    raise NotStarted(str(error)) from error
            return self._child


@dataclass(frozen=True, slots=True)
class _Ended:
    error: Exception | None


class _Event(enum.Enum):
    READY = enum.auto()  # the process can download
    STOP = enum.auto()  # the download should be stopped


@dataclass(frozen=True, slots=True)
class _Running:
    report: Report
    #: What its thread waits for.
    events: queue.SimpleQueue[_Ended | _Event]


class _Child:
    """A process that was started."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises OSError, RuntimeError."""
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            creationflags=creation_flags(),
        )
        self._lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._running: dict[int, _Running] = {}
        self._is_ready = False
        self._is_closed = False
        self.has_ended = False
        self._thread = threading.Thread(target=self._read, name="download events", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._process.kill()
            self._close()
            raise

    def download(self, endpoint: Endpoint, url: str, part: Path, report: Report, stop: StopSignal) -> None:
        """The same as DownloadProcess.download."""
        running = _Running(report, queue.SimpleQueue())
        with self._lock:
            if self.has_ended:
                raise self._end_error()
            number = next(self._numbers)
            self._running[number] = running
            if self._is_ready:
                running.events.put(_Event.READY)
        try:
            stop.wake_by(lambda: running.events.put(_Event.STOP))
            stop.check()
            is_sent = False  # a process that is not ready yet may never be: then nothing is sent, nor waited for
            while not isinstance(event := running.events.get(), _Ended):
                if event is _Event.READY:
                    self._send(start_line(number, endpoint, url, part))
                    is_sent = True
                elif is_sent:
                    self._send(stop_line(number))
                else:
                    stop.check()
            if event.error is not None:
                raise event.error
        finally:
            stop.wake_by(None)
            with self._lock:
                self._running.pop(number, None)

    def end(self) -> None:
        """Kill the process, and wait until it has ended."""
        self._is_closed = True
        self._process.kill()
        self._thread.join(END_WAIT)

    def _send(self, line: bytes) -> None:
        """Send a line. It is lost if the process has ended, which the thread that reads notices."""
        assert self._process.stdin is not None
        with self._write_lock, suppress(OSError, ValueError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            with suppress(OSError, ValueError):  # such as half a line
                for line in self._process.stdout:
                    self._handle(message_in(line))
        finally:
            self._end_all()

    def _handle(self, message: Mapping[str, Any]) -> None:
        if message["kind"] == "ready":
            with self._lock:
                self._is_ready = True
                for waiting in self._running.values():
                    waiting.events.put(_Event.READY)
            return
        with self._lock:
            running = self._running.get(message["number"])
        if running is None:
            return
        if message["kind"] == "progress":
            running.report(message["received"], message["total"])
        else:
            error = message["error"]
            running.events.put(_Ended(None if error is None else error_in(error)))

    def _end_all(self) -> None:
        self._process.kill()
        self._process.wait()  # before anything else writes to its files
        with self._lock:
            self.has_ended = True
            left = list(self._running.values())
        for running in left:
            running.events.put(_Ended(self._end_error()))
        self._close()

    def _close(self) -> None:
        """Close the pipes of a process that is killed."""
        self._process.wait()
        with self._write_lock:
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                with suppress(OSError):  # data that was not written has no reader
                    pipe.close()

    def _end_error(self) -> Exception:
        if not self._is_ready and not self._is_closed:
            return NotStarted("it ended at once")
        return DownloadBroken("The process that downloads videos has ended. Trying again.")
