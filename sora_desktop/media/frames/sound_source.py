"""Reads the sound of a clip from any moment on, as 48 kHz, two channels, 16 bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from sora_desktop.media.videos import open_video, packets_of

SAMPLE_RATE = 48_000
#: Bytes of one sample of both channels.
SAMPLE_BYTES = 4
#: Seconds before a moment from which on a decoder gives the right samples there.
_LEAD = Fraction(1, 8)
#: Samples by which times may differ from the count of samples: rounding, and no gap.
_TOLERANCE = SAMPLE_RATE // 50
_SILENCE = bytes(SAMPLE_BYTES * 4096)


class SoundSource:
    """The first track of sound in a file. For one thread."""

    def __init__(self, file: Path, zero: Fraction) -> None:
        """`zero`: when the first picture is shown, in seconds of the file. Raises MediaError."""
        self._opened = ExitStack()
        self._zero = zero
        self._container, _ = self._opened.enter_context(open_video(file, is_quick=True))
        self._stream: AudioStream | None = next(iter(self._container.streams.audio), None)

    @property
    def has_sound(self) -> bool:
        """False if there is no track that can be decoded."""
        return self._stream is not None and self._stream.codec_context is not None

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def samples(self, start: int, stop: int) -> Iterator[bytes]:
        """Exactly the samples from `start` until before `stop`, counted from the first picture; else silence.

        One of these can be read at a time.
        """
        place = start
        for at, block in self._blocks(start):
            if at > place:
                silent = min(at, stop) - place
                yield from _silence(silent)
                place += silent
            cut = block[(place - at) * SAMPLE_BYTES : (stop - at) * SAMPLE_BYTES]
            if cut:
                yield cut
                place += len(cut) // SAMPLE_BYTES
            if place >= stop:
                return
        yield from _silence(stop - place)

    def _blocks(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Decoded samples with the number of the first one, without overlaps; the first block may begin before."""
        if self._stream is None:
            return
        self._seek(max(Fraction(start, SAMPLE_RATE) - _LEAD, Fraction(0)))
        resampler = _resampler()
        place: int | None = None
        for frame in self._frames():
            time = self._sample_at(frame)
            if place is None:
                place = start if time is None else time
            elif time is not None and time - place > _TOLERANCE:
                place = time
            try:
                resampled = resampler.resample(frame)
            except ValueError:  # another rate or layout from here on
                resampler = _resampler()
                resampled = resampler.resample(frame)
            for each in resampled:
                yield place, _bytes_of(each)
                place += each.samples
        for each in resampler.resample(None) if place is not None else []:
            yield place or 0, _bytes_of(each)

    def _frames(self) -> Iterator[AudioFrame]:
        stream = self._stream
        assert stream is not None
        for packet in packets_of(self._container, stream):
            try:
                yield from stream.codec_context.decode(packet)
            except av.FFmpegError:
                continue
        try:
            yield from stream.codec_context.decode(None)
        except av.FFmpegError:
            return

    def _seek(self, seconds: Fraction) -> None:
        stream = self._stream
        assert stream is not None and stream.time_base is not None
        try:
            self._container.seek(int((seconds + self._zero) / stream.time_base), stream=stream)
        except av.FFmpegError:
            self._container.seek(0)

    def _sample_at(self, frame: AudioFrame) -> int | None:
        if frame.pts is None or frame.time_base is None:
            return None
        return round((frame.pts * Fraction(frame.time_base) - self._zero) * SAMPLE_RATE)


def _resampler() -> AudioResampler:
    return AudioResampler(format="s16", layout="stereo", rate=SAMPLE_RATE)


def _bytes_of(frame: AudioFrame) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]


def _silence(samples: int) -> Iterator[bytes]:
    while samples > 0:
        block = _SILENCE[: samples * SAMPLE_BYTES]
        yield block
        samples -= len(block) // SAMPLE_BYTES
