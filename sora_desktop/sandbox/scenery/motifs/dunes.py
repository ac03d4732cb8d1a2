"""Dunes with a caravan."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    disk,
    downward,
    ground,
    outline,
    paint_area,
    rounded,
    shape,
    sky,
    stars,
    stroke,
    sun,
    swell,
)
from sora_desktop.sandbox.scenery.light import PURE_WHITE, Hour, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage


def dunes(stage: Stage) -> Painting:
    """A caravan on the crest of a dune."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.6)
    sand = {
        Hour.DAY: ("#f0cd92", "#c98f52"),
        Hour.NIGHT: ("#54628c", "#252f57"),
        Hour.DUSK: ("#c9776c", "#5a3358"),
        Hour.DAWN: ("#eabf9e", "#a3707a"),
        Hour.GOLDEN: ("#f0a452", "#96482f"),
    }[stage.hour]
    bright, dark = QColor(sand[0]), QColor(sand[1])
    side = rng.choice((-1, 1))
    sun_x = stage.across(0.5 + side * rng.uniform(0.2, 0.32))

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon, 220)
        sun(painter, stage, sun_x, stage.down(rng.uniform(0.2, 0.32)), 32)

    layers = [clouds(stage, stage.down(0.08), stage.down(0.3), mix(light.low, PURE_WHITE, 0.6), 3)]
    for index, base in enumerate((0.56, 0.62)):
        color = mix(light.haze, mix(bright, dark, 0.35), 0.35 + 0.3 * index)
        area = ground(stage, stage.down(base), 34, swell(rng, 560 - 120 * index, 2))
        brush = downward(stage.down(base) - 40, stage.down(base + 0.2), color, mix(color, dark, 0.25))
        layers.append(Layer(0.12 + 0.14 * index, partial(paint_area, brush, area)))

    peak_x, peak_y = stage.across(0.5 + side * rng.uniform(0.08, 0.16)), stage.down(0.47)
    start = peak_x - side * (stage.width * 0.95 + OVERHANG)
    end = peak_x + side * (stage.width * 0.8 + OVERHANG)

    def crest(share: float) -> tuple[float, float]:
        """The line on which the caravan climbs to the peak."""
        x = start + (peak_x - start) * share
        rise = share * share * (3 - 2 * share)
        return x, stage.down(0.86) + (peak_y - stage.down(0.86)) * rise - 12 * math.sin(share * 7)

    climb = [crest(n / 40) for n in range(41)]
    slip = [
        (peak_x + side * 20, peak_y + 40),
        (peak_x - side * 50, stage.down(0.66)),
        (peak_x + side * 40, stage.down(0.8)),
        (peak_x - side * 90, stage.down(0.94)),
        (peak_x - side * 40, stage.height + OVERHANG),
    ]
    lit = outline(*climb, *slip, (start, stage.height + OVERHANG))
    edge = QPainterPath(QPointF(peak_x, peak_y))
    edge.quadTo(QPointF(peak_x + side * 190, peak_y + 60), QPointF(end, stage.down(0.84)))
    edge.lineTo(end, stage.height + OVERHANG)
    edge.lineTo(*slip[4])
    edge.cubicTo(QPointF(*slip[3]), QPointF(*slip[2]), QPointF(peak_x - side * 10, stage.down(0.72)))
    edge.cubicTo(QPointF(*slip[1]), QPointF(peak_x + side * 46, peak_y + 60), QPointF(peak_x, peak_y))
    grains = [(rng.random(), rng.random(), rng.uniform(14, 60), rng.uniform(90, 210)) for _ in range(40)]

    def dune(painter: QPainter, time: float) -> None:
        shape(
            painter, downward(peak_y, stage.height, mix(bright, PURE_WHITE, 0.18), bright, mix(bright, dark, 0.55)), lit
        )
        shape(painter, downward(peak_y, stage.height, mix(dark, bright, 0.15), dark, mix(dark, light.near, 0.6)), edge)

    def caravan(painter: QPainter, time: float) -> None:
        for index in range(5):
            x, y = crest(0.6 + 0.055 * (4 - index) + 0.006 * time)
            painter.save()
            painter.translate(x, y + 2)
            painter.scale(side * 0.62, 0.62)
            _camel(painter, mix(light.near, dark, 0.2), time * 4 + index * 1.3)
            painter.restore()

    def wind(painter: QPainter, time: float) -> None:
        for x, y, length, pace in grains:
            left = (x * 1600 + side * pace * time) % (stage.width + 2 * OVERHANG) - OVERHANG
            disk(
                painter,
                left,
                stage.down(0.62 + 0.4 * y),
                length / 2,
                clear(mix(bright, PURE_WHITE, 0.5), 0.18),
                flat=0.03,
            )

    return Painting(backdrop, [*layers, Layer(0.5, dune), Layer(0.5, caravan), Layer(0.9, wind)])


def _camel(painter: QPainter, color: QColor, step: float) -> None:
    body = rounded((-34, -40), (-18, -62), (-6, -52), (8, -68), (22, -50), (34, -44), (30, -26), (0, -24), (-32, -24))
    shape(painter, color, body)
    stroke(painter, color, 6)
    neck = QPainterPath(QPointF(28, -36))
    neck.cubicTo(QPointF(44, -24), QPointF(46, -46), QPointF(50, -64))
    painter.drawPath(neck)
    shape(painter, color, rounded((44, -70), (58, -70), (68, -62), (58, -56), (46, -58)))
    stroke(painter, color, 4.5)
    for index, x in enumerate((-26, -18, 18, 26)):
        swing = 6 * math.sin(step + index * 1.9)
        painter.drawPolyline([QPointF(x, -28), QPointF(x + swing * 0.3, -14), QPointF(x + swing, 0)])
