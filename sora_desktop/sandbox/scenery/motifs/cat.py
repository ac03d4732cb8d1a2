"""A cat at the window."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPainterPath

from sora_desktop.sandbox.scenery.bokeh import bokeh
from sora_desktop.sandbox.scenery.brushes import disk, downward, fill, glow, outline, rounded, shape, stroke
from sora_desktop.sandbox.scenery.light import clear, mix
from sora_desktop.sandbox.scenery.stage import OVERHANG, Layer, Painting, Stage


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
            bokeh(stage, lamps, 20, 26, 0.3, 0.12),
            Layer(0.35, panes),
            Layer(0.42, plant),
            Layer(0.6, curtains),
            Layer(0.45, animal),
        ],
    )
