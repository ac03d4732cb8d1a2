"""Decodes TIFF files: common ones with FFmpeg, others with Qt, and those of JPEGs part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import av
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from sora_desktop.media.image_codecs import decoded, decoded_with, joined
from sora_desktop.media.qt_decoder import check_with_qt, decoded_by_qt
from sora_desktop.media.still_image import ImageDamaged, ImageIncomplete, ImageNotRead, check_sides
from sora_desktop.media.tiff_fields import tiff_fields

_NEW_SUBFILE_TYPE, _WIDTH, _HEIGHT, _SAMPLE_BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _STRIP_ROWS, _STRIP_SIZES, _PLANES = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_SIZES = 322, 323, 324, 325
_EXTRA_SAMPLES, _SAMPLE_FORMAT, _JPEG_TABLES = 338, 339, 347
_DNG_VERSION = 50706

_JPEG = 7
#: None, the three of fax machines, LZW, both numbers of Deflate, and PackBits.
_FFMPEG_COMPRESSIONS = (1, 2, 3, 4, 5, 8, 32946, 32773)
_WHITE_IS_ZERO, _GRAY, _RGB, _LUMA_CHROMA = 0, 1, 2, 6
#: The two kinds of gray, RGB, palette, and CMYK.
_FFMPEG_COLORS = (_WHITE_IS_ZERO, _GRAY, _RGB, 3, 5)
_SENSOR_DATA = 32803  # not yet colors
_PREMULTIPLIED = 1
_WHOLE_NUMBERS = 1

#: Where the segment of Adobe in a JPEG says how its colors are stored.
_JPEG_START = b"\xff\xd8\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"


def decode_tiff(content: bytes) -> VideoFrame:
    """The first picture, as stored. Raises ImageDamaged, ImageTooLarge, ImageNotRead or FFmpegError."""
    fields = tiff_fields(content)
    if _is_raw(content, fields):
        raise ImageNotRead("a raw photo of a camera")
    if not fields.get(_WIDTH) or not fields.get(_HEIGHT):
        raise ImageIncomplete
    check_sides(fields[_WIDTH][0], fields[_HEIGHT][0])
    for offset, size in _places(fields):
        if offset + size > len(content):
            raise ImageIncomplete
    try:
        if is_of_jpegs(fields):
            return _joined_jpegs(content, fields)
        return _decoded_by_ffmpeg(content) if _is_for_ffmpeg(content, fields) else decoded_by_qt(content, "tiff")
    except ImageNotRead as error:
        raise ImageNotRead("a TIFF in an uncommon form") from error


def is_of_jpegs(fields: Mapping[int, tuple[int, ...]]) -> bool:
    """True if the strips or tiles of a TIFF with these fields are JPEGs."""
    return fields.get(_COMPRESSION) == (_JPEG,)


def _is_raw(content: bytes, fields: Mapping[int, tuple[int, ...]]) -> bool:
    """True for a TIFF of sensor data, of which other programs show an embedded preview."""
    is_preview = fields.get(_NEW_SUBFILE_TYPE, (0,))[0] & 1
    is_sensor = fields.get(_PHOTOMETRIC, (0,))[0] == _SENSOR_DATA
    return bool(is_preview) or is_sensor or _DNG_VERSION in fields or content[8:10] == b"CR"


def _places(fields: Mapping[int, tuple[int, ...]]) -> list[tuple[int, int]]:
    """Offset and size of each strip or tile."""
    offsets, sizes = (_TILE_OFFSETS, _TILE_SIZES) if _TILE_OFFSETS in fields else (_STRIP_OFFSETS, _STRIP_SIZES)
    return list(zip(fields.get(offsets, ()), fields.get(sizes, ()), strict=False))


def _is_for_ffmpeg(content: bytes, fields: Mapping[int, tuple[int, ...]]) -> bool:
    """True unless FFmpeg would refuse the form, show it black, or read its colors wrong."""
    return (
        content[2:4] in (b"*\0", b"\0*")
        and _TILE_OFFSETS not in fields
        and fields.get(_COMPRESSION, (1,))[0] in _FFMPEG_COMPRESSIONS
        and fields.get(_PHOTOMETRIC, (_RGB,))[0] in _FFMPEG_COLORS
        and not (fields.get(_PHOTOMETRIC) == (_WHITE_IS_ZERO,) and fields.get(_SAMPLES, (1,))[0] > 1)
        and max(fields.get(_SAMPLE_BITS, (1,))) <= 16
        and _PREMULTIPLIED not in fields.get(_EXTRA_SAMPLES, ())
        and set(fields.get(_SAMPLE_FORMAT, ())) <= {_WHOLE_NUMBERS}
    )


def _decoded_by_ffmpeg(content: bytes) -> VideoFrame:
    try:
        frame = decoded_with("tiff", content, is_strict=False)  # strict, it refuses every field that it does not know
    except (av.FFmpegError, ImageNotRead):
        return decoded_by_qt(content, "tiff")
    try:
        check_with_qt(content, "tiff")
    except ImageNotRead:
        return frame
    return frame


def _joined_jpegs(content: bytes, fields: Mapping[int, tuple[int, ...]]) -> VideoFrame:
    """A picture of strips or tiles that are JPEGs without their tables."""
    width, height = fields[_WIDTH][0], fields[_HEIGHT][0]
    colors = fields.get(_PHOTOMETRIC, (_RGB,))[0]
    if colors not in (_GRAY, _RGB, _LUMA_CHROMA) or fields.get(_PLANES, (1,))[0] != 1 or _EXTRA_SAMPLES in fields:
        raise ImageNotRead("a TIFF in an uncommon form")
    part_width = fields.get(_TILE_WIDTH, (width,))[0]
    part_height = fields.get(_TILE_HEIGHT, fields.get(_STRIP_ROWS, (height,)))[0]
    check_sides(part_width, min(part_height, height))
    columns, rows = -(-width // part_width), -(-height // part_height)
    if len(_places(fields)) != columns * rows:
        raise ImageDamaged

    def picture_of(number: int, jpeg: bytes) -> VideoFrame:
        frame = decoded(jpeg, "jpeg")
        missing = height - number // columns * part_height  # rows; the last part may have no more
        if frame.width != part_width or frame.height not in (part_height, missing):
            raise ImageDamaged
        return frame.reformat(format="rgb24", src_color_range=ColorRange.JPEG)

    pictures = (picture_of(number, jpeg) for number, jpeg in enumerate(_jpegs(content, fields, colors)))
    return joined(pictures, columns, width, height)


def _jpegs(content: bytes, fields: Mapping[int, tuple[int, ...]], colors: int) -> Iterator[bytes]:
    """Each strip or tile as a whole JPEG."""
    tables = bytes(fields.get(_JPEG_TABLES, ()))[2:-2]
    for offset, size in _places(fields):
        yield _JPEG_START + bytes([colors == _LUMA_CHROMA]) + tables + content[offset + 2 : offset + size]
