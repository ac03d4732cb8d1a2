"""Motifs from near: a fern, a butterfly, a cat at the window, and two without things: silk and ink."""

from __future__ import annotations

import math
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, outline, rounded, shape, stroke, swell
from sora_desktop.sandbox.scenery.light import clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage
from sora_desktop.sandbox.scenery.surfaces import soft, sprite, stamp

_WHITE = QColor("#ffffff")


def _bokeh(stage: Stage, colors: tuple[QColor, ...], count: int, size: float, strength: float, depth: float) -> Layer:
    """Lights out of focus."""
    rng = stage.rng
    lights = [
        (
            rng.uniform(-60, stage.width + 60),
            rng.uniform(-60, stage.height + 60),
            size * rng.uniform(0.4, 1.2),
            rng.choice(colors),
            rng.random() * 6,
        )
        for _ in range(count)
    ]

    images = {color.rgba(): sprite(partial(_bokeh_disk, color), 64, 1) for color in colors}

    def draw(painter: QPainter, time: float) -> None:
        for x, y, radius, color, phase in lights:
            painter.setOpacity(strength * (0.7 + 0.3 * math.sin(time * 0.9 + phase)))
            left, top = x + 10 * math.sin(time * 0.3 + phase), y + 8 * math.cos(time * 0.25 + phase)
            stamp(painter, images[color.rgba()], left, top, radius * 1.07)

    return Layer(depth, draw)


def _bokeh_disk(color: QColor, painter: QPainter) -> None:
    disk(painter, 0, 0, 62, clear(color, 0.3))
    disk(painter, 0, 0, 60, clear(color, 0.75))
    stroke(painter, clear(mix(color, _WHITE, 0.4), 0.5), 3)
    painter.drawEllipse(QPointF(0, 0), 58, 58)


def fern(stage: Stage) -> Painting:
    """A frond that unrolls."""
    rng = stage.rng
    hue = rng.uniform(0.27, 0.41)
    back, green = QColor.fromHsvF(hue + 0.06, 0.8, 0.12), QColor.fromHsvF(hue, 0.62, 0.78)
    side = rng.choice((-1, 1))
    fronds = [
        (0.5 - side * 0.04, 1.0, 0.0, 1.0),
        (0.5 - side * 0.3, 0.62, 1.7, 0.5),
        (0.5 + side * 0.32, 0.55, 3.1, 0.42),
    ]
    dew = [(rng.uniform(0.2, 0.95), rng.random() * 6) for _ in range(12)]

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, stage.height, mix(back, green, 0.16), back, mix(back, QColor("#000000"), 0.5)))
        glow(
            painter,
            stage.across(0.5 + side * 0.22),
            stage.down(0.28),
            480,
            clear(mix(green, QColor("#fff3b0"), 0.45), 0.55),
        )
        for _ in range(9):
            glow(
                painter,
                rng.uniform(0, stage.width),
                rng.uniform(0, stage.height),
                rng.uniform(90, 220),
                clear(green, 0.16),
            )

    layers = [
        _bokeh(
            stage, (green, mix(green, QColor("#fff2a8"), 0.6), mix(green, QColor("#66e0d0"), 0.5)), 18, 44, 0.22, 0.15
        )
    ]
    for share, size, phase, nearness in reversed(fronds):
        color = mix(mix(back, green, 0.35), green, nearness if nearness < 1 else 1)

        def grow(
            painter: QPainter,
            time: float,
            share: float = share,
            size: float = size,
            phase: float = phase,
            color: QColor = color,
            nearness: float = nearness,
        ) -> None:
            x, y = stage.across(share), stage.height + 50 * size
            scale = size * min(1.3, stage.height / 720)
            open_share = 0.36 + 0.012 * time + 0.008 * math.sin(time * 0.8 + phase)
            angle = -math.pi / 2 - side * 0.16 + 0.03 * math.sin(time * 0.9 + phase)
            count = 124 if nearness == 1 else 84
            points = []
            for index in range(count):
                part = index / count
                curl = max(0.0, part - open_share) / (1 - open_share)
                angle += side * (0.006 + 0.3 * curl**0.8) * 124 / count
                step = 9.4 * (1 - 0.74 * curl) * scale * 124 / count
                x, y = x + step * math.cos(angle), y + step * math.sin(angle)
                points.append((x, y, angle, part, curl))
            bright = mix(color, QColor("#f2ffc0"), 0.35)
            tones = {1: mix(color, bright, 0.9), -1: mix(color, bright, 0.1)}
            for left, top, turn, part, curl in points[14::3]:
                length = (76 * min(1.0, part * 3.4) * (1 - curl) ** 2.2 + 9 * (1 - 0.5 * curl)) * scale
                for way in (-1, 1):
                    droop = turn + way * (1.15 - 0.25 * part) + 0.04 * math.sin(time * 1.3 + part * 9 + phase)
                    ahead, aside = QPointF(math.cos(droop), math.sin(droop)), QPointF(-math.sin(droop), math.cos(droop))
                    root = QPointF(left, top)
                    leaf = [root]
                    leaf += [
                        root + ahead * (length * at) + aside * (length * half)
                        for at, half in ((0.25, 0.13), (0.55, 0.13), (1, 0))
                    ]
                    leaf += [
                        root + ahead * (length * at) - aside * (length * half)
                        for at, half in ((0.55, 0.13), (0.25, 0.13))
                    ]
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(tones[way * side])
                    painter.drawConvexPolygon(leaf)
            for first in range(0, count - 1, 12):
                part = first / count
                stroke(painter, bright, (12 - 8 * part) * scale)
                painter.drawPolyline([QPointF(left, top) for left, top, *_ in points[first : first + 13]])
            if nearness == 1.0:
                for part, twinkle in dew:
                    left, top, *_ = points[int(part * (count - 1))]
                    glow(painter, left, top, 13, clear(_WHITE, 0.25 + 0.6 * max(0.0, math.sin(time * 1.2 + twinkle))))

        layers.append(Layer(0.25 + 0.5 * nearness, grow))
    return Painting(backdrop, [*layers, _bokeh(stage, (green, mix(green, _WHITE, 0.4)), 6, 90, 0.1, 1.0)])


