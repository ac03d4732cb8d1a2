"""HEIC and AVIF files as phones write them: one picture or tiles, turned, with colors and transparency."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from media.image_files import corner_picture, encoded

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"

_X265 = "log-level=none:keyint=1:colorprim=bt709:transfer=bt709:colormatrix=smpte170m:crf=4"


def box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def full_box(name: bytes, *parts: bytes, version: int = 0) -> bytes:
    return box(name, bytes([version, 0, 0, 0]), *parts)


def ispe(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def irot(quarters_left: int) -> bytes:
    return box(b"irot", bytes([quarters_left]))


def imir(axis: int) -> bytes:
    return box(b"imir", bytes([axis]))


def clap(width: int, height: int, right: tuple[int, int], down: tuple[int, int]) -> bytes:
    """`right` and `down`: how far the middle of the part is from the middle of the picture, as fractions."""
    return box(b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, *right, *down))


def nclx(*, transfer: int = 13, matrix: int = 6, is_full: bool = True) -> bytes:
    return box(b"colr", b"nclx", struct.pack(">HHHB", 1, transfer, matrix, 0x80 if is_full else 0))


@dataclass(frozen=True)
class HeifItem:
    kind: bytes
    content: bytes
    properties: tuple[bytes, ...]
    references: dict[bytes, Sequence[int]] = field(default_factory=dict)  # kind to numbers of items, from 1


@lru_cache
def _hevc(width: int, height: int, is_full: bool) -> tuple[bytes, bytes]:
    """Configuration and content."""
    pixel_format, levels = ("yuvj420p", "full") if is_full else ("yuv420p", "limited")
    parameters_text = f"{_X265}:range={levels}"
    stream = encoded(corner_picture(width, height), "libx265", pixel_format, **{"x265-params": parameters_text})
    units = [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1") if unit.strip(b"\0")]
    parameters = [unit for unit in units if unit[0] >> 1 & 63 in (32, 33, 34)]
    pictures = [unit for unit in units if unit[0] >> 1 & 63 < 32]
    arrays = b"".join(bytes([unit[0] >> 1 & 63, 0, 1]) + struct.pack(">H", len(unit)) + unit for unit in parameters)
    configuration = bytes([1, 1]) + bytes(19) + bytes([3, len(parameters)]) + arrays
    return configuration, b"".join(struct.pack(">I", len(unit)) + unit for unit in pictures)


def hevc_item(width: int = 64, height: int = 64, *more: bytes, is_full: bool = True) -> HeifItem:
    """`is_full`: the levels that the picture has, and that it names itself."""
    configuration, content = _hevc(width, height, is_full)
    return HeifItem(b"hvc1", content, (box(b"hvcC", configuration), ispe(width, height), *more))


@lru_cache
def _av1(width: int, height: int) -> bytes:
    return encoded(corner_picture(width, height), "libsvtav1", "yuv420p", crf="5", preset="12")


def av1_item(width: int = 64, height: int = 64, *more: bytes) -> HeifItem:
    configuration = box(b"av1C", bytes([0x81, 0, 0x0C, 0]))
    return HeifItem(b"av01", _av1(width, height), (configuration, ispe(width, height), *more))


def grid_item(rows: int, columns: int, width: int, height: int, *more: bytes) -> HeifItem:
    """A picture of the items from number 2 on."""
    content = bytes([0, 0, rows - 1, columns - 1]) + struct.pack(">HH", width, height)
    tiles = range(2, 2 + rows * columns)
    return HeifItem(b"grid", content, (ispe(width, height), *more), {b"dimg": tiles})


def heif(*items: HeifItem, brand: bytes = b"heic", others: Sequence[bytes] = (b"mif1",), idat: bool = False) -> bytes:
    """A file whose primary item is the first one. `idat`: the contents are inside the description."""
    ftyp = box(b"ftyp", brand, bytes(4), *others)
    properties = [each for item in items for each in item.properties]
    references = [
        box(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
        for number, item in enumerate(items, 1)
        for kind, targets in item.references.items()
    ]
    entries = [
        full_box(b"infe", struct.pack(">HH", number, 0), item.kind, b"\0", version=2)
        for number, item in enumerate(items, 1)
    ]
    associations, index = b"", 1
    for number, item in enumerate(items, 1):
        count = len(item.properties)
        associations += struct.pack(">HB", number, count) + bytes(range(index, index + count))
        index += count

    def meta_at(start: int) -> bytes:
        locations = b""
        for number, item in enumerate(items, 1):
            locations += struct.pack(">HHHHII", number, int(idat), 0, 1, start, len(item.content))
            start += len(item.content)
        return full_box(
            b"meta",
            full_box(b"hdlr", bytes(4), b"pict", bytes(13)),
            full_box(b"pitm", struct.pack(">H", 1)),
            full_box(b"iinf", struct.pack(">H", len(items)), *entries),
            full_box(b"iloc", b"\x44\0", struct.pack(">H", len(items)), locations, version=1),
            box(b"iprp", box(b"ipco", *properties), full_box(b"ipma", struct.pack(">I", len(items)), associations)),
            full_box(b"iref", *references),
            box(b"idat", *(item.content for item in items)) if idat else b"",
        )

    contents = b"".join(item.content for item in items)
    if idat:
        return ftyp + meta_at(0)
    return ftyp + meta_at(len(ftyp) + len(meta_at(0)) + 8) + box(b"mdat", contents)
