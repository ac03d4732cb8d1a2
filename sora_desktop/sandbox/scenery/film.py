"""Moving pictures of a prompt: a motif that its words choose, in the light and weather that they name."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QImage, QPainter

from sora_desktop.sandbox.scenery.choice import SceneChoice, choose
from sora_desktop.sandbox.scenery.image_film import ImageFilm
from sora_desktop.sandbox.scenery.light import light_at
from sora_desktop.sandbox.scenery.stage import UNITS, Stage, camera_for
from sora_desktop.sandbox.scenery.weather import weather_layers

_GRAIN = 256


def film_of(prompt: str, image: Path | None, seed: bytes, width: int, height: int, duration: float) -> Film | ImageFilm:
    """The moving pictures of a prompt, or of an image if there is one. Raises ValueError for one that is unreadable."""
    if image is None:
        return Film(prompt, seed, width, height, duration)
    return ImageFilm(image, seed, width, height, duration)


class Film:
    """The pictures of one clip. The same arguments give the same pictures."""

    def __init__(self, prompt: str, seed: bytes, width: int, height: int, duration: float) -> None:
        """`width` and `height` in pixels, `duration` in seconds."""
        rng = random.Random(seed)
        choice = choose(prompt, rng)
        self.ambience = choice.subject.ambience
        self._scale = min(width, height) / UNITS
        self._duration = duration
        stage = _stage(choice, rng, width / self._scale, height / self._scale)
        self._camera = camera_for(stage)
        painting = choice.subject.motif(stage)
        self._layers = [*painting.layers, *(weather_layers(stage, choice.weather) if choice.weather else ())]
        self._backdrop = QImage(width, height, QImage.Format.Format_RGB32)
        self._is_mirrored = rng.random() < 0.5
        with QPainter(self._backdrop) as painter:
            self._prepare(painter)
            painting.backdrop(painter)
            painter.resetTransform()
            painter.fillRect(QRectF(0, 0, width, height), QBrush(_grain()))

    def paint(self, painter: QPainter, time: float) -> None:
        """Paint the picture at `time`, in seconds after the start."""
        painter.drawImage(0, 0, self._backdrop)
        for layer in self._layers:
            painter.save()
            self._prepare(painter)
            self._camera.aim(painter, layer.depth, time / self._duration)
            layer.draw(painter, time)
            painter.restore()

    def _prepare(self, painter: QPainter) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if self._is_mirrored:
            painter.translate(self._backdrop.width(), 0)
        painter.scale(-self._scale if self._is_mirrored else self._scale, self._scale)


def _stage(choice: SceneChoice, rng: random.Random, width: float, height: float) -> Stage:
    return Stage(width, height, rng, choice.hour, light_at(choice.hour, rng))


@cache
def _grain() -> QImage:
    """Fine noise that keeps soft gradients free of steps."""
    noise = random.Random(0).randbytes(_GRAIN * _GRAIN)
    pixels = b"".join(bytes((tone, tone, tone, value % 7)) for value in noise for tone in (value % 7 * (value > 127),))
    return QImage(pixels, _GRAIN, _GRAIN, QImage.Format.Format_ARGB32_Premultiplied).copy()
