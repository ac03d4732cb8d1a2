"""Reads the fields of a TIFF file's first picture. Exif data is such a file."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: Whole numbers and raw bytes (UNDEFINED) as struct formats, by the type of the field.
_FORMATS = {1: "B", 3: "H", 4: "I", 7: "B", 16: "Q"}
#: More values than a field of any picture here has.
_COUNT_LIMIT = 1 << 24


class _Layout(NamedTuple):
    """Formats of the numbers in one kind of TIFF."""

    start: int  # where the offset of the fields is
    offset: str
    field_count: str
    field: str  # tag, type, and number of values; a value or its offset follows


_CLASSIC, _BIG = _Layout(4, "I", "H", "HHI"), _Layout(8, "Q", "Q", "HHQ")
_KINDS = {
    b"II*\0": ("<", _CLASSIC),
    b"MM\0*": (">", _CLASSIC),
    b"II+\0": ("<", _BIG),
    b"MM\0+": (">", _BIG),
}


def tiff_fields(content: bytes) -> Mapping[int, tuple[int, ...]]:
    """The fields whose values are whole numbers or bytes, by tag. Empty if this is no TIFF or BigTIFF.

    Fields that are cut off or damaged are left out.
    """
    kind = _KINDS.get(content[:4])
    return dict(_fields(content, *kind)) if kind is not None else {}


def _fields(content: bytes, order: str, layout: _Layout) -> Iterator[tuple[int, tuple[int, ...]]]:
    offset, count_form, form = (order + part for part in (layout.offset, layout.field_count, layout.field))
    head, room = struct.calcsize(form), struct.calcsize(offset)
    try:
        (start,) = struct.unpack_from(offset, content, layout.start)
        (count,) = struct.unpack_from(count_form, content, start)
    except (struct.error, OverflowError):
        return
    first = start + struct.calcsize(count_form)
    for number in range(min(count, len(content))):
        at = first + (head + room) * number
        if at + head + room > len(content):
            return
        tag, kind, values = struct.unpack_from(form, content, at)
        if kind not in _FORMATS or not 0 < values < _COUNT_LIMIT:
            continue
        value_form = f"{order}{values}{_FORMATS[kind]}"
        place = at + head
        if struct.calcsize(value_form) > room:
            (place,) = struct.unpack_from(offset, content, at + head)
        if place + struct.calcsize(value_form) <= len(content):
            yield tag, struct.unpack_from(value_form, content, place)
