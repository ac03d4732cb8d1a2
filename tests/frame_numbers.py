"""Reads the frame numbers that the sandbox encodes in the pictures of its clips."""

from __future__ import annotations

from PySide6.QtGui import QImage

from sora_desktop.sandbox.frame_strip import decode_row


def frame_in(image: QImage) -> int | None:
    """The frame number encoded in the picture by the sandbox, if any."""
    y = image.height() - 8
    return decode_row([image.pixelColor(x, y).lightness() for x in range(image.width())])
