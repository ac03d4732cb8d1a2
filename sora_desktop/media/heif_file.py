"""Takes HEIF files apart, which hold HEIC and AVIF images (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sora_desktop.media.exif import Orientation
from sora_desktop.media.still_image import (
    ImageDamaged,
    ImageIncomplete,
    ImageNotRead,
    check_sides,
    icc_profile_of,
)

#: Kinds of coded items, and the decoders for them and the properties with their configuration.
_CODECS = {b"hvc1": ("hevc", b"hvcC"), b"av01": ("libdav1d", b"av1C")}
_ALPHA_TYPES = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0")
_ROTATIONS = (Orientation.UPRIGHT, Orientation.LEFT, Orientation.HALF_TURN, Orientation.RIGHT)
_HDR_TRANSFERS = (16, 18)  # PQ and HLG
_TILE_LIMIT = 1024


class Coded(NamedTuple):
    """One picture as its decoder takes it."""

    codec: str  # name of the decoder in FFmpeg
    configuration: bytes
    content: bytes


class Crop(NamedTuple):
    """The part of a picture that is shown, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class HeifPicture:
    """The primary picture of the file: tiles from left to right and from top to bottom."""

    width: int  # pixels, as stored
    height: int  # pixels, as stored
    columns: int
    tiles: tuple[Coded, ...]
    alpha: Coded | None  # a gray picture: black is transparent
    is_premultiplied: bool  # the colors are multiplied with their alpha
    crop: Crop | None  # before it is turned; None: all of it is shown
    orientation: Orientation
    icc_profile: bytes  # empty: the colors are sRGB
    matrix: int | None  # coefficients of the colors as in ISO/IEC 23091-2; None: those that the tiles name
    is_full: bool | None  # levels from 0 to 255; None: as the tiles say


@dataclass(slots=True)
class _Item:
    kind: bytes = b""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)  # name and content, in order
    extents: list[tuple[int, int]] = field(default_factory=list)  # offset and length
    in_idat: bool = False

    def property(self, name: bytes) -> bytes | None:
        return next((content for each, content in self.properties if each == name), None)


class _Reference(NamedTuple):
    kind: bytes
    source: int
    targets: tuple[int, ...]


class _Meta(NamedTuple):
    primary: int
    items: dict[int, _Item]
    references: list[_Reference]
    idat: bytes


def parse_heif(content: bytes) -> HeifPicture:
    """The primary picture. Raises ImageDamaged, ImageTooLarge, or ImageNotRead for what nothing here decodes."""
    try:
        return _parsed(content)
    except (struct.error, IndexError, KeyError) as error:
        raise ImageDamaged from error


def _parsed(content: bytes) -> HeifPicture:
    meta_box = next((box for name, box in _boxes(content) if name == b"meta"), None)
    if meta_box is None:
        raise ImageNotRead("an image sequence")
    meta = _meta_of(meta_box[4:])
    item = meta.items[meta.primary]
    width, height = _sides_of(item)
    columns = 1
    tile_ids: tuple[int, ...] = (meta.primary,)
    if item.kind == b"grid":
        rows, columns, width, height = _grid_of(_content_of(item, meta, content))
        tile_ids = _targets(meta, b"dimg", meta.primary)[: rows * columns]
        if len(tile_ids) < rows * columns or len(tile_ids) > _TILE_LIMIT:
            raise ImageDamaged
    check_sides(width, height)
    tiles = [meta.items[tile] for tile in tile_ids]
    if sum(length or len(content) for tile in tiles for _, length in tile.extents) > 2 * len(content):
        raise ImageDamaged  # the same bytes over and over would fill the memory
    if columns * len(tiles) > 1:
        _check_tiles(tiles, columns, width, height)
    profile, matrix, is_full = _colors_of([item, tiles[0]])
    return HeifPicture(
        width=width,
        height=height,
        columns=columns,
        tiles=tuple(_coded(tile, meta, content) for tile in tiles),
        alpha=_alpha_of(meta, content, width, height),
        is_premultiplied=bool(_targets(meta, b"prem", meta.primary)),
        crop=_crop_of(item, width, height),
        orientation=_orientation_of(item),
        icc_profile=profile,
        matrix=matrix,
        is_full=is_full,
    )


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, at + 8)
            head = 16
        elif size == 0:
            size = len(content) - at
        if size < head:
            raise ImageDamaged
        yield name, content[at + head : at + size]
        at += size


