"""A wood with light between its trunks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPolygonF

from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, ground, mist, outline, shape, stroke, swell
from sora_desktop.sandbox.scenery.light import PURE_WHITE, Hour, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, sprite, stamp, still


def woods(stage: Stage) -> Painting:
    """Light falls between the trunks of a wood."""
    rng = stage.rng
    tones = {
        Hour.DAY: ("#e9f5c8", "#8fb98a", "#12301f"),
        Hour.DAWN: ("#ffe9cf", "#b3b59f", "#1c2c2b"),
        Hour.GOLDEN: ("#ffe3a0", "#b08a4c", "#2a1c12"),
        Hour.DUSK: ("#c79fc0", "#57507c", "#100f24"),
        Hour.NIGHT: ("#5f8fb0", "#1d4258", "#040d15"),
    }[stage.hour]
    far, middle, near = (QColor(name) for name in tones)
    source = stage.across(rng.uniform(0.35, 0.65))
    shafts = [(source + rng.uniform(-0.5, 0.5) * stage.width, rng.uniform(30, 110), rng.random() * 6) for _ in range(7)]
    flies = [
        (rng.uniform(0, stage.width), stage.down(rng.uniform(0.4, 0.95)), rng.random() * 6, rng.uniform(0.5, 1.2))
        for _ in range(34)
    ]
    is_dark = stage.hour in (Hour.DUSK, Hour.NIGHT)
    spark = QColor("#e8ff8a") if is_dark else mix(far, PURE_WHITE, 0.6)

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, mix(far, middle, 0.25), far, middle, near))
        glow(painter, source, stage.down(0.36), 430, clear(mix(far, PURE_WHITE, 0.6), 0.85))
        for layer in distant:
            layer.draw(painter, 0)

    layers = []
    for index, nearness in enumerate((0.08, 0.22, 0.42, 0.72)):
        color = mix(mix(far, middle, 0.55), near, (0.1, 0.4, 0.7, 1.0)[index])
        trunks = []
        count = max(2, round((26, 16, 9, 4)[index] * stage.width / 1280))
        for number in range(count):
            x = -OVERHANG + (stage.width + 2 * OVERHANG) * (number + rng.uniform(0.1, 0.9)) / count
            wide = (7, 13, 24, 52)[index] * rng.uniform(0.7, 1.25)
            lean = rng.uniform(-16, 16)
            base = stage.down(0.68 + 0.09 * index) + rng.uniform(-8, 14)
            path = QPainterPath(QPointF(x - wide * 0.42 + lean, -OVERHANG))
            path.cubicTo(
                QPointF(x - wide * 0.45, 200), QPointF(x - wide * 0.5, base - 80), QPointF(x - wide * 0.95, base)
            )
            path.lineTo(x + wide * 0.95, base)
            path.cubicTo(
                QPointF(x + wide * 0.5, base - 80),
                QPointF(x + wide * 0.45, 200),
                QPointF(x + wide * 0.42 + lean, -OVERHANG),
            )
            trunks.append(path)
            for _ in range((2, 3, 3, 2)[index]):
                y = rng.uniform(-60, stage.down(0.5))
                way = rng.choice((-1, 1))
                reach = rng.uniform(2, 5) * wide
                path = QPainterPath(QPointF(x, y))
                path.quadTo(
                    QPointF(x + way * reach * 0.5, y - 6), QPointF(x + way * reach, y - wide * rng.uniform(0.6, 2.4))
                )
                path.quadTo(QPointF(x + way * reach * 0.5, y + wide * 0.1), QPointF(x, y + wide * 0.5))
                trunks.append(path)
        area = ground(stage, stage.down(0.68 + 0.09 * index), 14 + 6 * index, swell(rng, 330))
        brush = downward(0, stage.height, mix(color, far, 0.18), color)
        layers.append(Layer(nearness, still(stage, partial(_fill_all, brush, [*trunks, area]))))
        if index < 3:
            layers.append(
                mist(
                    stage, stage.down(0.64 + 0.08 * index), 130, mix(far, PURE_WHITE, 0.2), 0.42 - 0.1 * index, nearness
                )
            )

    def rays(painter: QPainter, time: float) -> None:
        brush = downward(
            -40, stage.height * 0.9, clear(mix(far, PURE_WHITE, 0.5), 0.34), clear(far, 0.16), clear(far, 0)
        )
        for x, wide, phase in shafts:
            lean = (x - source) * 0.9 + 90
            sway = 14 * math.sin(time * 0.4 + phase)
            painter.setOpacity(0.6 + 0.4 * math.sin(time * 0.7 + phase))
            shape(
                painter,
                brush,
                outline(
                    (x, -40),
                    (x + wide * 0.5, -40),
                    (x + wide * 1.5 + lean + sway, stage.height),
                    (x + lean + sway, stage.height),
                ),
            )
        painter.setOpacity(1)

    fly = sprite(partial(_firefly, spark, 14 if is_dark else 5), 14, 2)

    def fireflies(painter: QPainter, time: float) -> None:
        for x, y, phase, pace in flies:
            painter.setOpacity(0.15 + 0.85 * max(0.0, math.sin(time * 1.7 * pace + phase)))
            left = x + 30 * math.sin(time * 0.5 * pace + phase)
            stamp(painter, fly, left, y + 22 * math.sin(time * 0.8 * pace + phase * 2), 16)

    def ferns(painter: QPainter) -> None:
        stroke(painter, mix(near, QColor("#000000"), 0.25), 5)
        for number in range(int(stage.width / 60) + 5):
            x = -OVERHANG + number * 66 + 24 * math.sin(number * 2.3)
            for turn in range(-3, 4):
                tip = QPointF(x + turn * 30, stage.height + 26 - 90 + abs(turn) * 17 + 26 * math.sin(number * 1.3))
                path = QPainterPath(QPointF(x, stage.height + 40))
                path.quadTo(QPointF(x + turn * 10, stage.height - 50), tip)
                painter.drawPath(path)

    distant = layers[:2]
    layers = [*layers[2:4], Layer(0.2, soft(rays)), *layers[4:]]
    return Painting(backdrop, [*layers, Layer(0.5, fireflies), Layer(0.9, still(stage, ferns, stage.height - 120))])


def _fill_all(brush: QBrush, areas: Sequence[QPainterPath | QPolygonF], painter: QPainter) -> None:
    for area in areas:
        shape(painter, brush, area)


def _firefly(color: QColor, reach: float, painter: QPainter) -> None:
    glow(painter, 0, 0, reach, clear(color, 0.9))
    disk(painter, 0, 0, 1.8, color)
