"""The system's default sound device, by QtMultimedia. Opened in the sound process only: it may hang, or abort."""

from __future__ import annotations

from PySide6.QtCore import QIODevice
from PySide6.QtMultimedia import QAudio, QAudioFormat, QAudioSink, QMediaDevices

from sora_desktop.ui.player.sound import BYTES_A_SAMPLE, SAMPLES_A_SECOND, OutputState
from sora_desktop.ui.player.sound_server import SoundServerLink

#: Seconds of sound that the device holds at most.
_BUFFER = 0.2


class SystemOutput:
    """The system's default device, with 16-bit stereo samples; a `SoundOutput`. Used in the thread of an event loop."""

    def __init__(self, volume: float, link: SoundServerLink) -> None:
        """Raises OSError if there is no device, or Qt has lost the sound server: it would abort."""
        self._device = QMediaDevices.defaultAudioOutput()
        if not link.is_whole():  # Qt lists the devices of a server that has ended
            raise OSError("the connection to the sound server is lost")
        if self._device.isNull():
            raise OSError("no device")
        kind = QAudioFormat()
        kind.setSampleRate(SAMPLES_A_SECOND)
        kind.setChannelCount(2)
        kind.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self._sink = QAudioSink(self._device, kind)
        self._sink.setBufferSize(int(_BUFFER * SAMPLES_A_SECOND) * BYTES_A_SAMPLE)
        self.set_volume(volume)
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

    def state(self) -> OutputState:
        has_failed = self._sink.error().name not in ("NoError", "UnderrunError")  # newer versions have another enum
        is_default = QMediaDevices.defaultAudioOutput().id() == self._device.id()
        return OutputState.OPEN if is_default and not has_failed else OutputState.LOST

    def set_volume(self, volume: float) -> None:
        scale = QAudio.VolumeScale
        self._sink.setVolume(QAudio.convertVolume(volume, scale.LogarithmicVolumeScale, scale.LinearVolumeScale))

    def close(self) -> None:
        self._stream = None
        self._sink.reset()
