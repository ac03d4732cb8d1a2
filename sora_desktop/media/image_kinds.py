"""Tells the kind of a file by its first bytes, and says of those that are not taken what they are."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sora_desktop.media.errors import MediaError

SourceKind: TypeAlias = Literal["png", "jpeg", "webp"]

#: Bytes that `kind_of` needs.
KIND_SIZE = 64

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


def kind_of(head: bytes, name: str) -> SourceKind:
    """The kind by the first bytes; the name does not matter. Raises MediaError for a file that is not taken."""
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
