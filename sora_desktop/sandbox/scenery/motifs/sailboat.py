"""A sailboat on a bay."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    flock,
    glitter,
    range_of_hills,
    ripples,
    shape,
    sky,
    stars,
    stroke,
    sun,
    swell,
    water,
)
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage


def sailboat(stage: Stage) -> Painting:
    """A sailboat on a calm bay, the sun low over hills."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(rng.uniform(0.54, 0.6))
    side = rng.choice((-1, 1))
    sun_x = stage.across(0.5 + side * rng.uniform(0.12, 0.26))
    sun_y = horizon - rng.uniform(70, 170)
    boat_x, boat_y = stage.across(0.5 - side * rng.uniform(0.1, 0.22)), horizon + stage.down(rng.uniform(0.1, 0.16))
    size, pace = rng.uniform(0.85, 1.15), rng.uniform(4, 9)

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, sun_x, sun_y)

    more = [
        (boat_x + side * stage.across(rng.uniform(0.12, 0.42)), horizon + rng.uniform(5, 16), rng.uniform(0.16, 0.3))
        for _ in range(rng.randrange(3))
    ]

    def far_boats(painter: QPainter, time: float) -> None:
        for x, y, small in more:
            painter.save()
            painter.translate(x + side * 2 * (time - 5), y)
            painter.scale(small * side, small)
            _boat(painter, mix(light.near, light.haze, 0.4))
            painter.restore()

    def boat(painter: QPainter, time: float) -> None:
        painter.translate(boat_x + side * pace * (time - 5), boat_y + 2.5 * math.sin(time * 1.3))
        painter.rotate(2.2 * math.sin(time * 1.05))
        painter.scale(size * side, size)
        painter.save()
        painter.scale(1, -0.55)
        painter.setOpacity(0.32)
        _boat(painter, light.near)
        painter.restore()
        _boat(painter, light.near)

    return Painting(
        backdrop,
        [
            clouds(stage, stage.down(0.06), horizon - 90, mix(light.low, PURE_WHITE, 0.35), 7),
            flock(stage, stage.down(0.16), stage.down(0.34), clear(light.near, 0.8), 6),
            range_of_hills(stage, horizon - 24, 26, 0.14, swell(rng, 520)),
            range_of_hills(stage, horizon - 4, 20, 0.3, swell(rng, 340)),
            water(stage, horizon),
            ripples(stage, horizon, clear(light.low, 1), clear(light.near, 1)),
            glitter(stage, horizon, sun_x, mix(light.sun, light.low, 0.35), count=100),
            Layer(0.25, far_boats),
            Layer(0.5, boat),
        ],
    )


def _boat(painter: QPainter, color: QColor) -> None:
    hull = QPainterPath(QPointF(-62, -14))
    hull.lineTo(66, -16)
    hull.quadTo(QPointF(54, 10), QPointF(30, 12))
    hull.lineTo(-40, 12)
    hull.quadTo(QPointF(-56, 8), QPointF(-62, -14))
    shape(painter, color, hull)
    stroke(painter, mix(color, PURE_WHITE, 0.12), 3)
    painter.drawLine(QPointF(2, -12), QPointF(2, -196))
    main = QPainterPath(QPointF(-3, -190))
    main.quadTo(QPointF(-34, -90), QPointF(-60, -26))
    main.lineTo(-3, -24)
    main.closeSubpath()
    jib = QPainterPath(QPointF(7, -176))
    jib.quadTo(QPointF(42, -86), QPointF(58, -26))
    jib.quadTo(QPointF(30, -32), QPointF(7, -26))
    jib.closeSubpath()
    shape(painter, mix(color, QColor("#c98a72"), 0.2), main)
    shape(painter, mix(color, QColor("#c98a72"), 0.34), jib)
