"""Paper lanterns over a lake."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import (
    disk,
    downward,
    fill,
    glitter,
    glow,
    range_of_hills,
    shape,
    stars,
    stroke,
    swell,
    twinkling,
    water,
)
from sora_desktop.sandbox.scenery.light import clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import sprite, stamp


def lanterns(stage: Stage) -> Painting:
    """Paper lanterns that rise from a lake into the evening."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.74)
    found = sorted(
        (near, rng.uniform(-40, stage.width + 40), rng.uniform(0, stage.height * 0.95), rng.uniform(0, math.tau))
        for near in (rng.random() ** 1.7 for _ in range(30))
    )

    def backdrop(painter: QPainter) -> None:
        fill(
            painter,
            stage,
            downward(0, horizon, light.top, mix(light.top, light.middle, 0.7), mix(light.low, light.middle, 0.4)),
        )
        stars(painter, stage, horizon, 120)
        glow(painter, stage.across(0.5), horizon, 620, clear("#ffb066", 0.5), flat=0.45)

    layers = [
        twinkling(stage, horizon * 0.7),
        range_of_hills(stage, horizon - 34, 60, 0.2, swell(rng, 620)),
        range_of_hills(stage, horizon - 6, 34, 0.42, swell(rng, 380)),
        water(stage, horizon),
        glitter(stage, horizon, stage.across(0.5), QColor("#ffb45e"), spread=3.4, strength=0.6, count=120),
    ]
    image = sprite(_lantern, 120, 1.2)
    for low, high in ((0.0, 0.25), (0.25, 0.6), (0.6, 1.01)):
        group = [one for one in found if low <= one[0] < high]

        def rise(painter: QPainter, time: float, group: list[tuple[float, float, float, float]] = group) -> None:
            for near, x, y, phase in group:
                size = (0.16 + 0.95 * near) * (1 + 0.01 * math.sin(time * 5 + phase))
                way = stage.height * 1.1
                top = (y - (9 + 26 * near) * time) % way - stage.height * 0.12
                stamp(painter, image, x + 16 * math.sin(time * 0.4 + phase), top, 120 * size)

        layers.append(Layer(0.25 + 0.65 * low, rise))
    return Painting(backdrop, layers)


def _lantern(painter: QPainter) -> None:
    glow(painter, 0, 0, 120, clear("#ff9a3c", 0.6))
    body = QPainterPath(QPointF(-30, -44))
    body.quadTo(QPointF(0, -60), QPointF(30, -44))
    body.quadTo(QPointF(40, 0), QPointF(26, 44))
    body.quadTo(QPointF(0, 52), QPointF(-26, 44))
    body.quadTo(QPointF(-40, 0), QPointF(-30, -44))
    shape(painter, downward(-52, 48, "#e8632c", "#ff9f43", "#ffe29a"), body)
    stroke(painter, clear("#7a2c12", 0.3), 1.4)
    for height in (-22, 0, 22):
        path = QPainterPath(QPointF(-34, height))
        path.quadTo(QPointF(0, height + 9), QPointF(34, height))
        painter.drawPath(path)
    disk(painter, 0, 40, 24, clear("#fff6d0", 0.9), flat=0.28)
