"""Moving pictures of an image: the camera starts with the whole image and moves slowly into it."""

from __future__ import annotations

import random
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter

#: How much larger than the picture an image is kept: as large as it is shown at the end.
_GROWTH = 1.22


class ImageFilm:
    """The pictures of one clip from an image. The same arguments give the same pictures."""

    ambience = "quiet"

    def __init__(self, image: Path, seed: bytes, width: int, height: int, duration: float) -> None:
        """`width` and `height` in pixels, `duration` in seconds. Raises ValueError if the image cannot be read."""
        rng = random.Random(seed)
        self._duration = duration
        self._picture = QRectF(0, 0, width, height)
        self._image = _upright(image, QSize(round(width * _GROWTH), round(height * _GROWTH)))
        self._whole = _fitted(self._image, width, height, Qt.AspectRatioMode.KeepAspectRatio)
        self._backdrop = _blurred(self._image, width, height)
        self._toward = QPointF(width * rng.uniform(0.3, 0.7), height * rng.uniform(0.3, 0.7))

    def paint(self, painter: QPainter, time: float) -> None:
        """Paint the picture at `time`, in seconds after the start."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self._whole != self._picture:
            painter.drawImage(self._picture, self._backdrop)
        progress = time / self._duration
        growth = 1 + (_GROWTH - 1) * progress * progress * (3 - 2 * progress)
        painter.save()
        painter.translate(self._toward)
        painter.scale(growth, growth)
        painter.translate(-self._toward)
        painter.drawImage(self._whole, self._image)
        painter.restore()


def _upright(file: Path, largest: QSize) -> QImage:
    """The image as its orientation tag says, at most as large as it is needed."""
    reader = QImageReader(str(file))
    reader.setAutoTransform(True)
    size = reader.size()
    longest = max(largest.width(), largest.height())
    if size.isValid() and min(size.width(), size.height()) > longest:
        reader.setScaledSize(size.scaled(longest, longest, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        raise ValueError(f"The image cannot be read: {reader.errorString()}")
    if image.width() > largest.width() or image.height() > largest.height():
        image = image.scaled(largest, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _fitted(image: QImage, width: int, height: int, mode: Qt.AspectRatioMode) -> QRectF:
    """Where the image lies in the middle of the picture."""
    size = image.size().scaled(width, height, mode)
    if abs(size.width() - width) <= 2 and abs(size.height() - height) <= 2:
        size = QSize(width, height)
    return QRectF((width - size.width()) / 2, (height - size.height()) / 2, size.width(), size.height())


def _blurred(image: QImage, width: int, height: int) -> QImage:
    """The image without detail and darker, as large as the picture: for what it leaves free."""
    wide, tall = max(2, width // 40), max(2, height // 40)
    small = QImage(wide, tall, QImage.Format.Format_RGB32)
    small.fill(QColor("#101014"))
    with QPainter(small) as painter:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        tiny = image.scaled(
            wide, tall, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.drawImage(_fitted(image, wide, tall, Qt.AspectRatioMode.KeepAspectRatioByExpanding), tiny)
        painter.fillRect(small.rect(), QColor(10, 10, 16, 110))
    return small.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
