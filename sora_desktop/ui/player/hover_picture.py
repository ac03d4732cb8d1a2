"""The picture and the time of the place in the filmstrip under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.letter_chip import small_font

_PAD, _GAP = 5, 8  # pixels around the picture, and from the card to the filmstrip
_LINE = 18  # height of the text
_RADIUS = 4.0


class HoverPicture(QWidget):
    """A card over a window, which takes no mouse events. The picture is one of the filmstrip, in its own size."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._picture = QImage()
        self._text = ""
        self.setObjectName("hoverPicture")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFont(small_font(QFont(self.font())))
        self.hide()

    @property
    def text(self) -> str:
        """The time and the frame."""
        return self._text

    @property
    def picture(self) -> QImage:
        """A null image if the clip has no filmstrip yet."""
        return self._picture

    def show_over(self, bar: QWidget, x: int, picture: QImage, text: str) -> None:
        """Stand above a place of `bar`, `x` pixels from its left edge, within its window."""
        window = bar.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self._picture, self._text = picture, text
        width = max(picture.width(), self.fontMetrics().horizontalAdvance(text) + 4) + 2 * _PAD
        size = QSize(width, picture.height() + _LINE + 2 * _PAD - (0 if picture.isNull() else 2))
        at = bar.mapTo(window, QPoint(x - width // 2, -size.height() - _GAP))
        at.setX(max(_GAP, min(at.x(), window.width() - width - _GAP)))
        self.setGeometry(QRect(at, size))
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.color("edge"))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(self._theme.color("text"))
        place = QRect(0, self.height() - _LINE - 2, self.width(), _LINE)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self._text)
        if not self._picture.isNull():
            frame = QRect(QPoint((self.width() - self._picture.width()) // 2, _PAD), self._picture.size())
            shape = QPainterPath()
            shape.addRoundedRect(QRectF(frame), _RADIUS, _RADIUS)
            painter.setClipPath(shape)
            painter.drawImage(frame, self._picture)
