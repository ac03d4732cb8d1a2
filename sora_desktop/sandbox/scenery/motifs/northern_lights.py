"""Northern lights over a lake."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QPainter

from sora_desktop.sandbox.scenery.brushes import (
    crags,
    downward,
    fill,
    glitter,
    glow,
    range_of_hills,
    stars,
    swell,
    twinkling,
    wood,
)
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft


def northern_lights(stage: Stage) -> Painting:
    """Curtains of light above pines and a lake."""
    rng = stage.rng
    horizon = stage.down(0.76)
    near = QColor("#050b16")
    hues = rng.choice(
        (("#4dffb0", "#39d6c8", "#9a6bff"), ("#6bff8f", "#3fe0ff", "#ff6bd0"), ("#43f0d0", "#4d9dff", "#b86bff"))
    )
    curtains = [
        (
            stage.down(0.5 - 0.11 * index),
            stage.down(0.36 + 0.03 * index),
            swell(rng, 900, 3),
            swell(rng, 150, 3),
            QColor(hues[index]),
            rng.uniform(16, 34) * rng.choice((-1, 1)),
        )
        for index in range(3)
    ]

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, horizon, "#040918", "#0a1c38", "#123a52"))
        stars(painter, stage, horizon, 260)
        glow(painter, stage.across(0.5), horizon * 0.8, 620, clear(hues[0], 0.22), flat=0.5)

    sheens = [_sheens(curtain[4], QColor(hues[2])) for curtain in curtains]

    def sheets(painter: QPainter, time: float) -> None:
        step = 16.0
        for (base, tall, line, ray, _, pace), levels in zip(curtains, sheens, strict=True):
            x = -step
            while x < stage.width + step:
                foot = base + 90 * line(x + pace * time) + 16 * line(3 * x - 2 * pace * time)
                bright = 0.5 + 0.5 * ray(x * 1.3 + pace * 2.2 * time)
                veil = max(0.0, min(1.0, 0.55 + 0.75 * line(x * 0.8 - pace * 1.5 * time + 500)))
                high = tall * (0.55 + 0.6 * bright)
                painter.save()
                painter.translate(x, foot + 14)
                painter.scale(1, high)
                painter.fillRect(QRectF(0, -1, step, 1), levels[max(0, min(15, int(16 * (0.3 + 0.7 * bright) * veil)))])
                painter.restore()
                x += step

    slope = swell(rng, 500)

    def shore(x: float) -> float:
        return horizon - 8 - 16 * slope(x)

    lake = downward(horizon, stage.height, QColor("#1c5a5c"), QColor("#0b2a3c"), near)

    def water(painter: QPainter, time: float) -> None:
        painter.fillRect(
            QRectF(-OVERHANG, horizon, stage.width + 2 * OVERHANG, stage.height + OVERHANG - horizon), lake
        )
        glow(painter, stage.across(0.5), horizon + 10, 520, clear(hues[0], 0.4 + 0.06 * math.sin(time)), flat=0.3)

    hill = range_of_hills(stage, horizon - 40, 90, 0.18, crags(rng, 380))
    return Painting(
        backdrop,
        [
            twinkling(stage, horizon),
            Layer(0, soft(sheets, 4, 0.0, 0.75)),
            hill,
            Layer(0.35, water),
            wood(stage, shore, (26, 90), round(64 * stage.width / 1280) + 12, 0.35, near),
            glitter(stage, horizon, stage.across(0.5), QColor(hues[0]), spread=3, strength=0.4, count=70),
            wood(
                stage,
                lambda x: stage.height + 40 - 90 * abs(x / stage.width - 0.5),
                (130, 240),
                round(16 * stage.width / 1280) + 6,
                0.9,
                near,
            ),
        ],
    )


def _sheens(color: QColor, high: QColor) -> list[QBrush]:
    """Gradients of one unit's height, from faint to bright."""
    top, foot = mix(color, high, 0.7), mix(color, PURE_WHITE, 0.25)
    return [
        downward(
            -1,
            0,
            clear(top, 0),
            clear(top, 0.2 * share),
            clear(color, 0.46 * share),
            clear(foot, 0.75 * share),
            clear(color, 0),
        )
        for share in (level / 16 for level in range(1, 17))
    ]
