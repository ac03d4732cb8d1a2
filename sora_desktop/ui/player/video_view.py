"""Paints the frames of the open clip; the last good one stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # loading QtMultimedia takes time that the window's start does not have
    from PySide6.QtMultimedia import QVideoFrame

_RADIUS = 8.0


class VideoView(QWidget):
    """A picture as large as it fits, with nothing around it, or a sentence in its place where there is none."""

    clicked = Signal()
    double_clicked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._frame: QVideoFrame | None = None
        self._image = QImage()
        self._words = ""
        self._shape = QSize()
        self.setObjectName("videoView")
        self.setAccessibleName("Picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        theme.changed.connect(self.update)

    def show_frame(self, frame: QVideoFrame) -> None:
        """Paint this one from now on. It is made an image once, when it is painted."""
        self._frame = frame
        self._words = ""
        self.update()

    def show_image(self, image: QImage) -> None:
        """Paint this picture until a frame comes."""
        self._frame, self._image = None, image
        self.update()

    def show_text(self, words: str, shape: QSize | None = None) -> None:
        """Say something in place of a picture; where one is to come, `shape` says how wide to how high."""
        self._frame, self._image, self._words = None, QImage(), words
        self._shape = QSize() if shape is None else shape
        self.setAccessibleDescription(words)
        self.update()

    def image(self) -> QImage:
        """The picture on the screen at its own size; null while there is none."""
        if self._frame is not None:
            converted = self._frame.toImage()
            self._frame = None
            if not converted.isNull():
                self._image = converted
        return self._image

    def place(self) -> QRect:
        """Where the picture is, or will be."""
        image = self.image()
        shape = self._shape if image.isNull() else image.size()
        if shape.isEmpty():
            return self.rect()
        place = QRect(self.rect().topLeft(), shape.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(self.rect().center())
        return place

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRectF(self.place())
        image = self.image()
        if image.isNull():
            painter.setPen(self._theme.color("line"))
            painter.setBrush(self._theme.color("panel"))
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
            painter.setPen(self._theme.color("muted"))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(place.adjusted(32, 24, -32, -24), flags, self._words)
            return
        self._paint_picture(painter, place, image)

    def _paint_picture(self, painter: QPainter, place: QRectF, image: QImage) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(place, _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.drawImage(place, image)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()


class FullScreenView(VideoView):
    """The same picture over the whole screen; keys go where the window sends them, Esc and F leave."""

    left = Signal()
    key_pressed = Signal(QKeyEvent)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.setObjectName("fullScreenView")
        self.setWindowTitle("Sora Desktop")
        self.setCursor(Qt.CursorShape.BlankCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F):
            self.left.emit()
        else:
            self.key_pressed.emit(event)

    def _paint_picture(self, painter: QPainter, place: QRectF, image: QImage) -> None:
        painter.fillRect(self.rect(), QColor("black"))
        painter.drawImage(place, image)
