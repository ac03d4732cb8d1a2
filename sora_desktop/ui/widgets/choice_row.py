"""A row of buttons of which exactly one is checked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QIcon
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.shape_icon import SHAPE_SIZE, shape_pixmap

_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class ChoiceRow(QFrame):
    """Exclusive options, each a checkable button named `<objectName>:<value>`.

    Arrow keys choose the next option, from the one that is checked. Tab stops there from both sides; Qt would stop at
    the first or the last one.
    """

    chosen = Signal(str)  # value of the option that the user chose

    def __init__(
        self, name: str, title: str, options: Sequence[tuple[str, str]], *, click_focuses: bool = True
    ) -> None:
        """`options` are pairs of value and label; `title` is the accessible name of the row.

        `click_focuses`: False where Space must play after a click, not click again.
        """
        super().__init__()
        self._policy = Qt.FocusPolicy.StrongFocus if click_focuses else Qt.FocusPolicy.TabFocus
        self.setObjectName(name)
        self.setProperty("kind", "choice")
        self.setAccessibleName(title)
        self._options: list[tuple[str, str]] = []
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(2, 2, 2, 2)
        self._layout.setSpacing(0)
        self._group.buttonClicked.connect(self._emit_chosen)
        self.set_options(options)

    def set_options(self, options: Sequence[tuple[str, str]]) -> bool:
        """Replace the options, without emitting `chosen`. True if they have changed: then none is checked."""
        if list(options) == self._options:
            return False
        self._options = list(options)
        for button in self._buttons.values():
            button.setObjectName("")  # it is found by its name until Qt deletes it
            button.hide()
            button.deleteLater()
            self._group.removeButton(button)
            self._layout.removeWidget(button)
        self._buttons = {value: self._add_button(value, label) for value, label in options}
        return True

    def _add_button(self, value: str, label: str) -> QPushButton:
        button = QPushButton(label)
        button.setObjectName(f"{self.objectName()}:{value}")
        button.setProperty("value", value)
        button.setCheckable(True)
        button.setAutoExclusive(True)  # screen readers then call it a radio button
        button.setAutoDefault(False)
        button.setFocusPolicy(self._policy)
        button.setAccessibleName(f"{self.accessibleName()}: {label}")
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.installEventFilter(self)
        self._group.addButton(button)
        self._layout.addWidget(button, 1)
        return button

    @property
    def value(self) -> str:
        """Value of the checked option, or "" if none is checked."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")

    def select(self, value: str) -> None:
        """Check the option without emitting `chosen`. A value that is not an option leaves none checked."""
        button = self._buttons.get(value)
        if button is not None:
            button.setChecked(True)
        elif (checked := self._group.checkedButton()) is not None:
            self._group.setExclusive(False)
            checked.setChecked(False)
            self._group.setExclusive(True)

    def eventFilter(self, button: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.gotFocus() and event.reason() in _BY_TAB:
            checked = self._group.checkedButton()
            if checked is not None and checked is not button and checked.isEnabled():
                checked.setFocus(event.reason())
                return True  # with its focus, Qt makes this button the only one that Tab reaches
        return False

    def buttons(self) -> list[QPushButton]:
        """The buttons from left to right, for the tab order."""
        return list(self._buttons.values())

    def show_shapes(self, theme: Theme) -> None:
        """Add to each option an icon of the rectangle that its value, such as "16:9", describes."""
        for value, button in self._buttons.items():
            off, on = shape_pixmap(value, theme.color("muted")), shape_pixmap(value, theme.color("text"))
            if off is None or on is None:
                continue
            icon = QIcon()
            icon.addPixmap(off, QIcon.Mode.Normal, QIcon.State.Off)
            icon.addPixmap(on, QIcon.Mode.Normal, QIcon.State.On)
            button.setIcon(icon)
            button.setIconSize(SHAPE_SIZE)

    def _emit_chosen(self, button: QAbstractButton) -> None:
        self.chosen.emit(str(button.property("value")))
