"""Paints the frames of the open clip. The last valid frame stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QMargins, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.elided_label import centered_flags, wrapped

if TYPE_CHECKING:  # importing QtMultimedia would slow the start down
    from PySide6.QtMultimedia import QVideoFrame

_RADIUS = 8.0
#: Around a message, and where there is little room for it. Pixels.
_MARGINS = QMargins(32, 24, 32, 24)
_NARROW_MARGINS = QMargins(12, 4, 12, 4)


class PlacedMessage(NamedTuple):
    """A message as it is painted."""

    frame: QRect
    lines: list[str]


class VideoView(QWidget):
    """A picture as large as fits, without a border, or a message in its place."""

    clicked = Signal()
    double_clicked = Signal()
    menu_requested = Signal(QPoint)  # at a place on the screen

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._frame: QVideoFrame | None = None
        self._image = QImage()
        self._message = ""
        self._shape = QSize()
        self.setObjectName("videoView")
        self.setAccessibleName("Picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        theme.changed.connect(self.update)

    def show_frame(self, frame: QVideoFrame) -> None:
        """Show the frame. It is converted to an image once, when it is painted."""
        self._frame = frame
        self._message = ""
        self.update()

    def show_image(self, image: QImage) -> None:
        """Show the image until a frame arrives."""
        self._frame, self._image, self._message = None, image, ""
        self.setAccessibleDescription("")
        self.update()

    def show_message(self, message: str, shape: QSize | None = None) -> None:
        """Show a message in place of a picture, in an area with the proportions of `shape` if given."""
        self._frame, self._image, self._message = None, QImage(), message
        self._shape = QSize() if shape is None else shape
        self.setAccessibleDescription(message)
        self.update()

    def image(self) -> QImage:
        """The picture shown, at its own size; a null image if there is none."""
        if self._frame is not None:
            converted = self._frame.toImage()
            self._frame = None
            if not converted.isNull():
                self._image = converted
        return self._image

    def picture_rect(self) -> QRect:
        """Area of the picture, or of the picture to come."""
        image = self.image()
        shape = self._shape if image.isNull() else image.size()
        if shape.isEmpty():
            return self.rect()
        rect = QRect(self.rect().topLeft(), shape.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio))
        rect.moveCenter(self.rect().center())
        return rect

    def placed_message(self) -> PlacedMessage:
        """The message in the area of the picture to come or, if it does not fit there, in the whole view.

        What does not fit there either is elided: `accessibleDescription` has all of it.
        """
        paragraphs, height = self._message.split("\n"), self.fontMetrics().height()
        for frame, margins in (
            (self.picture_rect(), _MARGINS),
            (self.rect(), _MARGINS),
            (self.rect(), _NARROW_MARGINS),
        ):
            room = frame.marginsRemoved(margins)
            most = room.height() // height
            lines = [line for each in paragraphs for line in wrapped(each, self.font(), room.width(), most + 1)]
            if len(lines) <= most:
                return PlacedMessage(frame, lines)
        return PlacedMessage(frame, wrapped(" ".join(paragraphs), self.font(), room.width(), max(most, 1)))

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        image = self.image()
        if image.isNull():
            self._paint_message(painter)
        else:
            self._paint_picture(painter, QRectF(self.picture_rect()), image)

    def _paint_message(self, painter: QPainter) -> None:
        placed = self.placed_message()
        painter.setPen(self._theme.color("line"))
        painter.setBrush(self._theme.color("panel"))
        painter.drawRoundedRect(QRectF(placed.frame).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        painter.setPen(self._theme.color("muted"))
        height = self.fontMetrics().height()
        top = placed.frame.center().y() + 1 - height * len(placed.lines) // 2
        for number, line in enumerate(placed.lines):
            place = QRect(placed.frame.left(), top + number * height, placed.frame.width(), height)
            painter.drawText(place, centered_flags(line), line)

    def _paint_picture(self, painter: QPainter, rect: QRectF, image: QImage) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(rect, _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.drawImage(rect, image)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()
