"""Takes packed pictures apart and puts them together, and measures how bright a picture is."""

from __future__ import annotations

from collections.abc import Sequence

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange


def rows_of(frame: VideoFrame, pixel_bytes: int) -> list[bytes]:
    """The rows of a packed picture without the padding at the end of each row."""
    plane = frame.planes[0]
    pixels, pitch, used = bytes(plane), plane.line_size, frame.width * pixel_bytes
    return [pixels[start : start + used] for start in range(0, pitch * frame.height, pitch)]


def frame_of(pixels: bytes, width: int, height: int, pixel_format: str) -> VideoFrame:
    """A packed picture of the pixels of its rows, without padding."""
    frame = VideoFrame(width, height, pixel_format)
    pitch, used = frame.planes[0].line_size, len(pixels) // height
    rows = (pixels[start : start + used].ljust(pitch, b"\0") for start in range(0, len(pixels), used))
    frame.planes[0].update(b"".join(rows))
    return frame


def side_by_side(frames: Sequence[VideoFrame]) -> VideoFrame:
    """One RGB picture of RGB frames of the same height, from left to right."""
    rows = zip(*(rows_of(frame, 3) for frame in frames), strict=True)
    pixels = b"".join(b"".join(row) for row in rows)
    return frame_of(pixels, sum(frame.width for frame in frames), frames[0].height, "rgb24")


def brightness_of(frame: VideoFrame) -> float:
    """Mean luma from 0 (black) to 255."""
    small = frame.reformat(width=32, height=32, format="gray", dst_color_range=ColorRange.JPEG)
    pixels = b"".join(rows_of(small, 1))
    return sum(pixels) / len(pixels)
