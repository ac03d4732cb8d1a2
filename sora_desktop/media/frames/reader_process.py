"""The frame reader's process as its client sees it."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Sequence

import msgspec

from sora_desktop.media.frames.messages import ReaderEvent, ReaderRequest, packed, read_event
from sora_desktop.media.frames.work_marks import MARKS_SIZE
from sora_desktop.system.shared_memory import SharedMemory, remove_memory_of
from sora_desktop.system.subprocesses import child_environment, creation_flags

#: Seconds in which the process may end by itself.
_END_WAIT = 2.0


class ReaderProcess:
    """A process that has started."""

    def __init__(
        self,
        command: Sequence[str],
        received: Callable[[ReaderProcess, ReaderEvent], None],
        ended: Callable[[ReaderProcess], None],
    ) -> None:
        """`received` and `ended` are called by a thread. Raises OSError."""
        self._received = received
        self._ended = ended
        self._memory = SharedMemory.create(MARKS_SIZE)
        try:
            self._process = subprocess.Popen(
                [*command, self._memory.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=child_environment(),
                creationflags=creation_flags(),
            )
        except OSError:
            self._memory.remove_name()
            raise
        self._thread = threading.Thread(target=self._read, name="frame events", daemon=True)
        self._thread.start()

    @property
    def exit_code(self) -> int | None:
        """None while it runs. Below 0: the signal that has killed it."""
        return self._process.returncode

    @property
    def marks(self) -> memoryview:
        """What each clip's thread does. See `work_marks`."""
        return self._memory.pixels

    def send(self, request: ReaderRequest) -> None:
        """Send a request. It is lost if the process has ended."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # ValueError: `end` has closed it
            self._process.stdin.write(packed(request))
            self._process.stdin.flush()

    def end(self) -> None:
        """End the process. Returns when it has ended. Pictures that it has sent cannot be opened from then on."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_END_WAIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join()
        remove_memory_of(self._process.pid)  # not before: events that have arrived tell of pictures in it

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError), self._process.stdout as events:
            while (event := read_event(events)) is not None:
                self._received(self, event)
        self._process.kill()
        self._process.wait()
        self._memory.remove_name()
        self._ended(self)
