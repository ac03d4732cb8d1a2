"""Motifs of the night: a skyline, a wet street, northern lights, a planet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPainterPath, QRadialGradient

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    crags,
    dash,
    disk,
    downward,
    fill,
    glitter,
    glow,
    outline,
    range_of_hills,
    ripples,
    shape,
    sky,
    stars,
    stroke,
    sun,
    swell,
    twinkling,
    wood,
)
from sora_desktop.sandbox.scenery.light import clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, still
from sora_desktop.sandbox.scenery.weather import rainfall, rings

_WHITE = QColor("#ffffff")
_LAMPS = ("#ffd58a", "#ffe7b8", "#ffb566", "#bfe3ff")
_NEON = ("#ff3d8b", "#3de8ff", "#b26bff", "#ffb13d", "#58ffb0")


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
        clouds(stage, stage.down(0.08), stage.down(0.4), mix(light.low, _WHITE, 0.3), 6),
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
            QColor(rng.choice(_LAMPS + _NEON[:3])),
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
            disk(painter, x, horizon - 12, 2.6, mix(color, _WHITE, 0.6))

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


def wet_street(stage: Stage) -> Painting:
    """Neon signs in the rain, and a paper boat on the water of the street."""
    rng = stage.rng
    base = rng.choice(("#1a1030", "#0e1733", "#1c0f26"))
    back, dark = QColor(base), mix(QColor(base), QColor("#000000"), 0.6)
    horizon = stage.down(0.58)
    middle = stage.across(0.5)
    reach = max(stage.width, 900) / 2
    hues = [QColor(name) for name in _NEON]
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


_Sign = tuple[int, float, float, float, QColor, float, bool]


def _neon_sign(painter: QPainter, sign: _Sign, middle: float, reach: float, horizon: float, dark: QColor) -> None:
    side, place, height, tall, color, _, _ = sign
    size = place * 1.15
    x, y = middle + side * reach * place, horizon - (60 + 330 * height) * size
    long, wide = 150 * tall * size, 30 * size
    glow(painter, x, y + long / 2, long * 0.95 + 30, clear(color, 0.5))
    stroke(painter, mix(color, _WHITE, 0.25), max(1.0, 3.4 * size))
    painter.setBrush(mix(color, dark, 0.75))
    painter.drawRoundedRect(QRectF(x - wide / 2, y, wide, long), 6 * size, 6 * size)
    painter.setBrush(mix(color, _WHITE, 0.5))
    painter.setPen(Qt.PenStyle.NoPen)
    marks = max(2, int(tall * 4))
    for mark in range(marks):
        top = y + long * (mark + 0.22) / marks
        painter.drawRect(QRectF(x - wide * 0.22, top, wide * 0.44, long / marks * 0.16))
        left = x - wide * (0.22 if mark % 2 else 0.02)
        painter.drawRect(QRectF(left, top + long / marks * 0.3, wide * 0.24, long / marks * 0.22))


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
    top, foot = mix(color, high, 0.7), mix(color, _WHITE, 0.25)
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


def planet(stage: Stage) -> Painting:
    """A ringed planet and its moon among stars."""
    rng = stage.rng
    hue = rng.random()
    main = QColor.fromHsvF(hue, 0.5, 0.92)
    band = QColor.fromHsvF((hue + 0.06) % 1, 0.62, 0.7)
    dust = QColor.fromHsvF((hue + rng.choice((-0.12, 0.1))) % 1, 0.8, 0.75)
    dark = QColor("#04050f")
    x, y = stage.across(rng.uniform(0.42, 0.6)), stage.down(rng.uniform(0.44, 0.54))
    radius = rng.uniform(150, 185)
    tilt = rng.choice((-1, 1)) * rng.uniform(14, 24)
    bands = [(rng.uniform(-0.9, 0.9), rng.uniform(0.03, 0.12), rng.uniform(0.15, 0.6)) for _ in range(11)]
    spots = [(rng.random(), rng.uniform(-0.7, 0.7), rng.uniform(0.05, 0.13)) for _ in range(7)]
    fields = [
        (
            depth,
            [
                (
                    rng.uniform(-OVERHANG, stage.width + OVERHANG),
                    rng.uniform(-OVERHANG, stage.height + OVERHANG),
                    size * rng.uniform(0.6, 1.3),
                    rng.random() * 6,
                )
                for _ in range(count)
            ],
        )
        for depth, size, count in ((0.2, 0.9, 90), (0.45, 1.3, 46), (0.9, 2.0, 16))
    ]

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, dark, mix(dark, dust, 0.2), mix(dark, main, 0.1)))
        for _ in range(26):
            color = rng.choice((dust, dust, main, QColor.fromHsvF((hue + 0.3) % 1, 0.8, 0.7)))
            share = rng.random()
            glow(
                painter,
                stage.across(share) + rng.gauss(0, 90),
                stage.down(0.85 - 0.7 * share) + rng.gauss(0, 90),
                rng.uniform(90, 260),
                clear(color, 0.24),
            )
        stars(painter, stage, stage.height * 3, 260)

    layers = []
    for depth, field in fields:

        def drift(painter: QPainter, time: float, field: list[tuple[float, float, float, float]] = field) -> None:
            for left, top, size, phase in field:
                disk(painter, left, top, size, clear("#f4f7ff", 0.6 + 0.35 * math.sin(time * 1.5 + phase)))

        layers.append(Layer(depth, drift))

    def ring(painter: QPainter, front: bool) -> None:
        painter.save()
        painter.setClipRect(QRectF(-900, 0 if front else -900, 1800, 900))
        for index, (wide, strength) in enumerate(((1.42, 0.35), (1.56, 0.6), (1.68, 0.45), (1.84, 0.7), (1.98, 0.3))):
            stroke(painter, clear(mix(main, _WHITE, 0.35 + 0.08 * index), strength), radius * 0.09)
            painter.drawEllipse(QPointF(0, 0), radius * wide, radius * wide * 0.27)
        painter.restore()

    def globe(painter: QPainter) -> None:
        painter.translate(x, y)
        painter.rotate(tilt)
        glow(painter, 0, 0, radius * 1.7, clear(main, 0.35))
        ring(painter, front=False)
        painter.save()
        ball = QPainterPath()
        ball.addEllipse(QPointF(0, 0), radius, radius)
        shape(painter, main, ball)
        painter.setClipPath(ball)
        for place, high, strength in bands:
            disk(painter, 0, radius * place, radius * 1.25, clear(band, strength), flat=high)
        for start, place, size in spots:
            disk(
                painter,
                radius * (2 * start - 1),
                radius * place,
                radius * size,
                clear(mix(band, dark, 0.2), 0.5),
                flat=0.45,
            )
        painter.restore()
        shade = QRadialGradient(-radius * 0.45, -radius * 0.45, radius * 1.65)
        for place, strength in ((0.0, 0.0), (0.45, 0.08), (0.75, 0.6), (1.0, 0.93)):
            shade.setColorAt(place, clear(dark, strength))
        shape(painter, QBrush(shade), ball)
        ring(painter, front=True)

    def moon(painter: QPainter, time: float) -> None:
        angle = time * 0.06 + hue * 6
        left, top = x + radius * 2.3 * math.cos(angle), y - radius * 0.2 + radius * 0.8 * math.sin(angle)
        glow(painter, left, top, 60, clear("#dfe6ff", 0.35))
        shade = QRadialGradient(left - 8, top - 8, 30)
        for place, color in ((0.0, "#f2f5ff"), (0.5, "#c3cbe4"), (1.0, "#2a3052")):
            shade.setColorAt(place, QColor(color))
        disk(painter, left, top, 20, QBrush(shade))

    layers.insert(2, Layer(0.4, still(stage, globe, y - 1.6 * radius, y + 1.6 * radius)))
    layers.insert(3, Layer(0.5, moon))
    return Painting(backdrop, layers)
