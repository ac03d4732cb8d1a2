"""Encodes RGB pictures as files."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from sora_desktop.media.shown_frames import EXACT


def jpeg_of(frame: VideoFrame) -> bytes:
    """The RGB frame as a JPEG file, at its own size."""
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.color_range = ColorRange.JPEG
    encoder.qmin, encoder.qmax = 2, 5
    # An RGB frame keeps the matrix of its video; readers of JPEG expect BT.601.
    picture = frame.reformat(
        format="yuvj420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG, interpolation=EXACT
    )
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


def png_of(frame: VideoFrame) -> bytes:
    """The RGB frame as a PNG file, at its own size."""
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "rgb24"
    encoder.time_base = Fraction(1, 25)
    picture = frame.reformat(format="rgb24")
    picture.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])


def rows_of(frame: VideoFrame, pixel_bytes: int) -> list[bytes]:
    """The rows of a packed picture without the padding at the end of each row."""
    plane = frame.planes[0]
    pixels, pitch, used = bytes(plane), plane.line_size, frame.width * pixel_bytes
    return [pixels[start : start + used] for start in range(0, pitch * frame.height, pitch)]


def side_by_side(frames: Sequence[VideoFrame]) -> VideoFrame:
    """One RGB picture of RGB frames of the same height, from left to right."""
    strip = VideoFrame(sum(frame.width for frame in frames), frames[0].height, "rgb24")
    pitch = strip.planes[0].line_size
    rows = zip(*(rows_of(frame, 3) for frame in frames), strict=True)
    strip.planes[0].update(b"".join(b"".join(row).ljust(pitch, b"\0") for row in rows))
    return strip


def brightness_of(frame: VideoFrame) -> float:
    """Mean luma from 0 (black) to 255."""
    small = frame.reformat(width=32, height=32, format="gray", dst_color_range=ColorRange.JPEG)
    pixels = b"".join(rows_of(small, 1))
    return sum(pixels) / len(pixels)
