"""The name and media type under which an image is uploaded, which fit its bytes whatever its file is called."""

from __future__ import annotations

from typing import NamedTuple

#: Bytes that `labels_of` needs.
LABEL_SIZE = 12

_IMAGE_ENDINGS = (
    "avif",
    "bmp",
    "gif",
    "heic",
    "heif",
    "hif",
    "jfif",
    "jpe",
    "jpeg",
    "jpg",
    "png",
    "tif",
    "tiff",
    "webp",
)


class UploadLabels(NamedTuple):
    """What the part of a multipart form says about its file."""

    name: str
    media_type: str


class _Kind(NamedTuple):
    media_type: str
    endings: tuple[str, ...]  # the first one is added to names that have none of them


_PNG = _Kind("image/png", ("png",))
_JPEG = _Kind("image/jpeg", ("jpg", "jpeg"))
_WEBP = _Kind("image/webp", ("webp",))


def labels_of(head: bytes, name: str) -> UploadLabels:
    """Labels for a file that begins with `head` and that the user knows as `name`.

    Another image's ending is replaced, and a missing one is added. Bytes of another kind keep their name and are
    called application/octet-stream.
    """
    kind = _kind_of(head)
    if kind is None:
        return UploadLabels(name, "application/octet-stream")
    name = name.rstrip(". ") or "image"
    stem, dot, ending = name.rpartition(".")
    if stem and ending.lower() in kind.endings:
        return UploadLabels(name, kind.media_type)
    if not (stem and dot and ending.lower() in _IMAGE_ENDINGS):
        stem = name
    return UploadLabels(f"{stem}.{kind.endings[0]}", kind.media_type)


def _kind_of(head: bytes) -> _Kind | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _PNG
    if head.startswith(b"\xff\xd8\xff"):
        return _JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    return None
