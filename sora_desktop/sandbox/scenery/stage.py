"""The stage on which a motif is painted: its size, chance, light, and layers that a camera passes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtGui import QPainter

from sora_desktop.sandbox.scenery.light import Hour, Light

#: Paints a layer as it is that many seconds after the start.
Draw = Callable[[QPainter, float], None]
#: How far layers reach beyond the picture, in units, since the camera moves.
OVERHANG = 100.0
#: Length of the shorter side of a picture, in units.
UNITS = 720


@dataclass(frozen=True, slots=True)
class Stage:
    """Units: the shorter side of every picture is 720 long. The origin is at the top left."""

    width: float
    height: float
    rng: random.Random
    hour: Hour
    light: Light

    @property
    def is_night(self) -> bool:
        return self.hour is Hour.NIGHT

    def across(self, share: float) -> float:
        """The place at that share of the width."""
        return self.width * share

    def down(self, share: float) -> float:
        """The place at that share of the height."""
        return self.height * share


@dataclass(frozen=True, slots=True)
class Layer:
    """Something at a `depth`: from 0, so far that the camera does not move it, to 1, right in front of it."""

    depth: float
    draw: Draw


@dataclass(frozen=True, slots=True)
class Painting:
    """A motif on a stage. The backdrop covers the picture and stays; the layers are painted over it in order."""

    backdrop: Callable[[QPainter], None]
    layers: Sequence[Layer] = field(default=())


Motif = Callable[[Stage], Painting]


@dataclass(frozen=True, slots=True)
class Camera:
    """A slow move: a way across, in units, and a growth, both of the nearest layer over the whole clip."""

    right: float
    up: float
    growth: float
    focus: tuple[float, float]

    def aim(self, painter: QPainter, depth: float, progress: float) -> None:
        """Move what is painted next as a layer of that depth moves. `progress` runs from 0 to 1."""
        share = self.growth * (progress if self.growth > 0 else progress - 1) * (0.12 * (depth > 0) + 0.88 * depth)
        x, y = self.focus
        painter.translate(
            x - self.right * depth * (progress - 0.5),
            y + self.up * depth * (progress - 0.5),
        )
        painter.scale(1 + share, 1 + share)
        painter.translate(-x, -y)


def camera_for(stage: Stage) -> Camera:
    """A move that chance chooses: across, with a slow approach or retreat."""
    rng = stage.rng
    right = rng.choice((-1, 1)) * rng.uniform(60, 150)
    return Camera(
        right,
        rng.uniform(-30, 40),
        rng.choice((0.1, 0.14, 0.18, -0.12)),
        (stage.across(rng.uniform(0.4, 0.6)), stage.down(0.55)),
    )
