"""Checks whether a file is an image that a video can start from."""

from __future__ import annotations

import struct
from pathlib import Path

import av

from sora_desktop.media.errors import MediaError
from sora_desktop.media.files import first_bytes, sha256_of, size_of
from sora_desktop.media.protocol import ImageFacts

#: Longest accepted side in pixels, and most bytes.
SIDE_LIMIT = 8192
SIZE_LIMIT = 20 * 1024 * 1024

_ACCEPTED = "Use a PNG, JPEG or WebP image."

#: First bytes of common file types that are not accepted.
_OTHER_TYPES = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG"),
    (b"PK\x03\x04", "an archive or a document"),
    (b"\x1aE\xdf\xa3", "a video"),
)

_DEMUXERS = {"png": "png_pipe", "jpeg": "jpeg_pipe", "webp": "webp_pipe"}


def image_facts_of(file: Path) -> ImageFacts:
    """Check type and size, then decode. Raises MediaError for any file that a video cannot start from."""
    size = size_of(file)
    if size > SIZE_LIMIT:
        raise MediaError(f"“{file.name}” has {size / 1024**2:.1f} MB; the limit is {SIZE_LIMIT // 1024**2} MB.")
    kind = image_format_of(first_bytes(file, 64), file.name)
    content = first_bytes(file, size)
    width, height = _sides_of(content, kind, file.name)
    if max(width, height) > SIDE_LIMIT:
        raise MediaError(f"“{file.name}” is {width:,} × {height:,} pixels; the limit is {SIDE_LIMIT:,} a side.")
    _refuse_truncated(content, kind, file.name)
    width, height = _decoded_sides(file, kind)
    return ImageFacts(width=width, height=height, format=kind, size=size, sha256=sha256_of(file))


def image_format_of(head: bytes, name: str) -> str:
    """ "png", "jpeg" or "webp" by the first bytes; the name does not matter. Raises MediaError for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    for start, kind in _OTHER_TYPES:
        if head.startswith(start):
            raise MediaError(f"“{name}” is {kind}. {_ACCEPTED}")
    if head[4:8] == b"ftyp":
        is_image = head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif")
        raise MediaError(f"“{name}” is {'a HEIC or AVIF image' if is_image else 'a video'}. {_ACCEPTED}")
    if not any(byte < 9 for byte in head):
        raise MediaError(f"“{name}” holds text, not an image. {_ACCEPTED}")
    raise MediaError(f"“{name}” is not an image. {_ACCEPTED}")


def _sides_of(content: bytes, kind: str, name: str) -> tuple[int, int]:
    """Width and height from the header, without decoding. Raises MediaError."""
    try:
        sides = {"png": _png_sides, "jpeg": _jpeg_sides, "webp": _webp_sides}[kind](content)
    except (struct.error, IndexError):
        sides = (0, 0)
    if min(sides) < 1:
        raise MediaError(f"“{name}” is damaged: its size cannot be read.")
    return sides


def _png_sides(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _jpeg_sides(content: bytes) -> tuple[int, int]:
    at = 2
    while at < len(content):
        if content[at] != 0xFF:
            return 0, 0
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in (0x01, *range(0xD0, 0xD9)):  # markers without a length
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame header
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return 0, 0


def _webp_sides(content: bytes) -> tuple[int, int]:
    if len(content) < 30:
        return 0, 0
    match content[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
        case b"VP8L":
            bits = struct.unpack_from("<I", content, 21)[0]
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _refuse_truncated(content: bytes, kind: str, name: str) -> None:
    """Raises MediaError if the end of the file is missing, which a decoder would fill with gray."""
    match kind:
        case "png":
            is_complete = content.find(b"IEND", -4096) >= 0 or b"IEND\xaeB`\x82" in content
        case "jpeg":
            is_complete = b"\xff\xd9" in content[-65536:]
        case _:
            is_complete = struct.unpack_from("<I", content, 4)[0] + 8 <= len(content) + 1
            if content[12:16] == b"VP8X" and content[20] & 2:
                raise MediaError(f"“{name}” is an animated WebP. Use a still image.")
    if not is_complete:
        raise MediaError(f"“{name}” is incomplete: its end is missing.")


def _decoded_sides(file: Path, kind: str) -> tuple[int, int]:
    try:
        with av.open(str(file.absolute()), format=_DEMUXERS[kind], options={"protocol_whitelist": "file"}) as container:
            container.streams.video[0].codec_context.options = {"err_detect": "explode+crccheck"}
            for frame in container.decode(video=0):
                if not frame.is_corrupt:
                    return frame.width, frame.height
    except (av.FFmpegError, IndexError) as error:
        raise MediaError(f"“{file.name}” is damaged: it cannot be decoded.") from error
    raise MediaError(f"“{file.name}” is damaged: it cannot be decoded.")
