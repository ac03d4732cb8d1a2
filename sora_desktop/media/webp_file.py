"""Takes WebP files apart."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from sora_desktop.media.exif import Orientation, orientation_in
from sora_desktop.media.still_image import (
    Canvas,
    ImageDamaged,
    ImageIncomplete,
    StillImage,
    check_sides,
    icc_profile_of,
)

_LOSSY, _LOSSLESS, _ALPHA, _EXTENDED = b"VP8 ", b"VP8L", b"ALPH", b"VP8X"
_HAS_PROFILE, _HAS_ALPHA, _HAS_EXIF = 0x20, 0x10, 0x08


class _Chunk(NamedTuple):
    name: bytes
    data: bytes


class _Picture(NamedTuple):
    chunks: list[_Chunk]  # an optional one of transparency, and the pixels
    width: int
    height: int

    @property
    def has_alpha(self) -> bool:
        name, data = self.chunks[-1]
        return len(self.chunks) > 1 or (name == _LOSSLESS and bool(data[4] & 0x10))


def parse_webp(content: bytes) -> StillImage:
    """The picture without metadata. An animation becomes its first frame. Raises ImageDamaged or ImageTooLarge."""
    chunks = _chunks_of(content, 12)
    header = next((chunk.data for chunk in chunks if chunk.name == _EXTENDED), b"")
    frame = next((chunk.data for chunk in chunks if chunk.name == b"ANMF"), None)
    picture = _picture_in(chunks if frame is None else _chunks_of(frame, 16))
    canvas = None if frame is None else _canvas_of(header, frame, picture)
    if canvas is not None:
        check_sides(canvas.width, canvas.height)
    check_sides(picture.width, picture.height)
    flags = header[0] if header else 0  # viewers follow no chunk that they do not name
    profile = next((chunk.data for chunk in chunks if chunk.name == b"ICCP" and flags & _HAS_PROFILE), b"")
    profile = icc_profile_of(profile, b"RGB ")
    exif = next((chunk.data for chunk in chunks if chunk.name == b"EXIF" and flags & _HAS_EXIF), b"")
    return StillImage(
        kind="webp",
        content=_file_of(picture, profile, is_extended=bool(header)),
        width=picture.width,
        height=picture.height,
        orientation=orientation_in(exif) if exif else Orientation.UPRIGHT,
        icc_profile=profile,
        canvas=canvas,
        is_lossy=picture.chunks[-1].name == _LOSSY,
    )


def webp_with_profile(content: bytes, profile: bytes) -> bytes:
    """The WebP without metadata and with this ICC profile. Raises ImageDamaged."""
    return _file_of(_picture_in(_chunks_of(content, 12)), profile, is_extended=False)


def _chunks_of(content: bytes, at: int) -> list[_Chunk]:
    """The chunks up to the end of the bytes: the size of the whole file is often wrong, those of the chunks are not.

    Raises ImageIncomplete if the picture is cut off.
    """
    chunks: list[_Chunk] = []
    while at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        data = content[at + 8 : at + 8 + size]
        if len(data) < size:
            if name in (_LOSSY, _LOSSLESS, _ALPHA, b"ANMF"):
                raise ImageIncomplete
            break  # cut off behind the picture, or bytes that do not belong to the file
        chunks.append(_Chunk(name, data))
        at += 8 + size + size % 2
    return chunks


def _picture_in(chunks: Sequence[_Chunk]) -> _Picture:
    alpha = next((chunk for chunk in chunks if chunk.name == _ALPHA), None)
    pixels = next((chunk for chunk in chunks if chunk.name in (_LOSSY, _LOSSLESS)), None)
    if pixels is None:
        raise ImageIncomplete if chunks else ImageDamaged
    if len(pixels.data) < 10:
        raise ImageDamaged
    if pixels.name == _LOSSLESS:
        (bits,) = struct.unpack_from("<I", pixels.data, 1)
        return _Picture([pixels], 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack_from("<HH", pixels.data, 6)
    return _Picture([alpha, pixels] if alpha is not None else [pixels], width & 0x3FFF, height & 0x3FFF)


def _canvas_of(header: bytes, frame: bytes, picture: _Picture) -> Canvas | None:
    """The picture of the animation, or None if the frame fills it."""
    if len(header) < 10:
        raise ImageDamaged
    left, top = (2 * int.from_bytes(frame[at : at + 3], "little") for at in (0, 3))
    width, height = (1 + int.from_bytes(header[at : at + 3], "little") for at in (4, 7))
    if left + picture.width > width or top + picture.height > height:
        raise ImageDamaged
    is_filled = (picture.width, picture.height) == (width, height)
    return None if is_filled else Canvas(width, height, left, top)


def _file_of(picture: _Picture, profile: bytes, *, is_extended: bool) -> bytes:
    """`is_extended`: write the extended header also if nothing needs it, as the original has one."""
    chunks = list(picture.chunks)
    if profile:
        chunks.insert(0, _Chunk(b"ICCP", profile))
    if is_extended or profile or len(picture.chunks) > 1:
        flags = (_HAS_PROFILE if profile else 0) | (_HAS_ALPHA if picture.has_alpha else 0)
        sides = (picture.width - 1).to_bytes(3, "little") + (picture.height - 1).to_bytes(3, "little")
        chunks.insert(0, _Chunk(_EXTENDED, bytes([flags, 0, 0, 0]) + sides))
    body = b"".join(struct.pack("<4sI", name, len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
