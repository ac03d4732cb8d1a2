"""Where the window stands on the screen, as text for the settings.

Qt's own `saveGeometry` lets a window without a frame come back lower at each start, and a maximized one in its normal
size if the scale of the screen has changed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from PySide6.QtCore import QRect, QSize


class Extent(StrEnum):
    """How much of the screen the window fills."""

    NORMAL = "normal"
    MAXIMIZED = "maximized"
    FULL_SCREEN = "full screen"


class WindowPlace(NamedTuple):
    """The place of the window in its normal size, with the frame's corner and the size inside the frame."""

    left: int
    top: int
    width: int
    height: int
    extent: Extent = Extent.NORMAL

    def to_json(self) -> list[int | str]:
        """The place as it is stored."""
        return [*self[:4], str(self.extent)]

    @classmethod
    def from_json(cls, value: object) -> WindowPlace:
        """Raises ValueError or TypeError for anything that `to_json` did not return."""
        if not isinstance(value, list):
            raise TypeError
        left, top, width, height, extent = value
        return cls(int(left), int(top), int(width), int(height), Extent(extent))


def fitted(outer: QRect, available: QRect) -> QRect:
    """The window with its frame, moved and shrunk as little as needed to be on the screen."""
    size = QSize(min(outer.width(), available.width()), min(outer.height(), available.height()))
    left = min(max(outer.left(), available.left()), available.right() + 1 - size.width())
    top = min(max(outer.top(), available.top()), available.bottom() + 1 - size.height())
    return QRect(left, top, size.width(), size.height())