def _meta_of(content: bytes) -> _Meta:
    boxes = dict(_boxes(content))
    items: dict[int, _Item] = {}
    for number, kind in _kinds(boxes[b"iinf"]):
        items[number] = _Item(kind)
    _read_locations(boxes[b"iloc"], items)
    _read_properties(boxes[b"iprp"], items)
    (primary,) = struct.unpack_from(">I" if boxes[b"pitm"][0] else ">H", boxes[b"pitm"], 4)
    return _Meta(primary, items, list(_references(boxes.get(b"iref", b""))), boxes.get(b"idat", b""))


def _kinds(iinf: bytes) -> Iterator[tuple[int, bytes]]:
    for name, entry in _boxes(iinf[8 if iinf[0] else 6 :]):
        if name == b"infe" and entry[0] >= 2:
            form = ">I2x4s" if entry[0] >= 3 else ">H2x4s"
            number, kind = struct.unpack_from(form, entry, 4)
            yield number, kind


def _read_locations(iloc: bytes, items: dict[int, _Item]) -> None:
    version = iloc[0]
    offset_size, length_size = iloc[4] >> 4, iloc[4] & 15
    base_size, index_size = iloc[5] >> 4, iloc[5] & 15 if version else 0
    at = 6

    def number(size: int) -> int:
        nonlocal at
        if at + size > len(iloc):
            raise ImageDamaged
        at += size
        return int.from_bytes(iloc[at - size : at], "big")

    for _ in range(number(4 if version >= 2 else 2)):
        item = items.get(number(4 if version >= 2 else 2), _Item())
        item.in_idat = bool(version) and number(2) & 15 == 1
        number(2)  # the file that holds the data: always this one
        base = number(base_size)
        for _ in range(number(2)):
            number(index_size)
            item.extents.append((base + number(offset_size), number(length_size)))


def _read_properties(iprp: bytes, items: dict[int, _Item]) -> None:
    properties: list[tuple[bytes, bytes]] = []
    for name, box in _boxes(iprp):
        if name == b"ipco":
            properties = list(_boxes(box))
        elif name == b"ipma":
            _read_associations(box, properties, items)


def _read_associations(ipma: bytes, properties: Sequence[tuple[bytes, bytes]], items: dict[int, _Item]) -> None:
    id_format, is_wide = ">IB" if ipma[0] else ">HB", ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, 4)
    at = 8
    for _ in range(count):
        number, associations = struct.unpack_from(id_format, ipma, at)
        at += struct.calcsize(id_format)
        item = items.get(number, _Item())
        for _ in range(associations):
            index = struct.unpack_from(">H", ipma, at)[0] & 0x7FFF if is_wide else ipma[at] & 0x7F
            at += 2 if is_wide else 1
            if index:
                item.properties.append(properties[index - 1])


def _references(iref: bytes) -> Iterator[_Reference]:
    if not iref:
        return
    form = "I" if iref[0] else "H"
    for kind, box in _boxes(iref[4:]):
        source, count = struct.unpack_from(f">{form}H", box)
        targets = struct.unpack_from(f">{count}{form}", box, struct.calcsize(f">{form}H"))
        yield _Reference(kind, source, targets)


def _targets(meta: _Meta, kind: bytes, source: int) -> tuple[int, ...]:
    return next((each.targets for each in meta.references if (each.kind, each.source) == (kind, source)), ())


def _content_of(item: _Item, meta: _Meta, content: bytes) -> bytes:
    place = meta.idat if item.in_idat else content
    parts = []
    for offset, length in item.extents:
        part = place[offset : offset + length if length else None]
        if not part or len(part) < length:
            raise ImageIncomplete
        parts.append(part)
    return b"".join(parts)


