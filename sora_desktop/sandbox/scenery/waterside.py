"""Motifs on and in the water: a sailboat, a lighthouse, jellyfish, and lanterns over a lake."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QImage, QLinearGradient, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import (
    clouds,
    crags,
    disk,
    downward,
    fill,
    flock,
    glitter,
    glow,
    outline,
    range_of_hills,
    ripples,
    rounded,
    shape,
    sky,
    stars,
    stroke,
    sun,
    swell,
    twinkling,
)
from sora_desktop.sandbox.scenery.light import clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, sprite, stamp


def sailboat(stage: Stage) -> Painting:
    """A sailboat on a calm bay, the sun low over hills."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(rng.uniform(0.54, 0.6))
    side = rng.choice((-1, 1))
    sun_x = stage.across(0.5 + side * rng.uniform(0.12, 0.26))
    sun_y = horizon - rng.uniform(70, 170)
    boat_x, boat_y = stage.across(0.5 - side * rng.uniform(0.1, 0.22)), horizon + stage.down(rng.uniform(0.1, 0.16))
    size, pace = rng.uniform(0.85, 1.15), rng.uniform(4, 9)

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, sun_x, sun_y)

    more = [
        (boat_x + side * stage.across(rng.uniform(0.12, 0.42)), horizon + rng.uniform(5, 16), rng.uniform(0.16, 0.3))
        for _ in range(rng.randrange(3))
    ]

    def far_boats(painter: QPainter, time: float) -> None:
        for x, y, small in more:
            painter.save()
            painter.translate(x + side * 2 * (time - 5), y)
            painter.scale(small * side, small)
            _boat(painter, mix(light.near, light.haze, 0.4))
            painter.restore()

    def boat(painter: QPainter, time: float) -> None:
        painter.translate(boat_x + side * pace * (time - 5), boat_y + 2.5 * math.sin(time * 1.3))
        painter.rotate(2.2 * math.sin(time * 1.05))
        painter.scale(size * side, size)
        painter.save()
        painter.scale(1, -0.55)
        painter.setOpacity(0.32)
        _boat(painter, light.near)
        painter.restore()
        _boat(painter, light.near)

    return Painting(
        backdrop,
        [
            clouds(stage, stage.down(0.06), horizon - 90, mix(light.low, QColor("#ffffff"), 0.35), 7),
            flock(stage, stage.down(0.16), stage.down(0.34), clear(light.near, 0.8), 6),
            range_of_hills(stage, horizon - 24, 26, 0.14, swell(rng, 520)),
            range_of_hills(stage, horizon - 4, 20, 0.3, swell(rng, 340)),
            water(stage, horizon),
            ripples(stage, horizon, clear(light.low, 1), clear(light.near, 1)),
            glitter(stage, horizon, sun_x, mix(light.sun, light.low, 0.35), count=100),
            Layer(0.25, far_boats),
            Layer(0.5, boat),
        ],
    )


def water(stage: Stage, horizon: float) -> Layer:
    """The sea from the horizon on, bright where it is far."""
    light = stage.light
    far = mix(mix(light.low, light.middle, 0.45), light.near, 0.25)
    brush = downward(horizon, stage.height, far, mix(light.top, light.near, 0.25), mix(light.top, light.near, 0.75))
    shore = clear(mix(light.low, QColor("#ffffff"), 0.3), 0.4)

    def draw(painter: QPainter, time: float) -> None:
        painter.fillRect(
            QRectF(-OVERHANG, horizon, stage.width + 2 * OVERHANG, stage.height + OVERHANG - horizon), brush
        )
        painter.fillRect(QRectF(-OVERHANG, horizon, stage.width + 2 * OVERHANG, 1.6), shore)

    return Layer(0.12, draw)


