"""A fern that unfurls."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter

from sora_desktop.sandbox.scenery.bokeh import bokeh
from sora_desktop.sandbox.scenery.brushes import downward, fill, glow, stroke
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage


def fern(stage: Stage) -> Painting:
    """A frond that unrolls."""
    rng = stage.rng
    hue = rng.uniform(0.27, 0.41)
    back, green = QColor.fromHsvF(hue + 0.06, 0.8, 0.12), QColor.fromHsvF(hue, 0.62, 0.78)
    side = rng.choice((-1, 1))
    fronds = [
        (0.5 - side * 0.04, 1.0, 0.0, 1.0),
        (0.5 - side * 0.3, 0.62, 1.7, 0.5),
        (0.5 + side * 0.32, 0.55, 3.1, 0.42),
    ]
    dew = [(rng.uniform(0.2, 0.95), rng.random() * 6) for _ in range(12)]

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, mix(back, green, 0.16), back, mix(back, QColor("#000000"), 0.5)))
        glow(
            painter,
            stage.across(0.5 + side * 0.22),
            stage.down(0.28),
            480,
            clear(mix(green, QColor("#fff3b0"), 0.45), 0.55),
        )
        for _ in range(9):
            glow(
                painter,
                rng.uniform(0, stage.width),
                rng.uniform(0, stage.height),
                rng.uniform(90, 220),
                clear(green, 0.16),
            )

    layers = [
        bokeh(
            stage, (green, mix(green, QColor("#fff2a8"), 0.6), mix(green, QColor("#66e0d0"), 0.5)), 18, 44, 0.22, 0.15
        )
    ]
    for share, size, phase, nearness in reversed(fronds):
        color = mix(mix(back, green, 0.35), green, nearness if nearness < 1 else 1)

        def grow(
            painter: QPainter,
            time: float,
            share: float = share,
            size: float = size,
            phase: float = phase,
            color: QColor = color,
            nearness: float = nearness,
        ) -> None:
            x, y = stage.across(share), stage.height + 50 * size
            scale = size * min(1.3, stage.height / 720)
            open_share = 0.36 + 0.012 * time + 0.008 * math.sin(time * 0.8 + phase)
            angle = -math.pi / 2 - side * 0.16 + 0.03 * math.sin(time * 0.9 + phase)
            count = 124 if nearness == 1 else 84
            points = []
            for index in range(count):
                part = index / count
                curl = max(0.0, part - open_share) / (1 - open_share)
                angle += side * (0.006 + 0.3 * curl**0.8) * 124 / count
                step = 9.4 * (1 - 0.74 * curl) * scale * 124 / count
                x, y = x + step * math.cos(angle), y + step * math.sin(angle)
                points.append((x, y, angle, part, curl))
            bright = mix(color, QColor("#f2ffc0"), 0.35)
            tones = {1: mix(color, bright, 0.9), -1: mix(color, bright, 0.1)}
            for left, top, turn, part, curl in points[14::3]:
                length = (76 * min(1.0, part * 3.4) * (1 - curl) ** 2.2 + 9 * (1 - 0.5 * curl)) * scale
                for way in (-1, 1):
                    droop = turn + way * (1.15 - 0.25 * part) + 0.04 * math.sin(time * 1.3 + part * 9 + phase)
                    ahead, aside = QPointF(math.cos(droop), math.sin(droop)), QPointF(-math.sin(droop), math.cos(droop))
                    root = QPointF(left, top)
                    leaf = [root]
                    leaf += [
                        root + ahead * (length * at) + aside * (length * half)
                        for at, half in ((0.25, 0.13), (0.55, 0.13), (1, 0))
                    ]
                    leaf += [
                        root + ahead * (length * at) - aside * (length * half)
                        for at, half in ((0.55, 0.13), (0.25, 0.13))
                    ]
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(tones[way * side])
                    painter.drawConvexPolygon(leaf)
            for first in range(0, count - 1, 12):
                part = first / count
                stroke(painter, bright, (12 - 8 * part) * scale)
                painter.drawPolyline([QPointF(left, top) for left, top, *_ in points[first : first + 13]])
            if nearness == 1.0:
                for part, twinkle in dew:
                    left, top, *_ = points[int(part * (count - 1))]
                    glow(
                        painter, left, top, 13, clear(PURE_WHITE, 0.25 + 0.6 * max(0.0, math.sin(time * 1.2 + twinkle)))
                    )

        layers.append(Layer(0.25 + 0.5 * nearness, grow))
    return Painting(backdrop, [*layers, bokeh(stage, (green, mix(green, PURE_WHITE, 0.4)), 6, 90, 0.1, 1.0)])
