"""Motifs of the land: mountains, dunes, snow, a meadow, balloons over hills, a wood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPainterPath, QPolygonF

from sora_desktop.sandbox.scenery.brushes import (
    Curve,
    clouds,
    crags,
    disk,
    downward,
    fill,
    flock,
    glow,
    ground,
    mist,
    outline,
    range_of_hills,
    rounded,
    shape,
    sky,
    stars,
    stroke,
    sun,
    swell,
    wood,
)
from sora_desktop.sandbox.scenery.light import Hour, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Draw, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, sprite, stamp, still
from sora_desktop.sandbox.scenery.weather import snowfall

_WHITE = QColor("#ffffff")


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

    layers = [clouds(stage, stage.down(0.06), stage.down(0.3), mix(light.low, _WHITE, 0.5), 5)]
    for index, (base, height) in enumerate(((0.5, 0.2), (0.6, 0.17), (0.7, 0.13), (0.81, 0.1))):
        nearness = (0.1, 0.27, 0.47, 0.68)[index]
        curve = crags(rng, 330 - 40 * index) if index < 2 else crags(rng, 260, 5)
        layers.append(range_of_hills(stage, stage.down(base), stage.down(height) * 1.25, nearness, curve, step=6))
        layers.append(
            mist(stage, stage.down(base + 0.11), stage.down(0.09), mix(light.haze, _WHITE, 0.45), 0.6, nearness)
        )
    slope = swell(rng, 700)
    base = stage.down(0.93)

    def foot(x: float) -> float:
        return base - 34 * slope(x)

    layers.insert(3, flock(stage, stage.down(0.2), stage.down(0.4), clear(light.near, 0.75)))
    layers.append(wood(stage, foot, (60, 150), 46, 0.95, light.near))
    layers.append(Layer(0.95, partial(_area, light.near, ground(stage, base, 34, slope))))
    return Painting(backdrop, layers)


def _area(brush: QBrush | QColor, area: QPolygonF, painter: QPainter, time: float) -> None:
    shape(painter, brush, area)


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

    layers = [clouds(stage, stage.down(0.08), stage.down(0.3), mix(light.low, _WHITE, 0.6), 3)]
    for index, base in enumerate((0.56, 0.62)):
        color = mix(light.haze, mix(bright, dark, 0.35), 0.35 + 0.3 * index)
        area = ground(stage, stage.down(base), 34, swell(rng, 560 - 120 * index, 2))
        brush = downward(stage.down(base) - 40, stage.down(base + 0.2), color, mix(color, dark, 0.25))
        layers.append(Layer(0.12 + 0.14 * index, partial(_area, brush, area)))

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
        shape(painter, downward(peak_y, stage.height, mix(bright, _WHITE, 0.18), bright, mix(bright, dark, 0.55)), lit)
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
                painter, left, stage.down(0.62 + 0.4 * y), length / 2, clear(mix(bright, _WHITE, 0.5), 0.18), flat=0.03
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


def winter(stage: Stage) -> Painting:
    """Snow falls on a cabin between firs."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.58)
    snow = mix(light.haze, _WHITE, 0.72 if not stage.is_night else 0.3)
    shade = mix(mix(light.haze, light.top, 0.45), QColor("#6f8fc4"), 0.3)
    x = stage.across(rng.choice((0.36, 0.64)) + rng.uniform(-0.05, 0.05))
    y = stage.down(0.735)

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, stage.across(rng.uniform(0.3, 0.7)), stage.down(rng.uniform(0.22, 0.34)), 28)

    layers = [clouds(stage, stage.down(0.06), stage.down(0.32), mix(light.low, _WHITE, 0.6), 5)]
    for index, (base, height) in enumerate(((0.52, 110), (0.6, 56), (0.7, 40), (0.86, 44))):
        nearness = (0.1, 0.26, 0.5, 0.85)[index]
        curve = crags(rng, 300) if index == 0 else swell(rng, 980 - 120 * index, 2)
        level = stage.down(base)
        far = mix(snow, light.haze, 0.55 - 0.55 * nearness)
        brush = downward(level - height, level + 150, far, mix(far, shade, 0.7))
        area = ground(stage, level, height, curve)
        trees = mix(light.haze, mix(light.near, QColor("#123040"), 0.4), 0.35 + 0.6 * nearness)
        if index in (1, 2):

            def foot(x: float, level: float = level, height: float = height, curve: Curve = curve) -> float:
                return level - height * curve(x)

            sizes = (34, 74) if index == 1 else (70, 150)
            layers.append(wood(stage, foot, sizes, 46 if index == 1 else 24, nearness, trees))
        layers.append(Layer(nearness, partial(_area, brush, area)))
    puffs = [(rng.random(), rng.uniform(-1, 1)) for _ in range(9)]
    wall = mix(light.near, QColor("#5b3a2e"), 0.5)

    def smoke(painter: QPainter, time: float) -> None:
        for start, way in puffs:
            age = (start + time * 0.09) % 1
            glow(
                painter,
                x + 44 + way * 16 * age + 30 * age,
                y - 122 - 150 * age,
                12 + 34 * age,
                clear(snow, 0.4 * (1 - age)),
            )

    def cabin(painter: QPainter) -> None:
        glow(painter, x, y + 6, 200, clear("#ffb35c", 0.35), flat=0.35)
        painter.fillRect(QRectF(x - 66, y - 54, 132, 64), wall)
        shape(
            painter,
            mix(wall, light.near, 0.6),
            outline((x + 36, y - 122), (x + 52, y - 122), (x + 52, y - 70), (x + 36, y - 70)),
        )
        shape(
            painter,
            snow,
            rounded(
                (x - 100, y - 44),
                (x - 84, y - 60),
                (x - 8, y - 124),
                (x + 8, y - 124),
                (x + 84, y - 60),
                (x + 100, y - 44),
                (x + 84, y - 50),
                (x, y - 66),
                (x - 84, y - 50),
            ),
        )
        for left in (x - 46, x + 18):
            glow(painter, left + 13, y - 28, 46, clear("#ffc36b", 0.6))
            painter.fillRect(QRectF(left, y - 40, 26, 26), QColor("#ffd88a"))
            painter.fillRect(QRectF(left + 12, y - 40, 2.4, 26), wall)
            painter.fillRect(QRectF(left, y - 28, 26, 2.4), wall)
        painter.fillRect(QRectF(x - 14, y - 32, 22, 42), mix(wall, light.near, 0.7))

    layers[-1:-1] = [Layer(0.55, smoke), Layer(0.55, still(stage, cabin, y - 200, y + 120))]
    return Painting(backdrop, [*layers, *snowfall(stage)])


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

    layers = [clouds(stage, stage.down(0.06), stage.down(0.34), mix(light.low, _WHITE, 0.7), 9)]
    for base, height, nearness in ((0.5, 50, 0.08), (0.57, 46, 0.2), (0.66, 40, 0.4)):
        color = mix(light.haze, green, 0.25 + nearness * 1.7)
        area = ground(stage, stage.down(base), height, swell(rng, 700, 3))
        brush = downward(
            stage.down(base) - height, stage.down(base + 0.2), mix(color, light.sun, 0.2), mix(color, light.near, 0.25)
        )
        layers.append(Layer(nearness, partial(_area, brush, area)))
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
                painter, left, y + 18 * math.sin(time * 0.6 + phase), 2.4, clear(mix(light.sun, _WHITE, 0.3), strength)
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


