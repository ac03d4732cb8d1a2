"""The light of an hour of the day: the colors of sky, sun, haze and ground."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

from PySide6.QtGui import QColor

PURE_WHITE = QColor("#ffffff")
#: The colors of signs at night.
NEON = ("#ff3d8b", "#3de8ff", "#b26bff", "#ffb13d", "#58ffb0")


class Hour(Enum):
    """A time of the day, as far as its light differs."""

    DAWN = "dawn"
    DAY = "day"
    GOLDEN = "golden"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Light:
    """Colors of the sky from its top to the horizon, of the sun or moon, of what is far and of what is near."""

    top: QColor
    middle: QColor
    low: QColor
    sun: QColor
    haze: QColor
    near: QColor


_LIGHTS = {
    Hour.DAWN: ("#4d6aa3", "#c79fb9", "#ffdcb6", "#fff3d9", "#dcb4b8", "#2c3350"),
    Hour.DAY: ("#3474bd", "#86bbe6", "#e4f2f6", "#fffbe6", "#b4d3e8", "#24475a"),
    Hour.GOLDEN: ("#3a3c78", "#b8688c", "#fbb552", "#fff0bd", "#d3876d", "#1f1a35"),
    Hour.DUSK: ("#1b1e4b", "#6d4289", "#f59a8c", "#ffdcc4", "#8b5a93", "#16142e"),
    Hour.NIGHT: ("#070d24", "#122a54", "#396a96", "#eef6ff", "#234a72", "#060c1c"),
}


def light_at(hour: Hour, rng: random.Random) -> Light:
    """The light of that hour; `rng` turns its hues a little."""
    turn = rng.uniform(-9, 9)
    return Light(*(_turned(QColor(name), turn) for name in _LIGHTS[hour]))


def _turned(color: QColor, degrees: float) -> QColor:
    return QColor.fromHsvF((color.hsvHueF() + degrees / 360) % 1, color.hsvSaturationF(), color.valueF())


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """`share` 0 is `one`, 1 is `other`."""
    share = max(0.0, min(1.0, share))
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * share,
        one.greenF() + (other.greenF() - one.greenF()) * share,
        one.blueF() + (other.blueF() - one.blueF()) * share,
        one.alphaF() + (other.alphaF() - one.alphaF()) * share,
    )


def clear(color: QColor | str, opacity: float) -> QColor:
    """The color with that opacity, from 0 to 1. Rounded, so that few different gradients have to be prepared."""
    copy = QColor(color)
    copy.setAlpha(max(0, min(255, round(opacity * 32) * 8)))
    return copy
