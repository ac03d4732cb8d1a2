"""Decodes, turns and encodes single pictures, with FFmpeg but without its file readers."""

from __future__ import annotations

from collections.abc import Iterable

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from sora_desktop.media.exif import Orientation
from sora_desktop.media.frame_filters import filtered
from sora_desktop.media.packed_pictures import frame_of, rows_of
from sora_desktop.media.picture_encoding import encoded, jpeg_of
from sora_desktop.media.still_image import SIDE_LIMIT, Canvas, ImageDamaged, ImageNotRead

_DECODERS = {"png": "png", "jpeg": "mjpeg", "webp": "webp"}
_TURNS: dict[Orientation, tuple[tuple[str, str], ...]] = {
    Orientation.UPRIGHT: (),
    Orientation.MIRRORED: (("hflip", ""),),
    Orientation.HALF_TURN: (("hflip", ""), ("vflip", "")),
    Orientation.MIRRORED_HALF_TURN: (("vflip", ""),),
    Orientation.MIRRORED_LEFT: (("transpose", "cclock_flip"),),
    Orientation.RIGHT: (("transpose", "clock"),),
    Orientation.MIRRORED_RIGHT: (("transpose", "clock_flip"),),
    Orientation.LEFT: (("transpose", "cclock"),),
}

#: Decoders allocate whole blocks, so a little more than the largest picture.
_MOST_PIXELS = (SIDE_LIMIT + 128) ** 2
#: Matrix coefficients of ISO/IEC 23091-2 as FFmpeg's scaler knows them; BT.601 for the others.
_MATRICES = {1: Colorspace.ITU709, 4: Colorspace.FCC, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}

_PNG_FORMATS = ("rgb24", "rgba", "gray", "ya8", "gray16be", "ya16be", "rgb48be", "rgba64be")


def decoded(content: bytes, kind: str) -> VideoFrame:
    """The picture in a file, `kind` "png", "jpeg" or "webp". Raises FFmpegError at the least damage."""
    return decoded_with(_DECODERS[kind], content)