def butterfly(stage: Stage) -> Painting:
    """A butterfly on a flower in the light from behind."""
    rng = stage.rng
    back, petal, wing = (
        QColor(name)
        for name in rng.choice(
            (
                ("#3a1a6e", "#b48cff", "#ff8a2b"),
                ("#11406a", "#ffd1e6", "#ff5f7e"),
                ("#5a1a4a", "#ffb3d0", "#ffc23d"),
                ("#124a3e", "#f7f0c8", "#4fa8ff"),
            )
        )
    )
    x, y = stage.across(rng.uniform(0.44, 0.56)), stage.down(0.68)
    side = rng.choice((-1, 1))
    start = rng.random() * 6

    def backdrop(painter: QPainter) -> None:
        fill(
            painter, stage, downward(0, stage.height, mix(back, petal, 0.35), back, mix(back, QColor("#000000"), 0.45))
        )
        glow(painter, stage.across(0.5 + side * 0.2), stage.down(0.2), 520, clear("#ffe3b8", 0.6))

    def flower(painter: QPainter, time: float) -> None:
        sway = 9 * math.sin(time * 0.9)
        stroke(painter, mix(back, QColor("#3f8f4a"), 0.6), 10)
        stem = QPainterPath(QPointF(x - side * 60, stage.height + OVERHANG))
        stem.cubicTo(QPointF(x - side * 50, stage.height - 40), QPointF(x, y + 150), QPointF(x + sway, y + 6))
        painter.drawPath(stem)
        painter.translate(x + sway, y)
        stamp(painter, head, 0, 0, 165)

    def flower_head(painter: QPainter) -> None:
        for ring_index, (length, tone) in enumerate(((152, 0.28), (128, 0.0))):
            for index in range(13):
                painter.save()
                painter.scale(1, 0.5)
                painter.rotate(index * 360 / 13 + ring_index * 14)
                leaf = rounded(
                    (0, -8), (length * 0.6, -26), (length, -12), (length * 1.02, 10), (length * 0.6, 24), (0, 8)
                )
                shape(painter, mix(mix(petal, back, tone), _WHITE, 0.12 * (index % 2)), leaf)
                painter.restore()
        disk(painter, 0, 2, 44, QColor("#e0a02c"), flat=0.5)
        disk(painter, -4, -4, 32, QColor("#ffd35c"), flat=0.46)

    def one_wing(painter: QPainter) -> None:
        for inset, color in ((0.0, dark), (0.1, wing)):
            upper = rounded(
                *_inset(((0, -6), (34, -92), (96, -142), (150, -132), (138, -70), (84, -22), (10, 6)), inset, (72, -72))
            )
            lower = rounded(
                *_inset(((4, 0), (74, -16), (116, 22), (104, 74), (66, 88), (28, 60), (4, 22)), inset, (62, 34))
            )
            brush = QLinearGradient(0, 0, 140, -90)
            brush.setColorAt(0, mix(color, QColor("#5a1a08"), 0.3 if inset else 0))
            brush.setColorAt(1, mix(color, QColor("#fff0b0"), 0.35 if inset else 0))
            shape(painter, QBrush(brush), upper)
            shape(painter, QBrush(brush), lower)
        stroke(painter, clear(dark, 0.75), 3)
        for tip_x, tip_y in ((128, -112), (116, -74), (84, -118), (92, 46), (66, 70), (98, 18)):
            painter.drawLine(QPointF(6, 0), QPointF(tip_x, tip_y))
        for spot_x, spot_y in ((134, -118), (136, -94), (122, -74), (104, 58), (108, 36)):
            disk(painter, spot_x, spot_y, 4.4, mix(wing, _WHITE, 0.8))

    dark = mix(back, QColor("#140a14"), 0.8)
    wing_image = sprite(one_wing, 165, 1.6)
    head = sprite(flower_head, 165, 1.2)

    def insect(painter: QPainter, time: float) -> None:
        beat = math.sin(time * 3.1 + start)
        fold = 0.62 + 0.38 * beat
        painter.translate(x + 9 * math.sin(time * 0.9) + 4, y - 26 + 3 * math.sin(time * 1.4))
        painter.rotate(-side * 12)
        painter.scale(1.16, 1.16)
        for way, near in ((-1, 0.86), (1, 1.0)):
            painter.save()
            painter.scale(way * fold * near, 1)
            stamp(painter, wing_image, 0, 0, 165)
            painter.restore()
        shape(painter, dark, rounded((-5, -30), (0, -40), (5, -30), (6, 20), (0, 58), (-6, 20)))
        stroke(painter, dark, 2)
        for way in (-1, 1):
            path = QPainterPath(QPointF(0, -34))
            path.quadTo(QPointF(way * 8, -66), QPointF(way * 26, -80))
            painter.drawPath(path)

    lights = (petal, mix(petal, QColor("#ffd9a0"), 0.6), mix(wing, petal, 0.4))
    motes = [
        (rng.uniform(0, stage.width), rng.uniform(0, stage.height), rng.random() * 6, rng.uniform(6, 18))
        for _ in range(36)
    ]

    def pollen(painter: QPainter, time: float) -> None:
        for left, top, phase, pace in motes:
            disk(
                painter,
                left + 14 * math.sin(time * 0.5 + phase),
                (top - pace * time) % stage.height,
                2,
                clear("#fff3cf", 0.5 + 0.35 * math.sin(time + phase)),
            )

    return Painting(
        backdrop,
        [
            _bokeh(stage, lights, 20, 62, 0.24, 0.15),
            Layer(0.55, flower),
            Layer(0.6, insect),
            Layer(0.8, pollen),
            _bokeh(stage, lights, 5, 120, 0.1, 1.0),
        ],
    )


