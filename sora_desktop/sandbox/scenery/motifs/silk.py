"""Folds of silk."""

from __future__ import annotations

import math

from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter

from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, outline, shape, stroke, swell
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft


def silk(stage: Stage) -> Painting:
    """Ribbons of color that flow across the picture."""
    rng = stage.rng
    hue = rng.random()
    spread = rng.choice((0.14, 0.22, 0.4))
    colors = [QColor.fromHsvF((hue + spread * n / 8) % 1, 0.72 - 0.03 * n, 0.95 - 0.02 * n) for n in range(9)]
    dark = QColor.fromHsvF((hue + spread * 0.5) % 1, 0.8, 0.2)
    lines = [swell(rng, rng.uniform(700, 1300), 2) for _ in range(9)]
    thick = [swell(rng, rng.uniform(500, 900), 2) for _ in range(9)]
    sparks = [
        (rng.uniform(0, stage.width), rng.uniform(0, stage.height), rng.random() * 6, rng.uniform(1, 2.6))
        for _ in range(50)
    ]

    def backdrop(painter: QPainter) -> None:
        fill(
            painter,
            stage,
            downward(0, stage.height, mix(dark, colors[4], 0.25), dark, mix(dark, QColor("#000000"), 0.5)),
        )
        glow(painter, stage.across(rng.uniform(0.2, 0.8)), stage.down(0.3), 560, clear(colors[2], 0.5))
        glow(painter, stage.across(rng.uniform(0.2, 0.8)), stage.down(0.8), 460, clear(colors[7], 0.4))

    def ribbons(painter: QPainter, time: float) -> None:
        for index in range(9):
            base = stage.down(0.2 + 0.075 * index)
            pace = 34 + 9 * index
            upper, lower = [], []
            for place in range(-40, int(stage.width) + 80, 28):
                y = base + stage.down(0.17) * lines[index](place + pace * time) + 10 * math.sin(time * 0.7 + index)
                wide = stage.down(0.1) * (0.75 + 0.65 * thick[index](place * 1.2 - pace * 0.8 * time))
                upper.append((place, y))
                lower.append((place, y + wide))
            gradient = QLinearGradient(0, base - stage.down(0.16), 0, base + stage.down(0.27))
            gradient.setColorAt(0, clear(mix(colors[index], PURE_WHITE, 0.35), 0.85))
            gradient.setColorAt(0.55, clear(colors[index], 0.5))
            gradient.setColorAt(1, clear(colors[(index + 3) % 9], 0.15))
            shape(painter, QBrush(gradient), outline(*upper, *reversed(lower)))
            stroke(painter, clear(mix(colors[index], PURE_WHITE, 0.7), 0.6), 1.6)
            painter.drawPolyline(outline(*upper))

    def dust(painter: QPainter, time: float) -> None:
        for left, top, phase, size in sparks:
            disk(
                painter,
                left + 20 * math.sin(time * 0.4 + phase),
                top - 12 * math.sin(time * 0.3 + phase * 2),
                size,
                clear(PURE_WHITE, 0.4 + 0.4 * math.sin(time * 1.4 + phase)),
            )

    return Painting(backdrop, [Layer(0.5, soft(ribbons, 2)), Layer(0.9, dust)])
