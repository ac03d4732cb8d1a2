"""What Qt's decoders say about an image, and what is left behind in the process."""

from __future__ import annotations

from typing import Literal

import pytest
from media.image_files import FILES, corner_picture, encoded
from PySide6.QtCore import QtMsgType, qCritical, qInstallMessageHandler
from PySide6.QtGui import QImageReader

from sora_desktop.media.packed_pictures import rows_of
from sora_desktop.media.qt_decoder import check_with_qt, decoded_by_qt
from sora_desktop.media.still_image import SIDE_LIMIT, ImageDamaged, ImageNotRead

RESTARTS = (FILES / "restarts.jpg").read_bytes()


@pytest.mark.parametrize("width", [1, 61, 64])
def test_rows_have_no_padding(width: int) -> None:
    picture = corner_picture(width)
    frame = decoded_by_qt(encoded(picture, "tiff", "rgb24"), "tiff")
    assert (frame.format.name, rows_of(frame, 3)) == ("rgb24", rows_of(picture, 3))


def test_gray_pixels_of_16_bits_keep_them() -> None:
    assert decoded_by_qt(encoded(corner_picture(), "tiff", "gray16le"), "tiff").format.name == "rgba64le"


def test_an_image_about_which_nothing_is_said_is_not_called_damaged() -> None:
    with pytest.raises(ImageNotRead):
        check_with_qt(RESTARTS, "tiff")


def test_stray_bytes_before_a_marker_of_a_jpeg_are_no_damage() -> None:
    assert RESTARTS.endswith(b"\xff\xd9")
    check_with_qt(RESTARTS[:-2] + bytes(range(1, 9)) + RESTARTS[-2:], "jpeg")


@pytest.mark.parametrize(
    ("content", "kind"), [(RESTARTS, "jpeg"), (RESTARTS[: len(RESTARTS) // 2], "jpeg"), (b"II*\0", "tiff")]
)
def test_messages_of_others_are_not_caught_afterwards(content: bytes, kind: Literal["jpeg", "tiff"]) -> None:
    heard: list[str] = []

    def handler(_: QtMsgType, __: object, text: str) -> None:
        heard.append(text)

    before = qInstallMessageHandler(handler)
    try:
        try:
            check_with_qt(content, kind)
        except (ImageDamaged, ImageNotRead):
            assert content != RESTARTS
        assert heard == []
        qCritical("another message")
    finally:
        qInstallMessageHandler(before)
    assert heard == ["another message"]


def test_the_largest_image_that_is_taken_is_not_refused_for_its_memory() -> None:
    QImageReader.setAllocationLimit(256)
    check_with_qt(RESTARTS, "jpeg")
    assert QImageReader.allocationLimit() * 1024**2 >= 8 * SIDE_LIMIT**2
