"""A button that shows the keys which do the same."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter, QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.tool_tip import key_of

_EDGE, _GAP, _ICON = 12, 8, 16  # pixels
_CAP_HEIGHT, _CAP_PADDING, _CAP_GAP = 18, 5, 4


def _cap_font(font: QFont) -> QFont:
    small = QFont(font)
    small.setPixelSize(11)
    return small


def _cap_width(key: str, font: QFont) -> int:
    return max(QFontMetrics(_cap_font(font)).horizontalAdvance(key) + 2 * _CAP_PADDING, _CAP_HEIGHT)


def _paint_cap(painter: QPainter, place: QRectF, key: str, theme: Theme, tone: str) -> None:
    painter.setPen(theme.color("selected" if theme.is_dark else "line"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setFont(_cap_font(painter.font()))
    painter.setPen(theme.color(tone))
    painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), key)


class KeyCap(QWidget):
    """One key, beside a button that has no text of its own."""

    def __init__(self, theme: Theme, key: str) -> None:
        super().__init__()
        self._theme = theme
        self._key = key
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(_cap_width(self._key, self.font()), _CAP_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_cap(painter, QRectF(self.rect()), self._key, self._theme, "muted")


class KeyButton(QPushButton):
    """Icon, text, and at the right a cap for each key. Keys are for the eyes: the caller handles them."""

    def __init__(
        self,
        theme: Theme,
        name: str,
        text: str,
        tool_tip: str,
        *,
        keys_of: Sequence[QAction] = (),
        fixed_keys: Sequence[str] = (),
        tone: str = "text",
    ) -> None:
        """The caps show the keys of the actions `keys_of`, then the keys that cannot be changed."""
        super().__init__(text)
        self._theme = theme
        self._keys_of = tuple(keys_of)
        self._fixed_keys = tuple(fixed_keys)
        self._keys: tuple[str, ...] = ()
        self._tone = tone
        self._shows_keys = True
        self.setObjectName(name)
        self.setAccessibleName(text.rstrip("…"))
        self.setToolTip(tool_tip)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: Space must play, not click again
        self.setFixedHeight(34)
        theme.changed.connect(self.update)
        for action in self._keys_of:
            action.changed.connect(self._follow_keys)
        self._follow_keys()

    def show_text(self, text: str) -> None:
        """Set the text and the name for screen readers."""
        self.setText(text)
        self.setAccessibleName(text.rstrip("…"))
        self.updateGeometry()

    def set_keys_visible(self, visible: bool) -> None:
        """Leave the caps out where there is little room."""
        self._shows_keys = visible
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        icon = 0 if self.icon().isNull() else _ICON + _GAP
        text = QFontMetrics(self.font()).horizontalAdvance(self.text())
        caps = sum(_cap_width(key, self.font()) + _CAP_GAP for key in self._shown_keys)
        return QSize(2 * _EDGE + icon + text + (caps + _GAP - _CAP_GAP if caps else 0), 34)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _follow_keys(self) -> None:
        keys = (*filter(None, map(key_of, self._keys_of)), *self._fixed_keys)
        if keys != self._keys:
            self._keys = keys
            self.updateGeometry()
            self.update()

    @property
    def _shown_keys(self) -> tuple[str, ...]:
        return self._keys if self._shows_keys else ()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tone = self._tone if self.isEnabled() else "faint"
        left = _EDGE
        if not self.icon().isNull():
            self.icon().paint(painter, QRect(left, (self.height() - _ICON) // 2, _ICON, _ICON))
            left += _ICON + _GAP
        painter.setPen(self._theme.color(tone))
        painter.drawText(
            QRect(left, 0, self.width() - left, self.height()), int(Qt.AlignmentFlag.AlignVCenter), self.text()
        )
        right = self.width() - _EDGE
        for key in reversed(self._shown_keys):
            width = _cap_width(key, self.font())
            place = QRectF(right - width, (self.height() - _CAP_HEIGHT) / 2, width, _CAP_HEIGHT)
            _paint_cap(painter, place, key, self._theme, "muted" if self.isEnabled() else "faint")
            right -= width + _CAP_GAP