def balloons(stage: Stage) -> Painting:
    """Hot-air balloons over hills in the morning."""
    rng, light = stage.rng, stage.light
    horizon = stage.down(0.7)
    pairs = [
        ("#e2504a", "#f6e8d2"),
        ("#2f7fb5", "#f2efe4"),
        ("#f0a63a", "#8c3f6d"),
        ("#3f9c86", "#f7d97c"),
        ("#7a55b0", "#f4b8c6"),
    ]
    rng.shuffle(pairs)
    places = [
        (0.3, 0.36, 1.2),
        (0.7, 0.27, 0.8),
        (0.84, 0.5, 0.5),
        (0.52, 0.55, 0.42),
        (0.13, 0.6, 0.34),
        (0.6, 0.12, 0.3),
    ]
    flip = rng.random() < 0.5
    fleet = sorted(
        (
            size * rng.uniform(0.9, 1.1),
            stage.across((1 - x if flip else x) + rng.uniform(-0.05, 0.05)),
            stage.down(y + rng.uniform(-0.04, 0.04)),
            index,
        )
        for index, (x, y, size) in enumerate(places)
    )

    def backdrop(painter: QPainter) -> None:
        sky(painter, stage, horizon)
        if stage.is_night:
            stars(painter, stage, horizon)
        sun(painter, stage, stage.across(rng.uniform(0.4, 0.6)), horizon - 60, 34)

    layers = [clouds(stage, stage.down(0.08), stage.down(0.55), mix(light.low, _WHITE, 0.7), 8)]
    for base, height, nearness in ((0.68, 46, 0.12), (0.75, 50, 0.3), (0.84, 46, 0.55)):
        layers.append(range_of_hills(stage, stage.down(base), height, nearness, swell(rng, 560)))
        layers.append(mist(stage, stage.down(base + 0.06), 46, mix(light.haze, _WHITE, 0.5), 0.5, nearness))
    for size, x, y, index in fleet:
        colors = tuple(mix(QColor(name), light.haze, max(0.08, 0.5 - 0.45 * size)) for name in pairs[index % 5])

        image = sprite(partial(_balloon, colors, light.near), 140, max(0.4, size))
        layers.append(Layer(min(0.9, 0.15 + 0.5 * size), partial(_fly, image, (x, y), size, index)))
    slope = swell(rng, 520)
    base = stage.down(0.97)
    layers.append(wood(stage, lambda x: base - 24 * slope(x), (40, 100), 40, 0.9, light.near))
    layers.append(Layer(0.9, partial(_area, light.near, ground(stage, base, 24, slope))))
    return Painting(backdrop, layers)


