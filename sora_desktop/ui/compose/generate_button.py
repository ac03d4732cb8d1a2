"""The one button that spends credits."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy

from sora_desktop.ui.theme import Theme

_GAP = 10.0  # pixels between what it does and what that costs


class GenerateButton(QPushButton):
    """Says what it does, what that costs and by which key. Dim when the request is not fit to be sent yet;
    it can be pressed even then, and is told why."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Generate")
        self._theme = theme
        self._asides: tuple[str, ...] = ()  # the first that has room is shown; the price goes last
        self._dim = False
        self.setObjectName("generateButton")
        self.setAutoDefault(False)
        self.setMinimumHeight(42)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def show_offer(self, text: str, price: str, *, dim: bool) -> None:
        """`price` is "" where it is not known."""
        self.setText(text)
        self._asides = (f"{price} · Ctrl+⏎", price) if price else ("Ctrl+⏎",)
        self._dim = dim
        self.setAccessibleName(f"{text}, {price}" if price else text)
        self.setToolTip(f"{text} (Ctrl+Return)" + (f", costs {price}" if price else ""))
        self.update()

    @property
    def shown_aside(self) -> str:
        """What stands beside the text: the key gives way to the price, and both to the text."""
        room = self.width() - 14 - self._wide(self.text(), self._bold()) - _GAP
        return next((text for text in self._asides if self._wide(text, self._small()) <= room), "")

    @property
    def is_dim(self) -> bool:
        return self._dim

    def sizeHint(self) -> QSize:
        return QSize(203, 42)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 42)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        ground = QColor(tokens.raised if self._dim else tokens.accent)
        if self.isDown():
            ground = ground.darker(112)
        elif self.underMouse():
            ground = ground.lighter(107)
        painter.setBrush(ground)
        painter.setPen(QPen(QColor(tokens.line)) if self._dim else Qt.PenStyle.NoPen)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, 8, 8)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent_text if self._dim else "#ffffff"), 1.5))
            painter.drawRoundedRect(box.adjusted(2.5, 2.5, -2.5, -2.5), 6, 6)

        bold, small, aside = self._bold(), self._small(), self.shown_aside
        wide, aside_wide = self._wide(self.text(), bold) + 1, self._wide(aside, small) + 1
        left = box.left() + (box.width() - wide - (_GAP + aside_wide if aside else 0)) / 2
        painter.setPen(QColor(tokens.muted if self._dim else "#ffffff"))
        painter.setFont(bold)
        painter.drawText(QRectF(left, 0, wide, box.height()), int(Qt.AlignmentFlag.AlignVCenter), self.text())
        painter.setFont(small)
        painter.setPen(QColor(tokens.faint if self._dim else "#eef1ff"))
        place = QRectF(left + wide + _GAP, 0, aside_wide, box.height())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), aside)
        painter.end()

    def _bold(self) -> QFont:
        return self._theme.weighted(self.font(), "bold")

    def _small(self) -> QFont:
        small = QFont(self.font())
        small.setPixelSize(11)
        return small

    def _wide(self, text: str, font: QFont) -> float:
        return QFontMetricsF(font).horizontalAdvance(text)