def _boat(painter: QPainter, color: QColor) -> None:
    hull = QPainterPath(QPointF(-62, -14))
    hull.lineTo(66, -16)
    hull.quadTo(QPointF(54, 10), QPointF(30, 12))
    hull.lineTo(-40, 12)
    hull.quadTo(QPointF(-56, 8), QPointF(-62, -14))
    shape(painter, color, hull)
    stroke(painter, mix(color, QColor("#ffffff"), 0.12), 3)
    painter.drawLine(QPointF(2, -12), QPointF(2, -196))
    main = QPainterPath(QPointF(-3, -190))
    main.quadTo(QPointF(-34, -90), QPointF(-60, -26))
    main.lineTo(-3, -24)
    main.closeSubpath()
    jib = QPainterPath(QPointF(7, -176))
    jib.quadTo(QPointF(42, -86), QPointF(58, -26))
    jib.quadTo(QPointF(30, -32), QPointF(7, -26))
    jib.closeSubpath()
    shape(painter, mix(color, QColor("#c98a72"), 0.2), main)
    shape(painter, mix(color, QColor("#c98a72"), 0.34), jib)


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
        white, red = mix(light.haze, QColor("#ffffff"), 0.62), mix(light.near, QColor("#d0413f"), 0.75)
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
            clouds(stage, stage.down(0.08), horizon - 100, mix(light.low, QColor("#ffffff"), 0.2), 6),
            range_of_hills(stage, horizon - 6, 22, 0.16, swell(rng, 520)),
            water(stage, horizon),
            ripples(stage, horizon, clear(light.low, 1), clear(light.near, 1), 80),
            glitter(stage, horizon, stage.across(0.5 - side * 0.2), light.low, spread=2.2, strength=0.5),
            Layer(0.45, soft(beam, 3, 0.0, 0.75)),
            Layer(0.45, tower),
        ],
    )


def jellyfish(stage: Stage) -> Painting:
    """Jellyfish that rise through shafts of light."""
    rng = stage.rng
    hue = rng.uniform(-0.05, 0.05)
    deep = [QColor.fromHsvF(0.56 + hue, s, v) for s, v in ((0.62, 0.86), (0.85, 0.6), (0.9, 0.36), (0.92, 0.16))]
    tints = [QColor(name) for name in ("#f3a6ff", "#9fc4ff", "#ffc2d9", "#a8f0ff")]
    rng.shuffle(tints)
    swimmers = sorted(
        (
            rng.uniform(0.35, 0.62) if index else 1.25,
            stage.across((0.5 if index == 0 else (0.14, 0.84, 0.3, 0.7)[index - 1]) + rng.uniform(-0.06, 0.06)),
            stage.down(0.44 if index == 0 else rng.uniform(0.2, 0.75)),
            rng.uniform(0, math.tau),
            index,
        )
        for index in range(5)
    )
    bubbles = [
        (rng.uniform(0, stage.width), rng.uniform(0, stage.height), rng.uniform(0.8, 3.2), rng.uniform(12, 36))
        for _ in range(60)
    ]
    shafts = [(stage.across(rng.uniform(-0.1, 1.0)), rng.uniform(50, 150), rng.random() * 6) for _ in range(7)]

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, *deep))
        glow(painter, stage.across(0.5), -60, 620, clear("#d8fbff", 0.55), flat=0.7)

    def light_shafts(painter: QPainter, time: float) -> None:
        brush = downward(-20, stage.height * 0.85, clear("#dffbff", 0.18), clear("#9fe3ff", 0.09), clear("#9fe3ff", 0))
        for x, wide, phase in shafts:
            sway = 40 * math.sin(time * 0.35 + phase)
            lean = (x - stage.width / 2) * 0.6 + sway
            for narrow in (0.0, 0.2):
                low, high = wide * (narrow * 2.1 - 0.5), wide * (1.6 - narrow * 2.1)
                shape(
                    painter,
                    brush,
                    outline(
                        (x + wide * narrow * 0.5, -20),
                        (x + wide * 0.5 * (1 - narrow), -20),
                        (x + high + lean, stage.height),
                        (x + low + lean, stage.height),
                    ),
                )

    def rising(painter: QPainter, time: float) -> None:
        for x, y, size, pace in bubbles:
            place = (y - pace * time) % stage.height
            disk(painter, x + 6 * math.sin(time + y), place, size, clear("#e6fdff", 0.35))

    leaves = [
        (rng.uniform(-OVERHANG, stage.width + OVERHANG), rng.uniform(60, 190), rng.uniform(8, 17), rng.random() * 6)
        for _ in range(round(stage.width / 22))
    ]

    def weeds(painter: QPainter, time: float) -> None:
        for x, tall, wide, phase in leaves:
            left, right = [], []
            for part in range(6):
                up = part / 5
                bend = (10 + 26 * up) * up * math.sin(time * 0.9 + phase - 1.6 * up)
                half = wide * 0.5 * (1 - up) ** 0.7 * (0.8 + 0.2 * math.sin(phase + part * 2))
                y = stage.height + 40 - (tall + 40) * up
                left.append((x + bend - half, y))
                right.append((x + bend + half, y))
            shape(painter, kelp[int(phase * 10) % 2], outline(*left, *reversed(right)))

    kelp = (mix(deep[3], QColor("#000000"), 0.45), mix(deep[3], QColor("#04201e"), 0.5))
    layers = [Layer(0.1, soft(light_shafts, 6)), Layer(0.25, rising)]
    for size, x, y, phase, index in swimmers:
        is_near = size > 1
        tint = mix(tints[index % 4], deep[1], 0.0 if is_near else 0.45)
        image = None if is_near else sprite(partial(_jellyfish, time=phase, tint=tint), 230, 0.6)
        layers.append(Layer(min(0.8, size * 0.55), partial(_swim, (x, y), size, phase, tint, image)))
    return Painting(backdrop, [*layers, Layer(0.95, weeds)])


