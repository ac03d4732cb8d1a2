"""A planet with rings."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QRadialGradient

from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, shape, stars, stroke
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import still


def planet(stage: Stage) -> Painting:
    """A ringed planet and its moon among stars."""
    rng = stage.rng
    hue = rng.random()
    main = QColor.fromHsvF(hue, 0.5, 0.92)
    band = QColor.fromHsvF((hue + 0.06) % 1, 0.62, 0.7)
    dust = QColor.fromHsvF((hue + rng.choice((-0.12, 0.1))) % 1, 0.8, 0.75)
    dark = QColor("#04050f")
    x, y = stage.across(rng.uniform(0.42, 0.6)), stage.down(rng.uniform(0.44, 0.54))
    radius = rng.uniform(150, 185)
    tilt = rng.choice((-1, 1)) * rng.uniform(14, 24)
    bands = [(rng.uniform(-0.9, 0.9), rng.uniform(0.03, 0.12), rng.uniform(0.15, 0.6)) for _ in range(11)]
    spots = [(rng.random(), rng.uniform(-0.7, 0.7), rng.uniform(0.05, 0.13)) for _ in range(7)]
    fields = [
        (
            depth,
            [
                (
                    rng.uniform(-OVERHANG, stage.width + OVERHANG),
                    rng.uniform(-OVERHANG, stage.height + OVERHANG),
                    size * rng.uniform(0.6, 1.3),
                    rng.random() * 6,
                )
                for _ in range(count)
            ],
        )
        for depth, size, count in ((0.2, 0.9, 90), (0.45, 1.3, 46), (0.9, 2.0, 16))
    ]

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, dark, mix(dark, dust, 0.2), mix(dark, main, 0.1)))
        for _ in range(26):
            color = rng.choice((dust, dust, main, QColor.fromHsvF((hue + 0.3) % 1, 0.8, 0.7)))
            share = rng.random()
            glow(
                painter,
                stage.across(share) + rng.gauss(0, 90),
                stage.down(0.85 - 0.7 * share) + rng.gauss(0, 90),
                rng.uniform(90, 260),
                clear(color, 0.24),
            )
        stars(painter, stage, stage.height * 3, 260)

    layers = []
    for depth, field in fields:

        def drift(painter: QPainter, time: float, field: list[tuple[float, float, float, float]] = field) -> None:
            for left, top, size, phase in field:
                disk(painter, left, top, size, clear("#f4f7ff", 0.6 + 0.35 * math.sin(time * 1.5 + phase)))

        layers.append(Layer(depth, drift))

    def ring(painter: QPainter, front: bool) -> None:
        painter.save()
        painter.setClipRect(QRectF(-900, 0 if front else -900, 1800, 900))
        for index, (wide, strength) in enumerate(((1.42, 0.35), (1.56, 0.6), (1.68, 0.45), (1.84, 0.7), (1.98, 0.3))):
            stroke(painter, clear(mix(main, PURE_WHITE, 0.35 + 0.08 * index), strength), radius * 0.09)
            painter.drawEllipse(QPointF(0, 0), radius * wide, radius * wide * 0.27)
        painter.restore()

    def globe(painter: QPainter) -> None:
        painter.translate(x, y)
        painter.rotate(tilt)
        glow(painter, 0, 0, radius * 1.7, clear(main, 0.35))
        ring(painter, front=False)
        painter.save()
        ball = QPainterPath()
        ball.addEllipse(QPointF(0, 0), radius, radius)
        shape(painter, main, ball)
        painter.setClipPath(ball)
        for place, high, strength in bands:
            disk(painter, 0, radius * place, radius * 1.25, clear(band, strength), flat=high)
        for start, place, size in spots:
            disk(
                painter,
                radius * (2 * start - 1),
                radius * place,
                radius * size,
                clear(mix(band, dark, 0.2), 0.5),
                flat=0.45,
            )
        painter.restore()
        shade = QRadialGradient(-radius * 0.45, -radius * 0.45, radius * 1.65)
        for place, strength in ((0.0, 0.0), (0.45, 0.08), (0.75, 0.6), (1.0, 0.93)):
            shade.setColorAt(place, clear(dark, strength))
        shape(painter, QBrush(shade), ball)
        ring(painter, front=True)

    def moon(painter: QPainter, time: float) -> None:
        angle = time * 0.06 + hue * 6
        left, top = x + radius * 2.3 * math.cos(angle), y - radius * 0.2 + radius * 0.8 * math.sin(angle)
        glow(painter, left, top, 60, clear("#dfe6ff", 0.35))
        shade = QRadialGradient(left - 8, top - 8, 30)
        for place, color in ((0.0, "#f2f5ff"), (0.5, "#c3cbe4"), (1.0, "#2a3052")):
            shade.setColorAt(place, QColor(color))
        disk(painter, left, top, 20, QBrush(shade))

    layers.insert(2, Layer(0.4, still(stage, globe, y - 1.6 * radius, y + 1.6 * radius)))
    layers.insert(3, Layer(0.5, moon))
    return Painting(backdrop, layers)
