"""Decodes images of kinds that are not sent as they are: BMP, GIF, TIFF, HEIC and AVIF."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import av
from av.video.frame import VideoFrame

from sora_desktop.media.exif import Orientation, orientation_in
from sora_desktop.media.heif_file import Coded, HeifPicture, parse_heif
from sora_desktop.media.image_codecs import cropped, decoded_item, decoded_with, joined, with_alpha
from sora_desktop.media.still_image import ImageDamaged, ImageIncomplete, ImageNotRead, check_sides, icc_profile_of
from sora_desktop.media.tiff_fields import tiff_fields

_IMAGE_WIDTH, _IMAGE_HEIGHT, _PHOTOMETRIC, _NEW_SUBFILE_TYPE = 256, 257, 262, 254
_COMPRESSION, _STRIP_OFFSETS, _STRIP_SIZES, _TILE_OFFSETS = 259, 273, 279, 324
#: None, the three of fax machines, LZW, both numbers of Deflate, and PackBits.
_DECODED_COMPRESSIONS = (1, 2, 3, 4, 5, 8, 32946, 32773)
_ICC_PROFILE, _DNG_VERSION = 34675, 50706
_BMP_RUN_LENGTHS = (1, 2)
_SENSOR_DATA = 32803  # as photometric interpretation: not yet colors


@dataclass(frozen=True, slots=True)
class ConvertedImage:
    """A decoded picture that has to be encoded to be sent."""

    frame: VideoFrame
    orientation: Orientation = Orientation.UPRIGHT
    icc_profile: bytes = b""  # empty: the colors are sRGB
    is_lossy: bool = False


def decode_converted(content: bytes, kind: str) -> ConvertedImage:
    """The first picture of a "bmp", "gif", "tiff" or "heif". Raises ImageDamaged, ImageNotRead or FFmpegError."""
    return _READERS[kind](content)


def _read_bmp(content: bytes) -> ConvertedImage:
    try:
        file_size, offset, header = struct.unpack_from("<I4xII", content, 2)
        if header == 12:  # of OS/2
            width, height, bits = struct.unpack_from("<HH2xH", content, 18)
            compression, size = 0, 0
        else:
            width, height, bits, compression, size = struct.unpack_from("<ii2xHII", content, 18)
    except struct.error as error:
        raise ImageDamaged from error
    check_sides(width, abs(height))
    if compression not in _BMP_RUN_LENGTHS:
        size = (width * bits + 31) // 32 * 4 * abs(height)
    if len(content) < offset + size:  # the decoder misses neither run lengths nor the filling of rows
        raise ImageIncomplete
    try:
        return ConvertedImage(decoded_with("bmp", content))
    except av.FFmpegError as error:
        raise (ImageIncomplete if len(content) < file_size else ImageDamaged) from error


def _read_gif(content: bytes) -> ConvertedImage:
    if len(content) < 13:
        raise ImageIncomplete
    width, height = struct.unpack_from("<HH", content, 6)
    check_sides(width, height)
    return ConvertedImage(decoded_with("gif", content[: _end_of_first_gif_picture(content)] + b";"))


def _end_of_first_gif_picture(content: bytes) -> int:
    def end_of_table(at: int, flags: int) -> int:
        return at + (3 << (flags & 7) + 1 if flags & 0x80 else 0)

    def end_of_blocks(at: int) -> int:
        while content[at]:
            at += 1 + content[at]
        return at + 1

    try:
        at = end_of_table(13, content[10])
        while content[at] == 0x21:  # an extension
            at = end_of_blocks(at + 2)
        if content[at] != 0x2C:
            raise ImageDamaged
        end = end_of_blocks(end_of_table(at + 10, content[at + 9]) + 1)
    except IndexError as error:
        raise ImageIncomplete from error
    return end


def _read_tiff(content: bytes) -> ConvertedImage:
    fields = tiff_fields(content)
    if _is_raw(content, fields):
        raise ImageNotRead("a raw photo of a camera")
    if not fields.get(_IMAGE_WIDTH) or not fields.get(_IMAGE_HEIGHT):
        raise ImageIncomplete
    check_sides(fields[_IMAGE_WIDTH][0], fields[_IMAGE_HEIGHT][0])
    if _TILE_OFFSETS in fields or fields.get(_COMPRESSION, (1,))[0] not in _DECODED_COMPRESSIONS:
        raise ImageNotRead("a TIFF with tiles or an uncommon compression")  # FFmpeg would show it black
    for offset, size in zip(fields.get(_STRIP_OFFSETS, ()), fields.get(_STRIP_SIZES, ()), strict=False):
        if offset + size > len(content):
            raise ImageIncomplete
    frame = decoded_with("tiff", content, is_strict=False)  # strict, it refuses every field that it does not know
    color_space = b"GRAY" if frame.format.name.startswith(("gray", "ya", "mono")) else b"RGB "
    profile = icc_profile_of(bytes(fields.get(_ICC_PROFILE, ())), color_space)
    return ConvertedImage(frame, orientation_in(content), profile)


def _is_raw(content: bytes, fields: Mapping[int, tuple[int, ...]]) -> bool:
    """True for a TIFF of sensor data, of which other programs show an embedded preview."""
    is_preview = fields.get(_NEW_SUBFILE_TYPE, (0,))[0] & 1
    is_sensor = fields.get(_PHOTOMETRIC, (0,))[0] == _SENSOR_DATA
    return bool(is_preview) or is_sensor or _DNG_VERSION in fields or content[8:10] == b"CR"


def _read_heif(content: bytes) -> ConvertedImage:
    picture = parse_heif(content)
    frame = _joined_tiles(picture)
    if picture.alpha is not None:
        frame = with_alpha(frame, decoded_item(*picture.alpha))
    if picture.crop is not None:
        frame = cropped(frame, *picture.crop)
    return ConvertedImage(frame, picture.orientation, picture.icc_profile, is_lossy=True)


def _joined_tiles(picture: HeifPicture) -> VideoFrame:
    tiles = (_decoded_tile(tile, picture) for tile in picture.tiles)
    if len(picture.tiles) == 1:
        return cropped(next(tiles), 0, 0, picture.width, picture.height)
    return joined(tiles, picture.columns, picture.width, picture.height)


def _decoded_tile(tile: Coded, picture: HeifPicture) -> VideoFrame:
    return decoded_item(*tile, matrix=picture.matrix, is_full=picture.is_full)


_READERS: Mapping[str, Callable[[bytes], ConvertedImage]] = {
    "bmp": _read_bmp,
    "gif": _read_gif,
    "tiff": _read_tiff,
    "heif": _read_heif,
}
