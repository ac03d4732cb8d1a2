"""Paints the pictures of a clip: as large as fits, or zoomed. The last picture stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QMargins, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from sora_desktop.ui.player.message_link import JobLink
from sora_desktop.ui.player.picture_image import image_of
from sora_desktop.ui.player.picture_message import PictureMessage
from sora_desktop.ui.player.zoom import ZOOM_STEP, Zoom, ZoomedFrame
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import Picture

_RADIUS = 8.0
#: The scale from which single pixels are to be seen.
_PIXELS_FROM = 2.0
#: Around the text of the scale. Pixels.
_CHIP_MARGINS = QMargins(8, 3, 8, 3)


class _Placed(NamedTuple):
    """Where a picture is painted."""

    frame: ZoomedFrame
    zoom: Zoom
    target: QRect  # of the whole picture, in pixels of the screen
    seen: QRect  # what of it is in the view


class VideoView(QWidget):
    """A picture without a border, or a message in its place.

    A click is one that moves nothing: dragging moves a picture that is zoomed.
    """

    clicked = Signal()
    wheel_turned = Signal(bool)  # True: to the next frame
    double_clicked = Signal()  # after the first click
    menu_requested = Signal(QPoint)  # at a place on the screen
    zoom_changed = Signal(object)  # Zoom: by the user
    open_requested = Signal()  # by another program
    link_followed = Signal(object, object, QPoint)  # see `MessageLink.followed`
    size_needed = Signal(QSize)  # device pixels that the whole picture is painted with

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._picture: Picture | None = None  # as long as its image is painted
        self._image = QImage()
        self._shape = QSize()
        self._zoom = Zoom()
        self._size = QSize()  # that was needed last
        self._placed: _Placed | None = None  # as it was painted last
        self._rounded, self._corners = QRect(), QPainterPath()  # a place, and what is cut off from its corners
        self._pressed: QPointF | None = None  # where the mouse was pressed or dragged to
        self._is_dragged = False
        self._message = PictureMessage(self, theme)
        self._message.open_requested.connect(self.open_requested)
        self._message.link_followed.connect(self.link_followed)
        self.setObjectName("videoView")
        self.setProperty(SPOKEN_ROLE, "Graphic")
        self.setAccessibleName("Picture")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # nothing beneath is painted with each picture
        theme.changed.connect(self.update)

    @property
    def zoom(self) -> Zoom:
        return self._zoom

    def show_picture(self, picture: Picture) -> None:
        """Show a picture of the clip whose size is the shape."""
        before, self._picture, self._image = self._image, picture, image_of(picture)
        if self.accessibleDescription():
            self._message.remove_button()
            self.setAccessibleDescription("")
        is_like_before = self._image.size() == before.size() and self._zoom.scale is None
        margin = 0 if self.devicePixelRatioF() == 1 else 1  # the picture's edges may lie within pixels
        place = self.picture_rect().adjusted(-margin, -margin, margin, margin)
        self.update(place if is_like_before else self.rect())

    def begin_shape(self, shape: QSize) -> None:
        """Set the full size of the pictures that follow. Clips of the same size keep the zoom."""
        if shape != self._shape:
            self._zoom = Zoom()
            self.update()
        self._shape = shape
        self._need_size()

    def show_message(
        self,
        message: str,
        shape: QSize | None = None,
        *,
        offers_other: bool = False,
        link: JobLink | None = None,
    ) -> None:
        """Show a message in place of a picture, in an area with the proportions of `shape` if given.

        `offers_other`: with a button that opens the clip in another program. `link`: with a button for it.
        """
        self._picture, self._image = None, QImage()
        self.setAccessibleDescription(message)
        self.begin_shape(QSize() if shape is None else shape)
        self._message.show_text(message, self.picture_rect(), offers_other=offers_other, link=link)
        self.update()

    def keep_picture(self) -> None:
        """Let go of the memory that the picture shares with another process."""
        if self._picture is not None:
            self._picture, self._image = None, self._image.copy()

    def remove_button(self) -> None:
        """Keep the message: what it is about is not open any more."""
        self._message.remove_button()

    def set_zoom(self, zoom: Zoom) -> None:
        """Emits no `zoom_changed`."""
        self._zoom = zoom
        self._need_size()
        self.update()

    def choose_scale(self, scale: float | None) -> None:
        """Zoom to a scale around the middle; None: as large as fits."""
        center, frame = QPointF(self.rect().center()), self._zoomed
        self._choose(Zoom() if scale is None else frame.scaled(scale, center, frame.place(self._zoom)))

    def step_zoom(self, factor: float) -> None:
        """Zoom by a factor around the middle."""
        self._zoom_at(QPointF(self.rect().center()), factor)

    def pan(self, x: int, y: int) -> None:
        """Show more of one side of a zoomed picture: 1 is right or down, -1 left or up."""
        self._choose(self._zoomed.stepped(self._zoom, x, y))

    @property
    def picture(self) -> Picture | None:
        """The picture shown, if it is one of an open clip."""
        return self._picture

    def size_for(self, shape: QSize) -> QSize:
        """Device pixels that pictures of this full size will be painted with."""
        frame = self._zoomed._replace(picture=shape)
        place = frame.place(self._zoom if shape == self._shape else Zoom())
        return (place.size() * self.devicePixelRatioF()).toSize()

    @property
    def needed_size(self) -> QSize:
        """Device pixels that the whole picture is painted with."""
        return self._target.size()

    def image(self) -> QImage:
        """The picture shown, in the size that it was read in; a null image if there is none."""
        return self._image

    def picture_rect(self) -> QRect:
        """Area of the picture, or of the picture to come, within the view."""
        if self._full_size.isEmpty():
            return self.rect()
        return self._place.seen

    @property
    def _full_size(self) -> QSize:
        return self._image.size() if self._shape.isEmpty() else self._shape

    @property
    def _zoomed(self) -> ZoomedFrame:
        return ZoomedFrame(self._full_size, QSizeF(self.size()), self.devicePixelRatioF())

    @property
    def _target(self) -> QRect:
        return self._place.target

    @property
    def _place(self) -> _Placed:
        """Found again only if something has moved: each picture that is played asks three times."""
        frame, zoom = self._zoomed, self._zoom
        if self._placed is None or self._placed.frame != frame or self._placed.zoom != zoom:
            place, ratio = frame.place(zoom), frame.density
            target = QRect((place.topLeft() * ratio).toPoint(), (place.size() * ratio).toSize().expandedTo(QSize(1, 1)))
            seen = QRect(place.topLeft().toPoint(), place.size().toSize())  # not `toRect`: rounded like the target
            self._placed = _Placed(frame, zoom, target, seen.intersected(self.rect()))
        return self._placed

    def _choose(self, zoom: Zoom) -> None:
        if zoom != self._zoom and not self._image.isNull():
            self.set_zoom(zoom)
            self.zoom_changed.emit(zoom)

    def _need_size(self) -> None:
        self._need(self.needed_size)

    def _need(self, size: QSize) -> None:
        if self._size != size and not self._full_size.isEmpty():
            self._size = size
            self.size_needed.emit(size)

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._need_size()
        self._message.place_button(self.picture_rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, target = QPainter(self), self._target
        self._paint_ground(painter, event.region(), target)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image.isNull():
            self._message.paint(painter, self.picture_rect())
        else:
            self._need(target.size())  # the screen may be another one
            self._paint_picture(painter, target)
            self._paint_edge(painter)
            if self._zoom.scale is not None:
                self._paint_scale(painter, self._zoom.scale)

    @property
    def ground(self) -> QColor:
        """The color around the picture, and around a message."""
        return self._theme.color("bg")

    def _paint_ground(self, painter: QPainter, region: QRegion, target: QRect) -> None:
        """Fill what the picture will not cover."""
        if self.devicePixelRatioF() == 1 and self._image.size() == target.size():
            region = region.subtracted(QRegion(target))
        if region.isEmpty():
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ground)
        painter.setClipRegion(region)
        painter.drawRect(self.rect())  # not `fillRect`: PySide builds all named gradients for its first call
        painter.setClipping(False)

    def _paint_picture(self, painter: QPainter, target: QRect) -> None:
        """Paint the image in pixels of the screen; without scaling if it has been read in that size."""
        ratio, size = self.devicePixelRatioF(), self._image.size()
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        if abs(size.width() - target.width()) <= 1 and abs(size.height() - target.height()) <= 1:
            painter.drawImage(target.topLeft(), self._image, QRect(QPoint(), target.size()))
        else:
            is_smooth = (self._zoom.scale or 1.0) < _PIXELS_FROM
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smooth)
            painter.drawImage(target, self._image)
        painter.restore()

    def _paint_edge(self, painter: QPainter) -> None:
        """Round the corners of the picture with the color behind it: faster than clipping."""
        rect = self.picture_rect()
        if rect != self._rounded:
            self._rounded, self._corners, rounded = rect, QPainterPath(), QPainterPath()
            self._corners.addRect(QRectF(rect))
            rounded.addRoundedRect(QRectF(rect), _RADIUS, _RADIUS)
            self._corners = self._corners.subtracted(rounded)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ground)
        painter.drawPath(self._corners)

    def _paint_scale(self, painter: QPainter, scale: float) -> None:
        text = f"{scale * 100:.0f} %"
        text_size = self.fontMetrics().size(0, text)
        chip = QRect(QPoint(), text_size.grownBy(_CHIP_MARGINS))
        chip.moveBottomRight(self.picture_rect().bottomRight() - QPoint(10, 10))
        painter.setPen(self._theme.color("line"))
        painter.setBrush(self._theme.color("panel"))
        painter.drawRoundedRect(QRectF(chip).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(self._theme.color("text"))
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the button needs another size: the font or the style changed
            self._message.place_button(self.picture_rect())
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_at(event.position(), 1 + event.value())
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_at(event.position(), ZOOM_STEP**notches)
        elif notches:
            self.wheel_turned.emit(notches < 0)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._is_dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self._zoom.scale is None:
            return
        way = event.position() - self._pressed
        if self._is_dragged or way.manhattanLength() >= QApplication.startDragDistance():
            self._is_dragged = True
            self._pressed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._choose(self._zoomed.panned(self._zoom, way))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            self._pressed = None
            if self._is_dragged:
                self.unsetCursor()
            elif self.rect().contains(event.position().toPoint()):
                self.clicked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def _zoom_at(self, pointer: QPointF, factor: float) -> None:
        self._choose(self._zoomed.zoomed(self._zoom, factor, pointer))
