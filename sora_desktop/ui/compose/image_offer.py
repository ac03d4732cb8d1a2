"""Finds images in what is dropped or pasted: files, pictures, or only the address of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData, QSysInfo, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage

#: Formats whose bytes are taken as they are, the best first. Other pictures are taken as Qt converts them.
_PICTURE_FORMATS = ("image/png", "image/jpeg", "image/webp")
#: An address and, on the next line, a title, both in UTF-16. Firefox offers this one alone for some pictures.
_MOZILLA_URL = "text/x-moz-url"


class ImageOffer(NamedTuple):
    """What may be an image, unchecked. The first file that is one counts, and the picture if none is."""

    files: tuple[Path, ...] = ()
    picture: QImage | bytes | None = None  # bytes: an image file
    name: str = ""  # of the picture; may be empty


class AddressOffer(NamedTuple):
    """The address of something that is not on this computer, and nothing else."""

    url: QUrl

    @property
    def reason(self) -> str:
        """Why it is not used, and what to do instead."""
        name = f"“{self.url.fileName()}”" if self.url.fileName() else "This"
        return f"{name} came as an address, without the image. Save the image as a file, then drop or choose the file."


def offer_in(mime: QMimeData) -> ImageOffer | AddressOffer | None:
    """What the data offers; None if that is neither a file, nor a picture, nor an address."""
    urls = list(_urls_in(mime))
    files = tuple(_path_of(url) for url in urls if url.isLocalFile())
    remote = next((url for url in urls if not url.isLocalFile()), None)
    picture = _picture_in(mime, urls)
    if files or picture is not None:
        has_name = remote is not None and remote.scheme() != "data"
        return ImageOffer(files, picture, remote.fileName() if remote is not None and has_name else "")
    return AddressOffer(remote) if remote is not None else None


def may_offer(mime: QMimeData) -> bool:
    """True if `offer_in` may find something. Reads no picture, which would come from the other program each time."""
    return mime.hasUrls() or mime.hasFormat(_MOZILLA_URL) or _has_picture(mime)


def may_offer_image(mime: QMimeData) -> bool:
    """True if `offer_in` may find more than an address, and the data is no text that comes with a picture of it.

    Word processors offer such pictures. Reads no picture.
    """
    if any(url.isLocalFile() or url.scheme() == "data" for url in _urls_in(mime)):
        return True
    return _has_picture(mime) and (mime.hasUrls() or not mime.hasText())


def accept_copy(event: QDropEvent) -> None:
    """Accept a drag or drop of which the other program keeps its file: after a move, a file manager would delete it."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def _has_picture(mime: QMimeData) -> bool:
    return mime.hasImage() or any(map(mime.hasFormat, _PICTURE_FORMATS))


def _urls_in(mime: QMimeData) -> Iterator[QUrl]:
    urls = mime.urls()
    if not urls and mime.hasFormat(_MOZILLA_URL):
        text = bytes(mime.data(_MOZILLA_URL).data()).decode("utf-16-le", "replace")
        urls = [QUrl(text.lstrip("\ufeff").partition("\n")[0].strip("\r\0"))]
    for url in urls:
        if url.isLocalFile() and url.host().lower() in ("localhost", QSysInfo.machineHostName().lower()):
            url.setHost("")
        if url.isValid() and url.scheme():
            yield url


def _path_of(url: QUrl) -> Path:
    name = url.toLocalFile()
    if "\ufffd" in name:  # the name is no UTF-8
        from urllib.parse import unquote_to_bytes

        name = os.fsdecode(unquote_to_bytes(url.path(QUrl.ComponentFormattingOption.FullyEncoded)))
    return Path(name)


def _picture_in(mime: QMimeData, urls: list[QUrl]) -> QImage | bytes | None:
    for name in _PICTURE_FORMATS:
        if mime.hasFormat(name) and (content := bytes(mime.data(name).data())):
            return content
    if mime.hasImage():
        image = mime.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return image
    for url in urls:
        if url.scheme() == "data":
            return _content_of(url)
    return None


def _content_of(data_url: QUrl) -> bytes | None:
    """The bytes in a `data:` address of a picture, which is how pages hold small ones."""
    from base64 import b64decode  # imported late to keep the start fast
    from urllib.parse import unquote_to_bytes

    head, _, content = data_url.path(QUrl.ComponentFormattingOption.FullyEncoded).partition(",")
    if not head.startswith("image/"):
        return None
    packed = unquote_to_bytes(content)
    try:
        return b64decode(packed) if head.endswith(";base64") else packed
    except ValueError:
        return None
