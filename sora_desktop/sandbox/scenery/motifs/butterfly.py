"""A butterfly on a flower."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.bokeh import bokeh
from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, rounded, shape, stroke
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import sprite, stamp


def butterfly(stage: Stage) -> Painting:
    """A butterfly on a flower in the light from behind."""
    rng = stage.rng
    back, petal, wing = (
        QColor(name)
        for name in rng.choice(
            (
                ("#3a1a6e", "#b48cff", "#ff8a2b"),
                ("#11406a", "#ffd1e6", "#ff5f7e"),
                ("#5a1a4a", "#ffb3d0", "#ffc23d"),
                ("#124a3e", "#f7f0c8", "#4fa8ff"),
            )
        )
    )
    x, y = stage.across(rng.uniform(0.44, 0.56)), stage.down(0.68)
    side = rng.choice((-1, 1))
    start = rng.random() * 6

    def backdrop(painter: QPainter) -> None:
        fill(
            painter, stage, downward(0, stage.height, mix(back, petal, 0.35), back, mix(back, QColor("#000000"), 0.45))
        )
        glow(painter, stage.across(0.5 + side * 0.2), stage.down(0.2), 520, clear("#ffe3b8", 0.6))

    def flower(painter: QPainter, time: float) -> None:
        sway = 9 * math.sin(time * 0.9)
        stroke(painter, mix(back, QColor("#3f8f4a"), 0.6), 10)
        stem = QPainterPath(QPointF(x - side * 60, stage.height + OVERHANG))
        stem.cubicTo(QPointF(x - side * 50, stage.height - 40), QPointF(x, y + 150), QPointF(x + sway, y + 6))
        painter.drawPath(stem)
        painter.translate(x + sway, y)
        stamp(painter, head, 0, 0, 165)

    def flower_head(painter: QPainter) -> None:
        for ring_index, (length, tone) in enumerate(((152, 0.28), (128, 0.0))):
            for index in range(13):
                painter.save()
                painter.scale(1, 0.5)
                painter.rotate(index * 360 / 13 + ring_index * 14)
                leaf = rounded(
                    (0, -8), (length * 0.6, -26), (length, -12), (length * 1.02, 10), (length * 0.6, 24), (0, 8)
                )
                shape(painter, mix(mix(petal, back, tone), PURE_WHITE, 0.12 * (index % 2)), leaf)
                painter.restore()
        disk(painter, 0, 2, 44, QColor("#e0a02c"), flat=0.5)
        disk(painter, -4, -4, 32, QColor("#ffd35c"), flat=0.46)

    def one_wing(painter: QPainter) -> None:
        for inset, color in ((0.0, dark), (0.1, wing)):
            upper = rounded(
                *_inset(((0, -6), (34, -92), (96, -142), (150, -132), (138, -70), (84, -22), (10, 6)), inset, (72, -72))
            )
            lower = rounded(
                *_inset(((4, 0), (74, -16), (116, 22), (104, 74), (66, 88), (28, 60), (4, 22)), inset, (62, 34))
            )
            brush = QLinearGradient(0, 0, 140, -90)
            brush.setColorAt(0, mix(color, QColor("#5a1a08"), 0.3 if inset else 0))
            brush.setColorAt(1, mix(color, QColor("#fff0b0"), 0.35 if inset else 0))
            shape(painter, QBrush(brush), upper)
            shape(painter, QBrush(brush), lower)
        stroke(painter, clear(dark, 0.75), 3)
        for tip_x, tip_y in ((128, -112), (116, -74), (84, -118), (92, 46), (66, 70), (98, 18)):
            painter.drawLine(QPointF(6, 0), QPointF(tip_x, tip_y))
        for spot_x, spot_y in ((134, -118), (136, -94), (122, -74), (104, 58), (108, 36)):
            disk(painter, spot_x, spot_y, 4.4, mix(wing, PURE_WHITE, 0.8))

    dark = mix(back, QColor("#140a14"), 0.8)
    wing_image = sprite(one_wing, 165, 1.6)
    head = sprite(flower_head, 165, 1.2)

    def insect(painter: QPainter, time: float) -> None:
        beat = math.sin(time * 3.1 + start)
        fold = 0.62 + 0.38 * beat
        painter.translate(x + 9 * math.sin(time * 0.9) + 4, y - 26 + 3 * math.sin(time * 1.4))
        painter.rotate(-side * 12)
        painter.scale(1.16, 1.16)
        for way, near in ((-1, 0.86), (1, 1.0)):
            painter.save()
            painter.scale(way * fold * near, 1)
            stamp(painter, wing_image, 0, 0, 165)
            painter.restore()
        shape(painter, dark, rounded((-5, -30), (0, -40), (5, -30), (6, 20), (0, 58), (-6, 20)))
        stroke(painter, dark, 2)
        for way in (-1, 1):
            path = QPainterPath(QPointF(0, -34))
            path.quadTo(QPointF(way * 8, -66), QPointF(way * 26, -80))
            painter.drawPath(path)

    lights = (petal, mix(petal, QColor("#ffd9a0"), 0.6), mix(wing, petal, 0.4))
    motes = [
        (rng.uniform(0, stage.width), rng.uniform(0, stage.height), rng.random() * 6, rng.uniform(6, 18))
        for _ in range(36)
    ]

    def pollen(painter: QPainter, time: float) -> None:
        for left, top, phase, pace in motes:
            disk(
                painter,
                left + 14 * math.sin(time * 0.5 + phase),
                (top - pace * time) % stage.height,
                2,
                clear("#fff3cf", 0.5 + 0.35 * math.sin(time + phase)),
            )

    return Painting(
        backdrop,
        [
            bokeh(stage, lights, 20, 62, 0.24, 0.15),
            Layer(0.55, flower),
            Layer(0.6, insect),
            Layer(0.8, pollen),
            bokeh(stage, lights, 5, 120, 0.1, 1.0),
        ],
    )


def _inset(
    points: tuple[tuple[float, float], ...], share: float, middle: tuple[float, float]
) -> list[tuple[float, float]]:
    return [(x + (middle[0] - x) * share, y + (middle[1] - y) * share) for x, y in points]
