"""A field for a number that may be left to someone else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox

from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.step_spin import paint_arrows

#: Numbers up to this can be typed. All of their digits are kept.
_HIGHEST_TYPED = 10.0**15


class NumberSpin(QDoubleSpinBox):
    """A number, or none. Emits what the user enters, not what is shown.

    A number outside the range can be typed, so that the form can say what the range is: Qt would ignore the key. Steps
    stay within the range.
    """

    entered = Signal(object)  # float; None: no number

    def __init__(
        self, theme: Theme, name: str, title: str, *, empty_text: str = "Auto", has_arrows: bool = True
    ) -> None:
        """`empty_text` stands for no number: the service chooses."""
        super().__init__()
        self._theme = theme
        self._empty_text = empty_text
        self._may_be_empty = False
        self._lowest, self._highest = self.minimum(), self.maximum()
        self._nearest: Callable[[int], int] | None = None
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setDecimals(0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel
        self.lineEdit().setTextMargins(10, 0, 0, 0)
        self._has_arrows = has_arrows
        self.valueChanged.connect(lambda _: self._show_tone())
        self.valueChanged.connect(lambda _: self.entered.emit(self.number()))
        self.editingFinished.connect(self._snap)
        theme.changed.connect(self.update)

    def show_number(
        self,
        number: float | None,
        lowest: float,
        highest: float,
        *,
        decimals: int = 0,
        may_be_empty: bool = False,
        nearest: Callable[[int], int] | None = None,
    ) -> None:
        """Show the number, also one outside the range, which the user can then correct. Emits no signal.

        `nearest` finds the nearest whole number that is allowed; Up and Down go from one to the next.
        """
        step = 10.0**-decimals
        self._lowest, self._highest = lowest, highest
        self._may_be_empty, self._nearest = may_be_empty or number is None, nearest
        with QSignalBlocker(self):
            # Each of these writes the number again, while the user types it, also when it changes nothing.
            if self.decimals() != decimals:
                self.setDecimals(decimals)
                self.setSingleStep(0.5 if decimals else 1)
            special = self._empty_text if self._may_be_empty else ""
            if self.specialValueText() != special:
                self.setSpecialValueText(special)
            least = min(lowest, 0.0 if number is None else number, 0.0)
            least = least - step if self._may_be_empty else least
            most = max(highest, number or 0.0, _HIGHEST_TYPED)
            if (self.minimum(), self.maximum()) != (least, most):
                self.setRange(least, most)
            shown = self.minimum() if number is None else number
            if self.value() != shown:
                self.setValue(shown)
        self._show_tone()

    def number(self) -> float | None:
        """What the field holds; None for no number."""
        return None if self._may_be_empty and self.value() == self.minimum() else self.value()

    def sizeHint(self) -> QSize:
        return QSize(60, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().minimumSizeHint().height())  # not the width of the largest number

    def stepBy(self, steps: int) -> None:
        """The next allowed number, or the first one from none; down from the first one, none if that is allowed."""
        number = self.number()
        if number is None:
            after = self._lowest if steps > 0 else self.minimum()
        elif steps < 0 and number <= self._lowest and self._may_be_empty:
            after = self.minimum()
        elif self._nearest is None:
            after = min(max(number + steps * self.singleStep(), self._lowest), self._highest)
        else:
            after = nearest = self._nearest(int(number))
            for _ in range(abs(steps)):
                after = nearest = self._next(nearest, 1 if steps > 0 else -1)
        self.setValue(after)
        self.selectAll()

    def _next(self, value: int, by: int) -> int:
        """The next allowed number in that direction; the value itself if there is none in the range."""
        assert self._nearest is not None
        candidate = value + by
        while self._lowest <= candidate <= self._highest:
            nearest = self._nearest(candidate)
            if (nearest - value) * by > 0:
                return nearest
            candidate += by
        return value

    def _show_tone(self) -> None:
        """What the service chooses is no number of the user's."""
        set_property(self, "empty", self.number() is None)

    def _snap(self) -> None:
        number = self.number()
        if self._nearest is not None and number is not None:
            self.setValue(self._nearest(int(number)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # it scrolls what is around the field

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._has_arrows:
            number = self.number()
            up = number is None or number < self._highest
            down = number is not None and (number > self._lowest or self._may_be_empty)
            paint_arrows(self, self._theme, up=up, down=down)
