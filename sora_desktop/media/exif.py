"""Reads from Exif data how a picture has to be turned."""

from __future__ import annotations

from enum import IntEnum

from sora_desktop.media.tiff_fields import tiff_fields

_ORIENTATION_TAG = 0x0112


class Orientation(IntEnum):
    """How stored pixels are turned to be upright: mirrored first, then rotated. The values are those of Exif."""

    UPRIGHT = 1
    MIRRORED = 2
    HALF_TURN = 3
    MIRRORED_HALF_TURN = 4
    MIRRORED_LEFT = 5  # a quarter turn counterclockwise
    RIGHT = 6  # a quarter turn clockwise
    MIRRORED_RIGHT = 7
    LEFT = 8

    def then(self, later: Orientation) -> Orientation:
        """Both one after the other."""
        first, second = _CORNERS[self], _CORNERS[later]
        both = tuple(first[corner] for corner in second)
        return next(orientation for orientation, corners in _CORNERS.items() if corners == both)

    @property
    def swaps_sides(self) -> bool:
        """True if width and height change places."""
        return self >= Orientation.MIRRORED_LEFT


#: Which stored corner is shown top left, top right, bottom right and bottom left; stored corners count in that order.
_CORNERS = {
    Orientation.UPRIGHT: (0, 1, 2, 3),
    Orientation.MIRRORED: (1, 0, 3, 2),
    Orientation.HALF_TURN: (2, 3, 0, 1),
    Orientation.MIRRORED_HALF_TURN: (3, 2, 1, 0),
    Orientation.MIRRORED_LEFT: (0, 3, 2, 1),
    Orientation.RIGHT: (3, 0, 1, 2),
    Orientation.MIRRORED_RIGHT: (2, 1, 0, 3),
    Orientation.LEFT: (1, 2, 3, 0),
}


def orientation_in(exif: bytes) -> Orientation:
    """The orientation in Exif data, with or without `Exif\\0\\0` before it; that of a TIFF as well.

    UPRIGHT if there is none, or if the data is damaged.
    """
    tiff = exif.removeprefix(b"Exif\0\0").removeprefix(b"Exif\0\xff")
    (value, *_) = tiff_fields(tiff).get(_ORIENTATION_TAG, (1,))
    return Orientation(value) if 1 <= value <= 8 else Orientation.UPRIGHT
