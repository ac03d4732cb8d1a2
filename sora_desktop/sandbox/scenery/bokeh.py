"""Lights out of focus."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter

from sora_desktop.sandbox.scenery.brushes import disk, stroke
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Stage
from sora_desktop.sandbox.scenery.surfaces import sprite, stamp


def bokeh(stage: Stage, colors: tuple[QColor, ...], count: int, size: float, strength: float, depth: float) -> Layer:
    """Lights out of focus."""
    rng = stage.rng
    lights = [
        (
            rng.uniform(-60, stage.width + 60),
            rng.uniform(-60, stage.height + 60),
            size * rng.uniform(0.4, 1.2),
            rng.choice(colors),
            rng.random() * 6,
        )
        for _ in range(count)
    ]

    images = {color.rgba(): sprite(partial(_bokeh_disk, color), 64, 1) for color in colors}

    def draw(painter: QPainter, time: float) -> None:
        for x, y, radius, color, phase in lights:
            painter.setOpacity(strength * (0.7 + 0.3 * math.sin(time * 0.9 + phase)))
            left, top = x + 10 * math.sin(time * 0.3 + phase), y + 8 * math.cos(time * 0.25 + phase)
            stamp(painter, images[color.rgba()], left, top, radius * 1.07)

    return Layer(depth, draw)


def _bokeh_disk(color: QColor, painter: QPainter) -> None:
    disk(painter, 0, 0, 62, clear(color, 0.3))
    disk(painter, 0, 0, 60, clear(color, 0.75))
    stroke(painter, clear(mix(color, PURE_WHITE, 0.4), 0.5), 3)
    painter.drawEllipse(QPointF(0, 0), 58, 58)
