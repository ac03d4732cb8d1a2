"""Snow, rain and fog, in front of any motif."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import assert_never

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPen

from sora_desktop.sandbox.scenery.brushes import dash, mist, stroke
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import Layer, Stage


class Weather(Enum):
    """What falls or drifts in front of a motif."""

    SNOW = "snow"
    RAIN = "rain"
    FOG = "fog"


def weather_layers(stage: Stage, weather: Weather) -> Sequence[Layer]:
    """The layers in front of a motif."""
    match weather:
        case Weather.SNOW:
            return snowfall(stage)
        case Weather.RAIN:
            return [rainfall(stage)]
        case Weather.FOG:
            pale = mix(stage.light.haze, PURE_WHITE, 0.3)
            return [
                mist(stage, stage.down(0.5), stage.down(0.3), pale, 0.55, 0.3),
                mist(stage, stage.down(0.85), stage.down(0.28), pale, 0.6, 0.8),
            ]
    assert_never(weather)


def snowfall(stage: Stage) -> Sequence[Layer]:
    """Flakes in three distances."""
    return [_flakes(stage, nearness) for nearness in (0.3, 0.6, 0.9)]


def _flakes(stage: Stage, nearness: float) -> Layer:
    rng = stage.rng
    wide, tall = stage.width + 120, stage.height + 40
    flakes = [
        (
            rng.uniform(0, wide),
            rng.uniform(0, tall),
            (1.1 + 3.4 * nearness**2) * rng.uniform(0.6, 1.2),
            rng.random() * 6,
        )
        for _ in range(round((90 - 66 * nearness) * max(stage.width, stage.height) / 1000))
    ]
    pace, drift = 34 + 95 * nearness, rng.choice((-1, 1)) * rng.uniform(8, 22)
    flake = dash(clear("#ffffff", 0.95 - 0.3 * nearness))

    def draw(painter: QPainter, time: float) -> None:
        for x, y, size, phase in flakes:
            left = (x + drift * time + 16 * math.sin(time * 0.9 + phase)) % wide - 60
            top = (y + pace * time * (0.8 + 0.05 * phase)) % tall - 20
            painter.drawImage(QRectF(left, top, size * 2, size * 2), flake)

    return Layer(0, draw)


def rainfall(stage: Stage) -> Layer:
    """Thin streaks that fall fast."""
    rng = stage.rng
    wide, tall = stage.width + 160, stage.height + 120
    drops = [
        (rng.uniform(0, wide), rng.uniform(0, tall), rng.uniform(24, 60), rng.uniform(900, 1400))
        for _ in range(round(80 * stage.width / 1280) + 24)
    ]
    slant = rng.choice((-1, 1)) * rng.uniform(0.08, 0.16)

    def draw(painter: QPainter, time: float) -> None:
        pen = QPen(clear("#dcecff", 0.3), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        lines = []
        for x, y, length, pace in drops:
            top = (y + pace * time) % tall - 80
            left = (x + slant * top) % wide - 80
            lines.append(QLineF(left, top, left + slant * length, top + length))
        painter.drawLines(lines)

    return Layer(0, draw)


def rings(stage: Stage, top: float, count: int, depth: float) -> Layer:
    """Rings that drops draw on water or on a wet street below `top`."""
    rng = stage.rng
    found = [
        (rng.uniform(0, stage.width), top + (stage.height - top) * rng.random(), rng.random(), rng.uniform(0.8, 1.5))
        for _ in range(count)
    ]

    def draw(painter: QPainter, time: float) -> None:
        for x, y, start, pace in found:
            age = (start + time * pace) % 1
            near = 0.25 + (y - top) / (stage.height - top)
            stroke(painter, clear("#e6f1ff", 0.45 * (1 - age)), 1.2)
            radius = 3 + 26 * age * near
            painter.drawEllipse(round(x - radius), round(y - radius * 0.25), round(radius * 2), round(radius * 0.5))

    return Layer(depth, draw)
