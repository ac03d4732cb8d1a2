"""What motifs are painted with: gradients, glows, curves, and the shapes that several of them share."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QRadialGradient,
)

from sora_desktop.sandbox.scenery.light import PURE_WHITE, clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Stage
from sora_desktop.sandbox.scenery.surfaces import sprite, still

#: A height between -1 and 1 at each place.
Curve = Callable[[float], float]


def downward(top: float, bottom: float, *colors: QColor | str) -> QBrush:
    """A gradient down the picture with its colors at equal distances."""
    gradient = QLinearGradient(0, top, 0, bottom)
    for index, color in enumerate(colors):
        gradient.setColorAt(index / (len(colors) - 1), QColor(color))
    return QBrush(gradient)


def fill(painter: QPainter, stage: Stage, brush: QBrush | QColor) -> None:
    """Fill the whole picture."""
    painter.fillRect(QRectF(-OVERHANG, -OVERHANG, stage.width + 2 * OVERHANG, stage.height + 2 * OVERHANG), brush)


def glow(painter: QPainter, x: float, y: float, radius: float, color: QColor, *, flat: float = 1.0) -> None:
    """Soft light around a point that fades to nothing at `radius`; `flat` below 1 presses it to an ellipse."""
    gradient = QRadialGradient(0, 0, radius)
    strength = color.alphaF()
    for place, share in ((0.0, 1.0), (0.2, 0.74), (0.45, 0.32), (0.7, 0.09), (1.0, 0.0)):
        shade = QColor(color)
        shade.setAlphaF(strength * share)
        gradient.setColorAt(place, shade)
    painter.save()
    painter.translate(x, y)
    painter.scale(1, flat)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(gradient))
    painter.drawEllipse(QPointF(0, 0), radius, radius)
    painter.restore()


def disk(painter: QPainter, x: float, y: float, radius: float, color: QColor | QBrush, *, flat: float = 1.0) -> None:
    """A filled circle, or an ellipse if `flat` is not 1."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(QPointF(x, y), radius, radius * flat)


def stroke(painter: QPainter, color: QColor, width: float) -> None:
    """Draw lines of that width from now on, with round ends, and fill nothing."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(
        QPen(QBrush(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )


def shape(painter: QPainter, color: QColor | QBrush, path: QPainterPath | QPolygonF) -> None:
    """Fill an area."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    if isinstance(path, QPolygonF):
        painter.drawPolygon(path)
    else:
        painter.drawPath(path)


def outline(*points: tuple[float, float]) -> QPolygonF:
    """A polygon."""
    return QPolygonF([QPointF(x, y) for x, y in points])


def rounded(*points: tuple[float, float]) -> QPainterPath:
    """A closed smooth line through the middles between the points, as a drawn blob."""
    path = QPainterPath()
    middles = [
        QPointF((x + next_x) / 2, (y + next_y) / 2)
        for (x, y), (next_x, next_y) in zip(points, [*points[1:], points[0]], strict=True)
    ]
    path.moveTo(middles[-1])
    for (x, y), middle in zip(points, middles, strict=True):
        path.quadTo(QPointF(x, y), middle)
    path.closeSubpath()
    return path


def swell(rng: random.Random, length: float, octaves: int = 4) -> Curve:
    """A soft curve, as of hills; `length` is that of its longest wave."""
    waves = [(math.tau / length * 1.9**n, rng.uniform(0, math.tau), 0.5**n) for n in range(octaves)]
    total = sum(height for *_, height in waves)
    return lambda x: sum(height * math.sin(x * pace + phase) for pace, phase, height in waves) / total


def crags(rng: random.Random, length: float, octaves: int = 6) -> Curve:
    """A rough curve with peaks, as of mountains."""
    salt = rng.random() * 1000

    def value(n: int, octave: int) -> float:
        return math.sin((n * 127.1 + octave * 311.7 + salt) * 1.37) * 43758.5453 % 1

    def height(x: float) -> float:
        result = 0.0
        for octave in range(octaves):
            place = x / length * 2**octave + salt
            low = math.floor(place)
            part = place - low
            one, other = value(low, octave), value(low + 1, octave)
            result += (one + (other - one) * part) * 0.5**octave
        return result - 1

    return height


def ground(stage: Stage, base: float, height: float, curve: Curve, step: float = 8) -> QPolygonF:
    """The area below a curve around `base`, as wide as the stage and down to its end."""
    count = int((stage.width + 2 * OVERHANG) / step) + 1
    points = [(-OVERHANG + n * step, base - height * curve(-OVERHANG + n * step)) for n in range(count + 1)]
    return outline(*points, (stage.width + OVERHANG, stage.height + OVERHANG), (-OVERHANG, stage.height + OVERHANG))


def sky(painter: QPainter, stage: Stage, horizon: float) -> None:
    """The sky of the hour down to `horizon`, and its lowest color below."""
    light = stage.light
    fill(painter, stage, downward(0, horizon, light.top, mix(light.top, light.middle, 0.6), light.middle, light.low))


