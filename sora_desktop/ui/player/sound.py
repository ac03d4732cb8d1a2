"""Plays the sound of a clip on the system's default device. Without a device there is silence."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from PySide6.QtCore import QIODevice, QObject, QTimer, Signal

from sora_desktop.domain.frames import SoundRead
from sora_desktop.ui.player.sound_server import SoundServerLink

#: Samples of each channel in a second, and the bytes of one such sample of both channels.
_RATE, _BYTES = 48_000, 4
#: Seconds of sound that the device holds at most: a stall of the window's thread that is shorter is not heard.
_BUFFER = 0.2
#: Seconds by which a device counts before it is heard: measured with PulseAudio, from `processedUSecs` and its monitor.
_EARLY = 0.02
#: Samples that are asked for at a time.
_CHUNK = _RATE // 20
#: Milliseconds between two looks at the room in the device's buffer, and between two looks for a device.
_PAUSE, _LONG_PAUSE = 20, 500
#: Looks, 3 seconds of them, after which a full device that plays nothing is opened again. Some take 1.5 s to begin.
_PATIENCE = 150

_LATENCY = "PULSE_LATENCY_MSEC"
#: Qt has one connection to the sound server in a process, however many players there are.
_LINK = SoundServerLink()


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

    def is_lost(self) -> bool:
        """The device was removed, or is no longer the default one."""

    def set_volume(self, volume: float) -> None:
        """`volume` is 0 to 1, as on a slider."""

    def close(self) -> None:
        """Stop at once."""


class SystemOutput:
    """The system's default device."""

    def __init__(self, volume: float, link: SoundServerLink = _LINK) -> None:
        """Raises OSError if there is no device, or Qt has lost the sound server."""
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink, QMediaDevices  # late: the first picture needs none

        self._devices = QMediaDevices  # asked again for the default device
        self._device = QMediaDevices.defaultAudioOutput()
        if self._device.isNull():
            raise OSError("no device")
        if not link.is_whole():  # Qt lists the devices of a server that has ended
            raise OSError("the connection to the sound server is lost")
        kind = QAudioFormat()
        kind.setSampleRate(_RATE)
        kind.setChannelCount(2)
        kind.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._sink = QAudioSink(self._device, kind)
        self._sink.setBufferSize(int(_BUFFER * _RATE) * _BYTES)
        self.set_volume(volume)
        with _ample_latency():
            self._stream: QIODevice | None = self._sink.start()
        link.is_whole()  # counts the connection that was made now
        if self._stream is None:
            raise OSError("the device cannot be opened")

    def room(self) -> int:
        return self._sink.bytesFree()

    def write(self, samples: bytes) -> int:
        return 0 if self._stream is None else max(self._stream.write(samples), 0)

    def played(self) -> float:
        return self._sink.processedUSecs() / 1_000_000

    def is_lost(self) -> bool:
        has_failed = self._sink.error().name not in ("NoError", "UnderrunError")  # newer versions have another enum
        return has_failed or self._devices.defaultAudioOutput().id() != self._device.id()

    def set_volume(self, volume: float) -> None:
        from PySide6.QtMultimedia import QAudio

        scale = QAudio.VolumeScale
        self._sink.setVolume(QAudio.convertVolume(volume, scale.LogarithmicVolumeScale, scale.LinearVolumeScale))

    def close(self) -> None:
        self._stream = None
        self._sink.reset()


@contextmanager
def _ample_latency() -> Iterator[None]:
    """Let PulseAudio hold more sound than Qt asks for, 10 to 20 ms: on a busy machine it would break off.

    Its library reads a variable of the environment. What the user has chosen is kept, and no other program inherits it.
    """
    if _LATENCY in os.environ:
        yield
        return
    os.environ[_LATENCY] = "80"
    try:
        yield
    finally:
        del os.environ[_LATENCY]


class SoundPlayer(QObject):
    """Keeps a device supplied with the samples of one stream after the other."""

    interrupted = Signal()  # the device is gone, or one is there now; `start` opens it

    def __init__(
        self, request: Callable[[int, int], None], output: Callable[[float], SoundOutput], parent: QObject | None = None
    ) -> None:
        """`request` asks for so many samples of a stream, answered by `receive`. `output` opens a device with a volume.

        `output` may raise OSError.
        """
        super().__init__(parent)
        self._request = request
        self._open = output
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
        if self._output is not None and self._stream is not None:
            self._output.close()
            self._output = None
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
            self._to_skip = max(round((self._lag() + _EARLY) * _RATE), 0) * _BYTES
        if self._to_skip:
            dropped = min(self._to_skip, len(samples))
            samples = samples[dropped:]
            self._to_skip -= dropped
            self._skipped += dropped / _BYTES / _RATE
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
                self._output = self._open(0.0 if self._is_muted else self._volume)
            except OSError:
                return None
        return self._output

    def _look_for_device(self) -> None:
        if self._ready_output() is not None:
            self._search.stop()
            self.interrupted.emit()

    def _stands_still(self, output: SoundOutput) -> bool:
        """PulseAudio does not report that its last device has gone."""
        played, is_full = output.played(), output.room() < _CHUNK * _BYTES
        self._still = self._still + 1 if is_full and played == self._played else 0
        self._played = played
        return self._still > _PATIENCE

    def _supply(self) -> None:
        """Write what the device has room for, and ask for more."""
        if self._stream is None or self._output is None:
            return
        if self._output.is_lost() or self._stands_still(self._output):
            self.stop()
            self.interrupted.emit()
            return
        room = self._output.room() // _BYTES * _BYTES
        if self._waiting and room:
            taken = self._output.write(self._waiting[:room])
            self._waiting = self._waiting[taken:]
            room -= taken
        if not self._waiting and not self._is_asked and room >= _CHUNK * _BYTES:
            self._is_asked = True
            self._request(self._stream, _CHUNK)
