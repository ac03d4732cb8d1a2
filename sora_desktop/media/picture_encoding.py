"""Encodes single pictures as files."""

from __future__ import annotations

from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from sora_desktop.media.shown_frames import EXACT


def encoded(codec: str, frame: VideoFrame, **options: str) -> bytes:
    """The frame as a file, in its own size and pixel format, with FFmpeg's encoder and the encoder's options."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1  # several write restart markers into a JPEG, at times with wrong numbers
    encoder.options = options
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def jpeg_of(picture: VideoFrame, best: int, worst: int) -> bytes:
    """A picture in yuvj420p or yuvj444p as a JPEG; its quality is between two scales of FFmpeg, of which 1 is best."""
    return encoded("mjpeg", picture, color_range="pc", qmin=str(best), qmax=str(worst))


def small_jpeg_of(frame: VideoFrame) -> bytes:
    """The RGB frame as a JPEG with subsampling, in a quality for posters."""
    # An RGB frame keeps the matrix of its video; readers of JPEG expect BT.601.
    picture = frame.reformat(
        format="yuvj420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG, interpolation=EXACT
    )
    return jpeg_of(picture, 2, 5)
