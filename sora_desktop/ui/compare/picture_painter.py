"""Paints the pictures of compared clips: each for itself, two with a line between them, or their difference."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from sora_desktop.domain.frames import Picture
from sora_desktop.ui.player.picture_image import image_of
from sora_desktop.ui.player.zoom import Zoom, ZoomedFrame

_RADIUS = 8.0


class ShownPicture(NamedTuple):
    """A picture of a clip, and the size of the clip."""

    size: QSize  # at full size; of a clip that is not open yet, as the library knows it
    picture: Picture | None = None  # keeps the memory that the image is in
    image: QImage | None = None
    still: QImage | None = None  # a small image until the first picture is there

    @property
    def seen(self) -> QImage | None:
        """What is painted."""
        return self.still if self.image is None else self.image


def shown_picture(picture: Picture | None, size: QSize) -> ShownPicture:
    """A picture without a copy of its pixels."""
    if picture is None:
        return ShownPicture(size)
    return ShownPicture(size, picture, image_of(picture))


def zoomed_frame(size: QSize, area: QRect, density: float) -> ZoomedFrame:
    """A clip in its area of the stage."""
    return ZoomedFrame(size, area.size().toSizeF(), density)


def place_in(area: QRect, size: QSize, zoom: Zoom, density: float) -> QRectF:
    """Where a picture stands on the stage, with its edges on device pixels."""
    place = zoomed_frame(size, area, density).place(zoom).translated(QPointF(area.topLeft()))
    left, top = round(place.left() * density) / density, round(place.top() * density) / density
    width, height = round(place.width() * density) / density, round(place.height() * density) / density
    return QRectF(left, top, width, height)


def paint_picture(painter: QPainter, area: QRect, shown: ShownPicture, place: QRectF, ground: QColor) -> None:
    """Paint one picture with round corners, over a ground of one color."""
    if shown.seen is None:
        return
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    _draw(painter, place, shown.seen)
    _round_corners(painter, QRectF(area) & place, ground)
    painter.restore()


def paint_wipe(
    painter: QPainter,
    area: QRect,
    left: tuple[ShownPicture, QRectF],
    right: tuple[ShownPicture, QRectF],
    line: float,
    ground: QColor,
) -> None:
    """Paint two pictures over each other: one at the left of the line, the other at its right. `line`: logical x."""
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    for (shown, place), part in (
        (left, QRectF(area.left(), area.top(), line - area.left(), area.height())),
        (right, QRectF(line, area.top(), area.right() + 1 - line, area.height())),
    ):
        if shown.seen is not None:
            painter.save()
            painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
            _draw(painter, place, shown.seen)
            painter.restore()
    _round_corners(painter, QRectF(area) & (left[1] | right[1]), ground)
    painter.restore()


def paint_difference(
    painter: QPainter,
    area: QRect,
    one: tuple[ShownPicture, QRectF],
    other: tuple[ShownPicture, QRectF],
    gain: int,
    ground: QColor,
) -> None:
    """Paint how much each color differs, `gain` times as bright; black where nothing differs."""
    if one[0].image is None or other[0].image is None:
        return
    density = painter.device().devicePixelRatioF()
    image = difference_of(one, other, QRectF(area) & (one[1] | other[1]), density, gain)
    shape = QRectF(area) & (one[1] | other[1])
    painter.drawImage(shape, image)
    _round_corners(painter, shape, ground)


def difference_of(
    one: tuple[ShownPicture, QRectF], other: tuple[ShownPicture, QRectF], part: QRectF, density: float, gain: int
) -> QImage:
    """The difference in a part of the stage. `gain`: a power of two."""
    size = QSize(max(round(part.width() * density), 1), max(round(part.height() * density), 1))
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.scale(density, density)
    for (shown, place), mode in (
        (one, QPainter.CompositionMode.CompositionMode_SourceOver),
        (other, QPainter.CompositionMode.CompositionMode_Difference),
    ):
        painter.setCompositionMode(mode)
        if shown.image is not None:
            painter.drawImage(place.translated(-part.topLeft()), shown.image)
    painter.end()
    for _ in range(gain.bit_length() - 1):
        doubled = QImage(image)
        painter = QPainter(doubled)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
        painter.drawImage(0, 0, image)
        painter.end()
        image = doubled
    return image


def _draw(painter: QPainter, place: QRectF, image: QImage) -> None:
    """Draw an image without scaling it if it has been read in that size: up to a pixel, as sizes are rounded."""
    density, size = painter.device().devicePixelRatioF(), image.size()
    width, height = place.width() * density, place.height() * density
    if abs(size.width() - width) > 1 or abs(size.height() - height) > 1:
        painter.drawImage(place, image)
        return
    painter.save()
    painter.scale(1 / density, 1 / density)
    painter.drawImage(place.topLeft() * density, image)
    painter.restore()


def _round_corners(painter: QPainter, rect: QRectF, ground: QColor) -> None:
    """Paint the ground over the corners: several times faster than a clip with round corners."""
    corners = QPainterPath()
    corners.addRect(rect)
    corners.addRoundedRect(rect, _RADIUS, _RADIUS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawPath(corners)