def _inset(
    points: tuple[tuple[float, float], ...], share: float, middle: tuple[float, float]
) -> list[tuple[float, float]]:
    return [(x + (middle[0] - x) * share, y + (middle[1] - y) * share) for x, y in points]


def cat(stage: Stage) -> Painting:
    """A cat on the sill of a window, the lights of the evening behind it."""
    rng, light = stage.rng, stage.light
    sill = stage.down(0.76)
    x = stage.across(0.5) + rng.choice((-1, 1)) * stage.width * rng.uniform(0.05, 0.14)
    side = 1 if x < stage.width / 2 else -1
    fur = mix(light.near, QColor(rng.choice(("#3a2a30", "#2a2436", "#4a2f22"))), 0.55)
    rim = mix(light.low, QColor("#ffd9a0"), 0.5)
    frame = mix(light.near, QColor("#3a2420"), 0.35)
    lamps = tuple(QColor(name) for name in ("#ffc46b", "#ff8f6b", "#ffe2a8", "#8fd0ff"))
    glass_left, glass_right = (
        stage.across(0.5) - min(520, stage.width * 0.44),
        stage.across(0.5) + min(520, stage.width * 0.44),
    )

    def backdrop(painter: QPainter) -> None:
        fill(painter, stage, downward(0, sill, light.top, mix(light.top, light.middle, 0.7), light.middle, light.low))
        glow(painter, stage.across(0.5), sill, 520, clear("#ffb36b", 0.4), flat=0.6)
        base = sill - 60
        for index in range(2):
            left = -40.0
            while left < stage.width + 40:
                wide, tall = rng.uniform(50, 130), rng.uniform(40, 190) * (1 - 0.3 * index)
                painter.fillRect(
                    QRectF(left, base - tall, wide, tall + 200), mix(light.haze, light.near, 0.25 + 0.25 * index)
                )
                left += wide
        for _ in range(70):
            left, top = rng.uniform(0, stage.width), rng.uniform(base - 120, sill)
            disk(painter, left, top, rng.uniform(5, 16), clear(rng.choice(lamps), rng.uniform(0.15, 0.55)))
        for _ in range(70):
            left, top = rng.uniform(glass_left, glass_right), rng.uniform(0, sill)
            disk(painter, left, top, rng.uniform(1.2, 3.4), clear("#eaf4ff", 0.22), flat=1.2)

    def panes(painter: QPainter, time: float) -> None:
        for left in (glass_left - 20, stage.across(0.5) - 9, glass_right):
            painter.fillRect(QRectF(left, -OVERHANG, 20, sill + OVERHANG), frame)
            painter.fillRect(QRectF(left + 17, -OVERHANG, 3, sill + OVERHANG), clear(rim, 0.25))
        painter.fillRect(QRectF(-OVERHANG, stage.down(0.24), stage.width + 2 * OVERHANG, 13), frame)
        painter.fillRect(
            QRectF(-OVERHANG, sill, stage.width + 2 * OVERHANG, stage.height),
            downward(sill, stage.height, mix(frame, rim, 0.4), frame, mix(frame, QColor("#000000"), 0.6)),
        )
        painter.fillRect(QRectF(-OVERHANG, sill, stage.width + 2 * OVERHANG, 3), clear(rim, 0.7))

    cloth = mix(light.middle, QColor("#8a4a4a"), 0.45)
    folds = {}
    for way, edge in ((-1, glass_left), (1, glass_right)):
        gradient = QLinearGradient(edge + way * 130, 0, edge - way * 70, 0)
        gradient.setColorAt(0, mix(frame, cloth, 0.12))
        for index in range(1, 10):
            gradient.setColorAt(index / 9, mix(frame, cloth, (0.16, 0.5)[index % 2] + 0.02 * index))
        folds[way] = QBrush(gradient)

    def curtains(painter: QPainter, time: float) -> None:
        for way, edge in ((-1, glass_left), (1, glass_right)):
            sway = 9 * math.sin(time * 0.7 + way)
            left = edge - way * 40
            path = QPainterPath(QPointF(left, -OVERHANG))
            path.cubicTo(
                QPointF(left - way * 30, 200),
                QPointF(left + way * 14 + sway, 380),
                QPointF(left + sway, stage.height + OVERHANG),
            )
            path.lineTo(left + way * 700, stage.height + OVERHANG)
            path.lineTo(left + way * 700, -OVERHANG)
            path.closeSubpath()
            shape(painter, folds[way], path)

    pot_x = stage.across(0.5) + side * min(330, stage.width * 0.3)
    stems = [(rng.uniform(-1, 1), rng.uniform(70, 150), rng.random() * 6) for _ in range(9)]

    def plant(painter: QPainter, time: float) -> None:
        green = mix(fur, QColor("#2f6b4a"), 0.45)
        for lean, tall, phase in stems:
            tip = QPointF(pot_x + lean * 80 + 4 * math.sin(time * 0.8 + phase), sill - 50 - tall + 50 * abs(lean))
            leaf = QPainterPath(QPointF(pot_x + lean * 14, sill - 44))
            leaf.quadTo(QPointF(pot_x + lean * 20 - 16, sill - 60 - tall * 0.7), tip)
            leaf.quadTo(QPointF(pot_x + lean * 30 + 16, sill - 50 - tall * 0.5), QPointF(pot_x + lean * 14, sill - 44))
            shape(painter, green, leaf)
        clay = mix(frame, QColor("#b0603a"), 0.5)
        shape(
            painter,
            clay,
            outline((pot_x - 34, sill - 48), (pot_x + 34, sill - 48), (pot_x + 25, sill + 6), (pot_x - 25, sill + 6)),
        )
        shape(
            painter,
            mix(clay, rim, 0.3),
            outline((pot_x - 38, sill - 56), (pot_x + 38, sill - 56), (pot_x + 36, sill - 44), (pot_x - 36, sill - 44)),
        )

    def animal(painter: QPainter, time: float) -> None:
        breath = 1 + 0.012 * math.sin(time * 1.7)
        painter.translate(x, sill + 6)
        painter.scale(side * 1.12, 1.12)
        tail = QPainterPath(QPointF(-46, -16))
        swing = 20 * math.sin(time * 1.3)
        tail.cubicTo(QPointF(-104, 6), QPointF(-112, 58), QPointF(-80 + swing * 0.4, 86))
        tail.cubicTo(QPointF(-66 + swing, 104), QPointF(-52 + swing, 96), QPointF(-50 + swing * 1.3, 82))
        stroke(painter, fur, 17)
        painter.drawPath(tail)
        painter.save()
        painter.scale(1, breath)
        body = QPainterPath(QPointF(-74, 0))
        body.cubicTo(QPointF(-98, -80), QPointF(-48, -128), QPointF(-14, -160))
        body.cubicTo(QPointF(8, -176), QPointF(46, -170), QPointF(52, -128))
        body.cubicTo(QPointF(58, -80), QPointF(62, -40), QPointF(60, 0))
        body.closeSubpath()
        shape(painter, fur, body)
        stroke(painter, clear(rim, 0.5), 2.6)
        edge = QPainterPath(QPointF(-76, -10))
        edge.cubicTo(QPointF(-96, -82), QPointF(-48, -128), QPointF(-16, -158))
        painter.drawPath(edge)
        painter.restore()
        painter.translate(24, -178 * breath)
        painter.rotate(5 * math.sin(time * 0.55))
        twitch = 7 * max(0.0, math.sin(time * 2.1) - 0.85) / 0.15
        shape(painter, fur, outline((-46, -14), (-42 - twitch, -76), (-6, -40)))
        shape(painter, fur, outline((46, -14), (42, -76), (6, -40)))
        shape(painter, clear(mix(rim, fur, 0.4), 0.5), outline((-38, -32), (-38 - twitch, -62), (-18, -42)))
        shape(painter, clear(mix(rim, fur, 0.4), 0.5), outline((38, -32), (38, -62), (18, -42)))
        shape(painter, fur, rounded((-58, 4), (-46, -42), (0, -54), (46, -42), (58, 4), (36, 36), (0, 44), (-36, 36)))
        stroke(painter, clear(rim, 0.35), 2.2)
        painter.drawArc(QRectF(-50, -48, 100, 88), 60 * 16, 130 * 16)

    return Painting(
        backdrop,
        [
            _bokeh(stage, lamps, 20, 26, 0.3, 0.12),
            Layer(0.35, panes),
            Layer(0.42, plant),
            Layer(0.6, curtains),
            Layer(0.45, animal),
        ],
    )