def _swim(
    place: tuple[float, float],
    size: float,
    phase: float,
    tint: QColor,
    image: QImage | None,
    painter: QPainter,
    time: float,
) -> None:
    """A near jellyfish moves its tentacles; a far one is an `image` that only beats."""
    x, y = place
    beat = math.sin(time * 2 + phase)
    painter.translate(x + 26 * math.sin(time * 0.3 + phase), y - 7 * time * size - 9 * beat)
    painter.rotate(7 * math.sin(time * 0.5 + phase))
    painter.scale(size, size)
    if image is None:
        _jellyfish(painter, time + phase, tint)
    else:
        painter.scale(1 - 0.08 * beat, 1 + 0.08 * beat)
        stamp(painter, image, 0, 0, 230)


def _jellyfish(painter: QPainter, time: float, tint: QColor) -> None:
    pulse = math.sin(time * 2)
    wide, tall = 74 * (1 - 0.11 * pulse), 74 * (1 + 0.12 * pulse)
    glow(painter, 0, 0, 190, clear(tint, 0.4))
    for index in range(1, 8):
        x = (index - 4) * wide * 0.24
        reach = 150 + 55 * math.sin(index * 2.1)
        points = []
        for part in range(11):
            down = part / 10
            bend = (2 + 13 * down) * math.sin(time * 1.5 + index * 0.9 - 6 * down)
            points.append(QPointF(x * (1 + 0.2 * down) + bend, 4 + reach * down))
        stroke(painter, clear(tint, 0.5 if index % 2 else 0.3), 2.6 if index % 2 else 1.6)
        painter.drawPolyline(points)
    for index in (-1, 0, 1):
        arm = 16 * math.sin(time * 1.2 + index)
        path = QPainterPath(QPointF(index * 16 - 8, 0))
        path.cubicTo(QPointF(index * 18 - 16, 40), QPointF(index * 20 + arm, 70), QPointF(index * 14 + arm, 116))
        path.cubicTo(QPointF(index * 22 + arm, 70), QPointF(index * 20 + 14, 40), QPointF(index * 16 + 8, 0))
        shape(painter, clear(mix(tint, QColor("#ffffff"), 0.5), 0.35), path)
    bell = QPainterPath(QPointF(-wide, 8))
    bell.cubicTo(QPointF(-wide * 1.02, -tall * 1.15), QPointF(wide * 1.02, -tall * 1.15), QPointF(wide, 8))
    for index in range(6):
        left = wide - index * wide / 3
        bell.quadTo(QPointF(left - wide / 6, 20), QPointF(left - wide / 3, 8))
    shape(painter, downward(-tall, 14, clear(mix(tint, QColor("#ffffff"), 0.65), 0.9), clear(tint, 0.55)), bell)
    shape(
        painter,
        clear("#ffffff", 0.28),
        rounded(
            (-wide * 0.6, -tall * 0.3),
            (-wide * 0.3, -tall * 0.72),
            (wide * 0.1, -tall * 0.74),
            (-wide * 0.3, -tall * 0.42),
        ),
    )


