"""Clips with a tone whose loudness tells the time."""

from __future__ import annotations

import math
from array import array
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

#: Of the tone: hertz, and its loudest sample.
TONE, LOUDEST = 441, 16000


def tone_clip(
    file: Path, *, seconds: int = 2, codec: str = "aac", rate: int = 44100, layout: str = "stereo", start: int = 0
) -> Path:
    """A clip of gray pictures, 24 a second, with a tone that begins `start` seconds later."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.thread_count = 1
        sound = container.add_stream(codec, rate=rate)
        assert isinstance(sound, AudioStream)
        sound.layout = layout
        picture = VideoFrame(64, 48, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        for place in range(24 * seconds):
            picture.pts, picture.time_base = place, Fraction(1, 24)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        for frame in _tone(rate, layout, start * rate, (seconds - start) * rate):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return file


def _tone(rate: int, layout: str, start: int, count: int) -> list[AudioFrame]:
    frames = []
    for first in range(0, count, 1024):
        length = min(1024, count - first)
        wave = [round(LOUDEST * math.sin(2 * math.pi * TONE * (first + at) / rate)) for at in range(length)]
        channels = av.AudioLayout(layout).nb_channels
        frame = AudioFrame(format="s16", layout=layout, samples=length)
        frame.planes[0].update(array("h", [value for value in wave for _ in range(channels)]).tobytes())
        frame.sample_rate, frame.pts, frame.time_base = rate, start + first, Fraction(1, rate)
        frames.append(frame)
    return frames
