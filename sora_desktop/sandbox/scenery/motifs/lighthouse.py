"""A lighthouse on a cliff."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    crags,
    downward,
    glitter,
    glow,
    outline,
    range_of_hills,
    ripples,
    shape,
    sky,
    stars,
    stroke,
    swell,
    twinkling,
    water,
)
from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft


def lighthouse(stage: Stage) -> Painting:
    """A striped tower on a headland whose beam turns over the sea."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(rng.uniform(0.6, 0.66))
    side = rng.choice((-1, 1))
    x = stage.across(0.5 + side * rng.uniform(0.14, 0.22))
    foot, top = horizon - 18, horizon - 258
    start, turn = rng.uniform(0, math.tau), rng.choice((-1, 1)) * rng.uniform(0.5, 0.75)
    lamp = QColor("#ffe9a8")
    rock = downward(
        foot - 10, stage.height, mix(light.near, light.haze, 0.42), mix(light.near, light.haze, 0.12), light.near
    )
    cliff = crags(rng, 150)
    slope = [(d, foot + 10 + (min(d, 60) / 17) ** 2 * 0.5 + 14 * cliff(d)) for d in range(-240, 470, 10)]
    headland_edge = [(x + side * d, y if d < 60 else foot + 14 + 12 * cliff(d) + (d - 60) * 0.12) for d, y in slope]
    headland = outline(
        *headland_edge,
        (x + side * 900, foot + 90),
        (x + side * 900, stage.height + OVERHANG),
        (x - side * 420, stage.height + OVERHANG),
        (x - side * 275, headland_edge[0][1] + 70),
    )

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        stars(painter, stage, horizon, 110)
        glow(painter, stage.across(0.5 - side * 0.2), horizon, 460, clear(light.low, 0.5), flat=0.4)

    def beam(painter: QPainter, time: float) -> None:
        angle = start + turn * time
        for way in (angle, angle + math.pi):
            reach = 1500 * math.cos(way)
            if abs(reach) < 40:
                continue
            lift = 40 * math.sin(way)
            gradient = QLinearGradient(x, top, x + reach, top)
            gradient.setColorAt(0, clear(lamp, 0.75))
            gradient.setColorAt(0.3, clear(lamp, 0.28))
            gradient.setColorAt(1, clear(lamp, 0))
            for wide in (1.0, 0.55):
                half = (70 + 60 * max(0.0, math.sin(way))) * wide
                shape(
                    painter,
                    QBrush(gradient),
                    outline((x, top - 4), (x + reach, top + lift - half), (x + reach, top + lift + half), (x, top + 4)),
                )
        glow(painter, x, top, 60 + 120 * max(0.0, math.sin(angle * 2 + 1.2)) ** 6, clear(lamp, 0.9))

    def tower(painter: QPainter, time: float) -> None:
        shape(painter, rock, headland)
        stroke(painter, clear(mix(light.haze, light.low, 0.5), 0.55), 2)
        painter.drawPolyline(outline(*headland_edge))
        white, red = mix(light.haze, PURE_WHITE, 0.62), mix(light.near, QColor("#d0413f"), 0.75)
        stripes = 6
        for index in range(stripes):
            low, high = foot + 8 - 232 * index / stripes, foot + 8 - 232 * (index + 1) / stripes
            wide, narrow = 27 - 10 * index / stripes, 27 - 10 * (index + 1) / stripes
            color = red if index % 2 == 0 else white
            shape(painter, color, outline((x - wide, low), (x + wide, low), (x + narrow, high), (x - narrow, high)))
            shade = clear("#0b0d20", 0.35)
            shape(painter, shade, outline((x + 4, low), (x + wide, low), (x + narrow, high), (x + 4, high)))
        shape(
            painter, light.near, outline((x - 24, top + 20), (x + 24, top + 20), (x + 21, top + 14), (x - 21, top + 14))
        )
        painter.fillRect(QRectF(x - 11, top - 12, 22, 26), lamp)
        shape(painter, red, outline((x - 16, top - 12), (x + 16, top - 12), (x, top - 36)))
        painter.fillRect(QRectF(x - side * 78 - 24, foot - 20, 48, 34), mix(white, light.near, 0.5))
        hut = x - side * 78
        shape(painter, red, outline((hut - 30, foot - 19), (hut + 30, foot - 19), (hut, foot - 44)))
        painter.fillRect(QRectF(hut - 6, foot - 12, 12, 12), QColor("#ffd27d"))

    return Painting(
        backdrop,
        [
            twinkling(stage, horizon),
            clouds(stage, stage.down(0.08), horizon - 100, mix(light.low, PURE_WHITE, 0.2), 6),
            range_of_hills(stage, horizon - 6, 22, 0.16, swell(rng, 520)),
            water(stage, horizon),
            ripples(stage, horizon, clear(light.low, 1), clear(light.near, 1), 80),
            glitter(stage, horizon, stage.across(0.5 - side * 0.2), light.low, spread=2.2, strength=0.5),
            Layer(0.45, soft(beam, 3, 0.0, 0.75)),
            Layer(0.45, tower),
        ],
    )
