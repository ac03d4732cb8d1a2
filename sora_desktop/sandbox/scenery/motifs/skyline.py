"""The skyline of a city at a river."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    dash,
    disk,
    downward,
    glow,
    outline,
    range_of_hills,
    ripples,
    shape,
    sky,
    stars,
    sun,
    swell,
)
from sora_desktop.sandbox.scenery.light import NEON, PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import still

_LAMPS = ("#ffd58a", "#ffe7b8", "#ffb566", "#bfe3ff")


def skyline(stage: Stage) -> Painting:
    """The lights of a city and their reflections in a river."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.68)
    is_bright = stage.light.low.lightnessF() > 0.85

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon * 0.8, 90)
        sun(painter, stage, stage.across(rng.uniform(0.25, 0.75)), stage.down(rng.uniform(0.16, 0.3)), 26)
        glow(painter, stage.across(0.5), horizon, 700, clear("#ff9d6b", 0.45), flat=0.34)

    layers = [
        clouds(stage, stage.down(0.08), stage.down(0.4), mix(light.low, PURE_WHITE, 0.3), 6),
        range_of_hills(stage, horizon - 30, 34, 0.1, swell(rng, 560)),
    ]
    for index, nearness in enumerate((0.2, 0.34, 0.5)):
        color = mix(mix(light.haze, light.near, 0.35), light.near, 0.2 + 0.35 * index)
        walls = QPainterPath()
        windows: list[QRectF] = []
        dim: list[QRectF] = []
        blinking = []
        walls.setFillRule(Qt.FillRule.WindingFill)
        x = -OVERHANG
        while x < stage.width + OVERHANG:
            wide = rng.uniform(46, 96) + 12 * index
            center = 1 - abs((x + wide / 2) / stage.width - 0.5) * 1.5
            tall = (60 + 230 * max(0.15, center) * rng.uniform(0.35, 1.15)) * (1.08, 0.84, 0.52)[index]
            tall *= min(1.5, stage.height / 720) ** 0.6
            top = horizon - tall
            walls.addRect(x, top, wide, tall + 2)
            kind = rng.random()
            if kind < 0.25:
                walls.addRect(x + wide * 0.46, top - 40, 3, 44)
                blinking.append((x + wide * 0.46 + 1.5, top - 40, rng.random() * 6))
            elif kind < 0.5:
                walls.addRect(x + wide * 0.2, top - 16, wide * 0.6, 18)
            elif kind < 0.62:
                walls.addPolygon(outline((x, top), (x + wide, top), (x + wide / 2, top - wide * 0.55)))
            step = 11 + 2 * index
            for row in range(int(tall / (step + 4))):
                for column in range(int((wide - 10) / step)):
                    if rng.random() < (0.16 if is_bright else 0.42):
                        pane = QRectF(x + 7 + column * step, top + 9 + row * (step + 4), step * 0.45, step * 0.62)
                        (windows if rng.random() < 0.55 else dim).append(pane)
            x += wide + rng.choice((0, 0, 4, 14))
        lamp, dark = QColor(_LAMPS[index]), mix(color, light.haze, 0.4)
        brush = downward(horizon - 320, horizon, color, mix(color, dark, 0.7))

        tallest = walls.boundingRect().top()
        image = still(
            stage,
            partial(_blocks, brush, walls, ((clear(lamp, 0.9), windows), (clear(lamp, 0.4), dim))),
            tallest,
            horizon,
        )
        layers.append(Layer(nearness, image))
        layers.append(Layer(nearness, partial(_warning_lights, blinking)))
    lights = [
        (
            rng.uniform(-OVERHANG, stage.width + OVERHANG),
            QColor(rng.choice(_LAMPS + NEON[:3])),
            rng.uniform(0.35, 1),
            rng.random() * 6,
        )
        for _ in range(round(34 * stage.width / 1280) + 8)
    ]
    cars = [(rng.random(), rng.choice((-1, 1)), rng.uniform(70, 130)) for _ in range(16)]
    river = downward(
        horizon,
        stage.height,
        mix(mix(light.low, light.near, 0.55), QColor("#ff9d6b"), 0.12),
        mix(light.top, light.near, 0.55),
        mix(light.near, QColor("#000000"), 0.35),
    )

    images = {color.rgba(): dash(color) for _, color, _, _ in lights}

    def reflections(painter: QPainter, time: float) -> None:
        painter.fillRect(QRectF(-OVERHANG, horizon, stage.width + 2 * OVERHANG, stage.height + OVERHANG), river)
        for x, color, strength, phase in lights:
            reach = (stage.height - horizon) * (0.5 + 0.45 * strength)
            image = images[color.rgba()]
            for part in range(8):
                y = horizon + 7 + reach * (part / 8) ** 1.2
                wave = math.sin(time * 2.1 + phase + part * 1.9)
                painter.setOpacity(strength * (0.6 - 0.066 * part) * (0.72 + 0.28 * wave))
                wide = 9 + part * 1.9
                painter.drawImage(QRectF(x + 3.5 * wave * (1 + part * 0.2) - wide, y, 2 * wide, 0.34 * wide), image)

    def lamps(painter: QPainter) -> None:
        painter.fillRect(
            QRectF(-OVERHANG, horizon - 7, stage.width + 2 * OVERHANG, 11), mix(light.near, QColor("#000000"), 0.3)
        )
        for x, color, strength, _ in lights:
            glow(painter, x, horizon - 12, 20 + 16 * strength, clear(color, 0.65))
            disk(painter, x, horizon - 12, 2.6, mix(color, PURE_WHITE, 0.6))

    def traffic(painter: QPainter, time: float) -> None:
        for start, way, pace in cars:
            left = (start * 1800 + way * pace * time) % (stage.width + 2 * OVERHANG) - OVERHANG
            disk(painter, left, horizon - 5, 3, QColor("#fff3c9" if way > 0 else "#ff4a3d"), flat=0.6)

    return Painting(
        backdrop,
        [
            *layers,
            Layer(0.5, reflections),
            Layer(0.5, still(stage, lamps, horizon - 50, horizon + 30)),
            Layer(0.5, traffic),
            ripples(stage, horizon + 6, clear(light.low, 1), clear(light.near, 1), 50),
        ],
    )


def _blocks(
    brush: QBrush, walls: QPainterPath, windows: Sequence[tuple[QColor, list[QRectF]]], painter: QPainter
) -> None:
    shape(painter, brush, walls)
    for color, panes in windows:
        painter.setBrush(color)
        painter.drawRects(panes)


def _warning_lights(lights: Sequence[tuple[float, float, float]], painter: QPainter, time: float) -> None:
    for x, y, phase in lights:
        if math.sin(time * 2.4 + phase) > 0.1:
            glow(painter, x, y, 12, clear("#ff5a4d", 0.9))
