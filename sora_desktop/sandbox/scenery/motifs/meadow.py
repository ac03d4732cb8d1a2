"""A meadow with flowers and a tree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

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
from sora_desktop.sandbox.scenery.stage import OVERHANG, Draw, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import sprite, stamp, still


def meadow(stage: Stage) -> Painting:
    """Flowers in the wind before soft hills and a tree."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.56)
    green = QColor(
        {
            Hour.DAY: "#7fb04a",
            Hour.GOLDEN: "#b39a3c",
            Hour.DAWN: "#8fa66a",
            Hour.DUSK: "#4c5a5c",
            Hour.NIGHT: "#1d4048",
        }[stage.hour]
    )
    tree_x, tree_y = stage.across(rng.choice((0.28, 0.72))), stage.down(0.64)
    petals = [
        QColor(name)
        for name in rng.choice(
            (("#e9553f", "#f7d358", "#f2efe6"), ("#a05be0", "#f08fc0", "#f5f0ff"), ("#4f86f0", "#f7d358", "#ffffff"))
        )
    ]
    blades = [
        (rng.uniform(-OVERHANG, stage.width + OVERHANG), rng.uniform(60, 170), rng.random() * 6, rng.random())
        for _ in range(int(stage.width / 5))
    ]
    flowers = sorted(
        (rng.uniform(0.35, 1.0), rng.uniform(-60, stage.width + 60), rng.random() * 6, rng.randrange(3))
        for _ in range(int(stage.width / 40))
    )
    seeds = [
        (rng.uniform(0, stage.width), rng.uniform(stage.down(0.3), stage.height), rng.uniform(10, 26), rng.random() * 6)
        for _ in range(26)
    ]

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, stage.across(rng.uniform(0.35, 0.65)), stage.down(rng.uniform(0.2, 0.36)), 32)

    layers = [clouds(stage, stage.down(0.06), stage.down(0.34), mix(light.low, PURE_WHITE, 0.7), 9)]
    for base, height, nearness in ((0.5, 50, 0.08), (0.57, 46, 0.2), (0.66, 40, 0.4)):
        color = mix(light.haze, green, 0.25 + nearness * 1.7)
        area = ground(stage, stage.down(base), height, swell(rng, 700, 3))
        brush = downward(
            stage.down(base) - height, stage.down(base + 0.2), mix(color, light.sun, 0.2), mix(color, light.near, 0.25)
        )
        layers.append(Layer(nearness, partial(paint_area, brush, area)))
    leaves = [(rng.gauss(0, 46), rng.gauss(0, 30), rng.uniform(22, 40), rng.random()) for _ in range(22)]

    def tree(painter: QPainter) -> None:
        trunk = mix(light.near, QColor("#4b3426"), 0.4)
        shape(
            painter,
            trunk,
            rounded(
                (tree_x - 10, tree_y + 14),
                (tree_x - 5, tree_y - 50),
                (tree_x - 18, tree_y - 90),
                (tree_x + 14, tree_y - 90),
                (tree_x + 6, tree_y - 50),
                (tree_x + 10, tree_y + 14),
            ),
        )
        for dx, dy, size, tone in leaves:
            color = mix(mix(green, light.near, 0.62), mix(green, light.sun, 0.15), tone * 0.6 - dy / 160)
            disk(painter, tree_x + dx, tree_y - 116 + dy, size, color)

    def field(painter: QPainter, time: float) -> None:
        area = QRectF(-OVERHANG, stage.down(0.76), stage.width + 2 * OVERHANG, stage.height)
        painter.fillRect(
            area,
            downward(
                stage.down(0.76),
                stage.height,
                clear(mix(green, light.near, 0.3), 0),
                mix(green, light.near, 0.5),
                mix(green, light.near, 0.8),
            ),
        )

    rows = [
        still(stage, partial(_blades, blades[row::3], stage, mix(green, light.near, 0.5 + 0.15 * row)), stage.down(0.7))
        for row in range(3)
    ]

    heads = [
        sprite(partial(_blossom, color=mix(color, light.near, 0.45 if stage.is_night else 0.12)), 28, 1.5)
        for color in petals
    ]

    beds = [
        still(stage, partial(_flowers, flowers[row::2], stage, mix(green, light.near, 0.6), heads), stage.down(0.6))
        for row in range(2)
    ]

    def floating(painter: QPainter, time: float) -> None:
        for x, y, pace, phase in seeds:
            left = (x + pace * time) % (stage.width + 40) - 20
            strength = 0.55 + 0.35 * math.sin(time * 1.3 + phase)
            disk(
                painter,
                left,
                y + 18 * math.sin(time * 0.6 + phase),
                2.4,
                clear(mix(light.sun, PURE_WHITE, 0.3), strength),
            )

    return Painting(
        backdrop,
        [
            *layers,
            Layer(0.4, still(stage, tree, tree_y - 260, tree_y + 30)),
            Layer(0.55, field),
            Layer(0.8, partial(_sway, stage, rows)),
            Layer(0.95, partial(_sway, stage, beds)),
            Layer(0.6, floating),
        ],
    )


def _sway(stage: Stage, rows: Sequence[Draw], painter: QPainter, time: float) -> None:
    """Paint rows of plants that lean with the wind, one after another."""
    foot = stage.height + 30
    for index, row in enumerate(rows):
        painter.save()
        painter.translate(0, foot)
        painter.shear(-0.05 - 0.07 * math.sin(time * 1.5 + index * 1.1), 0)
        painter.translate(0, -foot)
        row(painter, time)
        painter.restore()


def _flowers(
    flowers: Sequence[tuple[float, float, float, int]],
    stage: Stage,
    green: QColor,
    heads: Sequence[QImage],
    painter: QPainter,
) -> None:
    for near, x, phase, kind in flowers:
        foot, top = stage.height + 40, stage.height + 40 - 190 * near
        bend = (3 * phase - 9) * near
        stroke(painter, green, 3 * near)
        painter.drawLine(QPointF(x, foot), QPointF(x + bend, top))
        stamp(painter, heads[kind], x + bend, top, 28 * near)


def _blades(
    blades: Sequence[tuple[float, float, float, float]], stage: Stage, color: QColor, painter: QPainter
) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for x, tall, phase, share in blades:
        bend, foot = (4 * phase - 12) * tall / 120, stage.height + 30 - 30 * share
        middle, half = x + bend * 0.3, foot - tall * 0.55
        points = [(x - 4, foot), (middle - 2, half), (x + bend, foot - tall), (middle + 2, half), (x + 4, foot)]
        painter.drawConvexPolygon(outline(*points))


def _blossom(painter: QPainter, color: QColor) -> None:
    for turn in range(5):
        angle = turn * math.tau / 5 + 0.4
        disk(painter, 11 * math.cos(angle), 7.5 * math.sin(angle), 10, color)
    disk(painter, 0, 0, 6, mix(QColor("#5a3a1c"), color, 0.25))
