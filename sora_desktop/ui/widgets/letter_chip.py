"""The letter of a compared clip, in a square with round corners."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE
from sora_desktop.ui.widgets.tool_tip import set_tip

CHIP = 20  # pixels
_RADIUS = 6.0
_RINGS = 4  # pixels around a chip that can be chosen


def paint_letter(painter: QPainter, place: QRectF, letter: str, ground: QColor, ink: QColor, theme: Theme) -> None:
    """Paint a chip at a place of the size CHIP."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(place, _RADIUS, _RADIUS)
    font = theme.weighted(painter.font(), "bold")
    font.setPixelSize(11)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), letter)


def letter_colors(theme: Theme, *, current: bool, over_picture: bool = False) -> tuple[QColor, QColor]:
    """Ground and ink. `over_picture`: the ground is dark in both color schemes."""
    if current:
        return QColor(theme.tokens.button), QColor(theme.tokens.on_accent)
    if over_picture:
        return QColor(0, 0, 0, 200), QColor("#f2f4f8")
    return marked_ground(theme), theme.color("text")


def marked_ground(theme: Theme) -> QColor:
    """The ground of a chip and of marked words, on the ground of the window."""
    return theme.color("selected" if theme.is_dark else "hover")


class LetterChip(QWidget):
    """Shows a letter; in the accent color while its clip is the current one."""

    def __init__(self, theme: Theme, letter: str = "", *, current: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._letter, self._current = letter, current
        self.setFixedSize(CHIP, CHIP)
        self.setProperty(SPOKEN_ROLE, "StaticText")
        self.setAccessibleName(letter)
        theme.changed.connect(self.update)

    def show_letter(self, letter: str, *, current: bool) -> None:
        self._letter, self._current = letter, current
        self.setAccessibleName(f"{letter}, current clip" if current else letter)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = letter_colors(self._theme, current=self._current)
        paint_letter(painter, QRectF(self.rect()), self._letter, ground, ink, self._theme)


class LetterButton(QAbstractButton):
    """A chip that can be chosen: with a ring while it is, and a second one around it while it has the focus."""

    def __init__(self, theme: Theme, letter: str, name: str, title: str) -> None:
        super().__init__()
        self._theme = theme
        self._letter = letter
        self.setObjectName(name)
        self.setAccessibleName(title)
        set_tip(self, title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(CHIP + 2 * _RINGS, CHIP + 2 * _RINGS)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, ink = letter_colors(self._theme, current=False)
        place = QRectF(self.rect()).adjusted(_RINGS, _RINGS, -_RINGS, -_RINGS)
        paint_letter(painter, place, self._letter, ground, ink, self._theme)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("accent"), 1.5))
        for is_shown, out in ((self.isChecked(), 1.0), (self.hasFocus(), 3.25)):
            if is_shown:
                painter.drawRoundedRect(place.adjusted(-out, -out, out, out), _RADIUS + out, _RADIUS + out)


def small_font(font: QFont) -> QFont:
    """The font of facts: 12 pixels, with digits of equal widths, so that numbers that change move nothing."""
    small = QFont(font)
    small.setPixelSize(12)
    small.setFeature(QFont.Tag("tnum"), 1)
    return small