def _fly(image: QImage, place: tuple[float, float], size: float, phase: float, painter: QPainter, time: float) -> None:
    drift = 5 * (time - 5) * size
    painter.translate(place[0] + drift, place[1] - drift + 6 * math.sin(time * 0.8 + phase))
    painter.rotate(1.6 * math.sin(time * 0.7 + phase))
    stamp(painter, image, 0, 0, 140 * size)
    if math.sin((time + phase) * 0.9) > 0.55:
        glow(painter, 0, 90 * size, 40 * size, clear("#ffb84d", 0.9))


def _balloon(colors: tuple[QColor, ...], dark: QColor, painter: QPainter) -> None:
    for index in range(7):
        wide, inner = 104 * math.cos(math.pi * index / 14), 0.0
        path = QPainterPath(QPointF(-inner, -124))
        path.cubicTo(QPointF(-wide * 1.35, -124), QPointF(-wide * 1.2, 10), QPointF(-wide * 0.16, 84))
        path.lineTo(wide * 0.16, 84)
        path.cubicTo(QPointF(wide * 1.2, 10), QPointF(wide * 1.35, -124), QPointF(inner, -124))
        shape(painter, colors[index % 2], path)
    whole = QPainterPath(QPointF(0, -124))
    whole.cubicTo(QPointF(140, -124), QPointF(125, 10), QPointF(17, 84))
    whole.lineTo(6, 84)
    whole.cubicTo(QPointF(60, 10), QPointF(70, -100), QPointF(0, -124))
    shape(painter, clear(dark, 0.25), whole)
    shape(painter, clear(_WHITE, 0.22), rounded((-66, -50), (-50, -92), (-28, -104), (-46, -60), (-52, -20)))
    stroke(painter, mix(dark, colors[0], 0.2), 1.6)
    for x in (-15, 15):
        painter.drawLine(QPointF(x, 84), QPointF(x * 0.8, 112))
    shape(painter, QColor("#6b4526"), rounded((-15, 110), (15, 110), (14, 132), (-14, 132)))


