"""Gradient images: the content of the sample clips and of the sample reference image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QImage, QLinearGradient, QPainter, QRadialGradient


@dataclass(frozen=True, slots=True)
class Gradient:
    """A linear color gradient. Points are shares of the image size."""

    colors: tuple[tuple[float, str], ...]
    start: tuple[float, float] = (0.0, 0.0)
    end: tuple[float, float] = (0.0, 1.0)
    sun: bool = False


SUNSET = Gradient(
    (
        (0.0, "#35477a"),
        (0.25, "#8d5f86"),
        (0.5, "#de8a60"),
        (0.575, "#f0b070"),
        (0.6, "#2f2a45"),
        (0.8, "#171b33"),
        (1.0, "#0c0f1e"),
    ),
    sun=True,
)
FERN = Gradient(((0.0, "#1f4a36"), (0.65, "#4c9160"), (1.0, "#c4e08e")), end=(1.0, 0.8))
SNOW = Gradient(((0.0, "#f2f0ec"), (0.45, "#b9c8da"), (1.0, "#5e6f8c")), start=(0.8, 0.0), end=(0.2, 1.0))
BUTTERFLY = Gradient(((0.0, "#231651"), (0.6, "#5a3fb4"), (1.0, "#e58fd0")), end=(0.9, 1.0))
HARBOR = Gradient(((0.0, "#f3c377"), (0.45, "#d96f4a"), (0.7, "#4b3a72"), (1.0, "#2a2750")), end=(0.6, 1.0))


def write_gradient(gradient: Gradient, width: int, height: int, file: Path) -> None:
    """Write a PNG of this size in pixels."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    brush = QLinearGradient(_point(gradient.start, image), _point(gradient.end, image))
    for position, color in gradient.colors:
        brush.setColorAt(position, color)
    painter = QPainter(image)
    painter.fillRect(image.rect(), QBrush(brush))
    if gradient.sun:
        glow = QRadialGradient(_point((0.7, 0.38), image), height * 0.2)
        for position, color in ((0.0, "#ffe0a0"), (0.35, "#ffc868"), (1.0, "#00ffb040")):
            glow.setColorAt(position, color)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(glow))
        painter.drawEllipse(_point((0.7, 0.38), image), height * 0.2, height * 0.2)
    painter.end()
    assert image.save(str(file)), file


def _point(share: tuple[float, float], image: QImage) -> QPointF:
    return QPointF(share[0] * image.width(), share[1] * image.height())
