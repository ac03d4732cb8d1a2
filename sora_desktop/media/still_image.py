"""An image file taken apart: what its pixels need, and what is told about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sora_desktop.media.exif import Orientation

#: Longest accepted side in pixels.
SIDE_LIMIT = 8192

ImageKind: TypeAlias = Literal["png", "jpeg", "webp"]


class ImageDamaged(Exception):
    """The file cannot be taken apart."""


class ImageIncomplete(ImageDamaged):
    """The end of the file is missing, so that a part of the picture is."""


class ImageTooLarge(Exception):
    """The picture has more pixels than anything here should decode."""


class ImageNotRead(Exception):
    """The file is whole, but of a kind that nothing here decodes. The message says which: "a raw photo"."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A larger transparent picture that the pixels are a part of, as in an animation. All in pixels."""

    width: int
    height: int
    left: int
    top: int


@dataclass(frozen=True, slots=True)
class StillImage:
    """A PNG, JPEG or WebP file without what is not needed to show its picture."""

    kind: ImageKind
    content: bytes  # a whole file with the same pixels and colors, without metadata and trailing bytes
    width: int  # pixels, as stored
    height: int  # pixels, as stored
    orientation: Orientation = Orientation.UPRIGHT
    icc_profile: bytes = b""  # empty: the colors are sRGB
    must_be_encoded: bool = False  # its colors are those of printers, or strict programs do not read its form
    is_lossy: bool = False
    canvas: Canvas | None = None  # None: the pixels are the whole picture
    has_end: bool = True  # False: the end of the file is missing, and maybe the last pixels
    is_for_qt: bool = False  # FFmpeg does not decode its form, or reads its colors wrong
    has_restarts: bool = False  # markers between which FFmpeg does not notice that pixels are missing


def check_sides(width: int, height: int) -> None:
    """To be called before pixels are looked at. Raises ImageTooLarge, or ImageDamaged if a side is 0."""
    if max(width, height) > SIDE_LIMIT:
        raise ImageTooLarge(f"{width:,} × {height:,} pixels; the limit is {SIDE_LIMIT:,} a side")
    if min(width, height) < 1:
        raise ImageDamaged


def icc_profile_of(data: bytes, color_space: bytes) -> bytes:
    """The profile, or nothing if it is damaged or for other pixels than `color_space`, b"RGB " or b"GRAY"."""
    is_whole = len(data) >= 132 and data[36:40] == b"acsp" and int.from_bytes(data[:4], "big") == len(data)
    return data if is_whole and data[16:20] == color_space else b""
