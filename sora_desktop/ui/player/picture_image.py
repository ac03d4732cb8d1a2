"""Pictures of the frame reader as images of Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import Picture


def image_of(picture: Picture) -> QImage:
    """The picture without a copy: it stays as it is as long as the picture does."""
    return QImage(picture.pixels, picture.width, picture.height, picture.pitch, QImage.Format.Format_RGB32)