def decoded_with(name: str, content: bytes, configuration: bytes = b"", *, is_strict: bool = True) -> VideoFrame:
    """The first picture that the decoder of this name finds.

    Raises ImageNotRead for a form that the decoder does not know, or FFmpegError, if strict at the least damage.
    """
    decoder = av.CodecContext.create(name, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.options = {"max_pixels": str(_MOST_PIXELS)}
    if is_strict:
        decoder.options = {**decoder.options, "err_detect": "explode+crccheck"}
    if configuration:
        decoder.extradata = configuration
    try:
        frames = decoder.decode(av.Packet(content)) or decoder.decode(None)
    except av.PatchWelcomeError as error:
        raise ImageNotRead("an image in an uncommon form") from error
    if not frames or frames[0].is_corrupt:
        raise av.InvalidDataError(0, "no picture")
    return frames[0]


def decoded_item(
    name: str, configuration: bytes, content: bytes, *, matrix: int | None = None, is_full: bool | None = None
) -> VideoFrame:
    """A coded picture as rgb24. `matrix` and `is_full` replace what the picture says of its colors."""
    frame = decoded_with(name, content, configuration)
    if frame.format.is_rgb:
        return frame.reformat(format="rgb24")
    named = frame.colorspace if matrix is None else matrix
    if is_full is None:
        is_full = frame.color_range == ColorRange.JPEG
    return frame.reformat(
        format="rgb24",
        src_colorspace=_MATRICES.get(int(named), Colorspace.ITU601),
        src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )


def joined(tiles: Iterable[VideoFrame], columns: int, width: int, height: int) -> VideoFrame:
    """One rgb24 picture of tiles of equal size, from left to right and from top to bottom; edges are cut off.

    The tiles at the bottom may end with the picture. Raises ImageDamaged if others differ in size.
    """
    picture = bytearray(3 * width * height)
    sides: tuple[int, int] | None = None
    for number, tile in enumerate(tiles):
        sides = sides or (tile.width, tile.height)
        left, top = number % columns * sides[0], number // columns * sides[1]
        if tile.width != sides[0] or (tile.height != sides[1] and top + tile.height < height):
            raise ImageDamaged
        used = 3 * (min(left + tile.width, width) - left)
        for y, row in enumerate(rows_of(tile, 3)[: height - top], top):
            start = 3 * (y * width + left)
            picture[start : start + used] = row[:used]
    return frame_of(bytes(picture), width, height, "rgb24")


def cropped(frame: VideoFrame, left: int, top: int, width: int, height: int) -> VideoFrame:
    """A part of an rgb24 or rgba picture. Raises ImageDamaged if it is not inside."""
    if left + width > frame.width or top + height > frame.height:
        raise ImageDamaged
    if (width, height) == (frame.width, frame.height):
        return frame
    size = len(frame.format.components)
    rows = rows_of(frame, size)[top : top + height]
    pixels = b"".join(row[size * left : size * (left + width)] for row in rows)
    return frame_of(pixels, width, height, frame.format.name)


def with_alpha(frame: VideoFrame, alpha: VideoFrame) -> VideoFrame:
    """An rgb24 picture as rgba, as opaque as the other one is bright. Raises ImageDamaged if their sides differ."""
    if (frame.width, frame.height) != (alpha.width, alpha.height):
        raise ImageDamaged
    color = b"".join(rows_of(frame, 3))
    pixels = bytearray(4 * frame.width * frame.height)
    for channel in range(3):
        pixels[channel::4] = color[channel::3]
    pixels[3::4] = b"".join(rows_of(alpha, 3))[::3]
    return frame_of(bytes(pixels), frame.width, frame.height, "rgba")


def without_idle_alpha(frame: VideoFrame) -> VideoFrame:
    """The picture without transparency if every pixel is opaque."""
    if not has_alpha(frame):
        return frame
    pixels = b"".join(rows_of(frame.reformat(format="rgba"), 4))
    if pixels[3::4].count(255) * 4 < len(pixels):
        return frame
    is_deep = any(component.bits > 8 for component in frame.format.components)
    return frame.reformat(format="rgb48be" if is_deep else "rgb24")


def has_alpha(frame: VideoFrame) -> bool:
    """True if the pixels can be transparent."""
    return frame.format.name == "pal8" or any(component.is_alpha for component in frame.format.components)


def turned(frame: VideoFrame, orientation: Orientation) -> VideoFrame:
    """The picture upright. `frame` must have no subsampled colors and no palette, so that no pixel changes."""
    return filtered(frame, _TURNS[orientation])


def placed(frame: VideoFrame, canvas: Canvas) -> VideoFrame:
    """The picture on its transparent canvas."""
    place = f"{canvas.width}:{canvas.height}:{canvas.left}:{canvas.top}:black@0"
    return filtered(frame.reformat(format="rgba"), (("pad", place),))


def encoded_jpeg(frame: VideoFrame, orientation: Orientation, limit: int) -> bytes:
    """The picture upright as a JPEG without subsampling, in the best quality that has at most `limit` bytes.

    The best one, Q 1 of FFmpeg, is quality 97 of libjpeg. The worst one is returned if no quality is small enough.
    """
    full = turned(frame.reformat(format="yuvj444p", dst_color_range=ColorRange.JPEG), orientation)
    content = b""
    for scale in (1, 2, 3, 5, 8):
        content = jpeg_of(full, scale, scale)
        if len(content) <= limit:
            break
    return content


def encoded_png(frame: VideoFrame, orientation: Orientation) -> bytes:
    """The picture upright as a PNG, with all its bits."""
    name = _png_format_of(frame)
    return encoded("png", turned(frame if frame.format.name == name else frame.reformat(format=name), orientation))


def encoded_webp(frame: VideoFrame, orientation: Orientation) -> bytes:
    """The picture upright as a lossless WebP."""
    return encoded("libwebp", turned(frame.reformat(format="bgra"), orientation), lossless="1")


def _png_format_of(frame: VideoFrame) -> str:
    name, components = frame.format.name, frame.format.components
    if name in _PNG_FORMATS:
        return name
    is_deep = any(component.bits > 8 for component in components)
    if name.startswith(("gray", "mono", "ya")):
        gray = "ya" if has_alpha(frame) else "gray"
        return f"{gray}16be" if is_deep else f"{gray}8" if gray == "ya" else gray
    if has_alpha(frame):
        return "rgba64be" if is_deep else "rgba"
    return "rgb48be" if is_deep else "rgb24"
