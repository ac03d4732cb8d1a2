"""Small clips of unusual kinds, in which each frame can be told from the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.sandbox.priority import end_realtime


@dataclass(frozen=True)
class Kind:
    """How a clip is encoded."""

    codec: str = "libx264"
    suffix: str = "mp4"
    pix_fmt: str = "yuv420p"
    size: tuple[int, int] = (64, 48)
    frames: int = 30
    group: int = 12
    encoding: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)
    ratio: Fraction | None = None  # of a pixel's width and height
    durations: Sequence[int] = (1,)  # of each frame in turn, in 24ths of a second
    start: int = 0  # of the first frame, in 24ths of a second
    moving: bool = False  # the lowest quarter stays black: coders of GIF write the rest alone


#: Levels of gray between two frames. No coder takes one for another.
STEP = 6


def gray_of_frame(number: int) -> int:
    """The red, green and blue of a frame."""
    return 24 + STEP * number


def odd_clip(folder: Path, kind: Kind) -> Path:
    """A clip whose pictures are gray, each brighter than the one before."""
    file = folder / f"clip.{kind.suffix}"
    width, height = kind.size
    with av.open(str(file), "w", options=dict(kind.muxing)) as output:
        stream = output.add_stream(kind.codec, rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = width, height, kind.pix_fmt, kind.group
        stream.options = dict(kind.encoding)
        stream.codec_context.thread_count = 1
        if kind.ratio is not None:
            stream.codec_context.sample_aspect_ratio = kind.ratio
        at = kind.start
        for number, picture in enumerate(_pictures(kind)):
            picture.pts, picture.time_base = at, Fraction(1, 24)
            at += kind.durations[number % len(kind.durations)]
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    end_realtime()
    return file


def _pictures(kind: Kind) -> Iterable[VideoFrame]:
    for number in range(kind.frames):
        picture = VideoFrame(*kind.size, "gray8")
        plane, gray = picture.planes[0], bytes([gray_of_frame(number)])
        plane.update(gray * plane.buffer_size)
        if kind.moving:
            still = plane.buffer_size // 4
            plane.update(bytes(plane)[still:] + bytes(still))
        yield picture.reformat(format=kind.pix_fmt)


#: By what is unusual about it.
KINDS: dict[str, Kind] = {
    "h264 with many B-frames": Kind(encoding={"x264-params": "bframes=5:b-adapt=0:b-pyramid=normal"}),
    "open groups": Kind(encoding={"x264-params": "open-gop=1:bframes=3:b-adapt=0:keyint=8:min-keyint=8:scenecut=0"}),
    "variable rate": Kind(durations=(1, 3, 1, 5)),
    "start offset": Kind(start=10, muxing={"movflags": "frag_keyframe+empty_moov"}),
    "one frame": Kind(frames=1),
    "odd size": Kind("mjpeg", "avi", "yuvj420p", size=(75, 51)),
    "wide pixels": Kind(ratio=Fraction(4, 3)),
    "ten bits": Kind(pix_fmt="yuv420p10le"),
    "four two two": Kind(pix_fmt="yuv422p"),
    "four four four": Kind(pix_fmt="yuv444p"),
    "hevc": Kind("libx265", encoding={"x265-params": "log-level=none:open-gop=1:keyint=8:min-keyint=8:bframes=3"}),
    "vp8": Kind("libvpx", "webm", encoding={"auto-alt-ref": "1", "lag-in-frames": "10", "deadline": "realtime"}),
    "vp9": Kind("libvpx-vp9", "webm", encoding={"lag-in-frames": "10", "deadline": "realtime", "cpu-used": "8"}),
    "av1": Kind("libsvtav1", "mkv", encoding={"preset": "12", "svtav1-params": "keyint=12"}),
    "prores": Kind("prores_ks", "mov", "yuv422p10le"),
    "prores with alpha": Kind("prores_ks", "mov", "yuva444p10le"),
    "mpeg4 in avi": Kind("mpeg4", "avi", encoding={"bf": "2"}),
    "h264 in avi": Kind(suffix="avi", encoding={"x264-params": "bframes=3:b-adapt=0"}),
    "mpeg2 in ts": Kind("mpeg2video", "ts", encoding={"bf": "2"}),
    "h264 in ts": Kind(suffix="ts"),
    "h264 in flv": Kind(suffix="flv"),
    "h264 in mkv": Kind(suffix="mkv", start=7),
    "gif": Kind("gif", "gif", "gray"),
    "gif with parts of pictures": Kind("gif", "gif", "gray", moving=True),
    "apng": Kind("apng", "apng", "rgb24"),
    "h264 in nut": Kind(suffix="nut", start=7, encoding={"x264-params": "bframes=3:b-adapt=0"}),
}