def woods(stage: Stage) -> Painting:
    """Light falls between the trunks of a wood."""
    rng = stage.rng
    tones = {
        Hour.DAY: ("#e9f5c8", "#8fb98a", "#12301f"),
        Hour.DAWN: ("#ffe9cf", "#b3b59f", "#1c2c2b"),
        Hour.GOLDEN: ("#ffe3a0", "#b08a4c", "#2a1c12"),
        Hour.DUSK: ("#c79fc0", "#57507c", "#100f24"),
        Hour.NIGHT: ("#5f8fb0", "#1d4258", "#040d15"),
    }[stage.hour]
    far, middle, near = (QColor(name) for name in tones)
    source = stage.across(rng.uniform(0.35, 0.65))
    shafts = [(source + rng.uniform(-0.5, 0.5) * stage.width, rng.uniform(30, 110), rng.random() * 6) for _ in range(7)]
    flies = [
        (rng.uniform(0, stage.width), stage.down(rng.uniform(0.4, 0.95)), rng.random() * 6, rng.uniform(0.5, 1.2))
        for _ in range(34)
    ]
    is_dark = stage.hour in (Hour.DUSK, Hour.NIGHT)
    spark = QColor("#e8ff8a") if is_dark else mix(far, _WHITE, 0.6)

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, mix(far, middle, 0.25), far, middle, near))
        glow(painter, source, stage.down(0.36), 430, clear(mix(far, _WHITE, 0.6), 0.85))
        for layer in distant:
            layer.draw(painter, 0)

    layers = []
    for index, nearness in enumerate((0.08, 0.22, 0.42, 0.72)):
        color = mix(mix(far, middle, 0.55), near, (0.1, 0.4, 0.7, 1.0)[index])
        trunks = []
        count = max(2, round((26, 16, 9, 4)[index] * stage.width / 1280))
        for number in range(count):
            x = -OVERHANG + (stage.width + 2 * OVERHANG) * (number + rng.uniform(0.1, 0.9)) / count
            wide = (7, 13, 24, 52)[index] * rng.uniform(0.7, 1.25)
            lean = rng.uniform(-16, 16)
            base = stage.down(0.68 + 0.09 * index) + rng.uniform(-8, 14)
            path = QPainterPath(QPointF(x - wide * 0.42 + lean, -OVERHANG))
            path.cubicTo(
                QPointF(x - wide * 0.45, 200), QPointF(x - wide * 0.5, base - 80), QPointF(x - wide * 0.95, base)
            )
            path.lineTo(x + wide * 0.95, base)
            path.cubicTo(
                QPointF(x + wide * 0.5, base - 80),
                QPointF(x + wide * 0.45, 200),
                QPointF(x + wide * 0.42 + lean, -OVERHANG),
            )
            trunks.append(path)
            for _ in range((2, 3, 3, 2)[index]):
                y = rng.uniform(-60, stage.down(0.5))
                way = rng.choice((-1, 1))
                reach = rng.uniform(2, 5) * wide
                path = QPainterPath(QPointF(x, y))
                path.quadTo(
                    QPointF(x + way * reach * 0.5, y - 6), QPointF(x + way * reach, y - wide * rng.uniform(0.6, 2.4))
                )
                path.quadTo(QPointF(x + way * reach * 0.5, y + wide * 0.1), QPointF(x, y + wide * 0.5))
                trunks.append(path)
        area = ground(stage, stage.down(0.68 + 0.09 * index), 14 + 6 * index, swell(rng, 330))
        brush = downward(0, stage.height, mix(color, far, 0.18), color)
        layers.append(Layer(nearness, still(stage, partial(_fill_all, brush, [*trunks, area]))))
        if index < 3:
            layers.append(
                mist(stage, stage.down(0.64 + 0.08 * index), 130, mix(far, _WHITE, 0.2), 0.42 - 0.1 * index, nearness)
            )

    def rays(painter: QPainter, time: float) -> None:
        brush = downward(-40, stage.height * 0.9, clear(mix(far, _WHITE, 0.5), 0.34), clear(far, 0.16), clear(far, 0))
        for x, wide, phase in shafts:
            lean = (x - source) * 0.9 + 90
            sway = 14 * math.sin(time * 0.4 + phase)
            painter.setOpacity(0.6 + 0.4 * math.sin(time * 0.7 + phase))
            shape(
                painter,
                brush,
                outline(
                    (x, -40),
                    (x + wide * 0.5, -40),
                    (x + wide * 1.5 + lean + sway, stage.height),
                    (x + lean + sway, stage.height),
                ),
            )
        painter.setOpacity(1)

    fly = sprite(partial(_firefly, spark, 14 if is_dark else 5), 14, 2)

    def fireflies(painter: QPainter, time: float) -> None:
        for x, y, phase, pace in flies:
            painter.setOpacity(0.15 + 0.85 * max(0.0, math.sin(time * 1.7 * pace + phase)))
            left = x + 30 * math.sin(time * 0.5 * pace + phase)
            stamp(painter, fly, left, y + 22 * math.sin(time * 0.8 * pace + phase * 2), 16)

    def ferns(painter: QPainter) -> None:
        stroke(painter, mix(near, QColor("#000000"), 0.25), 5)
        for number in range(int(stage.width / 60) + 5):
            x = -OVERHANG + number * 66 + 24 * math.sin(number * 2.3)
            for turn in range(-3, 4):
                tip = QPointF(x + turn * 30, stage.height + 26 - 90 + abs(turn) * 17 + 26 * math.sin(number * 1.3))
                path = QPainterPath(QPointF(x, stage.height + 40))
                path.quadTo(QPointF(x + turn * 10, stage.height - 50), tip)
                painter.drawPath(path)

    distant = layers[:2]
    layers = [*layers[2:4], Layer(0.2, soft(rays)), *layers[4:]]
    return Painting(backdrop, [*layers, Layer(0.5, fireflies), Layer(0.9, still(stage, ferns, stage.height - 120))])


def _fill_all(brush: QBrush, areas: Sequence[QPainterPath | QPolygonF], painter: QPainter) -> None:
    for area in areas:
        shape(painter, brush, area)


def _firefly(color: QColor, reach: float, painter: QPainter) -> None:
    glow(painter, 0, 0, reach, clear(color, 0.9))
    disk(painter, 0, 0, 1.8, color)
