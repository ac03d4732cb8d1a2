"""Plays sound in a process of its own, which is replaced when it ends or hangs: the window goes on meanwhile.

Qt waits for a sound server that hangs, and libpulse aborts its process if the server has ended.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from sora_desktop.system.shared_memory import SharedMemory
from sora_desktop.system.subprocesses import child_environment, creation_flags, own_command
from sora_desktop.ui.player.sound import BYTES_A_SAMPLE, SAMPLES_A_SECOND, OutputState
from sora_desktop.ui.player.sound_messages import COUNTERS_SIZE, Kind, SoundCounters, SoundMessage, packed_message

#: Bytes that are sent before the device has taken them: a tenth of a second.
_AHEAD = SAMPLES_A_SECOND * BYTES_A_SAMPLE // 10
#: Seconds without an answer that are news, since a process has long started; after which it hangs; and is replaced.
_IS_NEWS, _HANGS, _REPLACED = 2.0, 3.0, 15.0
#: Seconds after which the same is news on a machine that may have no sound at all: a start alone can take several.
_IS_NEWS_AT_FIRST = 10.0
#: Seconds from one start of a process to the next while nothing is heard: at first, and at most.
_PAUSE, _LONGEST_PAUSE = 3.0, 20.0


class SoundProcess(QObject):
    """The sound of the window; a `SoundSystem`."""

    silenced = Signal(bool)  # sound has stopped, or does not begin since the system does not answer; False: it is heard

    def __init__(self, command: Sequence[str] | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """`command` starts the process; that of this program unless given."""
        super().__init__()
        self._command = list(command) if command is not None else own_command("sound-output")
        self._now = now
        self._process: _Process | None = None
        self._started, self._pause = 0.0, 0.0
        self._was_heard = self._is_silent = self._is_closed = False

    def warm_up(self) -> None:
        """Start the process, so that sound begins at once."""
        with contextlib.suppress(OSError):
            self._ready_process()

    def open(self, volume: float) -> ProcessOutput:
        """See `SoundSystem`."""
        process = self._ready_process()
        if process.silence() > _HANGS:
            raise OSError("the sound server does not answer")
        return ProcessOutput(process, volume)

    def report(self, is_heard: bool) -> None:
        """See `SoundSystem`."""
        if is_heard:
            self._was_heard, self._pause = True, 0.0
        news = _IS_NEWS if self._was_heard else _IS_NEWS_AT_FIRST
        hangs = self._process is not None and self._process.silence() >= news
        is_silent = not is_heard and (self._was_heard or hangs)  # a machine without sound is no news
        if is_silent != self._is_silent:
            self._is_silent = is_silent
            self.silenced.emit(is_silent)

    def close(self) -> None:
        """End the process."""
        self._is_closed = True
        self._end()

    def _ready_process(self) -> _Process:
        now = self._now()
        process = self._process
        if process is not None and not process.has_ended and process.silence() < _REPLACED:
            return process
        if self._is_closed or now - self._started < self._pause:
            raise OSError("no device")
        self._pause = min(max(self._pause * 2, _PAUSE), _LONGEST_PAUSE)
        self._end()
        self._started = now
        self._process = _Process(self._command, self._now)
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


class ProcessOutput:
    """A device that the process opens; a `SoundOutput`."""

    def __init__(self, process: _Process, volume: float) -> None:
        self._process = process
        self._number = process.open(volume)
        self._sent = 0

    def room(self) -> int:
        return _AHEAD - self._sent + self._process.counters.taken if self.state() is OutputState.OPEN else 0

    def write(self, samples: bytes) -> int:
        samples = samples[: self.room()]
        self._process.send(SoundMessage(Kind.SAMPLES, len(samples), samples=samples))
        self._sent += len(samples)
        return len(samples)

    def played(self) -> float:
        return self._process.counters.played if self._is_answered else 0.0

    def state(self) -> OutputState:
        if self._process.has_ended or self._process.last_opening != self._number:
            return OutputState.LOST
        return self._process.counters.state if self._is_answered else OutputState.OPENING

    def set_volume(self, volume: float) -> None:
        if self._process.last_opening == self._number:
            self._process.send(SoundMessage(Kind.VOLUME, volume=volume))

    def close(self) -> None:
        if self._process.last_opening == self._number:
            self._process.send(SoundMessage(Kind.CLOSE))

    @property
    def _is_answered(self) -> bool:
        return self._process.counters.opening == self._number


class _Process:
    """A sound process that has started."""

    def __init__(self, command: Sequence[str], now: Callable[[], float]) -> None:
        """Raises OSError."""
        self._now = now
        self._memory = SharedMemory.create(COUNTERS_SIZE)
        self.counters = SoundCounters(self._memory.pixels)
        self.last_opening = 0
        self._asked = 0.0
        try:
            self._process = subprocess.Popen(
                [*command, self._memory.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=child_environment(),
                creationflags=creation_flags(),
                bufsize=0,
            )
        except OSError:
            self._memory.remove_name()
            raise

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def silence(self) -> float:
        """Seconds for which an opening has not been answered by a process that runs."""
        is_answered = self.counters.opening == self.last_opening
        return 0.0 if is_answered or self.has_ended else self._now() - self._asked

    def open(self, volume: float) -> int:
        """Open the default device. Returns the number of the opening."""
        if self.counters.opening == self.last_opening:
            self._asked = self._now()
        self.last_opening += 1
        self.send(SoundMessage(Kind.OPEN, self.last_opening, volume))
        return self.last_opening

    def send(self, message: SoundMessage) -> None:
        """Send a message. It is lost if the process has ended. Never waits: a pipe holds more than is on its way."""
        assert self._process.stdin is not None
        if self._process.stdin.closed:
            return  # it was replaced, and an output that has not noticed is about to be closed
        with contextlib.suppress(OSError):
            self._process.stdin.write(packed_message(message))

    def end(self) -> None:
        """End the process at once."""
        assert self._process.stdin is not None
        self._process.kill()  # it may hang; what it plays ends with it
        self._process.stdin.close()
        self._process.wait()
        self._memory.remove_name()
