"""The choices of the form: model, shape, length and what else the model takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.domain.capabilities import (
    FPS,
    FRAMES,
    GUIDANCE,
    INFERENCE_STEPS,
    SECONDS,
    SEED,
    Capabilities,
    Choice,
    ModelCapabilities,
)
from sora_desktop.domain.request import VideoRequest
from sora_desktop.ui.compose.titled import small_label, titled
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.choice_field import ChoiceField

if TYPE_CHECKING:
    from sora_desktop.ui.compose.engine_fields import EngineFields


class OptionFields(QWidget):
    """Shows what the model of the request can do, and emits the fields that the user changes.

    A request with a model that the service does not have is shown with the choices of all models.
    """

    edited = Signal(dict)  # names and values of the request's fields
    seed_rolled = Signal()
    seed_lock_toggled = Signal(bool)
    parts_changed = Signal()  # the tab stops are other ones now

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._model = self._choice("modelChoice", "Model", "model")
        self._aspect = self._choice("aspectRatioChoice", "Aspect ratio", "aspect_ratio", has_shapes=True)
        self._duration = ChoiceField(theme, "durationChoice", "Duration")
        self._duration.chosen.connect(lambda value: self.edited.emit({"duration": int(value)}))
        self._quality = self._choice("qualityChoice", "Quality", "quality")
        for field in (self._model, self._aspect, self._duration, self._quality):
            field.parts_changed.connect(self.parts_changed)
        self._sound = small_label("with sound", "modelSound")
        self._aspect_part = titled("Aspect ratio", self._aspect)
        self._duration_part = titled("Duration", self._duration)
        self._quality_part = titled("Quality", self._quality)
        #: What only engines have; made when a model first needs it.
        self._engine: EngineFields | None = None
        self._pair = QHBoxLayout()
        self._pair.setSpacing(12)
        self._pair.addWidget(self._duration_part, 1)
        self._pair.addWidget(self._quality_part, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        self._column.addWidget(titled("Model", self._model, self._sound))
        self._column.addWidget(self._aspect_part)
        self._column.addLayout(self._pair)

    def show_request(self, request: VideoRequest, capabilities: Capabilities, *, seed_locked: bool) -> None:
        """Show the request and what its model can do. Emits no signal."""
        model = capabilities.model(request.model)
        offered: ModelCapabilities | Capabilities = model or capabilities
        self._model.show_options([(each.name, each.label) for each in capabilities.models], request.model)
        self._sound.setVisible(model is not None and model.renders_sound)
        self._aspect.show_options(options_of(offered.aspect_ratios), request.aspect_ratio)
        self._duration.show_options(options_of(offered.durations), str(request.duration))
        self._quality.show_options(options_of(offered.qualities), request.quality)
        self._aspect_part.setVisible(bool(offered.aspect_ratios))
        self._duration_part.setVisible(bool(offered.durations))
        self._quality_part.setVisible(bool(offered.qualities))
        if self._engine is None and _needs_engine_fields(request, model):
            self._add_engine_fields()
        if self._engine is not None:
            self._engine.show_request(request, model, seed_locked=seed_locked)

    @property
    def tab_stops(self) -> list[QWidget]:
        """In the order in which they are on the screen."""
        engine = self._engine
        stops = [self._model, self._aspect]
        return [
            *(stop for field in stops for stop in field.tab_stops),
            *(engine.shape_stops if engine is not None else ()),
            *self._duration.tab_stops,
            *(engine.length_stops if engine is not None else ()),
            *self._quality.tab_stops,
            *(engine.number_stops if engine is not None else ()),
        ]

    def _choice(self, name: str, title: str, field: str, *, has_shapes: bool = False) -> ChoiceField:
        choice = ChoiceField(self._theme, name, title, has_shapes=has_shapes)
        choice.chosen.connect(lambda value: self.edited.emit({field: value}))
        return choice

    def _add_engine_fields(self) -> None:
        from sora_desktop.ui.compose.engine_fields import EngineFields  # late: a start without engines needs none

        self._engine = engine = EngineFields(self._theme)
        engine.edited.connect(self.edited)
        engine.seed_rolled.connect(self.seed_rolled)
        engine.seed_lock_toggled.connect(self.seed_lock_toggled)
        engine.parts_changed.connect(self.parts_changed)
        self._column.insertWidget(2, engine.shape_part)
        self._pair.insertWidget(1, engine.length_part, 1)
        self._pair.insertWidget(2, engine.rate_part, 1)
        self._column.addWidget(engine.numbers_part)
        self.parts_changed.emit()


def options_of(choices: Iterable[Choice[str]] | Iterable[Choice[int]]) -> list[tuple[str, str]]:
    """Pairs of value and label."""
    return [(str(choice.value), choice.label) for choice in choices]


def _needs_engine_fields(request: VideoRequest, model: ModelCapabilities | None) -> bool:
    chosen = (request.size, request.frames, request.fps, request.steps, request.guidance, request.seed)
    if any(value not in (None, "") for value in chosen):
        return True
    if model is None:
        return False
    names = (SECONDS, FRAMES, FPS, INFERENCE_STEPS, GUIDANCE, SEED)
    return bool(model.sizes or model.takes_any_size or model.frame_rates or any(map(model.number, names)))
