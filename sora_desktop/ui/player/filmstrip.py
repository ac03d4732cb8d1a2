"""The filmstrip of a clip: an image of frames side by side, at equal distances in time."""

from __future__ import annotations

from PySide6.QtGui import QImage

#: Frames in a filmstrip.
TILES = 12


def tile_at(strip: QImage | None, share: float) -> QImage | None:
    """The frame of the strip that is nearest to a part of the clip, 0 to 1; None without a strip."""
    if strip is None or strip.width() < TILES:
        return None
    width = strip.width() // TILES
    return strip.copy(max(0, min(int(share * TILES), TILES - 1)) * width, 0, width, strip.height())
