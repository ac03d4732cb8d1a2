"""Balloons over hills."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    glow,
    ground,
    mist,
    paint_area,
    range_of_hills,
    rounded,
    shape,
    sky,
    stars,
    stroke,
    sun,
    swell,
    wood,
)
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import sprite, stamp


def balloons(stage: Stage) -> Painting:
    """Hot-air balloons over hills in the morning."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.7)
    pairs = [
        ("#e2504a", "#f6e8d2"),
        ("#2f7fb5", "#f2efe4"),
        ("#f0a63a", "#8c3f6d"),
        ("#3f9c86", "#f7d97c"),
        ("#7a55b0", "#f4b8c6"),
    ]
    rng.shuffle(pairs)
    places = [
        (0.3, 0.36, 1.2),
        (0.7, 0.27, 0.8),
        (0.84, 0.5, 0.5),
        (0.52, 0.55, 0.42),
        (0.13, 0.6, 0.34),
        (0.6, 0.12, 0.3),
    ]
    flip = rng.random() < 0.5
    fleet = sorted(
        (
            size * rng.uniform(0.9, 1.1),
            stage.across((1 - x if flip else x) + rng.uniform(-0.05, 0.05)),
            stage.down(y + rng.uniform(-0.04, 0.04)),
            index,
        )
        for index, (x, y, size) in enumerate(places)
    )

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, stage.across(rng.uniform(0.4, 0.6)), horizon - 60, 34)

    layers = [clouds(stage, stage.down(0.08), stage.down(0.55), mix(light.low, PURE_WHITE, 0.7), 8)]
    for base, height, nearness in ((0.68, 46, 0.12), (0.75, 50, 0.3), (0.84, 46, 0.55)):
        layers.append(range_of_hills(stage, stage.down(base), height, nearness, swell(rng, 560)))
        layers.append(mist(stage, stage.down(base + 0.06), 46, mix(light.haze, PURE_WHITE, 0.5), 0.5, nearness))
    for size, x, y, index in fleet:
        colors = tuple(mix(QColor(name), light.haze, max(0.08, 0.5 - 0.45 * size)) for name in pairs[index % 5])

        image = sprite(partial(_balloon, colors, light.near), 140, max(0.4, size))
        layers.append(Layer(min(0.9, 0.15 + 0.5 * size), partial(_fly, image, (x, y), size, index)))
    slope = swell(rng, 520)
    base = stage.down(0.97)
    layers.append(wood(stage, lambda x: base - 24 * slope(x), (40, 100), 40, 0.9, light.near))
    layers.append(Layer(0.9, partial(paint_area, light.near, ground(stage, base, 24, slope))))
    return Painting(backdrop, layers)


def _fly(image: QImage, place: tuple[float, float], size: float, phase: float, painter: QPainter, time: float) -> None:
    drift = 5 * (time - 5) * size
    painter.translate(place[0] + drift, place[1] - drift + 6 * math.sin(time * 0.8 + phase))
    painter.rotate(1.6 * math.sin(time * 0.7 + phase))
    stamp(painter, image, 0, 0, 140 * size)
    if math.sin((time + phase) * 0.9) > 0.55:
        glow(painter, 0, 90 * size, 40 * size, clear("#ffb84d", 0.9))


def _balloon(colors: tuple[QColor, ...], dark: QColor, painter: QPainter) -> None:
    for index in range(7):
        wide, inner = 104 * math.cos(math.pi * index / 14), 0.0
        path = QPainterPath(QPointF(-inner, -124))
        path.cubicTo(QPointF(-wide * 1.35, -124), QPointF(-wide * 1.2, 10), QPointF(-wide * 0.16, 84))
        path.lineTo(wide * 0.16, 84)
        path.cubicTo(QPointF(wide * 1.2, 10), QPointF(wide * 1.35, -124), QPointF(inner, -124))
        shape(painter, colors[index % 2], path)
    whole = QPainterPath(QPointF(0, -124))
    whole.cubicTo(QPointF(140, -124), QPointF(125, 10), QPointF(17, 84))
    whole.lineTo(6, 84)
    whole.cubicTo(QPointF(60, 10), QPointF(70, -100), QPointF(0, -124))
    shape(painter, clear(dark, 0.25), whole)
    shape(painter, clear(PURE_WHITE, 0.22), rounded((-66, -50), (-50, -92), (-28, -104), (-46, -60), (-52, -20)))
    stroke(painter, mix(dark, colors[0], 0.2), 1.6)
    for x in (-15, 15):
        painter.drawLine(QPointF(x, 84), QPointF(x * 0.8, 112))
    shape(painter, QColor("#6b4526"), rounded((-15, 110), (15, 110), (14, 132), (-14, 132)))
