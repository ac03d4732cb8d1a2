"""Takes PNG files apart."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sora_desktop.media.exif import Orientation, orientation_in
from sora_desktop.media.still_image import ImageDamaged, ImageIncomplete, StillImage, check_sides, icc_profile_of

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_CRITICAL_CHUNKS = (b"IHDR", b"PLTE", b"IDAT")
#: Chunks that change the colors, and their length in bytes; 0: any.
_COLOR_CHUNKS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"iCCP": 0}
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # for each pixel, by color type
_GRAY, _PALETTE, _GRAY_ALPHA = 0, 3, 4
#: First column and row, and the distances of the next ones, of the seven passes of an interlaced picture.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class _Chunk(NamedTuple):
    name: bytes
    data: bytes
    is_intact: bool  # its checksum is right


class _Header(NamedTuple):
    width: int
    height: int
    depth: int  # bits of a sample
    color_type: int
    interlacing: int

    @property
    def is_gray(self) -> bool:
        return self.color_type in (_GRAY, _GRAY_ALPHA)


def parse_png(content: bytes) -> StillImage:
    """The picture without its ancillary chunks, but for those that change colors and are not damaged.

    An animated PNG becomes its still picture. Raises ImageDamaged or ImageTooLarge.
    """
    chunks = _chunks_of(content)
    header = _header_of(chunks)
    for chunk in chunks[:-1]:  # the last one is the end chunk, or cut off
        if chunk.name[:1].isupper() and not (chunk.is_intact and chunk.name in _CRITICAL_CHUNKS):
            raise ImageDamaged
    check_sides(header.width, header.height)
    pixels = [chunk for chunk in chunks if chunk.name == b"IDAT"]
    if not _ends_cleanly([chunk.data for chunk in pixels], header):
        chunks = [chunk for chunk in chunks if chunk.name != b"IDAT"]
        chunks.append(_Chunk(b"IDAT", _compressed_again(b"".join(chunk.data for chunk in pixels), header), True))
    profile_chunk = _first(chunks, b"iCCP")
    profile = _profile_in(profile_chunk, header) if profile_chunk is not None else b""
    exif = _first(chunks, b"eXIf")
    return StillImage(
        kind="png",
        content=_file_of(_needed(chunks, header, bool(profile))),
        width=header.width,
        height=header.height,
        orientation=orientation_in(exif.data) if exif is not None else Orientation.UPRIGHT,
        icc_profile=profile,
    )


def png_with_colors(content: bytes, colors: bytes) -> bytes:
    """The PNG without ancillary chunks, but with those of the PNG `colors` that change colors. Raises ImageDamaged."""
    return _recolored(content, [chunk for chunk in _chunks_of(colors) if chunk.name in _COLOR_CHUNKS])


def png_with_profile(content: bytes, profile: bytes) -> bytes:
    """The PNG without ancillary chunks, but for this ICC profile, which may be empty. Raises ImageDamaged."""
    return _recolored(content, [_Chunk(b"iCCP", b"ICC\0\0" + zlib.compress(profile), True)] if profile else [])


def _recolored(content: bytes, colors: Sequence[_Chunk]) -> bytes:
    chunks = [chunk for chunk in _chunks_of(content) if chunk.name not in _COLOR_CHUNKS]
    header, *rest = _needed(chunks, _header_of(chunks), False)
    return _file_of([header, *colors, *rest])


def _chunks_of(content: bytes) -> list[_Chunk]:
    """All chunks up to the end chunk, which may be missing. The last one may be cut off."""
    chunks: list[_Chunk] = []
    at = len(SIGNATURE)
    while at + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        data, check = content[at + 8 : at + 8 + length], content[at + 8 + length : at + 12 + length]
        is_intact = len(data) == length and check == struct.pack(">I", zlib.crc32(name + data))
        chunks.append(_Chunk(name, data, is_intact))
        if name == b"IEND":
            break
        at += 12 + length
    return chunks


def _header_of(chunks: Sequence[_Chunk]) -> _Header:
    if not chunks or chunks[0].name != b"IHDR" or len(chunks[0].data) != 13 or not chunks[0].is_intact:
        raise ImageDamaged
    header = _Header(*struct.unpack(">IIBBxxB", chunks[0].data))
    if header.color_type not in _SAMPLES or header.depth not in (1, 2, 4, 8, 16) or header.interlacing > 1:
        raise ImageDamaged
    return header


def _ends_cleanly(parts: Sequence[bytes], header: _Header) -> bool:
    """True if the stream of pixels ends with its checksum, after the last row.

    The pixels are decompressed without keeping them. Raises ImageIncomplete or ImageDamaged if some are missing.
    """
    missing = _size_of_pixels(header)
    stream = zlib.decompressobj()
    rest = b""
    for part in parts:
        rest += part
        while rest and missing >= 0 and not stream.eof:
            try:
                missing -= len(stream.decompress(rest, 1 << 20))
            except zlib.error as error:
                if missing > 0:
                    raise ImageDamaged from error
                return False
            rest = stream.unconsumed_tail
    if missing > 0:
        raise ImageIncomplete
    return missing == 0 and stream.eof and not stream.unused_data


def _compressed_again(pixels: bytes, header: _Header) -> bytes:
    """All rows and nothing else, in a stream that is read by strict decoders and whole by all."""
    return zlib.compress(zlib.decompressobj().decompress(pixels, _size_of_pixels(header)))


def _size_of_pixels(header: _Header) -> int:
    """Bytes of all rows, each with the byte that names its filter."""
    passes = _PASSES if header.interlacing else ((0, 0, 1, 1),)
    bits = header.depth * _SAMPLES[header.color_type]
    size = 0
    for left, top, across, down in passes:
        columns = max(0, -(-(header.width - left) // across))
        rows = max(0, -(-(header.height - top) // down))
        if columns:
            size += rows * (1 + (columns * bits + 7) // 8)
    return size


def _first(chunks: Sequence[_Chunk], name: bytes) -> _Chunk | None:
    return next((chunk for chunk in chunks if chunk.name == name and chunk.is_intact), None)


def _profile_in(chunk: _Chunk, header: _Header) -> bytes:
    _, _, packed = chunk.data.partition(b"\0")
    try:
        profile = zlib.decompressobj().decompress(packed[1:], 1 << 24)
    except zlib.error:
        return b""
    return icc_profile_of(profile, b"GRAY" if header.is_gray else b"RGB ")


def _needed(chunks: Sequence[_Chunk], header: _Header, with_profile: bool) -> list[_Chunk]:
    """What the pixels need, in the order of the specification."""
    colors = [_first(chunks, name) for name in _COLOR_CHUNKS if name != b"iCCP" or with_profile]
    palette = None if header.is_gray else _first(chunks, b"PLTE")
    transparency = _first(chunks, b"tRNS")
    if transparency is not None and not _fits(transparency, header, palette):
        transparency = None
    before = [chunk for chunk in colors if chunk is not None and _COLOR_CHUNKS[chunk.name] in (0, len(chunk.data))]
    order = {id(chunk): place for place, chunk in enumerate(chunks)}
    before.sort(key=lambda chunk: order[id(chunk)])
    pixels = [chunk for chunk in chunks if chunk.name == b"IDAT"]
    found = (chunks[0], *before, palette, transparency, *pixels, _Chunk(b"IEND", b"", True))
    return [chunk for chunk in found if chunk is not None]


def _fits(transparency: _Chunk, header: _Header, palette: _Chunk | None) -> bool:
    size = len(transparency.data)
    if header.color_type == _PALETTE:
        return palette is not None and 0 < size <= len(palette.data) // 3
    return size == {_GRAY: 2, 2: 6}.get(header.color_type)


def _file_of(chunks: Sequence[_Chunk]) -> bytes:
    return SIGNATURE + b"".join(_bytes_of(chunks))


def _bytes_of(chunks: Sequence[_Chunk]) -> Iterator[bytes]:
    for name, data, _ in chunks:
        yield struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
