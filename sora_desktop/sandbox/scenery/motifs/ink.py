"""Ink in water."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import downward, fill, glow, stroke
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, sprite, stamp


def ink(stage: Stage) -> Painting:
    """Drops of ink that spread in clear water."""
    rng = stage.rng
    paper = QColor(rng.choice(("#f3efe9", "#eef2f5", "#f5eef2")))
    inks = [
        QColor(name)
        for name in rng.choice(
            (
                ("#d6246e", "#2f4fb8", "#7a3fb0"),
                ("#0f6f8c", "#e2622c", "#1f3a66"),
                ("#14805c", "#2a52a8", "#d6a21f"),
                ("#b3202f", "#1f2440", "#e07a2a"),
            )
        )
    ]
    plumes = []
    for index in range(4):
        x, color = stage.across(0.2 + 0.2 * index + rng.uniform(-0.05, 0.05)), inks[index % 3]
        born = rng.uniform(-9, -1)
        puffs = [(rng.gauss(0, 1), rng.random(), rng.uniform(0.5, 1.2), rng.random() * 6) for _ in range(15)]
        plumes.append((x, color, born, puffs, rng.uniform(-30, 30)))

    def backdrop(painter: QPainter) -> None:
        fill(
            painter,
            stage,
            downward(0, stage.height, mix(paper, PURE_WHITE, 0.6), paper, mix(paper, QColor("#9aa3b5"), 0.35)),
        )
        glow(painter, stage.across(0.5), stage.down(0.4), 640, clear(PURE_WHITE, 0.9))

    clouds = {color.rgba(): sprite(partial(_ink_cloud, color), 60, 0.5) for color in inks}

    def spread(painter: QPainter, time: float) -> None:
        for x, color, born, puffs, lean in plumes:
            age = time - born
            reach = stage.height * 0.8 * (1 - math.exp(-age * 0.17)) + 20
            for across, down, size, phase in puffs:
                wide = (26 + 12 * age) * size * (0.35 + down)
                left = (
                    x
                    + lean * down * age * 0.4
                    + across * (10 + 8 * age) * (0.2 + down)
                    + 16 * math.sin(time * 0.5 + phase)
                )
                top = -10 + reach * (0.15 + 0.95 * down) + 12 * math.sin(time * 0.4 + phase * 2)
                painter.setOpacity(0.14 + 0.3 / (1 + age * 0.1))
                stamp(painter, clouds[color.rgba()], left, top, min(wide * 1.9, 210))
            painter.setOpacity(1)
            path = QPainterPath(QPointF(x, -40))
            path.cubicTo(
                QPointF(x + 10 * math.sin(time), reach * 0.2),
                QPointF(x + lean, reach * 0.4),
                QPointF(x + lean * 0.6 + 14 * math.sin(time * 0.6), reach * 0.75),
            )
            stroke(painter, clear(color, 0.3), 5)
            painter.drawPath(path)

    return Painting(backdrop, [Layer(0.3, soft(spread, 6))])


def _ink_cloud(color: QColor, painter: QPainter) -> None:
    glow(painter, 0, 0, 60, color)
