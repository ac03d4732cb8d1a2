"""Mountain ridges, one behind the other."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QPainter

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    crags,
    flock,
    ground,
    mist,
    paint_area,
    range_of_hills,
    sky,
    stars,
    sun,
    swell,
    wood,
)
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Painting, Stage


def mountains(stage: Stage) -> Painting:
    """Ridge behind ridge above the fog."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.62)
    sun_x, sun_y = stage.across(rng.uniform(0.3, 0.7)), stage.down(rng.uniform(0.24, 0.34))

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, sun_x, sun_y, 30)

    layers = [clouds(stage, stage.down(0.06), stage.down(0.3), mix(light.low, PURE_WHITE, 0.5), 5)]
    for index, (base, height) in enumerate(((0.5, 0.2), (0.6, 0.17), (0.7, 0.13), (0.81, 0.1))):
        nearness = (0.1, 0.27, 0.47, 0.68)[index]
        curve = crags(rng, 330 - 40 * index) if index < 2 else crags(rng, 260, 5)
        layers.append(range_of_hills(stage, stage.down(base), stage.down(height) * 1.25, nearness, curve, step=6))
        layers.append(
            mist(stage, stage.down(base + 0.11), stage.down(0.09), mix(light.haze, PURE_WHITE, 0.45), 0.6, nearness)
        )
    slope = swell(rng, 700)
    base = stage.down(0.93)

    def foot(x: float) -> float:
        return base - 34 * slope(x)

    layers.insert(3, flock(stage, stage.down(0.2), stage.down(0.4), clear(light.near, 0.75)))
    layers.append(wood(stage, foot, (60, 150), 46, 0.95, light.near))
    layers.append(Layer(0.95, partial(paint_area, light.near, ground(stage, base, 34, slope))))
    return Painting(backdrop, layers)
