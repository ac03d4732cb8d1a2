"""Decodes images of kinds that are not sent as they are: BMP, GIF, TIFF, HEIC and AVIF."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import av
from av.video.frame import VideoFrame

from sora_desktop.media.containers.gif import (
    EXTENSION,
    HEADER_SIZE,
    PICTURE,
    end_of_colors,
    end_of_extension,
    end_of_picture,
)
from sora_desktop.media.exif import Orientation, orientation_in
from sora_desktop.media.heif_file import Coded, HeifPicture, parse_heif
from sora_desktop.media.image_codecs import cropped, decoded_item, decoded_with, joined, with_alpha
from sora_desktop.media.qt_decoder import unpremultiplied
from sora_desktop.media.still_image import ImageDamaged, ImageIncomplete, check_sides, icc_profile_of
from sora_desktop.media.tiff_fields import tiff_fields
from sora_desktop.media.tiff_file import decode_tiff, is_of_jpegs

_ICC_PROFILE = 34675  # a field of a TIFF
_BMP_RUN_LENGTHS = (1, 2)
_LONGEST_BMP_HEADER_SIZE_WITHOUT_ALPHA = 52


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
        frame = decoded_with("bmp", content[:2] + struct.pack("<I", len(content)) + content[6:])
    except av.FFmpegError as error:
        raise (ImageIncomplete if len(content) < file_size else ImageDamaged) from error
    has_padding = bits == 32 and header <= _LONGEST_BMP_HEADER_SIZE_WITHOUT_ALPHA
    return ConvertedImage(frame.reformat(format="rgb24") if has_padding else frame)


def _read_gif(content: bytes) -> ConvertedImage:
    if len(content) < 13:
        raise ImageIncomplete
    start, end = _place_of_first_gif_picture(content)
    left, top, width, height = struct.unpack_from("<HHHH", content, start + 1)
    # Some files tell no sides, or smaller ones than those of the picture.
    sides = [
        max(pair) for pair in zip(struct.unpack_from("<HH", content, 6), (left + width, top + height), strict=True)
    ]
    check_sides(*sides)
    return ConvertedImage(decoded_with("gif", content[:6] + struct.pack("<HH", *sides) + content[10:end] + b";"))


def _place_of_first_gif_picture(content: bytes) -> tuple[int, int]:
    """Where it starts and ends."""
    try:
        at = end_of_colors(HEADER_SIZE, content[HEADER_SIZE - 3])
        while content[at] == EXTENSION:
            at = end_of_extension(content, at)
        if content[at] != PICTURE:
            raise ImageDamaged
        return at, end_of_picture(content, at)
    except IndexError as error:
        raise ImageIncomplete from error


def _read_tiff(content: bytes) -> ConvertedImage:
    frame = decode_tiff(content)
    fields = tiff_fields(content)
    color_space = b"GRAY" if frame.format.name.startswith(("gray", "ya", "mono")) else b"RGB "
    profile = icc_profile_of(bytes(fields.get(_ICC_PROFILE, ())), color_space)
    return ConvertedImage(frame, orientation_in(content), profile, is_lossy=is_of_jpegs(fields))


def _read_heif(content: bytes) -> ConvertedImage:
    picture = parse_heif(content)
    frame = _joined_tiles(picture)
    if picture.alpha is not None:
        frame = with_alpha(frame, decoded_item(*picture.alpha))
        frame = unpremultiplied(frame) if picture.is_premultiplied else frame
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
