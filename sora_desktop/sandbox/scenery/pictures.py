"""The pictures of a clip, one after another, as frames of PyAV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock

from av.video.frame import VideoFrame
from PySide6.QtGui import QImage, QPainter

#: Paints the picture of that many seconds after the start.
Paint = Callable[[QPainter, float], None]


def painted_frames(
    paints: tuple[Paint, ...], size: tuple[int, int], rate: float, hold: int, painting: Lock
) -> Iterator[VideoFrame]:
    """Endless frames (BGRA), each painted by all of `paints`. A frame is valid until the next but one is taken.

    `hold`: paint only every such frame, and repeat it meanwhile. `painting` is held while Qt is used.
    """
    frames = (VideoFrame(*size, "bgra"), VideoFrame(*size, "bgra"))
    with painting:
        image = QImage(*size, QImage.Format.Format_RGB32)
        image.fill(0)
    number = 0
    while True:
        with painting:
            if number % hold == 0:
                with QPainter(image) as painter:
                    for paint in paints:
                        paint(painter, number / rate)
            _copy(image, frames[number % 2])
        yield frames[number % 2]
        number += 1


def _copy(image: QImage, frame: VideoFrame) -> None:
    plane, pixels = frame.planes[0], image.constBits()
    step, length = plane.line_size, image.bytesPerLine()
    rows = memoryview(plane)
    if step == length:
        rows[: len(pixels)] = pixels
        return
    for row in range(image.height()):
        rows[row * step : row * step + length] = pixels[row * length : (row + 1) * length]