def _coded(item: _Item, meta: _Meta, content: bytes) -> Coded:
    codec, configuration_name = _CODECS.get(item.kind, ("", b""))
    configuration = item.property(configuration_name)
    if configuration is None:
        raise ImageNotRead("an image in a HEIF file that cannot be decoded here")
    check_sides(*_sides_of(item))
    return Coded(codec, configuration, _content_of(item, meta, content))


def _sides_of(item: _Item) -> tuple[int, int]:
    sides = item.property(b"ispe")
    if sides is None:
        raise ImageDamaged
    width, height = struct.unpack_from(">II", sides, 4)
    return width, height


def _grid_of(content: bytes) -> tuple[int, int, int, int]:
    """Rows, columns, width and height."""
    form = ">xxBBII" if content[1] & 1 else ">xxBBHH"
    rows, columns, width, height = struct.unpack_from(form, content)
    return rows + 1, columns + 1, width, height


def _check_tiles(tiles: Sequence[_Item], columns: int, width: int, height: int) -> None:
    """Raises ImageDamaged if the tiles differ in size, do not cover the picture, or are more than it needs."""
    sides = {_sides_of(tile) for tile in tiles}
    if len(sides) != 1:
        raise ImageDamaged
    ((tile_width, tile_height),) = sides
    rows = len(tiles) // columns
    for tile_side, count, side in ((tile_width, columns, width), (tile_height, rows, height)):
        if not tile_side * (count - 1) < side <= tile_side * count:
            raise ImageDamaged


def _colors_of(items: Sequence[_Item]) -> tuple[bytes, int | None, bool | None]:
    """ICC profile, matrix and levels, of the first item that has them."""
    profile, matrix, is_full = b"", None, None
    for item in items:
        for name, content in item.properties:
            if name != b"colr":
                continue
            if content[:4] in (b"prof", b"rICC"):
                profile = profile or icc_profile_of(content[4:], b"RGB ")
            elif content[:4] == b"nclx" and is_full is None:
                _, transfer, named, flags = struct.unpack_from(">HHHB", content, 4)
                matrix = named if named != 2 else None  # 2: not specified
                is_full = bool(flags & 0x80)
                if transfer in _HDR_TRANSFERS:
                    raise ImageNotRead("an HDR image")
    return profile, matrix, is_full


def _alpha_of(meta: _Meta, content: bytes, width: int, height: int) -> Coded | None:
    for kind, source, targets in meta.references:
        item = meta.items.get(source)
        if kind != b"auxl" or meta.primary not in targets or item is None or item.kind not in _CODECS:
            continue
        described = item.property(b"auxC")
        if described is not None and described[4:].startswith(_ALPHA_TYPES) and _sides_of(item) == (width, height):
            return _coded(item, meta, content)
    return None


def _crop_of(item: _Item, width: int, height: int) -> Crop | None:
    """The clean aperture, which some programs write for pictures with odd sides."""
    aperture = item.property(b"clap")
    if aperture is None:
        return None
    numbers = struct.unpack_from(">IIIIiIiI", aperture)
    if not all(numbers[1::2]):
        raise ImageDamaged
    shown_width, shown_height, right, down = (
        over / under for over, under in zip(numbers[::2], numbers[1::2], strict=True)
    )
    left, top = round((width - shown_width) / 2 + right), round((height - shown_height) / 2 + down)
    crop = Crop(left, top, round(shown_width), round(shown_height))
    if left < 0 or top < 0 or left + crop.width > width or top + crop.height > height:
        raise ImageDamaged
    check_sides(crop.width, crop.height)
    return crop


def _orientation_of(item: _Item) -> Orientation:
    """Rotations and mirrorings in the order of the file. Exif in a HEIF file is not followed."""
    orientation = Orientation.UPRIGHT
    for name, content in item.properties:
        if name == b"irot":
            orientation = orientation.then(_ROTATIONS[content[0] & 3])
        elif name == b"imir":
            flip = Orientation.MIRRORED if content[0] & 1 else Orientation.MIRRORED_HALF_TURN
            orientation = orientation.then(flip)
    return orientation
