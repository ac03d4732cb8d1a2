"""Frames as they are kept in memory, and as the screen shows them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from sora_desktop.media.shown_frames import RgbConverter, Turns, is_bt709_unnamed, is_hdr, size_with_ratio, upright_of

#: Formats with 8 bits and a quarter of the colors, which are kept as they are.
_KEPT_FORMATS = ("yuv420p", "yuvj420p")
#: FFmpeg converts so many columns at a time, and leaves out those that do not fit.
_COLUMNS = 8
#: FFmpeg's number of the matrix of BT.709.
_BT709 = 1


def pixel_bytes_of(frame: VideoFrame) -> float:
    """Bytes that a pixel of a decoded frame takes when it is kept."""
    return 1.5 if frame.format.name in _KEPT_FORMATS and not is_hdr(frame) else 3.0


def size_within(size: tuple[int, int], largest: tuple[int, int]) -> tuple[int, int]:
    """The size of a picture within the largest width and height, all in pixels; never larger than its own size.

    Within its result the picture has the same size again. (Rounding both sides of one scale would not give that.)
    """
    (width, height), (most_wide, most_high) = size, largest
    if width < height:
        turned = size_within((height, width), (most_high, most_wide))
        return turned[1], turned[0]
    fitting = max((width * (2 * most_high + 1) - 1) // (2 * height), 1)
    shown = min(most_wide, width, fitting)
    return shown, max(1, (2 * height * shown + width) // (2 * width))


@dataclass(frozen=True, slots=True)
class SizedFrame:
    """A frame whose rows and columns may go on beyond the picture."""

    frame: VideoFrame
    width: int  # pixels of the picture
    height: int
    largest: tuple[int, int]  # the size that it was made for: that of the clip, from which some frames differ

    @property
    def bytes(self) -> int:
        """The memory that it takes."""
        return sum(plane.buffer_size for plane in self.frame.planes)


class PictureMaker:
    """Scales the frames of one clip, and converts those that are shown. For one thread."""

    def __init__(self, stream: VideoStream) -> None:
        ratio = stream.sample_aspect_ratio or 0
        self._ratio = Fraction(ratio.numerator, ratio.denominator)  # not the stream: its file may be opened again
        self._turns = Turns()
        self._scaler = VideoReformatter()
        self._small_scaler = VideoReformatter()
        self._converter = RgbConverter()
        self._painter = VideoReformatter()

    def kept(self, frame: VideoFrame, largest: tuple[int, int]) -> SizedFrame:
        """The decoded frame within the largest width and height, upright, in few bytes."""
        turn = self._turns.of(frame)
        full = size_with_ratio(frame, self._ratio, turn)
        width, height = size_within(full, largest)
        if turn.is_quarter:
            width, height = height, width
        picture = self._scaled(frame, width, height)
        if turn.degrees != 0 or turn.is_mirrored:
            upright = upright_of(picture, turn)
            upright.colorspace, upright.color_range = picture.colorspace, picture.color_range
            picture = upright
        width, height = picture.width, picture.height
        return SizedFrame(_padded(picture), width, height, largest)

    def small(self, kept: SizedFrame, largest: tuple[int, int]) -> SizedFrame:
        """A kept frame in fewer pixels, less sharp."""
        width, height = size_within((kept.width, kept.height), largest)
        whole = kept.frame  # with what goes on beyond the picture
        picture = self._small_scaler.reformat(
            whole,
            width=-(-whole.width * width // kept.width),
            height=-(-whole.height * height // kept.height),
            interpolation=Interpolation.FAST_BILINEAR,
            threads=1,
        )
        return SizedFrame(_padded(picture), width, height, largest)

    def painted(self, kept: SizedFrame) -> SizedFrame:
        """A kept frame as pixels of 32 bits, blue first, in its own size."""
        pixels = self._painter.reformat(
            kept.frame,
            format="bgra",
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )
        return SizedFrame(pixels, kept.width, kept.height, kept.largest)

    def _scaled(self, frame: VideoFrame, width: int, height: int) -> VideoFrame:
        format = frame.format
        if format.is_rgb or is_hdr(frame) or any(component.is_alpha for component in format.components):
            return self._converter.convert(frame, width, height)
        kept_format = format.name if format.name in _KEPT_FORMATS else "yuv444p"
        is_unnamed = is_bt709_unnamed(frame)
        if (frame.width, frame.height, format.name) == (width, height, kept_format):
            picture = frame
        else:
            picture = self._scaler.reformat(
                frame,
                width=width,
                height=height,
                format=kept_format,
                interpolation=Interpolation.AREA,
                threads=1,
            )
        if is_unnamed:
            picture.colorspace = _BT709
        return picture


def _padded(picture: VideoFrame) -> VideoFrame:
    """The picture with rows of a length that FFmpeg converts fast, and without leaving out the last columns."""
    width, height = picture.width, picture.height
    if picture.format.name not in _KEPT_FORMATS or (width % _COLUMNS == 0 and height % 2 == 0):
        return picture
    wide = VideoFrame(-(-width // _COLUMNS) * _COLUMNS, height + height % 2, picture.format.name)
    for to, plane in zip(wide.planes, picture.planes, strict=True):
        _copy_rows(plane, to)
    wide.colorspace, wide.color_range = picture.colorspace, picture.color_range
    return wide


def _copy_rows(plane: VideoPlane, to: VideoPlane) -> None:
    source, target = memoryview(plane).cast("B"), memoryview(to).cast("B")
    if plane.line_size == to.line_size:
        size = plane.height * plane.line_size
        target[:size] = source[:size]
        return
    for row in range(plane.height):
        start, place = row * plane.line_size, row * to.line_size
        target[place : place + plane.width] = source[start : start + plane.width]
