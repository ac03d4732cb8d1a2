"""A field for an amount of money, with arrows."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox

from sora_desktop.domain.amounts import MAXIMUM, NotAnAmount, parse_amount
from sora_desktop.domain.money import format_amount
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.step_spin import paint_arrows


class AmountSpin(QAbstractSpinBox):
    """Takes an amount in the notation of any country, or nothing. Up and Down change it by `step`.

    Any text can be typed, and `value` reads it as a whole: a number field that drops single keys makes 15 of "1,5".
    """

    def __init__(self, theme: Theme, name: str, title: str, empty_text: str, step: int) -> None:
        """`empty_text` is shown while the field is empty."""
        super().__init__()
        self._theme = theme
        self._step = Decimal(step)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.lineEdit().setTextMargins(10, 0, 0, 0)
        self.lineEdit().setPlaceholderText(empty_text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel
        theme.changed.connect(self.update)

    def value(self) -> Decimal | None:
        """The amount; None if the field is empty. Raises NotAnAmount."""
        return parse_amount(self.text()) if self.text().strip() else None

    def set_value(self, amount: Decimal | None) -> None:
        """Show the amount; None empties the field."""
        self.lineEdit().setText("" if amount is None else format_amount(amount))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Accept every text; `value` says what is wrong with it."""
        return QValidator.State.Acceptable, text, position

    def stepBy(self, steps: int) -> None:
        """One step below `step`, or below nothing, empties the field."""
        try:
            amount = (self.value() or Decimal(0)) + steps * self._step
        except NotAnAmount:
            return  # Save says what is wrong
        self.set_value(min(amount, MAXIMUM) if amount > 0 else None)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Down is offered while there is an amount."""
        up, down = QAbstractSpinBox.StepEnabledFlag.StepUpEnabled, QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        return up | down if self.text() else up

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # it scrolls what is around the field

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_arrows(self, self._theme, up=True, down=bool(self.text()))
