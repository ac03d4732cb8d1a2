"""The clip as a filmstrip with a playhead."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider

from sora_desktop.ui.theme import Theme

_HEIGHT = 38
_RADIUS = 5.0
_TILES = 12  # frames in a filmstrip
_NARROWEST_TILE = 24.0  # pixels; a narrower bar shows fewer frames


class ScrubBar(QSlider):
    """A slider over the frames of the clip. A click or drag seeks; arrow keys and the wheel step by frames.

    Its value is the number of the frame shown, for screen readers too. It does not follow the mouse by itself: the
    playhead moves when the frame is shown.
    """

    seek_requested = Signal(int)  # number of the frame
    step_requested = Signal(int)  # frames

    def __init__(self, theme: Theme) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme = theme
        self._range = (0.0, 1.0)
        self._strip = QImage()
        self.setObjectName("scrubBar")
        self.setAccessibleName("Frame of the clip")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setPageStep(10)
        self.setRange(0, 0)
        self.valueChanged.connect(self.seek_requested)  # set by a screen reader
        theme.changed.connect(self.update)

    def show_strip(self, strip: QImage | None) -> None:
        """Set the filmstrip, an image of twelve frames side by side, or none."""
        self._strip = strip if strip is not None else QImage()
        self.update()

    def show_frame(self, frame: int, frames: int, description: str) -> None:
        """Move the playhead to a frame of `frames`. `description` is the time for screen readers. Emits no signal."""
        with QSignalBlocker(self):
            self.setMaximum(max(frames - 1, 0))
            self.setValue(frame)
        self.setAccessibleDescription(description)
        self.update()

    def show_range(self, first: float, last: float) -> None:
        """Shade what is not played. Shares of the length; 0 and 1 for the whole clip."""
        self._range = (first, last)
        self.update()

    @property
    def share(self) -> float:
        """Position of the playhead, 0 to 1."""
        return self.value() / (self.maximum() + 1)

    def sizeHint(self) -> QSize:
        return QSize(320, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        shape = QPainterPath()
        shape.addRoundedRect(box, _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.setPen(Qt.PenStyle.NoPen)  # `fillRect` would make PySide create QGradient's preset enum
        painter.setBrush(self._theme.color("raised"))
        painter.drawRect(box)
        if not self._strip.isNull():
            self._paint_tiles(painter, box)
        self._paint_range(painter, box)
        if self.isEnabled():
            x = box.left() + 1 + self.share * (box.width() - 2)
            painter.setPen(QPen(QColor(0, 0, 0, 120), 4))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(QPen(QColor("#ffffff"), 2))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("accent" if self.hasFocus() else "line"), 1))
        painter.drawPath(shape)

    def _paint_range(self, painter: QPainter, box: QRectF) -> None:
        first, last = (box.left() + share * box.width() for share in self._range)
        for left, right, edge in ((box.left(), first, first), (last, box.right(), last)):
            if right - left > 0.5:
                painter.fillRect(QRectF(left, box.top(), right - left, box.height()), QColor(0, 0, 0, 150))
                painter.setPen(QPen(self._theme.color("accent"), 2))
                painter.drawLine(QPointF(edge, box.top()), QPointF(edge, box.bottom()))

    def _paint_tiles(self, painter: QPainter, box: QRectF) -> None:
        """Paint all tiles, or as many as fit, cropped to fill the bar."""
        tile_width = self._strip.width() / _TILES
        count = max(1, min(_TILES, int(box.width() / _NARROWEST_TILE)))
        width = box.width() / count
        aspect_ratio = width / box.height()
        for number in range(count):
            tile = int((number + 0.5) * _TILES / count)
            source = QRectF(tile * tile_width, 0, tile_width, self._strip.height())
            if tile_width / self._strip.height() > aspect_ratio:
                cut = tile_width - self._strip.height() * aspect_ratio
                source.adjust(cut / 2, 0, -cut / 2, 0)
            else:
                cut = self._strip.height() - tile_width / aspect_ratio
                source.adjust(0, cut / 2, 0, -cut / 2)
            target = QRectF(box.left() + number * width, box.top(), width, box.height())
            painter.drawImage(target, self._strip, source)
            if number:
                painter.setPen(QPen(QColor(0, 0, 0, 130), 1))
                painter.drawLine(target.topLeft(), target.bottomLeft())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._seek_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._seek_to(event.position().x())

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta:
            self.step_requested.emit(1 if delta < 0 else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Down if not event.modifiers():
                self.step_requested.emit(-1)
            case Qt.Key.Key_Right | Qt.Key.Key_Up if not event.modifiers():
                self.step_requested.emit(1)
            case Qt.Key.Key_PageDown:
                self.step_requested.emit(10)
            case Qt.Key.Key_PageUp:
                self.step_requested.emit(-10)
            case Qt.Key.Key_Home:
                self.seek_requested.emit(0)
            case Qt.Key.Key_End:
                self.seek_requested.emit(self.maximum())
            case _:
                event.ignore()

    def _seek_to(self, x: float) -> None:
        frame = int(x / max(self.width() - 1, 1) * (self.maximum() + 1))
        self.seek_requested.emit(max(0, min(frame, self.maximum())))
