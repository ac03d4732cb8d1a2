"""The button that submits the request and shows its price."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from sora_desktop.ui.actions.keys import key_texts
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.spend_button import SpendButton
from sora_desktop.ui.widgets.tool_tip import KeyTip

_GAP = 10.0  # pixels between the label and the price


class GenerateButton(SpendButton):
    """Shows a label, the price and the shortcut.

    Dimmed while the request cannot be submitted. The button stays enabled then, since a click shows the reason.
    """

    def __init__(self, theme: Theme, action: QAction) -> None:
        """`action`: its key submits the request."""
        super().__init__("Generate")
        self._theme = theme
        self._action = action
        self._price = ""
        self._key = ""
        self._dimmed = False
        self.setObjectName("generateButton")
        self.setAutoDefault(False)
        self.setMinimumHeight(42)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tip = KeyTip(self, "", {"{}": action})
        theme.changed.connect(self.update)
        action.changed.connect(self._show_key)
        self._show_key()

    def show_content(self, text: str, price: str, *, dimmed: bool) -> None:
        """`price` is empty if the service does not charge."""
        if (text, price, dimmed) == (self.text(), self._price, self._dimmed):
            return
        self.setText(text)
        self._price = price
        self._dimmed = dimmed
        named = f"{text}, {price}" if price else text
        self.setAccessibleName(named)
        self._tip.show_text(named)
        self.update()

    @property
    def shown_aside(self) -> str:
        """What is shown beside the label, or below it if there is no room. The price is always shown."""
        both = " · ".join(filter(None, (self._price, self._key)))
        return both if self._text_width(both, self._small_font()) <= self._room_beside() else self._price

    @property
    def is_dimmed(self) -> bool:
        return self._dimmed

    def sizeHint(self) -> QSize:
        return QSize(203, 42)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 42)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        background = QColor(tokens.raised if self._dimmed else tokens.button)
        if self.isDown():
            background = background.darker(112)
        elif self.underMouse():
            background = background.lighter(107)
        painter.setBrush(background)
        painter.setPen(QPen(QColor(tokens.line)) if self._dimmed else Qt.PenStyle.NoPen)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.hasFocus():
            painter.drawRoundedRect(box.adjusted(3, 3, -3, -3), 6, 6)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent_text), 1))
        painter.drawRoundedRect(box, 8, 8)

        bold, small, aside = self._bold_font(), self._small_font(), self.shown_aside
        width, aside_width = self._text_width(self.text(), bold) + 1, self._text_width(aside, small) + 1
        below = bool(aside) and aside_width - 1 > self._room_beside()
        left = box.left() + (box.width() - width - (_GAP + aside_width if aside and not below else 0)) / 2
        label_height = box.height() * (0.6 if below else 1.0)
        painter.setPen(QColor(tokens.muted if self._dimmed else tokens.on_accent))
        painter.setFont(bold)
        painter.drawText(QRectF(left, 0, width, label_height), int(Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.setFont(small)
        painter.setPen(QColor(tokens.muted if self._dimmed else tokens.on_accent))
        if below:
            aside_rect = QRectF(box.left(), box.height() / 2, box.width(), box.height() / 2 - 3)
            painter.drawText(aside_rect, int(Qt.AlignmentFlag.AlignCenter), aside)
        else:
            aside_rect = QRectF(left + width + _GAP, 0, aside_width, box.height())
            painter.drawText(aside_rect, int(Qt.AlignmentFlag.AlignVCenter), aside)
        painter.end()

    def _show_key(self) -> None:
        keys = self._action.shortcuts()
        key = "+".join(key_texts(keys[0])) if keys else ""
        if key != self._key:
            self._key = key
            self.update()

    def _room_beside(self) -> float:
        """Pixels for what stands beside the label."""
        return self.width() - 14 - self._text_width(self.text(), self._bold_font()) - _GAP

    def _bold_font(self) -> QFont:
        return self._theme.weighted(self.font(), "bold")

    def _small_font(self) -> QFont:
        small = QFont(self.font())
        small.setPixelSize(11)
        return small

    def _text_width(self, text: str, font: QFont) -> float:
        return QFontMetricsF(font).horizontalAdvance(text)
