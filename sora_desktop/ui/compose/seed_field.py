"""The field for the seed, with a dice and a lock."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.number_spin import NumberSpin
from sora_desktop.ui.widgets.tool_tip import set_tip

_BUTTON = 26  # pixels


class SeedField(QWidget):
    """A number, or "Random". The dice rolls a new number; locked, the number stays for the next videos."""

    entered = Signal(object)  # float; None: random
    rolled = Signal()
    lock_toggled = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.spin = NumberSpin(theme, "seedSpin", "Seed", empty_text="Random", has_arrows=False)
        self.spin.setToolTip("The same request with the same seed gives the same pictures")
        self.spin.lineEdit().setTextMargins(10, 0, _BUTTON + 4, 0)  # the dice stands where the arrows would
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.spin)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.lock = self._button("seedLock")
        self.lock.setCheckable(True)
        self.dice = self._button("seedDice")
        self.dice.setAccessibleName("Roll a new seed")
        self.dice.setToolTip("Roll a new seed")
        self.setFocusProxy(self.spin)
        self.spin.entered.connect(self.entered)
        self.dice.setProperty("action", "form.new_seed")
        self.dice.clicked.connect(lambda _: self.rolled.emit())
        self.lock.toggled.connect(self.lock_toggled)
        theme.changed.connect(self._update_icons)
        self._update_icons()

    def show_seed(self, seed: int | None, lowest: float, highest: float, *, locked: bool, can_roll: bool) -> None:
        """Show the seed, None for a random one. `can_roll`: the model takes a seed. Emits no signal."""
        self.spin.show_number(seed, lowest, highest, may_be_empty=True)
        self.dice.setEnabled(can_roll)
        self.lock.setEnabled(can_roll or locked)
        with QSignalBlocker(self.lock):
            self.lock.setChecked(locked)
        self._update_icons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        top, right = (self.height() - _BUTTON) // 2, self.width() - 5
        self.dice.move(right - _BUTTON, top)
        self.lock.move(right - 2 * _BUTTON, top)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)  # above the spin box, which leaves room for it
        button.setObjectName(name)
        button.setProperty("kind", "inField")
        button.setFixedSize(_BUTTON, _BUTTON)
        button.setIconSize(QSize(16, 16))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _update_icons(self) -> None:
        locked = self.lock.isChecked()
        self.dice.setIcon(self._theme.icon("dice-five"))
        self.lock.setIcon(
            self._theme.icon("lock-simple" if locked else "lock-simple-open", "text" if locked else "muted")
        )
        meaning = "Locked: the next videos have the same seed" if locked else "Not locked: each video has a new seed"
        set_tip(self.lock, meaning)
        self.lock.setAccessibleName("Lock the seed")
