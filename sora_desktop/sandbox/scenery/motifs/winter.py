"""A cabin in the snow."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from sora_desktop.sandbox.scenery.brushes import (
    Curve,
    clouds,
    crags,
    downward,
    glow,
    ground,
    outline,
    paint_area,
    rounded,
    shape,
    sky,
    stars,
    sun,
    swell,
    wood,
)
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import still
from sora_desktop.sandbox.scenery.weather import snowfall


def winter(stage: Stage) -> Painting:
    """Snow falls on a cabin between firs."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.58)
    snow = mix(light.haze, PURE_WHITE, 0.72 if not stage.is_night else 0.3)
    shade = mix(mix(light.haze, light.top, 0.45), QColor("#6f8fc4"), 0.3)
    x = stage.across(rng.choice((0.36, 0.64)) + rng.uniform(-0.05, 0.05))
    y = stage.down(0.735)

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, stage.across(rng.uniform(0.3, 0.7)), stage.down(rng.uniform(0.22, 0.34)), 28)

    layers = [clouds(stage, stage.down(0.06), stage.down(0.32), mix(light.low, PURE_WHITE, 0.6), 5)]
    for index, (base, height) in enumerate(((0.52, 110), (0.6, 56), (0.7, 40), (0.86, 44))):
        nearness = (0.1, 0.26, 0.5, 0.85)[index]
        curve = crags(rng, 300) if index == 0 else swell(rng, 980 - 120 * index, 2)
        level = stage.down(base)
        far = mix(snow, light.haze, 0.55 - 0.55 * nearness)
        brush = downward(level - height, level + 150, far, mix(far, shade, 0.7))
        area = ground(stage, level, height, curve)
        trees = mix(light.haze, mix(light.near, QColor("#123040"), 0.4), 0.35 + 0.6 * nearness)
        if index in (1, 2):

            def foot(x: float, level: float = level, height: float = height, curve: Curve = curve) -> float:
                return level - height * curve(x)

            sizes = (34, 74) if index == 1 else (70, 150)
            layers.append(wood(stage, foot, sizes, 46 if index == 1 else 24, nearness, trees))
        layers.append(Layer(nearness, partial(paint_area, brush, area)))
    puffs = [(rng.random(), rng.uniform(-1, 1)) for _ in range(9)]
    wall = mix(light.near, QColor("#5b3a2e"), 0.5)

    def smoke(painter: QPainter, time: float) -> None:
        for start, way in puffs:
            age = (start + time * 0.09) % 1
            glow(
                painter,
                x + 44 + way * 16 * age + 30 * age,
                y - 122 - 150 * age,
                12 + 34 * age,
                clear(snow, 0.4 * (1 - age)),
            )

    def cabin(painter: QPainter) -> None:
        glow(painter, x, y + 6, 200, clear("#ffb35c", 0.35), flat=0.35)
        painter.fillRect(QRectF(x - 66, y - 54, 132, 64), wall)
        shape(
            painter,
            mix(wall, light.near, 0.6),
            outline((x + 36, y - 122), (x + 52, y - 122), (x + 52, y - 70), (x + 36, y - 70)),
        )
        shape(
            painter,
            snow,
            rounded(
                (x - 100, y - 44),
                (x - 84, y - 60),
                (x - 8, y - 124),
                (x + 8, y - 124),
                (x + 84, y - 60),
                (x + 100, y - 44),
                (x + 84, y - 50),
                (x, y - 66),
                (x - 84, y - 50),
            ),
        )
        for left in (x - 46, x + 18):
            glow(painter, left + 13, y - 28, 46, clear("#ffc36b", 0.6))
            painter.fillRect(QRectF(left, y - 40, 26, 26), QColor("#ffd88a"))
            painter.fillRect(QRectF(left + 12, y - 40, 2.4, 26), wall)
            painter.fillRect(QRectF(left, y - 28, 26, 2.4), wall)
        painter.fillRect(QRectF(x - 14, y - 32, 22, 42), mix(wall, light.near, 0.7))

    layers[-1:-1] = [Layer(0.55, smoke), Layer(0.55, still(stage, cabin, y - 200, y + 120))]
    return Painting(backdrop, [*layers, *snowfall(stage)])