def silk(stage: Stage) -> Painting:
    """Ribbons of color that flow across the picture."""
    rng = stage.rng
    hue = rng.random()
    spread = rng.choice((0.14, 0.22, 0.4))
    colors = [QColor.fromHsvF((hue + spread * n / 8) % 1, 0.72 - 0.03 * n, 0.95 - 0.02 * n) for n in range(9)]
    dark = QColor.fromHsvF((hue + spread * 0.5) % 1, 0.8, 0.2)
    lines = [swell(rng, rng.uniform(700, 1300), 2) for _ in range(9)]
    thick = [swell(rng, rng.uniform(500, 900), 2) for _ in range(9)]
    sparks = [
        (rng.uniform(0, stage.width), rng.uniform(0, stage.height), rng.random() * 6, rng.uniform(1, 2.6))
        for _ in range(50)
    ]

    def backdrop(painter: QPainter) -> None:
        fill(
            painter,
            stage,
            downward(0, stage.height, mix(dark, colors[4], 0.25), dark, mix(dark, QColor("#000000"), 0.5)),
        )
        glow(painter, stage.across(rng.uniform(0.2, 0.8)), stage.down(0.3), 560, clear(colors[2], 0.5))
        glow(painter, stage.across(rng.uniform(0.2, 0.8)), stage.down(0.8), 460, clear(colors[7], 0.4))

    def ribbons(painter: QPainter, time: float) -> None:
        for index in range(9):
            base = stage.down(0.2 + 0.075 * index)
            pace = 34 + 9 * index
            upper, lower = [], []
            for place in range(-40, int(stage.width) + 80, 28):
                y = base + stage.down(0.17) * lines[index](place + pace * time) + 10 * math.sin(time * 0.7 + index)
                wide = stage.down(0.1) * (0.75 + 0.65 * thick[index](place * 1.2 - pace * 0.8 * time))
                upper.append((place, y))
                lower.append((place, y + wide))
            gradient = QLinearGradient(0, base - stage.down(0.16), 0, base + stage.down(0.27))
            gradient.setColorAt(0, clear(mix(colors[index], _WHITE, 0.35), 0.85))
            gradient.setColorAt(0.55, clear(colors[index], 0.5))
            gradient.setColorAt(1, clear(colors[(index + 3) % 9], 0.15))
            shape(painter, QBrush(gradient), outline(*upper, *reversed(lower)))
            stroke(painter, clear(mix(colors[index], _WHITE, 0.7), 0.6), 1.6)
            painter.drawPolyline(outline(*upper))

    def dust(painter: QPainter, time: float) -> None:
        for left, top, phase, size in sparks:
            disk(
                painter,
                left + 20 * math.sin(time * 0.4 + phase),
                top - 12 * math.sin(time * 0.3 + phase * 2),
                size,
                clear(_WHITE, 0.4 + 0.4 * math.sin(time * 1.4 + phase)),
            )

    return Painting(backdrop, [Layer(0.5, soft(ribbons, 2)), Layer(0.9, dust)])