def sun(painter: QPainter, stage: Stage, x: float, y: float, radius: float = 34) -> None:
    """Sun or moon with its glow."""
    color = stage.light.sun
    reach = 250 if stage.is_night else 420
    glow(painter, x, y, reach, clear(mix(color, stage.light.low, 0.45), 0.5))
    glow(painter, x, y, reach * 0.4, clear(color, 0.55))
    disk(painter, x, y, radius, color)


def stars(painter: QPainter, stage: Stage, bottom: float, count: int = 150) -> None:
    """Stars above `bottom`, fewer near it."""
    rng = stage.rng
    for _ in range(count):
        y = bottom * rng.random() ** 1.4
        size = rng.choice((0.6, 0.8, 0.8, 1.0, 1.5))
        disk(painter, rng.uniform(0, stage.width), y, size, clear("#ffffff", rng.uniform(0.2, 0.9) * (1 - y / bottom)))


def twinkling(stage: Stage, bottom: float, count: int = 26) -> Layer:
    """Bright stars that change their brightness."""
    rng = stage.rng
    found = [
        (rng.uniform(0, stage.width), rng.uniform(0, bottom * 0.75), rng.uniform(1, 1.9), rng.uniform(1, 3))
        for _ in range(count)
    ]

    def draw(painter: QPainter, time: float) -> None:
        for x, y, size, pace in found:
            disk(painter, x, y, size, clear("#ffffff", 0.55 + 0.4 * math.sin(time * pace + x)))

    return Layer(0, draw)


def clouds(stage: Stage, top: float, bottom: float, color: QColor, count: int = 6) -> Layer:
    """Long thin clouds that drift."""
    rng = stage.rng
    pace = rng.choice((-1, 1)) * rng.uniform(5, 11)
    banks = []
    for _ in range(count):
        x, y, length = rng.uniform(-200, stage.width + 200), rng.uniform(top, bottom), rng.uniform(130, 330)
        parts = [
            (x + rng.uniform(-0.5, 0.5) * length, y + rng.uniform(-7, 7), length * rng.uniform(0.4, 1))
            for _ in range(4)
        ]
        banks.append((parts, rng.uniform(0.1, 0.2)))

    def all_banks(painter: QPainter) -> None:
        for parts, strength in banks:
            shade = clear(color, strength)
            for x, y, length in parts:
                disk(painter, x, y, length / 2, shade, flat=0.055)

    image = still(stage, all_banks, top - 30, bottom + 30, edge=400)

    def draw(painter: QPainter, time: float) -> None:
        painter.translate(pace * time, 0)
        image(painter, time)

    return Layer(0.06, draw)


def mist(stage: Stage, y: float, height: float, color: QColor, strength: float, depth: float) -> Layer:
    """A bank of fog across the picture, densest at `y`."""
    brush = downward(y - height, y + height, clear(color, 0), clear(color, strength), clear(color, 0))

    def draw(painter: QPainter, time: float) -> None:
        painter.fillRect(QRectF(-OVERHANG, y - height, stage.width + 2 * OVERHANG, 2 * height), brush)

    return Layer(depth, draw)


def range_of_hills(
    stage: Stage, base: float, height: float, nearness: float, curve: Curve, *, step: float = 8
) -> Layer:
    """A ridge whose color is nearer to the haze the farther it is; `nearness` from 0 to 1 is its depth, too."""
    area = ground(stage, base, height, curve, step)
    color = mix(stage.light.haze, stage.light.near, nearness)
    brush = downward(base - height, base + height * 1.6, color, mix(color, stage.light.haze, 0.45))
    return Layer(nearness, lambda painter, _: shape(painter, brush, area))


def flock(stage: Stage, top: float, bottom: float, color: QColor, count: int = 7) -> Layer:
    """Birds that cross the sky."""
    rng = stage.rng
    pace = rng.choice((-1, 1)) * rng.uniform(16, 28)
    x0, y0 = stage.across(rng.uniform(0.25, 0.75)), rng.uniform(top, bottom)
    birds = [(x0 + rng.gauss(0, 60), y0 + rng.gauss(0, 26), rng.uniform(5, 10), rng.random() * 6) for _ in range(count)]

    def draw(painter: QPainter, time: float) -> None:
        stroke(painter, color, 1.7)
        for x, y, size, phase in birds:
            lift = size * (0.3 + 0.5 * math.sin(time * 7 + phase))
            left = x + pace * time
            path = QPainterPath(QPointF(left - size, y - lift))
            path.quadTo(QPointF(left - size * 0.4, y - lift * 0.6), QPointF(left, y))
            path.quadTo(QPointF(left + size * 0.4, y - lift * 0.6), QPointF(left + size, y - lift))
            painter.drawPath(path)

    return Layer(0.15, draw)


