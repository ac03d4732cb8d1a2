"""What other programs put into drops and the clipboard."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QSysInfo, QUrl
from PySide6.QtGui import QImage

from sora_desktop.ui.compose.image_offer import (
    AddressOffer,
    ImageOffer,
    may_offer,
    may_offer_image,
    offer_in,
)

PNG = b"\x89PNG\r\n\x1a\n and so on"
ADDRESS = "https://example.org/pictures/cat.jpg?size=2"


def a_picture() -> QImage:
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    image.fill(0)
    return image


def data(formats: dict[str, bytes] | None = None, *, urls: tuple[str, ...] = (), picture: bool = False) -> QMimeData:
    mime = QMimeData()
    for name, content in (formats or {}).items():
        mime.setData(name, content)
    if urls:
        mime.setUrls([QUrl(url) for url in urls])
    if picture:
        mime.setImageData(a_picture())
    return mime


@pytest.mark.parametrize(
    "url",
    [
        "file:///tmp/a%20b/c%C3%A9.png",
        "file://localhost/tmp/a%20b/c%C3%A9.png",
        "file://LOCALHOST/tmp/a%20b/c%C3%A9.png",
        "file:///tmp/a b/cé.png",
        "file:/tmp/a%20b/cé.png",
        f"file://{QSysInfo.machineHostName()}/tmp/a%20b/c%C3%A9.png",
    ],
)
def test_a_file_of_this_computer_is_found_however_it_is_written(url: str) -> None:
    for mime in (data(urls=(url,)), data({"text/uri-list": f"{url}\r\n".encode()})):
        assert offer_in(mime) == ImageOffer((Path("/tmp/a b/cé.png"),))


def test_a_name_that_is_no_utf_8_is_kept_as_it_is() -> None:
    offer = offer_in(data({"text/uri-list": b"file:///tmp/caf%E9.png\r\n"}))
    assert offer == ImageOffer((Path("/tmp/caf\udce9.png"),))


def test_all_files_are_offered_in_order() -> None:
    offer = offer_in(data(urls=("file:///a.mp4", "https://example.org/x", "file:///b.png")))
    assert isinstance(offer, ImageOffer) and offer.files == (Path("/a.mp4"), Path("/b.png"))


def test_a_picture_beside_a_file_is_offered_as_well() -> None:
    offer = offer_in(data({"image/png": PNG}, urls=("file:///x.bmp",)))
    assert offer == ImageOffer((Path("/x.bmp"),), PNG)
    offer = offer_in(data(urls=("file:///x.bmp",), picture=True))
    assert isinstance(offer, ImageOffer) and isinstance(offer.picture, QImage)


def test_the_bytes_of_a_picture_are_preferred_to_what_qt_makes_of_them() -> None:
    assert offer_in(data({"image/jpeg": b"photo", "image/png": PNG}, picture=True)) == ImageOffer((), PNG)
    assert offer_in(data({"image/jpeg": b"photo"}, picture=True)) == ImageOffer((), b"photo")
    assert offer_in(data({"image/png": b""})) is None


def test_a_picture_from_a_page_has_the_name_of_its_address() -> None:
    assert offer_in(data({"image/png": PNG}, urls=(ADDRESS,))) == ImageOffer((), PNG, "cat.jpg")


@pytest.mark.parametrize("url", [ADDRESS, "smb://server/share/cat.jpg", "mtp://phone/DCIM/cat.jpg"])
def test_an_address_alone_is_named(url: str) -> None:
    offer = offer_in(data({"text/html": b"<img src=...>"}, urls=(url,)))
    assert isinstance(offer, AddressOffer) and offer.reason.startswith("“cat.jpg” came as an address")


def test_an_address_without_a_name_is_called_this() -> None:
    offer = offer_in(data(urls=("https://example.org/",)))
    assert isinstance(offer, AddressOffer) and offer.reason.startswith("This came as an address")


def test_what_firefox_drops_is_read() -> None:
    promise = {"application/x-moz-file-promise": b"", "text/x-moz-url": f"{ADDRESS}\ncat.jpg".encode("utf-16-le")}
    offer = offer_in(data(promise))
    assert isinstance(offer, AddressOffer) and offer.url == QUrl(ADDRESS)
    assert offer_in(data({**promise, "image/png": PNG})) == ImageOffer((), PNG, "cat.jpg")
    local = {"text/x-moz-url": "file:///tmp/a%20b.png\r\na b".encode("utf-16-le")}
    assert offer_in(data(local)) == ImageOffer((Path("/tmp/a b.png"),))
    assert offer_in(data({"text/x-moz-url": b"\0"})) is None


@pytest.mark.parametrize(
    ("url", "picture"),
    [
        ("data:image/png;base64," + b64encode(PNG).decode(), PNG),
        ("data:image/svg+xml,%3Csvg/%3E", b"<svg/>"),
        ("data:text/plain,words", None),
        ("data:image/png;base64,a", None),
    ],
)
def test_a_picture_inside_its_address_is_offered(url: str, picture: bytes | None) -> None:
    offer = offer_in(data(urls=(url,)))
    assert offer == ImageOffer((), picture) if picture is not None else isinstance(offer, AddressOffer)


def test_text_offers_nothing() -> None:
    for formats in ({}, {"text/plain": b"file:///tmp/a.png"}, {"text/html": b"<b>bold</b>"}):
        assert offer_in(data(formats)) is None and not may_offer(data(formats))


def test_pictures_are_not_read_while_they_are_dragged(monkeypatch: pytest.MonkeyPatch) -> None:
    mime = data({"image/png": PNG}, urls=("file:///a.png",), picture=True)
    for name in ("data", "imageData"):
        monkeypatch.setattr(QMimeData, name, lambda *_: pytest.fail("it was read"))
    assert may_offer(mime) and may_offer_image(mime)
