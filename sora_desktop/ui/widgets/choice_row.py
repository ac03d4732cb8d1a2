"""A row of choices of which one is taken."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy

from sora_desktop.ui.theme import Theme

_ICON = QSize(24, 18)  # pixels; a little air at the right keeps the words off the shape


class ChoiceRow(QFrame):
    """Exclusive choices, each a checkable button named `<objectName>:<value>`. Arrow keys go from one to the next."""

    chosen = Signal(str)  # by a person; the value on the wire

    def __init__(self, name: str, title: str, options: Sequence[tuple[str, str]]) -> None:
        """`options` are values and their labels; `title` is what a screen reader says of the row."""
        super().__init__()
        self.setObjectName(name)
        self.setProperty("kind", "choice")
        self.setAccessibleName(title)
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        for value, label in options:
            button = QPushButton(label)
            button.setObjectName(f"{name}:{value}")
            button.setProperty("value", value)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setAccessibleName(f"{title}: {label}")
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button)
            self._buttons[value] = button
            row.addWidget(button, 1)
        self._group.buttonClicked.connect(self._clicked)

    @property
    def value(self) -> str:
        """The value taken, or "" when none is."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")

    def take(self, value: str) -> None:
        """Show this value as taken, without announcing it."""
        self._buttons[value].setChecked(True)

    def buttons(self) -> list[QPushButton]:
        """The options from left to right, for the tab order."""
        return list(self._buttons.values())

    def show_shapes(self, theme: Theme) -> None:
        """Draw beside each option the rectangle that its value, such as "16:9", describes."""
        for value, button in self._buttons.items():
            wide, high = (int(part) for part in value.split(":"))
            icon = QIcon()
            icon.addPixmap(_shape(wide, high, theme.ink("muted")), QIcon.Mode.Normal, QIcon.State.Off)
            icon.addPixmap(_shape(wide, high, theme.ink("text")), QIcon.Mode.Normal, QIcon.State.On)
            button.setIcon(icon)
            button.setIconSize(_ICON)

    def _clicked(self, button: QAbstractButton) -> None:
        self.chosen.emit(str(button.property("value")))


def _shape(wide: int, high: int, ink: QColor) -> QPixmap:
    """An outline of those proportions, as large as the icon allows; a square stays smaller, as it looks larger."""
    dense = 2
    pixmap = QPixmap(_ICON * dense)
    pixmap.setDevicePixelRatio(dense)
    pixmap.fill(Qt.GlobalColor.transparent)
    longest = 17.0 if wide > high else 14.0 if high > wide else 11.0
    scale = longest / max(wide, high)
    width, height = wide * scale, high * scale
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, 1.2))
    painter.drawRoundedRect(QRectF(_ICON.width() - 5 - width, (_ICON.height() - height) / 2, width, height), 2, 2)
    painter.end()
    return pixmap
