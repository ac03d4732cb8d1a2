"""Painted stills from which the clips of the pictures are rendered, and the reference image beside the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QImage, QLinearGradient, QPainter, QRadialGradient


@dataclass(frozen=True, slots=True)
class Still:
    """A sweep of colours from one corner, given as shares of the picture, to another."""

    colours: tuple[tuple[float, str], ...]
    start: tuple[float, float] = (0.0, 0.0)
    end: tuple[float, float] = (0.0, 1.0)
    sun: bool = False


SUNSET = Still(
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
FERN = Still(((0.0, "#1f4a36"), (0.65, "#4c9160"), (1.0, "#c4e08e")), end=(1.0, 0.8))
SNOW = Still(((0.0, "#f2f0ec"), (0.45, "#b9c8da"), (1.0, "#5e6f8c")), start=(0.8, 0.0), end=(0.2, 1.0))
BUTTERFLY = Still(((0.0, "#231651"), (0.6, "#5a3fb4"), (1.0, "#e58fd0")), end=(0.9, 1.0))
HARBOUR = Still(((0.0, "#f3c377"), (0.45, "#d96f4a"), (0.7, "#4b3a72"), (1.0, "#2a2750")), end=(0.6, 1.0))


def paint(still: Still, width: int, height: int, to: Path) -> None:
    """Write it as a PNG of that size in pixels."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    sweep = QLinearGradient(_at(still.start, image), _at(still.end, image))
    for place, colour in still.colours:
        sweep.setColorAt(place, colour)
    painter = QPainter(image)
    painter.fillRect(image.rect(), QBrush(sweep))
    if still.sun:
        glow = QRadialGradient(_at((0.7, 0.38), image), height * 0.2)
        for place, colour in ((0.0, "#ffe0a0"), (0.35, "#ffc868"), (1.0, "#00ffb040")):
            glow.setColorAt(place, colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(glow))
        painter.drawEllipse(_at((0.7, 0.38), image), height * 0.2, height * 0.2)
    painter.end()
    assert image.save(str(to)), to


def _at(share: tuple[float, float], image: QImage) -> QPointF:
    return QPointF(share[0] * image.width(), share[1] * image.height())