def ink(stage: Stage) -> Painting:
    """Drops of ink that spread in clear water."""
    rng = stage.rng
    paper = QColor(rng.choice(("#f3efe9", "#eef2f5", "#f5eef2")))
    inks = [
        QColor(name)
        for name in rng.choice(
            (
                ("#d6246e", "#2f4fb8", "#7a3fb0"),
                ("#0f6f8c", "#e2622c", "#1f3a66"),
                ("#14805c", "#2a52a8", "#d6a21f"),
                ("#b3202f", "#1f2440", "#e07a2a"),
            )
        )
    ]
    plumes = []
    for index in range(4):
        x, color = stage.across(0.2 + 0.2 * index + rng.uniform(-0.05, 0.05)), inks[index % 3]
        born = rng.uniform(-9, -1)
        puffs = [(rng.gauss(0, 1), rng.random(), rng.uniform(0.5, 1.2), rng.random() * 6) for _ in range(15)]
        plumes.append((x, color, born, puffs, rng.uniform(-30, 30)))

    def backdrop(painter: QPainter) -> None:
        fill(
            painter,
            stage,
            downward(0, stage.height, mix(paper, _WHITE, 0.6), paper, mix(paper, QColor("#9aa3b5"), 0.35)),
        )
        glow(painter, stage.across(0.5), stage.down(0.4), 640, clear(_WHITE, 0.9))

    clouds = {color.rgba(): sprite(partial(_ink_cloud, color), 60, 0.5) for color in inks}

    def spread(painter: QPainter, time: float) -> None:
        for x, color, born, puffs, lean in plumes:
            age = time - born
            reach = stage.height * 0.8 * (1 - math.exp(-age * 0.17)) + 20
            for across, down, size, phase in puffs:
                wide = (26 + 12 * age) * size * (0.35 + down)
                left = (
                    x
                    + lean * down * age * 0.4
                    + across * (10 + 8 * age) * (0.2 + down)
                    + 16 * math.sin(time * 0.5 + phase)
                )
                top = -10 + reach * (0.15 + 0.95 * down) + 12 * math.sin(time * 0.4 + phase * 2)
                painter.setOpacity(0.14 + 0.3 / (1 + age * 0.1))
                stamp(painter, clouds[color.rgba()], left, top, min(wide * 1.9, 210))
            painter.setOpacity(1)
            path = QPainterPath(QPointF(x, -40))
            path.cubicTo(
                QPointF(x + 10 * math.sin(time), reach * 0.2),
                QPointF(x + lean, reach * 0.4),
                QPointF(x + lean * 0.6 + 14 * math.sin(time * 0.6), reach * 0.75),
            )
            stroke(painter, clear(color, 0.3), 5)
            painter.drawPath(path)

    return Painting(backdrop, [Layer(0.3, soft(spread, 6))])


def _ink_cloud(color: QColor, painter: QPainter) -> None:
    glow(painter, 0, 0, 60, color)
