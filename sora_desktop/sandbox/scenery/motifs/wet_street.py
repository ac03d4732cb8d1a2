"""A street in the rain, with neon signs."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter

from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, outline, shape, stroke
from sora_desktop.sandbox.scenery.light import NEON, PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, still
from sora_desktop.sandbox.scenery.weather import rainfall, rings

_Sign = tuple[int, float, float, float, QColor, float, bool]


def wet_street(stage: Stage) -> Painting:
    """Neon signs in the rain, and a paper boat on the water of the street."""
    rng = stage.rng
    base = rng.choice(("#1a1030", "#0e1733", "#1c0f26"))
    back, dark = QColor(base), mix(QColor(base), QColor("#000000"), 0.6)
    horizon = stage.down(0.58)
    middle = stage.across(0.5)
    reach = max(stage.width, 900) / 2
    hues = [QColor(name) for name in NEON]
    rng.shuffle(hues)
    signs = []
    for side in (-1, 1):
        for index in range(7):
            nearness = (index + rng.uniform(0.1, 0.9)) / 7
            place = 0.1 + 0.85 * nearness**1.5
            signs.append(
                (
                    side,
                    place,
                    rng.uniform(0.25, 0.8),
                    rng.uniform(0.5, 1.2),
                    hues[rng.randrange(5)],
                    rng.random() * 6,
                    rng.random() < 0.3,
                )
            )
    signs.sort(key=lambda sign: sign[1])
    bokeh = [
        (rng.gauss(0, 70), rng.gauss(0, 26), rng.uniform(6, 20), hues[rng.randrange(5)], rng.random() * 6)
        for _ in range(14)
    ]
    edge = (stage.height - horizon) / 1.61  # how far down a wall stands for each half width

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, dark, back, mix(back, hues[0], 0.3), back, dark))
        glow(painter, middle, horizon - 20, 420, clear(mix(hues[0], hues[1], 0.5), 0.6))

    def far_lights(painter: QPainter, time: float) -> None:
        for x, y, size, color, phase in bokeh:
            for way, strength in ((1, 0.5), (-1, 0.28)):
                disk(
                    painter,
                    middle + x,
                    horizon - 14 - way * (22 + y * 0.6),
                    size,
                    clear(color, strength * (0.75 + 0.25 * math.sin(time * 1.4 + phase))),
                )

    panes = [
        (
            side,
            rng.uniform(0.12, 0.95),
            rng.uniform(0.15, 1.0),
            rng.choice(("#ffcf8a", "#9fc8ff", "#ffb07a")),
            rng.uniform(0.12, 0.5),
        )
        for side in (-1, 1)
        for _ in range(34)
    ]

    def walls(painter: QPainter) -> None:
        for side in (-1, 1):
            near, far = middle + side * (reach * 1.2 + OVERHANG), middle + side * reach * 0.09
            area = outline((far, horizon), (far, horizon - 150), (near, -330), (near, stage.height * 1.3))
            gradient = QLinearGradient(far, 0, near, 0)
            gradient.setColorAt(0, mix(back, hues[0], 0.32))
            gradient.setColorAt(0.35, mix(dark, back, 0.75))
            gradient.setColorAt(1, dark)
            shape(painter, QBrush(gradient), area)
        for side, place, height, color, strength in panes:
            x, size = middle + side * reach * place, place * 1.1
            y = horizon - (40 + 470 * height) * size
            shape(
                painter,
                clear(color, strength),
                outline(
                    (x, y),
                    (x + side * 20 * size, y - 13 * height * size),
                    (x + side * 20 * size, y + 34 * size),
                    (x, y + 32 * size),
                ),
            )
        for sign in signs:
            _neon_sign(painter, sign, middle, reach, horizon, dark)

    def flicker(painter: QPainter, time: float) -> None:
        for side, place, height, tall, _, phase, is_loose in signs:
            if is_loose and math.sin(time * 9 + phase) * math.sin(time * 2.3 + phase) > 0.5:
                size = place * 1.15
                x, y = middle + side * reach * place, horizon - (60 + 330 * height) * size
                painter.fillRect(QRectF(x - 20 * size, y - 6, 40 * size, 150 * tall * size + 12), clear(dark, 0.7))

    def street(painter: QPainter, time: float) -> None:
        half = 0.09 * reach + 1.61 * reach * (stage.height + OVERHANG - horizon) / (stage.height - horizon)
        wet = outline(
            (middle - reach * 0.09, horizon),
            (middle + reach * 0.09, horizon),
            (middle + half, stage.height + OVERHANG),
            (middle - half, stage.height + OVERHANG),
        )
        shape(painter, downward(horizon, stage.height, mix(back, hues[0], 0.5), mix(back, hues[1], 0.14), dark), wet)

    def shine(painter: QPainter, time: float) -> None:
        for side, place, _, tall, color, phase, _ in signs:
            x, size = middle + side * reach * place * 0.97, place * 1.1
            top = horizon + max(0.0, place - 0.09) * edge + 12 * size
            for part in range(13):
                wave = math.sin(time * 1.9 + phase + part * 1.9)
                strength = (0.4 - 0.028 * part) * (0.7 + 0.3 * wave)
                disk(
                    painter,
                    x - side * part * 3 + 6 * wave * size,
                    top + part * 15 * tall * size,
                    (24 + 3 * part) * size,
                    clear(color, strength),
                    flat=0.42,
                )

    side = rng.choice((-1, 1))

    def paper_boat(painter: QPainter, time: float) -> None:
        x = middle + side * (90 - 9 * time)
        y = stage.down(0.84) + 3 * math.sin(time * 1.4)
        painter.translate(x, y)
        painter.scale(1.05, 1.05)
        for flat in (-0.6, 1.0):
            painter.save()
            painter.scale(1, flat)
            painter.rotate(3 * math.sin(time * 1.1))
            painter.setOpacity(0.3 if flat < 0 else 1.0)
            shape(painter, QColor("#f4efe6"), outline((0, -70), (34, -20), (-34, -20)))
            shape(painter, QColor("#c9c2d6"), outline((0, -70), (34, -20), (6, -20)))
            shape(
                painter,
                QColor("#e7e1dc"),
                outline((-84, -34), (-36, -14), (0, -20), (36, -14), (84, -34), (48, 12), (-48, 12)),
            )
            shape(painter, QColor("#b8b0c8"), outline((0, -20), (36, -14), (84, -34), (48, 12), (6, 12)))
            painter.restore()

    return Painting(
        backdrop,
        [
            Layer(0.12, far_lights),
            Layer(0.45, still(stage, walls)),
            Layer(0.45, street),
            Layer(0.45, soft(shine, 4, 0.55)),
            Layer(0.45, flicker),
            rings(stage, horizon + 50, 16, 0.6),
            Layer(0.75, paper_boat),
            rainfall(stage),
        ],
    )


def _neon_sign(painter: QPainter, sign: _Sign, middle: float, reach: float, horizon: float, dark: QColor) -> None:
    side, place, height, tall, color, _, _ = sign
    size = place * 1.15
    x, y = middle + side * reach * place, horizon - (60 + 330 * height) * size
    long, wide = 150 * tall * size, 30 * size
    glow(painter, x, y + long / 2, long * 0.95 + 30, clear(color, 0.5))
    stroke(painter, mix(color, PURE_WHITE, 0.25), max(1.0, 3.4 * size))
    painter.setBrush(mix(color, dark, 0.75))
    painter.drawRoundedRect(QRectF(x - wide / 2, y, wide, long), 6 * size, 6 * size)
    painter.setBrush(mix(color, PURE_WHITE, 0.5))
    painter.setPen(Qt.PenStyle.NoPen)
    marks = max(2, int(tall * 4))
    for mark in range(marks):
        top = y + long * (mark + 0.22) / marks
        painter.drawRect(QRectF(x - wide * 0.22, top, wide * 0.44, long / marks * 0.16))
        left = x - wide * (0.22 if mark % 2 else 0.02)
        painter.drawRect(QRectF(left, top + long / marks * 0.3, wide * 0.24, long / marks * 0.22))
