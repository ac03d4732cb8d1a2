"""Reads the frame numbers that the sandbox encodes in the pictures of its clips."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QImage

from sora_desktop.sandbox.frame_strip import BLOCKS


def frame_in(image: QImage) -> int | None:
    """The frame number encoded in the picture by the sandbox, if any."""
    y, width = image.height() - 8, image.width()
    if width < BLOCKS:
        return None
    middles = [(2 * block + 1) * width // (2 * BLOCKS) for block in range(BLOCKS)]
    return decode_row([image.pixelColor(x, y).lightness() for x in middles])  # the others would take milliseconds


def decode_row(row: Sequence[int]) -> int | None:
    """The frame number in a luma row of any width, taken about 8 rows above the bottom; None if it is not a strip.

    Written after the description of the strip, without the code that encodes it.
    """
    if len(row) < BLOCKS:
        return None
    bits = "".join("01"[row[(2 * block + 1) * len(row) // (2 * BLOCKS)] > 128] for block in range(BLOCKS))
    number, check = bits[4:28], 0b1001
    for start in range(0, 24, 4):
        check ^= int(number[start : start + 4], 2)
    return int(number, 2) if bits[:4] == "1010" and int(bits[28:], 2) == check else None
