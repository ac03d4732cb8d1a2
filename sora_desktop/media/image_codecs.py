"""Decodes, turns and encodes single pictures, with FFmpeg but without its file readers."""

from __future__ import annotations

from fractions import Fraction

import av
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from sora_desktop.media.exif import Orientation
from sora_desktop.media.still_image import Canvas

_DECODERS = {"png": "png", "jpeg": "mjpeg", "webp": "webp"}
_TURNS: dict[Orientation, tuple[tuple[str, str], ...]] = {
    Orientation.UPRIGHT: (),
    Orientation.MIRRORED: (("hflip", ""),),
    Orientation.HALF_TURN: (("hflip", ""), ("vflip", "")),
    Orientation.MIRRORED_HALF_TURN: (("vflip", ""),),
    Orientation.MIRRORED_LEFT: (("transpose", "cclock_flip"),),
    Orientation.RIGHT: (("transpose", "clock"),),
    Orientation.MIRRORED_RIGHT: (("transpose", "clock_flip"),),
    Orientation.LEFT: (("transpose", "cclock"),),
}

_TIME_BASE = Fraction(1, 25)
_PNG_FORMATS = ("rgb24", "rgba", "gray", "ya8", "gray16be", "ya16be", "rgb48be", "rgba64be")


def decoded(content: bytes, kind: str) -> VideoFrame:
    """The picture in a file, `kind` "png", "jpeg" or "webp". Raises FFmpegError at the least damage."""
    decoder = av.CodecContext.create(_DECODERS[kind], "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.options = {"err_detect": "explode+crccheck"}
    frames = decoder.decode(av.Packet(content))
    if not frames:
        frames = decoder.decode(None)
    if not frames or frames[0].is_corrupt:
        raise av.InvalidDataError(0, "no picture")
    return frames[0]


def has_alpha(frame: VideoFrame) -> bool:
    """True if the pixels can be transparent."""
    return frame.format.name == "pal8" or any(component.is_alpha for component in frame.format.components)


def turned(frame: VideoFrame, orientation: Orientation) -> VideoFrame:
    """The picture upright. `frame` must have no subsampled colors and no palette, so that no pixel changes."""
    return _filtered(frame, _TURNS[orientation])


def placed(frame: VideoFrame, canvas: Canvas) -> VideoFrame:
    """The picture on its transparent canvas."""
    place = f"{canvas.width}:{canvas.height}:{canvas.left}:{canvas.top}:black@0"
    return _filtered(frame.reformat(format="rgba"), (("pad", place),))


def encoded_jpeg(frame: VideoFrame, orientation: Orientation, limit: int) -> bytes:
    """The picture upright as a JPEG without subsampling, in the best quality that has at most `limit` bytes.

    The best one, Q 1 of FFmpeg, is quality 97 of libjpeg. The worst one is returned if no quality is small enough.
    """
    full = turned(frame.reformat(format="yuvj444p", dst_color_range=ColorRange.JPEG), orientation)
    content = b""
    for scale in (1, 2, 3, 5, 8):
        encoder = _encoder("mjpeg", full, "yuvj444p")
        encoder.color_range = ColorRange.JPEG
        encoder.qmin = encoder.qmax = scale
        content = _encoded(encoder, full)
        if len(content) <= limit:
            break
    return content


def encoded_png(frame: VideoFrame, orientation: Orientation) -> bytes:
    """The picture upright as a PNG, with all its bits."""
    name = frame.format.name
    if name not in _PNG_FORMATS:
        name = "gray" if name.startswith("mono") else "rgba" if has_alpha(frame) else "rgb24"
        frame = frame.reformat(format=name)
    upright = turned(frame, orientation)
    return _encoded(_encoder("png", upright, name), upright)


def encoded_webp(frame: VideoFrame, orientation: Orientation) -> bytes:
    """The picture upright as a lossless WebP."""
    upright = turned(frame.reformat(format="bgra"), orientation)
    encoder = _encoder("libwebp", upright, "bgra")
    encoder.options = {"lossless": "1"}
    return _encoded(encoder, upright)


def _filtered(frame: VideoFrame, filters: tuple[tuple[str, str], ...]) -> VideoFrame:
    if not filters:
        return frame
    graph = Graph()
    last = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=_TIME_BASE)
    for name, argument in filters:
        step = graph.add(name, argument or None)
        last.link_to(step)
        last = step
    sink = graph.add("buffersink")
    last.link_to(sink)
    graph.configure()
    frame.pts = 0
    graph.push(frame)
    result = graph.pull()
    assert isinstance(result, VideoFrame)
    return result


def _encoder(name: str, frame: VideoFrame, pixel_format: str) -> VideoCodecContext:
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, pixel_format
    encoder.time_base = _TIME_BASE
    return encoder


def _encoded(encoder: VideoCodecContext, frame: VideoFrame) -> bytes:
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
