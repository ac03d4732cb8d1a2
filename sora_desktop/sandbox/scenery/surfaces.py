"""Ways to paint a layer that cost little for each picture: drawn once, or drawn small where it is soft anyway."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPaintDevice, QPainter, QTransform

from sora_desktop.sandbox.scenery.stage import OVERHANG, UNITS, Draw, Stage

_FORMAT = QImage.Format.Format_ARGB32_Premultiplied


def still(
    stage: Stage,
    draw: Callable[[QPainter], None],
    top: float = -OVERHANG,
    bottom: float | None = None,
    edge: float = OVERHANG,
) -> Draw:
    """Draws what does not move once, between `top` and `bottom`, and `edge` units beyond the sides of the picture."""
    low = stage.height + OVERHANG if bottom is None else bottom
    area = QRectF(-edge, top, stage.width + 2 * edge, low - top)
    drawn: list[QImage] = []

    def paint(painter: QPainter, time: float) -> None:
        if not drawn:
            drawn.append(_drawn(draw, area, _scale_of(painter.device())))
        painter.drawImage(area, drawn[0])

    return paint


def sprite(draw: Callable[[QPainter], None], reach: float, scale: float) -> QImage:
    """A picture of what is drawn within `reach` units around the origin, for `stamp`. `scale`: pixels for a unit."""
    return _drawn(draw, QRectF(-reach, -reach, 2 * reach, 2 * reach), scale)


def stamp(painter: QPainter, image: QImage, x: float, y: float, reach: float) -> None:
    """Draw a sprite around a point, as large as `reach` says."""
    painter.drawImage(QRectF(x - reach, y - reach, 2 * reach, 2 * reach), image)


def soft(draw: Draw, shrink: int = 4, top: float = 0.0, bottom: float = 1.0) -> Draw:
    """Draws in fewer pixels, `shrink` times fewer in each direction: for light, which has no edges.

    `top` and `bottom`: the part of the picture's height in which anything is drawn.
    """
    small: list[QImage] = []

    def paint(painter: QPainter, time: float) -> None:
        device = painter.device()
        first, last = math.floor(device.height() * top), math.ceil(device.height() * bottom)
        if not small:
            small.append(QImage(-(-device.width() // shrink), -(-(last - first) // shrink), _FORMAT))
        image = small[0]
        image.fill(0)
        with QPainter(image) as inner:
            inner.setRenderHints(painter.renderHints())
            inner.setTransform(
                painter.transform() * QTransform.fromTranslate(0, -first) * QTransform.fromScale(1 / shrink, 1 / shrink)
            )
            draw(inner, time)
        painter.resetTransform()
        painter.drawImage(QRectF(0, first, image.width() * shrink, image.height() * shrink), image)

    return paint


def _scale_of(device: QPaintDevice) -> float:
    return min(device.width(), device.height()) / UNITS


def _drawn(draw: Callable[[QPainter], None], area: QRectF, scale: float) -> QImage:
    image = QImage(max(1, round(area.width() * scale)), max(1, round(area.height() * scale)), _FORMAT)
    image.fill(0)
    with QPainter(image) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.scale(image.width() / area.width(), image.height() / area.height())
        painter.translate(-area.left(), -area.top())
        draw(painter)
    return image
