"""Jellyfish under water."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, outline, rounded, shape, stroke
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, sprite, stamp


def jellyfish(stage: Stage) -> Painting:
    """Jellyfish that rise through shafts of light."""
    rng = stage.rng
    hue = rng.uniform(-0.05, 0.05)
    deep = [QColor.fromHsvF(0.56 + hue, s, v) for s, v in ((0.62, 0.86), (0.85, 0.6), (0.9, 0.36), (0.92, 0.16))]
    tints = [QColor(name) for name in ("#f3a6ff", "#9fc4ff", "#ffc2d9", "#a8f0ff")]
    rng.shuffle(tints)
    swimmers = sorted(
        (
            rng.uniform(0.35, 0.62) if index else 1.25,
            stage.across((0.5 if index == 0 else (0.14, 0.84, 0.3, 0.7)[index - 1]) + rng.uniform(-0.06, 0.06)),
            stage.down(0.44 if index == 0 else rng.uniform(0.2, 0.75)),
            rng.uniform(0, math.tau),
            index,
        )
        for index in range(5)
    )
    bubbles = [
        (rng.uniform(0, stage.width), rng.uniform(0, stage.height), rng.uniform(0.8, 3.2), rng.uniform(12, 36))
        for _ in range(60)
    ]
    shafts = [(stage.across(rng.uniform(-0.1, 1.0)), rng.uniform(50, 150), rng.random() * 6) for _ in range(7)]

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, *deep))
        glow(painter, stage.across(0.5), -60, 620, clear("#d8fbff", 0.55), flat=0.7)

    def light_shafts(painter: QPainter, time: float) -> None:
        brush = downward(-20, stage.height * 0.85, clear("#dffbff", 0.18), clear("#9fe3ff", 0.09), clear("#9fe3ff", 0))
        for x, wide, phase in shafts:
            sway = 40 * math.sin(time * 0.35 + phase)
            lean = (x - stage.width / 2) * 0.6 + sway
            for narrow in (0.0, 0.2):
                low, high = wide * (narrow * 2.1 - 0.5), wide * (1.6 - narrow * 2.1)
                shape(
                    painter,
                    brush,
                    outline(
                        (x + wide * narrow * 0.5, -20),
                        (x + wide * 0.5 * (1 - narrow), -20),
                        (x + high + lean, stage.height),
                        (x + low + lean, stage.height),
                    ),
                )

    def rising(painter: QPainter, time: float) -> None:
        for x, y, size, pace in bubbles:
            place = (y - pace * time) % stage.height
            disk(painter, x + 6 * math.sin(time + y), place, size, clear("#e6fdff", 0.35))

    leaves = [
        (rng.uniform(-OVERHANG, stage.width + OVERHANG), rng.uniform(60, 190), rng.uniform(8, 17), rng.random() * 6)
        for _ in range(round(stage.width / 22))
    ]

    def weeds(painter: QPainter, time: float) -> None:
        for x, tall, wide, phase in leaves:
            left, right = [], []
            for part in range(6):
                up = part / 5
                bend = (10 + 26 * up) * up * math.sin(time * 0.9 + phase - 1.6 * up)
                half = wide * 0.5 * (1 - up) ** 0.7 * (0.8 + 0.2 * math.sin(phase + part * 2))
                y = stage.height + 40 - (tall + 40) * up
                left.append((x + bend - half, y))
                right.append((x + bend + half, y))
            shape(painter, kelp[int(phase * 10) % 2], outline(*left, *reversed(right)))

    kelp = (mix(deep[3], QColor("#000000"), 0.45), mix(deep[3], QColor("#04201e"), 0.5))
    layers = [Layer(0.1, soft(light_shafts, 6)), Layer(0.25, rising)]
    for size, x, y, phase, index in swimmers:
        is_near = size > 1
        tint = mix(tints[index % 4], deep[1], 0.0 if is_near else 0.45)
        image = None if is_near else sprite(partial(_jellyfish, time=phase, tint=tint), 230, 0.6)
        layers.append(Layer(min(0.8, size * 0.55), partial(_swim, (x, y), size, phase, tint, image)))
    return Painting(backdrop, [*layers, Layer(0.95, weeds)])


def _swim(
    place: tuple[float, float],
    size: float,
    phase: float,
    tint: QColor,
    image: QImage | None,
    painter: QPainter,
    time: float,
) -> None:
    """A near jellyfish moves its tentacles; a far one is an `image` that only beats."""
    x, y = place
    beat = math.sin(time * 2 + phase)
    painter.translate(x + 26 * math.sin(time * 0.3 + phase), y - 7 * time * size - 9 * beat)
    painter.rotate(7 * math.sin(time * 0.5 + phase))
    painter.scale(size, size)
    if image is None:
        _jellyfish(painter, time + phase, tint)
    else:
        painter.scale(1 - 0.08 * beat, 1 + 0.08 * beat)
        stamp(painter, image, 0, 0, 230)


def _jellyfish(painter: QPainter, time: float, tint: QColor) -> None:
    pulse = math.sin(time * 2)
    wide, tall = 74 * (1 - 0.11 * pulse), 74 * (1 + 0.12 * pulse)
    glow(painter, 0, 0, 190, clear(tint, 0.4))
    for index in range(1, 8):
        x = (index - 4) * wide * 0.24
        reach = 150 + 55 * math.sin(index * 2.1)
        points = []
        for part in range(11):
            down = part / 10
            bend = (2 + 13 * down) * math.sin(time * 1.5 + index * 0.9 - 6 * down)
            points.append(QPointF(x * (1 + 0.2 * down) + bend, 4 + reach * down))
        stroke(painter, clear(tint, 0.5 if index % 2 else 0.3), 2.6 if index % 2 else 1.6)
        painter.drawPolyline(points)
    for index in (-1, 0, 1):
        arm = 16 * math.sin(time * 1.2 + index)
        path = QPainterPath(QPointF(index * 16 - 8, 0))
        path.cubicTo(QPointF(index * 18 - 16, 40), QPointF(index * 20 + arm, 70), QPointF(index * 14 + arm, 116))
        path.cubicTo(QPointF(index * 22 + arm, 70), QPointF(index * 20 + 14, 40), QPointF(index * 16 + 8, 0))
        shape(painter, clear(mix(tint, PURE_WHITE, 0.5), 0.35), path)
    bell = QPainterPath(QPointF(-wide, 8))
    bell.cubicTo(QPointF(-wide * 1.02, -tall * 1.15), QPointF(wide * 1.02, -tall * 1.15), QPointF(wide, 8))
    for index in range(6):
        left = wide - index * wide / 3
        bell.quadTo(QPointF(left - wide / 6, 20), QPointF(left - wide / 3, 8))
    shape(painter, downward(-tall, 14, clear(mix(tint, PURE_WHITE, 0.65), 0.9), clear(tint, 0.55)), bell)
    shape(
        painter,
        clear("#ffffff", 0.28),
        rounded(
            (-wide * 0.6, -tall * 0.3),
            (-wide * 0.3, -tall * 0.72),
            (wide * 0.1, -tall * 0.74),
            (-wide * 0.3, -tall * 0.42),
        ),
    )
