"""Converts decoded frames to pictures as the player shows them: upright, with square pixels and the right colors."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, cast

from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from sora_desktop.media.frame_filters import filtered
from sora_desktop.media.hdr_colors import HDR_TRANSFERS, HdrConverter

#: Lines above which a video that does not name its color matrix has BT.709, as in Qt.
_STANDARD_LINES = 576
#: Rounds instead of cutting off, which makes every color darker by up to two levels.
EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
_EXACT_FLAGS = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
_ROTATIONS: dict[int, tuple[tuple[str, str], ...]] = {
    0: (),
    90: (("transpose", "clock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "cclock"),),
}
_ON_BLACK = (("premultiply", "inplace=1"), ("format", "gbrp"), ("format", "rgb24"))
_UNSPECIFIED = 2  # FFmpeg's number of a color matrix that is not named


class Turn(NamedTuple):
    """How a decoded frame is turned to be shown."""

    degrees: int  # clockwise: 0, 90, 180 or 270
    is_mirrored: bool  # left and right are exchanged after the rotation

    @property
    def is_quarter(self) -> bool:
        """True if width and height are exchanged."""
        return self.degrees in (90, 270)

    @property
    def filters(self) -> tuple[tuple[str, str], ...]:
        """The filters of FFmpeg that do it."""
        return _ROTATIONS[self.degrees] + ((("hflip", ""),) if self.is_mirrored else ())


_UPRIGHT = Turn(0, False)


class Turns:
    """The turns of the frames of one clip, each read once.

    PyAV keeps a frame whose display matrix was read until Python looks for cycles: hundreds of them, while it plays.
    """

    def __init__(self) -> None:
        self._known: dict[int, Turn] = {}

    def of(self, frame: VideoFrame) -> Turn:
        """See `turn_of`."""
        turn = self._known.get(frame.rotation)
        if turn is None:
            turn = self._known[frame.rotation] = turn_of(frame)
        return turn


def shown_size(frame: VideoFrame, stream: VideoStream, turn: Turn | None = None) -> tuple[int, int]:
    """Width and height in pixels at which a player shows a decoded frame. `turn`, where it is known."""
    return size_with_ratio(frame, stream.sample_aspect_ratio or Fraction(0), turn or turn_of(frame))


def size_with_ratio(frame: VideoFrame, ratio: Fraction, turn: Turn) -> tuple[int, int]:
    """The same where the width of a pixel by its height is known; 0: not known."""
    width, height = frame.width, frame.height
    if ratio > 1:
        width = max(int(width * ratio), 1)
    elif ratio > 0:
        height = max(int(height / ratio), 1)
    return (height, width) if turn.is_quarter else (width, height)


def as_shown(
    frame: VideoFrame, stream: VideoStream, *, width: int = 0, height: int = 0, turn: Turn | None = None
) -> VideoFrame:
    """The frame as an RGB picture with the given width or height, in pixels; without both, in its own size."""
    turn = turn or turn_of(frame)
    shown_width, shown_height = shown_size(frame, stream, turn)
    if width:
        height = max(1, round(shown_height * width / shown_width))
    elif height:
        width = max(1, round(shown_width * height / shown_height))
    else:
        width, height = shown_width, shown_height
    return RgbConverter().convert(frame, width, height, turn)


def is_hdr(frame: VideoFrame) -> bool:
    """True if the brightness of its pixels has to be converted for a screen."""
    return frame.color_trc in HDR_TRANSFERS


def is_bt709_unnamed(frame: VideoFrame) -> bool:
    """True if its color matrix is BT.709 because it has many lines, and not because it says so."""
    return frame.colorspace == _UNSPECIFIED and frame.height > _STANDARD_LINES


class RgbConverter:
    """Converts frames to RGB. It keeps tables for the next frame of the same size. For one thread."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._hdr: HdrConverter | None = None

    def convert(self, frame: VideoFrame, width: int, height: int, turn: Turn = _UPRIGHT) -> VideoFrame:
        """The frame after it is turned, in this size in pixels. Transparent pixels are on black."""
        has_alpha = any(component.is_alpha for component in frame.format.components)
        if not has_alpha and not frame.format.is_rgb and not is_hdr(frame):
            return _converted_by_filters(frame, width, height, turn)
        if turn.is_quarter:
            width, height = height, width
        if is_hdr(frame):
            return upright_of(self._without_hdr(frame, width, height), turn)
        return upright_of(self._on_black(frame, width, height, has_alpha), turn)

    def _on_black(self, frame: VideoFrame, width: int, height: int, has_alpha: bool) -> VideoFrame:
        picture = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="gbrap" if has_alpha else "rgb24",
            src_colorspace=Colorspace.ITU709 if is_bt709_unnamed(frame) else None,
            dst_color_range=ColorRange.JPEG,
            interpolation=EXACT,
        )
        return filtered(picture, _ON_BLACK) if has_alpha else picture

    def _without_hdr(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        transfer = int(frame.color_trc)
        picture = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="rgb48le",
            src_colorspace=Colorspace.BT2020 if frame.colorspace == _UNSPECIFIED else None,
            dst_color_range=ColorRange.JPEG,
            interpolation=EXACT,
        )
        if self._hdr is None or not self._hdr.fits(transfer, width, height):
            self._hdr = HdrConverter(transfer, width, height)
        shown = self._hdr.convert(picture).reformat(format="rgb24", interpolation=EXACT)
        shown.color_trc, shown.color_primaries = ColorTrc.BT709, ColorPrimaries.BT709
        return shown


def turn_of(frame: VideoFrame) -> Turn:
    """What the display matrix says, as FFmpeg shows it: the nearest quarter turn, and a mirror image after it."""
    try:
        matrix = bytes(cast("Mapping[str, memoryview]", frame.side_data)["DISPLAYMATRIX"])
    except KeyError:
        return _UPRIGHT
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    is_mirrored = a * d - b * c < 0
    angle = math.atan2(b, -a if is_mirrored else a)
    return Turn(round(math.degrees(angle) / 90) * 90 % 360, is_mirrored)


def upright_of(picture: VideoFrame, turn: Turn) -> VideoFrame:
    """The picture as it is shown."""
    return filtered(picture, turn.filters)


def _converted_by_filters(frame: VideoFrame, width: int, height: int, turn: Turn) -> VideoFrame:
    """The same as `RgbConverter.convert` for YUV.

    Not by the reformatter, and turned before it is converted: else it differs from FFmpeg's own conversion at the edges
    of colors. FFmpeg takes the place of the colors in the turned frame for what it was before.
    """
    matrix = ":in_color_matrix=bt709" if is_bt709_unnamed(frame) else ""
    is_turned_first = _can_be_turned(frame.format, turn)
    if turn.is_quarter and not is_turned_first:
        width, height = height, width
    converting = (("scale", f"{width}:{height}:out_range=pc:flags={_EXACT_FLAGS}{matrix}"), ("format", "rgb24"))
    return filtered(frame, (*turn.filters, *converting) if is_turned_first else (*converting, *turn.filters))


def _can_be_turned(format: VideoFormat, turn: Turn) -> bool:
    """False where FFmpeg's filters cannot turn it, and would convert it before, less exactly."""
    is_square = format.chroma_width(16) == format.chroma_height(16)  # the part of the picture that has one color
    if format.has_palette or format.is_bit_stream:
        return False
    return is_square or (format.is_planar and not turn.is_quarter)
