"""Plays the sound of a clip on the system's default device. Without a device there is silence."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from sora_desktop.domain.frames import SoundRead

#: Samples of each channel in a second, and the bytes of one such sample of both channels.
SAMPLES_A_SECOND, BYTES_A_SAMPLE = 48_000, 4
#: Seconds by which a device counts before it is heard: measured with PulseAudio, from `processedUSecs` and its monitor.
_EARLY = 0.02
#: Samples that are asked for at a time.
_CHUNK = SAMPLES_A_SECOND // 20
#: Milliseconds between two looks at the room in the device's buffer, and between two looks for a device.
_PAUSE, _LONG_PAUSE = 20, 500
#: Looks, 3 seconds of them, after which a full device that plays nothing, or does not open, is given up, and silence is
#: reported. Some devices take 1.5 s to begin.
_PATIENCE = 150


class OutputState(IntEnum):
    OPENING = 0
    OPEN = 1
    LOST = 2  # there is no device, it was removed, or another one is the default now


class SoundOutput(Protocol):
    """A device that plays samples at their speed."""

    def room(self) -> int:
        """Bytes that can be written now."""

    def write(self, samples: bytes) -> int:
        """Append samples to what is played. Returns the number of bytes that were taken."""

    def played(self) -> float:
        """Seconds of what was written that have been played. They do not count while nothing is there to be played.

        A block of the device, 10 to 40 ms, is counted as a whole, when the device takes it.
        """

    def state(self) -> OutputState:
        """Whether the device can play. What is written before it is open is not taken."""

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1, as on a slider."""

    def close(self) -> None:
        """Stop at once."""


class SoundSystem(Protocol):
    """Opens devices. No call blocks."""

    def open(self, volume: float) -> SoundOutput:
        """The default device. `volume` is 0 to 1. Raises OSError if the system's sound does not answer."""

    def report(self, is_heard: bool) -> None:
        """Sound that is to be played is heard, or has not been for some seconds."""


class NoSound:
    """Silence."""

    def open(self, volume: float) -> SoundOutput:
        raise OSError("no sound")

    def report(self, is_heard: bool) -> None:
        pass


class SoundPlayer(QObject):
    """Keeps a device supplied with the samples of one stream after the other."""

    interrupted = Signal()  # after a time without a device, one is there: `start` plays on it

    def __init__(self, request: Callable[[int, int], None], system: SoundSystem, parent: QObject | None = None) -> None:
        """`request` asks for so many samples of a stream, answered by `receive`."""
        super().__init__(parent)
        self._request = request
        self._system = system
        self._output: SoundOutput | None = None
        self._stream: int | None = None
        self._lag: Callable[[], float] = float
        self._is_asked = False
        self._waiting = b""  # samples that the device had no room for
        self._played, self._still = 0.0, 0  # seconds, and looks at the device since they changed
        self._to_skip = -1  # bytes to drop, so that the sound catches up with the pictures; -1: not known yet
        self._skipped = 0.0  # seconds that were dropped
        self._volume, self._is_muted = 0.8, False
        self._timer = QTimer(self)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._supply)
        self._is_heard = False  # as it was reported of this stream
        self._closed = 0  # looks since a device was last open, whatever has been started meanwhile
        self._search = QTimer(self)  # runs while a stream has no device
        self._search.setInterval(_LONG_PAUSE)
        self._search.timeout.connect(self._look_for_device)

    @property
    def heard(self) -> float | None:
        """Seconds of the stream up to what is heard now; None if nothing is heard yet, or there is no device."""
        played = 0.0 if self._output is None else self._output.played()
        return self._skipped + played - _EARLY if played > 0 else None

    def start(self, stream: int, lag: Callable[[], float]) -> None:
        """Play a stream from its beginning. `lag`: seconds for which the pictures have been playing."""
        self.stop()
        if self._ready_output() is not None:
            self._stream, self._lag = stream, lag
            self._timer.start()
            self._supply()
        else:
            self._search.start()

    def prepare(self) -> None:
        """Open the device, so that `start` takes no time."""
        self._ready_output()

    def stop(self) -> None:
        """Be silent at once."""
        self._timer.stop()
        self._search.stop()
        if self._stream is not None:
            self._close_output()
        self._is_heard = False
        self._stream, self._is_asked, self._waiting, self._to_skip, self._skipped = None, False, b"", -1, 0.0
        self._played, self._still = 0.0, 0

    def receive(self, read: SoundRead) -> None:
        """Play samples that were asked for. Those of another stream are dropped."""
        if read.stream != self._stream:
            return
        self._is_asked = False
        if not read.samples:
            self._timer.stop()  # at the end; the device plays what it holds
            return
        samples = read.samples
        if self._to_skip < 0:
            self._to_skip = max(round((self._lag() + _EARLY) * SAMPLES_A_SECOND), 0) * BYTES_A_SAMPLE
        if self._to_skip:
            dropped = min(self._to_skip, len(samples))
            samples = samples[dropped:]
            self._to_skip -= dropped
            self._skipped += dropped / BYTES_A_SAMPLE / SAMPLES_A_SECOND
        self._waiting += samples
        self._supply()

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1."""
        self._volume = volume
        self._apply_volume()

    def set_muted(self, muted: bool) -> None:
        self._is_muted = muted
        self._apply_volume()

    def _apply_volume(self) -> None:
        if self._output is not None:
            self._output.set_volume(0.0 if self._is_muted else self._volume)

    def _ready_output(self) -> SoundOutput | None:
        if self._output is None:
            try:
                self._output = self._system.open(0.0 if self._is_muted else self._volume)
            except OSError:
                return None
        return self._output

    def _close_output(self) -> None:
        if self._output is not None:
            self._output.close()
            self._output = None

    def _look_for_device(self) -> None:
        output = self._ready_output()
        if output is not None and output.state() is OutputState.OPEN:
            self._search.stop()
            self.interrupted.emit()
            return
        if output is not None and output.state() is OutputState.LOST:
            self._close_output()
        self._closed += _LONG_PAUSE // _PAUSE
        if self._closed >= _PATIENCE:
            self._report(False)

    def _report(self, is_heard: bool) -> None:
        self._is_heard = is_heard
        if is_heard or not self._is_muted:
            self._system.report(is_heard)

    def _is_dead(self, output: SoundOutput) -> bool:
        """PulseAudio does not report that its last device has gone, and a server may hang."""
        state = output.state()
        self._closed = 0 if state is OutputState.OPEN else self._closed + 1
        played, is_full = output.played(), output.room() < _CHUNK * BYTES_A_SAMPLE
        if played != self._played and not self._is_heard:
            self._report(True)
        self._still = self._still + 1 if is_full and played == self._played else 0
        self._played = played
        return state is OutputState.LOST or max(self._still, self._closed) > _PATIENCE

    def _supply(self) -> None:
        """Write what the device has room for, and ask for more."""
        if self._stream is None or self._output is None:
            return
        if self._is_dead(self._output):
            was_patient = max(self._still, self._closed) > _PATIENCE
            self.stop()
            if was_patient:
                self._report(False)
            self._search.start()
            self._look_for_device()
            return
        room = self._output.room() // BYTES_A_SAMPLE * BYTES_A_SAMPLE
        if self._waiting and room:
            taken = self._output.write(self._waiting[:room])
            self._waiting = self._waiting[taken:]
            room -= taken
        if not self._waiting and not self._is_asked and room >= _CHUNK * BYTES_A_SAMPLE:
            self._is_asked = True
            self._request(self._stream, _CHUNK)
