"""Makes of a user's image file the one that is sent: upright, without metadata, and readable for strict programs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import av

from sora_desktop.media.converted_image import ConvertedImage, decode_converted
from sora_desktop.media.errors import MediaError
from sora_desktop.media.exif import Orientation
from sora_desktop.media.files import first_bytes, size_of, write_picture
from sora_desktop.media.image_codecs import (
    decoded,
    encoded_jpeg,
    encoded_png,
    encoded_webp,
    has_alpha,
    placed,
    without_idle_alpha,
)
from sora_desktop.media.image_kinds import KIND_SIZE, SourceKind, kind_of
from sora_desktop.media.jpeg_file import jpeg_with_profile, parse_jpeg
from sora_desktop.media.png_file import parse_png, png_with_colors, png_with_profile
from sora_desktop.media.protocol import ImageFacts
from sora_desktop.media.qt_decoder import check_with_qt, decoded_by_qt
from sora_desktop.media.still_image import (
    ImageDamaged,
    ImageIncomplete,
    ImageKind,
    ImageNotRead,
    ImageTooLarge,
    StillImage,
)
from sora_desktop.media.webp_file import parse_webp, webp_with_profile

#: Most bytes of the file that is sent.
SIZE_LIMIT = 20 * 1024 * 1024
#: Most bytes of the user's file, which can hold more than the picture: a phone appends a video.
SOURCE_SIZE_LIMIT = 200 * 1024 * 1024

_PARSERS: Mapping[str, Callable[[bytes], StillImage]] = {"png": parse_png, "jpeg": parse_jpeg, "webp": parse_webp}


def write_clean_image(file: Path, to: Path) -> ImageFacts:
    """Write the image as it is sent, and return the facts of what was written.

    It is upright and has no metadata; colors and their ICC profile stay. Pixels are encoded again only if they have to
    be turned, are CMYK, or are stored in a way that strict programs refuse. The first picture of an animation is used.
    Raises MediaError for any file that a video cannot start from.
    """
    size = size_of(file)
    kind = kind_of(first_bytes(file, KIND_SIZE), file.name)
    if size > SOURCE_SIZE_LIMIT:
        raise _too_large(file, size)
    name = file.name
    try:
        sent = _sent(first_bytes(file, size), kind)
    except ImageTooLarge as error:
        raise MediaError(f"“{name}” is {error}.") from error
    except ImageNotRead as error:
        raise MediaError(f"“{name}” is {error}. Convert it to a JPEG or PNG first.") from error
    except ImageIncomplete as error:
        raise MediaError(f"“{name}” is incomplete: its end is missing.") from error
    except (ImageDamaged, av.FFmpegError) as error:
        raise MediaError(f"“{name}” is damaged: it cannot be decoded.") from error
    if len(sent.content) > SIZE_LIMIT:
        raise _too_large(file, len(sent.content))
    write_picture(sent.content, to)
    sha256 = hashlib.sha256(sent.content).hexdigest()
    return ImageFacts(sent.width, sent.height, sent.kind, len(sent.content), sha256)


class _Sent(NamedTuple):
    kind: ImageKind
    content: bytes
    width: int
    height: int


def _sent(content: bytes, kind: SourceKind) -> _Sent:
    """The file that is sent."""
    if kind in _PARSERS:
        still = _PARSERS[kind](content)
        orientation = still.orientation
        try:
            still, frame = _decoded(still)
        except (ImageDamaged, av.FFmpegError) as error:
            raise (ImageDamaged if still.has_end else ImageIncomplete) from error
        if still.canvas is not None:
            frame = placed(frame, still.canvas)
        sent, encoded = _cleaned(still, frame)
    else:
        converted = decode_converted(content, kind)
        orientation, frame = converted.orientation, converted.frame
        sent, encoded = _converted(converted)
    sides = (frame.height, frame.width) if orientation.swaps_sides else (frame.width, frame.height)
    return _Sent(sent, encoded, *sides)


def _decoded(still: StillImage) -> tuple[StillImage, av.VideoFrame]:
    """The image, which must be encoded if only Qt decodes it, and its pixels."""
    if still.kind != "jpeg":
        return still, decoded(still.content, still.kind)
    if still.is_for_qt:
        return still, decoded_by_qt(still.content, "jpeg")
    try:
        frame = decoded(still.content, "jpeg")
    except ImageNotRead:
        return replace(still, must_be_encoded=True), decoded_by_qt(still.content, "jpeg")
    if still.has_restarts:
        _check_restarts(still)
    return still, frame


def _check_restarts(still: StillImage) -> None:
    """Raises ImageDamaged if pixels are missing. Without Qt that is believed of a file with an end."""
    try:
        check_with_qt(still.content, "jpeg")
    except ImageNotRead as error:
        if not still.has_end:
            raise ImageIncomplete from error


def _cleaned(still: StillImage, frame: av.VideoFrame) -> tuple[ImageKind, bytes]:
    """Kind and content of what is sent. Lossy pictures are encoded as JPEG, others without loss."""
    if still.orientation is Orientation.UPRIGHT and still.canvas is None and not still.must_be_encoded:
        return still.kind, still.content
    if still.is_lossy and not (still.kind == "webp" and has_alpha(frame)):
        return "jpeg", _jpeg(frame, still.orientation, still.icc_profile)
    if still.kind == "webp":
        return "webp", webp_with_profile(encoded_webp(frame, still.orientation), still.icc_profile)
    return "png", png_with_colors(encoded_png(frame, still.orientation), still.content)


def _converted(image: ConvertedImage) -> tuple[ImageKind, bytes]:
    """Kind and content of what is sent: a JPEG of a lossy picture, or if a PNG would be too large; else a PNG."""
    frame = without_idle_alpha(image.frame)
    if not image.is_lossy or has_alpha(frame):
        content = png_with_profile(encoded_png(frame, image.orientation), image.icc_profile)
        if len(content) <= SIZE_LIMIT or has_alpha(frame):
            return "png", content
    return "jpeg", _jpeg(frame, image.orientation, image.icc_profile)


def _jpeg(frame: av.VideoFrame, orientation: Orientation, profile: bytes) -> bytes:
    if profile[16:20] != b"RGB ":  # the JPEG has three colors, also of a gray picture
        profile = b""
    return jpeg_with_profile(encoded_jpeg(frame, orientation, SIZE_LIMIT - len(profile) - 1024), profile)


def _too_large(file: Path, size: int) -> MediaError:
    return MediaError(f"“{file.name}” has {size / 1024**2:.1f} MB; the limit is {SIZE_LIMIT // 1024**2} MB.")
