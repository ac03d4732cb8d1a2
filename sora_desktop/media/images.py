"""Makes of a user's image file the one that is sent: upright, without metadata, and readable for strict programs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av

from sora_desktop.media.errors import MediaError
from sora_desktop.media.exif import Orientation
from sora_desktop.media.files import first_bytes, size_of, write_picture
from sora_desktop.media.image_codecs import decoded, encoded_jpeg, encoded_png, encoded_webp, has_alpha, placed
from sora_desktop.media.image_kinds import KIND_SIZE, kind_of
from sora_desktop.media.jpeg_file import jpeg_with_profile, parse_jpeg
from sora_desktop.media.png_file import parse_png, png_with_colors
from sora_desktop.media.protocol import ImageFacts
from sora_desktop.media.still_image import ImageDamaged, ImageIncomplete, ImageKind, ImageTooLarge, StillImage
from sora_desktop.media.webp_file import parse_webp, webp_with_profile

#: Most bytes of the file that is sent.
SIZE_LIMIT = 20 * 1024 * 1024
#: Most bytes of the user's file, which can hold more than the picture: a phone appends a video.
SOURCE_SIZE_LIMIT = 200 * 1024 * 1024

_PARSERS = {"png": parse_png, "jpeg": parse_jpeg, "webp": parse_webp}


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
    still = _parsed(first_bytes(file, size), kind, file.name)
    try:
        frame = decoded(still.content, still.kind)
        if still.canvas is not None:
            frame = placed(frame, still.canvas)
        sent, content = _as_sent(still, frame)
    except (av.FFmpegError, ImageDamaged) as error:
        raise (_damaged(file.name) if still.has_end else _incomplete(file.name)) from error
    if len(content) > SIZE_LIMIT:
        raise _too_large(file, len(content))
    write_picture(content, to)
    width, height = frame.width, frame.height
    if still.orientation.swaps_sides:
        width, height = height, width
    return ImageFacts(width, height, sent, len(content), hashlib.sha256(content).hexdigest())


def _parsed(content: bytes, kind: ImageKind, name: str) -> StillImage:
    try:
        return _PARSERS[kind](content)
    except ImageTooLarge as error:
        raise MediaError(f"“{name}” is {error}.") from error
    except ImageIncomplete as error:
        raise _incomplete(name) from error
    except ImageDamaged as error:
        raise _damaged(name) from error


def _as_sent(still: StillImage, frame: av.VideoFrame) -> tuple[ImageKind, bytes]:
    """Kind and content of the file that is sent. Lossy pictures are encoded as JPEG, others without loss."""
    if still.orientation is Orientation.UPRIGHT and still.canvas is None and not still.must_be_encoded:
        return still.kind, still.content
    if still.is_lossy and not (still.kind == "webp" and has_alpha(frame)):
        profile = still.icc_profile if still.icc_profile[16:20] == b"RGB " else b""  # the JPEG has three colors
        room = SIZE_LIMIT - len(profile) - 1024
        return "jpeg", jpeg_with_profile(encoded_jpeg(frame, still.orientation, room), profile)
    if still.kind == "webp":
        return "webp", webp_with_profile(encoded_webp(frame, still.orientation), still.icc_profile)
    return "png", png_with_colors(encoded_png(frame, still.orientation), still.content)


def _damaged(name: str) -> MediaError:
    return MediaError(f"“{name}” is damaged: it cannot be decoded.")


def _incomplete(name: str) -> MediaError:
    return MediaError(f"“{name}” is incomplete: its end is missing.")


def _too_large(file: Path, size: int) -> MediaError:
    return MediaError(f"“{file.name}” has {size / 1024**2:.1f} MB; the limit is {SIZE_LIMIT // 1024**2} MB.")
