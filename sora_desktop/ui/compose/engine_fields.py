"""The fields of the form that engines have, and services with fixed choices do not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSignalBlocker, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.domain.capabilities import (
    FPS,
    FRAMES,
    GUIDANCE,
    INFERENCE_STEPS,
    SECONDS,
    SEED,
    USUAL_FPS,
    ModelCapabilities,
    NumericOption,
)
from sora_desktop.domain.request import VideoRequest
from sora_desktop.ui.compose.seed_field import SeedField
from sora_desktop.ui.compose.titled import small_label, titled
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.choice_field import ChoiceField
from sora_desktop.ui.widgets.number_spin import NumberSpin
from sora_desktop.ui.widgets.text_field import TextField

#: Value of the last option, which lets the user type a size.
_OTHER = "other"


class EngineFields(QObject):
    """Sizes, seconds or frames, frame rate, steps, guidance and seed.

    The parts stand in the layout of the owner, which shows other fields between them. A number that the model does not
    take is shown while the request has it, so that the user can remove it.
    """

    edited = Signal(dict)  # names and values of the request's fields
    seed_rolled = Signal()
    seed_lock_toggled = Signal(bool)
    parts_changed = Signal()  # the tab stops are other ones now

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._types_size = False  # the user chose to type one
        self._size = ChoiceField(theme, "sizeChoice", "Size", has_shapes=True)
        self._size_edit = TextField()
        self._size_edit.setObjectName("sizeEdit")
        self._size_edit.setAccessibleName("Size: width and height in pixels")
        self._size_edit.setMinimumWidth(40)
        both = QWidget()
        column = QVBoxLayout(both)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._size)
        column.addWidget(self._size_edit)
        self.shape_part = titled("Size", both)

        self._seconds = NumberSpin(theme, "secondsSpin", "Seconds")
        self._seconds_range = small_label("", "secondsRange")
        self._frames = NumberSpin(theme, "framesSpin", "Frames")
        self._frames_length = small_label("", "framesLength")
        self._seconds_part = titled("Seconds", self._seconds, self._seconds_range)
        self._frames_part = titled("Frames", self._frames, self._frames_length)
        self.length_part = _stacked(self._seconds_part, self._frames_part)

        self._rates = ChoiceField(theme, "fpsChoice", "Frames per second")
        self._rate = NumberSpin(theme, "fpsSpin", "Frames per second")
        self.rate_part = titled("Frames per second", _stacked(self._rates, self._rate))

        self._steps = NumberSpin(theme, "stepsSpin", "Steps")
        self._guidance = NumberSpin(theme, "guidanceSpin", "Guidance")
        self._seed = SeedField(theme)
        self._steps_part = titled("Steps", self._steps)
        self._guidance_part = titled("Guidance", self._guidance)
        self._seed_part = titled("Seed", self._seed)
        self.numbers_part = _NumberRows((self._steps_part, self._guidance_part), self._seed_part)
        self._connect()

    def show_request(self, request: VideoRequest, model: ModelCapabilities | None, *, seed_locked: bool) -> None:
        """Show the request. `model` is None if the service does not have it. Emits no signal."""
        self._show_size(request, model)
        self._show_length(request, model)
        self._show_rate(request, model)
        self._steps_part.setVisible(_show(self._steps, request.steps, _option(model, INFERENCE_STEPS)))
        self._guidance_part.setVisible(_show(self._guidance, request.guidance, _option(model, GUIDANCE)))
        seed = _option(model, SEED)
        self._seed_part.setVisible(seed is not None or request.seed is not None)
        lowest, highest = (0.0, 0.0) if seed is None else (seed.lowest, seed.highest)
        self._seed.show_seed(request.seed, lowest, highest, locked=seed_locked, can_roll=seed is not None)
        self.numbers_part.fit()

    @property
    def shape_stops(self) -> list[QWidget]:
        return [*self._size.tab_stops, self._size_edit]

    @property
    def length_stops(self) -> list[QWidget]:
        return [self._seconds, self._frames, *self._rates.tab_stops, self._rate]

    @property
    def number_stops(self) -> list[QWidget]:
        return [self._steps, self._guidance, self._seed.spin, self._seed.lock, self._seed.dice]

    def _show_size(self, request: VideoRequest, model: ModelCapabilities | None) -> None:
        sizes = () if model is None else model.sizes
        any_size = model is not None and model.takes_any_size
        listed = [choice.value for choice in sizes]
        if request.size in listed and not self._size_edit.hasFocus():
            self._types_size = False
        types = any_size and (self._types_size or request.size not in listed)
        options = [(choice.value, choice.label) for choice in sizes] + (
            [(_OTHER, "Other…")] if any_size and sizes else []
        )
        self._size.show_options(options, _OTHER if types else request.size)
        self._size.setVisible(bool(sizes))
        self._size_edit.setVisible(types or (bool(request.size) and not sizes))
        self._size_edit.setPlaceholderText("Width x height" if sizes else "Chosen by the service, or width x height")
        if _typed_size(self._size_edit.text()) != request.size:
            with QSignalBlocker(self._size_edit):
                self._size_edit.setText(request.size)
        self.shape_part.setVisible(bool(sizes) or any_size or bool(request.size))

    def _show_length(self, request: VideoRequest, model: ModelCapabilities | None) -> None:
        seconds, frames = _option(model, SECONDS), _option(model, FRAMES)
        shows_frames = request.frames is not None or (frames is not None and seconds is None)
        self._frames_part.setVisible(shows_frames)
        self._seconds_part.setVisible(seconds is not None and not shows_frames)
        self.length_part.setVisible(shows_frames or seconds is not None)
        if shows_frames:
            nearest = None if model is None or frames is None else model.nearest_frames
            _show(self._frames, request.frames, frames, nearest=nearest)
            length = (request.frames or 0) / (request.fps or USUAL_FPS)
            self._frames_length.setText(f"{length:.1f} s" if request.frames else "")
        elif seconds is not None:
            _show(self._seconds, request.duration, seconds)
            self._seconds_range.setText(f"{seconds.lowest:.0f} – {seconds.highest:.0f}")

    def _show_rate(self, request: VideoRequest, model: ModelCapabilities | None) -> None:
        rates = () if model is None else model.frame_rates
        self._rates.show_options([(str(rate.value), rate.label) for rate in rates], str(request.fps))
        self._rates.setVisible(bool(rates))
        shows_spin = _show(self._rate, request.fps, _option(model, FPS)) and not rates
        self._rate.setVisible(shows_spin)
        self.rate_part.setVisible(bool(rates) or shows_spin)

    def _connect(self) -> None:
        self._size.chosen.connect(self._choose_size)
        self._size_edit.textEdited.connect(lambda text: self.edited.emit({"size": _typed_size(text)}))
        self._size.parts_changed.connect(self.parts_changed)
        self._rates.parts_changed.connect(self.parts_changed)
        self._rates.chosen.connect(lambda value: self.edited.emit({"fps": int(value)}))
        self._seconds.entered.connect(lambda number: self.edited.emit({"duration": _whole(number) or 1}))
        self._guidance.entered.connect(lambda number: self.edited.emit({"guidance": number}))
        for field, source in (
            ("frames", self._frames),
            ("fps", self._rate),
            ("steps", self._steps),
            ("seed", self._seed),
        ):
            source.entered.connect(lambda number, field=field: self.edited.emit({field: _whole(number)}))
        self._seed.rolled.connect(self.seed_rolled)
        self._seed.lock_toggled.connect(self.seed_lock_toggled)

    def _choose_size(self, value: str) -> None:
        self._types_size = value == _OTHER
        if self._types_size:
            self._size_edit.show()
            self._size_edit.setFocus()
            self._size_edit.selectAll()
        else:
            self.edited.emit({"size": value})


class _NumberRows(QWidget):
    """Short numbers with a long one behind them, or below them where that would be cut. Hidden if all of them are."""

    _SHORT, _LONG = 72, 132  # pixels that a number needs; seven digits of a seed, beside its buttons
    _SPACING = 12

    def __init__(self, short: Sequence[QWidget], long: QWidget) -> None:
        super().__init__()
        self._short = short
        self._long = long
        self._row = QHBoxLayout()
        self._row.setSpacing(self._SPACING)
        for part in short:
            self._row.addWidget(part, 20)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(14)
        self._rows.addLayout(self._row)
        self._row.addWidget(long, 36)

    def fit(self) -> None:
        """Put the parts that are not hidden where there is room for them."""
        short = [part for part in self._short if not part.isHidden()]
        self.setVisible(bool(short) or not self._long.isHidden())
        fits = len(short) * (self._SHORT + self._SPACING) + self._LONG <= self.width()
        if fits and self._row.indexOf(self._long) < 0:
            self._row.addWidget(self._long, 36)
        elif not fits and short and self._row.indexOf(self._long) >= 0:
            self._rows.addWidget(self._long)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())  # not the width of the row: it breaks

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()


def _show(spin: NumberSpin, number: float | None, option: NumericOption | None, **how: object) -> bool:
    """Show the number in its field. False if there is nothing to show."""
    if option is None:
        if number is None:
            return False
        spin.show_number(number, number, number, may_be_empty=True)
    else:
        spin.show_number(
            number,
            option.lowest,
            option.highest,
            decimals=option.decimals,
            may_be_empty=option.default is None,
            **how,  # type: ignore[arg-type]
        )
    return True


def _option(model: ModelCapabilities | None, name: str) -> NumericOption | None:
    return None if model is None else model.number(name)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _typed_size(text: str) -> str:
    """A typed size as requests have it, such as "1280x720" of "1280 × 720". Anything else stays as it is."""
    return "".join(text.split()).lower().replace("×", "x").replace("*", "x")


def _stacked(*parts: QWidget) -> QWidget:
    """Parts at the same place, of which the owner shows one."""
    container = QWidget()
    column = QVBoxLayout(container)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part in parts:
        column.addWidget(part)
    return container
