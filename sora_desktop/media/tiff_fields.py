"""Reads the fields of a TIFF file's first picture. Exif data is such a file."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

#: Whole numbers and raw bytes (UNDEFINED) as struct formats, by the type of the field.
_FORMATS = {1: "B", 3: "H", 4: "I", 7: "B"}
_FIELD_SIZE = 12
#: More values than a field of any picture here has.
_COUNT_LIMIT = 1 << 24


def tiff_fields(content: bytes) -> Mapping[int, tuple[int, ...]]:
    """The fields whose values are whole numbers or bytes, by tag. Empty if this is no TIFF.

    Fields that are cut off or damaged are left out.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(content[:4])
    return dict(_fields(content, order)) if order is not None else {}


def _fields(content: bytes, order: str) -> Iterator[tuple[int, tuple[int, ...]]]:
    try:
        (start,) = struct.unpack_from(f"{order}I", content, 4)
        (count,) = struct.unpack_from(f"{order}H", content, start)
    except struct.error:
        return
    for at in range(start + 2, start + 2 + _FIELD_SIZE * count, _FIELD_SIZE):
        if at + _FIELD_SIZE > len(content):
            return
        tag, kind, values = struct.unpack_from(f"{order}HHI", content, at)
        if kind not in _FORMATS or not 0 < values < _COUNT_LIMIT:
            continue
        form = f"{order}{values}{_FORMATS[kind]}"
        place = at + 8
        if struct.calcsize(form) > 4:
            (place,) = struct.unpack_from(f"{order}I", content, at + 8)
        if place + struct.calcsize(form) <= len(content):
            yield tag, struct.unpack_from(form, content, place)
