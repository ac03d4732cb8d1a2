"""Frames as they are kept in memory, and as the screen shows them."""

from __future__ import annotations

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from sora_desktop.media.shown_frames import is_bt709_unnamed, is_hdr, rgb_of, shown_size, turn_of, upright_of

#: Formats with 8 bits and a quarter of the colors, which are kept as they are.
_KEPT_FORMATS = ("yuv420p", "yuvj420p")
#: FFmpeg's number of the matrix of BT.709.
_BT709 = 1


def size_within(size: tuple[int, int], largest: tuple[int, int]) -> tuple[int, int]:
    """The size of a picture within the largest width and height, all in pixels; never larger than its own size."""
    width, height = size
    scale = min(largest[0] / width, largest[1] / height, 1.0)
    return max(1, round(width * scale)), max(1, round(height * scale))


def bytes_of(frame: VideoFrame) -> int:
    """The memory that a frame takes."""
    return sum(plane.buffer_size for plane in frame.planes)


class PictureMaker:
    """Scales the frames of one clip, and converts those that are shown. For one thread."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._scaler = VideoReformatter()
        self._small_scaler = VideoReformatter()
        self._painter = VideoReformatter()

    def kept(self, frame: VideoFrame, largest: tuple[int, int], *, is_small: bool = False) -> VideoFrame:
        """The decoded frame within the largest width and height, upright, in few bytes. `is_small`: less sharp."""
        full = shown_size(frame, self._stream)
        width, height = size_within(full, largest)
        turn = turn_of(frame)
        if turn.degrees in (90, 270):
            width, height = height, width
        picture = self._scaled(frame, width, height, is_small)
        if turn.degrees == 0 and not turn.is_mirrored:
            return picture
        upright = upright_of(picture, turn)
        upright.colorspace, upright.color_range = picture.colorspace, picture.color_range
        return upright

    def painted(self, kept: VideoFrame, width: int, height: int) -> VideoFrame:
        """A kept frame as pixels of 32 bits, blue first."""
        return self._painter.reformat(
            kept,
            width=width,
            height=height,
            format="bgra",
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )

    def _scaled(self, frame: VideoFrame, width: int, height: int, is_small: bool) -> VideoFrame:
        format = frame.format
        if format.is_rgb or is_hdr(frame) or any(component.is_alpha for component in format.components):
            return rgb_of(frame, width, height, self._scaler)
        kept_format = format.name if format.name in _KEPT_FORMATS else "yuv444p"
        is_unnamed = is_bt709_unnamed(frame)
        if (frame.width, frame.height, format.name) == (width, height, kept_format):
            picture = frame
        else:
            picture = (self._small_scaler if is_small else self._scaler).reformat(
                frame,
                width=width,
                height=height,
                format=kept_format,
                interpolation=Interpolation.FAST_BILINEAR if is_small else Interpolation.AREA,
                threads=1,
            )
        if is_unnamed:
            picture.colorspace = _BT709
        return picture