def lanterns(stage: Stage) -> Painting:
    """Paper lanterns that rise from a lake into the evening."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.74)
    found = sorted(
        (near, rng.uniform(-40, stage.width + 40), rng.uniform(0, stage.height * 0.95), rng.uniform(0, math.tau))
        for near in (rng.random() ** 1.7 for _ in range(30))
    )

    def backdrop(painter: QPainter) -> None:
        fill(
            painter,
            stage,
            downward(0, horizon, light.top, mix(light.top, light.middle, 0.7), mix(light.low, light.middle, 0.4)),
        )
        stars(painter, stage, horizon, 120)
        glow(painter, stage.across(0.5), horizon, 620, clear("#ffb066", 0.5), flat=0.45)

    layers = [
        twinkling(stage, horizon * 0.7),
        range_of_hills(stage, horizon - 34, 60, 0.2, swell(rng, 620)),
        range_of_hills(stage, horizon - 6, 34, 0.42, swell(rng, 380)),
        water(stage, horizon),
        glitter(stage, horizon, stage.across(0.5), QColor("#ffb45e"), spread=3.4, strength=0.6, count=120),
    ]
    image = sprite(_lantern, 120, 1.2)
    for low, high in ((0.0, 0.25), (0.25, 0.6), (0.6, 1.01)):
        group = [one for one in found if low <= one[0] < high]

        def rise(painter: QPainter, time: float, group: list[tuple[float, float, float, float]] = group) -> None:
            for near, x, y, phase in group:
                size = (0.16 + 0.95 * near) * (1 + 0.01 * math.sin(time * 5 + phase))
                way = stage.height * 1.1
                top = (y - (9 + 26 * near) * time) % way - stage.height * 0.12
                stamp(painter, image, x + 16 * math.sin(time * 0.4 + phase), top, 120 * size)

        layers.append(Layer(0.25 + 0.65 * low, rise))
    return Painting(backdrop, layers)


def _lantern(painter: QPainter) -> None:
    glow(painter, 0, 0, 120, clear("#ff9a3c", 0.6))
    body = QPainterPath(QPointF(-30, -44))
    body.quadTo(QPointF(0, -60), QPointF(30, -44))
    body.quadTo(QPointF(40, 0), QPointF(26, 44))
    body.quadTo(QPointF(0, 52), QPointF(-26, 44))
    body.quadTo(QPointF(-40, 0), QPointF(-30, -44))
    shape(painter, downward(-52, 48, "#e8632c", "#ff9f43", "#ffe29a"), body)
    stroke(painter, clear("#7a2c12", 0.3), 1.4)
    for height in (-22, 0, 22):
        path = QPainterPath(QPointF(-34, height))
        path.quadTo(QPointF(0, height + 9), QPointF(34, height))
        painter.drawPath(path)
    disk(painter, 0, 40, 24, clear("#fff6d0", 0.9), flat=0.28)