def glitter(
    stage: Stage,
    horizon: float,
    x: float,
    color: QColor,
    *,
    spread: float = 1.0,
    strength: float = 0.8,
    count: int = 80,
) -> Layer:
    """The way of light on water below a lamp or the sun at `x`."""
    rng = stage.rng
    depth = stage.height + OVERHANG - horizon
    dashes = [
        (
            x + rng.gauss(0, 1) * (10 + 70 * near) * spread,
            horizon + 4 + depth * near,
            (6 + 62 * near) * rng.uniform(0.5, 1.3) * max(spread, 0.45),
            rng.uniform(0, math.tau),
            rng.uniform(0.9, 2.4),
            strength * (1 - 0.45 * near),
        )
        for near in (rng.random() ** 1.5 for _ in range(count))
    ]
    image = dash(color)

    def draw(painter: QPainter, time: float) -> None:
        for left, y, length, phase, pace, brightness in dashes:
            light = math.sin(time * pace + phase)
            if light > -0.3:
                painter.setOpacity(brightness * (0.35 + 0.65 * light))
                place = left + 7 * math.sin(time * 0.7 + phase) - length / 2
                painter.drawImage(QRectF(place, y, length, 1.2 + length * 0.05), image)

    return Layer(0.3, draw)


def dash(color: QColor) -> QImage:
    """A picture of a flat ellipse, to be drawn in any size."""
    return sprite(lambda painter: disk(painter, 0, 0, 30, color), 30, 1)


def ripples(stage: Stage, horizon: float, light: QColor, dark: QColor, count: int = 60) -> Layer:
    """Low waves on a calm water."""
    rng = stage.rng
    depth = stage.height + OVERHANG - horizon
    waves = [
        (
            rng.uniform(-OVERHANG, stage.width + OVERHANG),
            horizon + 3 + depth * near,
            (18 + 150 * near) * rng.uniform(0.6, 1.4),
            rng.uniform(0, math.tau),
            rng.random() < 0.45,
        )
        for near in (rng.random() ** 1.3 for _ in range(count))
    ]

    images = {True: dash(light), False: dash(dark)}

    def draw(painter: QPainter, time: float) -> None:
        for x, y, length, phase, is_light in waves:
            painter.setOpacity(0.17 + 0.12 * math.sin(time * 1.1 + phase))
            place = x + 12 * math.sin(time * 0.45 + phase) - length / 2
            painter.drawImage(QRectF(place, y, length, 1 + length * 0.035), images[is_light])

    return Layer(0.35, draw)


def fir(x: float, foot: float, size: float, lean: float = 0.0) -> QPolygonF:
    """A conifer with its tip `size` above its foot."""
    points = [(x + lean, foot - size)]
    left = []
    for index in range(1, 6):
        y = foot - size + size * 0.94 * index / 5
        wide = size * 0.24 * index / 5
        points += [(x + wide, y), (x + wide * 0.5, y - size * 0.02)]
        left += [(x - wide, y), (x - wide * 0.5, y - size * 0.02)]
    trunk = size * 0.02
    return outline(*points, (x + trunk, foot - size * 0.06), (x + trunk, foot), (x - trunk, foot), *reversed(left))


def wood(stage: Stage, base: Curve, sizes: tuple[float, float], count: int, nearness: float, color: QColor) -> Layer:
    """Conifers on a slope; `base` gives its height at each place, in units."""
    rng = stage.rng
    trees = []
    for index in range(count):
        x = -OVERHANG + (stage.width + 2 * OVERHANG) * (index + rng.uniform(-0.4, 0.4)) / count
        trees.append((x, base(x) + 4, rng.uniform(*sizes)))

    def draw(painter: QPainter) -> None:
        for tree in trees:
            shape(painter, color, fir(*tree))

    top, bottom = min(foot - size for _, foot, size in trees), max(foot for _, foot, _ in trees)
    return Layer(nearness, still(stage, draw, top - 2, bottom + 2))


def paint_area(brush: QBrush | QColor, area: QPolygonF, painter: QPainter, time: float) -> None:
    """An area that stays where it is, as a layer draws it."""
    shape(painter, brush, area)


def water(stage: Stage, horizon: float) -> Layer:
    """The sea from the horizon on, bright where it is far."""
    light = stage.light
    far = mix(mix(light.low, light.middle, 0.45), light.near, 0.25)
    brush = downward(horizon, stage.height, far, mix(light.top, light.near, 0.25), mix(light.top, light.near, 0.75))
    shore = clear(mix(light.low, PURE_WHITE, 0.3), 0.4)

    def draw(painter: QPainter, time: float) -> None:
        painter.fillRect(
            QRectF(-OVERHANG, horizon, stage.width + 2 * OVERHANG, stage.height + OVERHANG - horizon), brush
        )
        painter.fillRect(QRectF(-OVERHANG, horizon, stage.width + 2 * OVERHANG, 1.6), shore)

    return Layer(0.12, draw)
