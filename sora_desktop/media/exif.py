"""Reads from Exif data how a picture has to be turned."""

from __future__ import annotations

import struct
from enum import IntEnum

_ORIENTATION_TAG = 0x0112
#: Field types of TIFF that are whole numbers, as struct formats. Cameras write SHORT (3), some programs the others.
_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I"}


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

    @property
    def swaps_sides(self) -> bool:
        """True if width and height change places."""
        return self >= Orientation.MIRRORED_LEFT


def orientation_in(exif: bytes) -> Orientation:
    """The orientation in Exif data, which is a TIFF file, with or without `Exif\\0\\0` before it.

    UPRIGHT if there is none, or if the data is damaged.
    """
    tiff = exif.removeprefix(b"Exif\0\0").removeprefix(b"Exif\0\xff")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return Orientation.UPRIGHT
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (fields,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * fields, 12):
            tag, field_type, _ = struct.unpack_from(f"{order}HHI", tiff, at)
            if tag == _ORIENTATION_TAG:
                (value,) = struct.unpack_from(f"{order}{_WHOLE_NUMBERS[field_type]}", tiff, at + 8)
                return Orientation(value)
    except (struct.error, KeyError, ValueError):
        pass
    return Orientation.UPRIGHT
