"""Keys drawn as on a keyboard."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sora_desktop.ui.theme import Theme

#: Pixels.
_HEIGHT, _PADDING, _GAP = 20, 6, 4


def chip_font(font: QFont) -> QFont:
    """The font of the texts on keys."""
    small = QFont(font)
    small.setPixelSize(11)
    return small


def width_of_chips(texts: Sequence[str], font: QFont) -> int:
    """Pixels that the keys take in a row."""
    return sum(_widths(texts, font)) + _GAP * max(len(texts) - 1, 0)


def paint_chips(
    painter: QPainter, theme: Theme, texts: Sequence[str], right: float, middle: float, *, current: bool = False
) -> None:
    """Paint keys in a row that ends at `right`, around the height `middle`. `current`: in the row that is chosen."""
    font = chip_font(painter.font())
    painter.save()
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    left = right - width_of_chips(texts, font)
    for text, width in zip(texts, _widths(texts, font), strict=True):
        box = QRectF(left, middle - _HEIGHT / 2, width, _HEIGHT)
        painter.setPen(theme.color("faint" if current else "edge"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(theme.color("text" if current else "muted"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
        left += width + _GAP
    painter.restore()


def _widths(texts: Sequence[str], font: QFont) -> list[int]:
    metrics = QFontMetrics(font)
    return [max(_HEIGHT, metrics.horizontalAdvance(text) + 2 * _PADDING) for text in texts]


class KeyChips(QWidget):
    """A few keys in a row, such as Ctrl and K."""

    def __init__(self, theme: Theme, texts: Sequence[str] = ()) -> None:
        super().__init__()
        self._theme = theme
        self._texts: tuple[str, ...] = tuple(texts)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_keys(self, texts: Sequence[str]) -> None:
        """Show other keys."""
        if self._texts != tuple(texts):
            self._texts = tuple(texts)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(width_of_chips(self._texts, chip_font(self.font())), _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_chips(painter, self._theme, self._texts, self.width(), self.height() / 2)
        painter.end()
