"""Tells the kind of a file by its first bytes, and says of those that are not taken what they are."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sora_desktop.media.errors import MediaError

SourceKind: TypeAlias = Literal["png", "jpeg", "webp", "bmp", "gif", "tiff", "heif"]

#: Bytes that `kind_of` needs.
KIND_SIZE = 256

ACCEPTED = "Use a JPEG, PNG, WebP, HEIC or AVIF image."

_KINDS: tuple[tuple[bytes, SourceKind], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),  # BigTIFF
    (b"MM\0+", "tiff"),
)

#: First bytes of common file types that are not accepted.
_OTHER_TYPES = (
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\1\0", "an icon"),
    (b"IIU\0", "a raw photo of a camera"),
    (b"IIRO", "a raw photo of a camera"),
    (b"FUJIFILMCCD-RAW", "a raw photo of a camera"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "an archive or a document"),
    (b"\x1f\x8b", "an archive"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"FLV\1", "a video"),
    (b"\0\0\1\xba", "a video"),
)

#: Sizes of the headers of BMP files, which tell them from other files that begin with "BM".
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)

#: Beginnings of the brands of pictures, of collections and of sequences of pictures.
_HEIF_BRANDS = (b"hei", b"hev", b"avif", b"avis", b"mif", b"msf1", b"miaf", b"1pic")
_VIDEO_BRANDS = (b"isom", b"iso", b"mp4", b"qt  ", b"avc", b"M4V", b"3g", b"dash", b"MSNV", b"mmp4", b"f4v")


def kind_of(head: bytes, name: str) -> SourceKind:
    """The kind by the first bytes; the name does not matter. Raises MediaError for a file that is not taken."""
    for start, kind in _KINDS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "bmp"
    if head[4:8] == b"ftyp" and _is_heif(head):
        return "heif"
    raise MediaError(f"“{name}” {_other_type(head)}. {ACCEPTED}")


def _is_heif(head: bytes) -> bool:
    size = int.from_bytes(head[:4], "big")
    major, others = head[8:12], head[16 : min(size, len(head))]
    if major.startswith(_HEIF_BRANDS):
        return True
    compatible = [others[at : at + 4] for at in range(0, len(others), 4)]
    return not major.startswith(_VIDEO_BRANDS) and any(brand.startswith(_HEIF_BRANDS) for brand in compatible)


def _other_type(head: bytes) -> str:
    for start, kind in _OTHER_TYPES:
        if head.startswith(start):
            return f"is {kind}"
    if head[4:8] == b"ftyp":
        return "is a raw photo of a camera" if head[8:12] == b"crx " else "is a video"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free") or (head[:4] == b"RIFF" and head[8:11] == b"AVI"):
        return "is a video"
    if b"<svg" in head:
        return "is an SVG drawing"
    if head.strip() and not any(byte < 9 for byte in head):
        return "holds text, not an image"
    return "is not an image"
