"""A stream of sound at any speed with its pitch kept, which may repeat a part without a gap."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

from sora_desktop.media.frames.sound_source import SAMPLE_BYTES, SAMPLE_RATE, SoundSource

#: Samples in which the sound comes in or goes out where it does not begin or end by itself: 2 ms.
_FADE = SAMPLE_RATE // 500
#: The range in which FFmpeg's filter blends all of the sound.
_SLOWEST, _FASTEST = 0.5, 2.0


class SoundStream:
    """Samples from one moment on. For one thread."""

    def __init__(self, source: SoundSource, start: int, speed: float, first: int, last: int | None, end: int) -> None:
        """Times in microseconds; `end` of the clip, where the sound ends unless it repeats from `first` to `last`."""
        self._blocks = _at_speed(_played(source, start, first, last, end), speed)
        self._left = bytearray()

    def read(self, frames: int) -> bytes:
        """That many samples of both channels; fewer or none at the end."""
        size = frames * SAMPLE_BYTES
        while len(self._left) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._left += block
        samples = bytes(self._left[:size])
        del self._left[:size]
        return samples


def _played(source: SoundSource, start: int, first: int, last: int | None, end: int) -> Iterator[bytes]:
    """The samples at normal speed."""
    begin, stop = _sample(start), _sample(end if last is None else last)
    if last is None:
        yield from _faded(source.samples(begin, stop), stop - begin, fades_out=False)
        return
    repeated = min(_sample(first), stop - 1)
    if not repeated <= begin < stop:
        begin = repeated
    while True:
        yield from _faded(source.samples(begin, stop), stop - begin, fades_out=True)
        begin = repeated


def _faded(blocks: Iterator[bytes], length: int, *, fades_out: bool) -> Iterator[bytes]:
    """The blocks, of so many samples together, without a click where they begin and end."""
    place = 0
    for block in blocks:
        count = len(block) // SAMPLE_BYTES
        if place < _FADE or (fades_out and place + count > length - _FADE):
            block = _with_gain(block, place, length if fades_out else None)
        yield block
        place += count


def _with_gain(block: bytes, place: int, length: int | None) -> bytes:
    samples = array("h", block)
    for index in range(0, len(samples), 2):
        at = place + index // 2
        gain = min(at, _FADE, _FADE if length is None else length - 1 - at) / _FADE
        if gain < 1:
            samples[index] = int(samples[index] * gain)
            samples[index + 1] = int(samples[index + 1] * gain)
    return samples.tobytes()


def _at_speed(blocks: Iterator[bytes], speed: float) -> Iterator[bytes]:
    if speed == 1.0:
        yield from blocks
        return
    graph = Graph()
    source = graph.add_abuffer(sample_rate=SAMPLE_RATE, format="s16", layout="stereo")
    steps = [graph.add("atempo", f"{factor:.6f}") for factor in tempo_factors(speed)]
    graph.link_nodes(source, *steps, graph.add("abuffersink")).configure()
    place = 0
    for block in blocks:
        frame = AudioFrame(format="s16", layout="stereo", samples=len(block) // SAMPLE_BYTES)
        frame.planes[0].update(block)
        frame.sample_rate, frame.pts = SAMPLE_RATE, place
        place += frame.samples
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def tempo_factors(speed: float) -> list[float]:
    """Factors whose product is the speed, each in the range of the filter."""
    factors = []
    while speed > _FASTEST:
        factors.append(_FASTEST)
        speed /= _FASTEST
    while speed < _SLOWEST:
        factors.append(_SLOWEST)
        speed /= _SLOWEST
    return [*factors, speed]


def _pulled(graph: Graph) -> Iterator[bytes]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, AudioFrame)
        yield bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]


def _sample(microseconds: int) -> int:
    return round(microseconds * SAMPLE_RATE / 1_000_000)
