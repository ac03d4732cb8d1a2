"""The clip as a filmstrip with a playhead and the brackets of the range."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QSlider

from sora_desktop.state.clip_text import timecode
from sora_desktop.ui.player.filmstrip import TILES
from sora_desktop.ui.player.play_range import PlayRange
from sora_desktop.ui.theme import Theme

if TYPE_CHECKING:  # the first paint needs no frames
    from sora_desktop.domain.frames import FrameTimes
    from sora_desktop.ui.player.hover_picture import HoverPicture

_RADIUS = 5.0
_NARROWEST_TILE = 24.0  # pixels; a narrower bar shows fewer frames
_PLAYHEAD = 4.0  # pixels at each side of its middle that are painted again when it moves
_BRACKET = 5.0  # pixels; length of the arms
_GRIP = 6.0  # pixels around a bracket in which the mouse takes it


class _Still(NamedTuple):
    """What stands still while the playhead moves. Painting it takes longer than everything else of a frame."""

    below: QPixmap  # the filmstrip with the range
    outline: QPixmap  # above the playhead


class ScrubBar(QSlider):
    """A slider over the frames of the clip, which stand at their times. A click or drag seeks, a bracket is dragged.

    Arrow keys and the wheel step by frames. The value is the number of the frame shown, for screen readers too. It does
    not follow the mouse by itself: the playhead moves when the frame is shown.
    """

    seek_requested = Signal(int)  # number of the frame
    scrub_requested = Signal(int)  # the same, while the mouse moves
    step_requested = Signal(int)  # frames
    range_chosen = Signal(object)  # PlayRange

    def __init__(self, theme: Theme, height: int = 38) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._theme = theme
        self._times: FrameTimes | None = None
        self._own_end: int | None = (
            None  # of the clip that the filmstrip shows, in microseconds; None: it fills the bar
        )
        self._range = PlayRange()
        self._strip = QImage()
        self._still: _Still | None = None  # None: to be painted again
        self._hover: HoverPicture | None = None  # made when it is first needed
        self._dragged: str | None = None  # "start" or "end" of the range, or "playhead"
        self.setObjectName("scrubBar")
        self.setAccessibleName("Frame of the clip")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(height)
        self.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)
        self.setPageStep(10)
        self.setRange(0, 0)
        self.valueChanged.connect(self.seek_requested)  # set by a screen reader
        theme.changed.connect(self._change_still)

    def show_strip(self, strip: QImage | None) -> None:
        """Set the filmstrip, an image of twelve frames side by side, or none."""
        self._strip = strip if strip is not None else QImage()
        self._change_still()

    def show_times(self, times: FrameTimes | None, own_end: int | None = None) -> None:
        """Set when the frames are shown; None: at equal distances.

        `own_end`: the microsecond at which the clip of the filmstrip ends, if `times` go on behind it.
        """
        self._times, self._own_end = times, own_end
        self._hide_hover()
        self._change_still()

    def show_frame(self, frame: int, frames: int, description: str) -> None:
        """Move the playhead to a frame of `frames`. `description` is the time for screen readers. Emits no signal."""
        before = self.share
        with QSignalBlocker(self):
            self.setMaximum(max(frames - 1, 0))
            self.setValue(frame)
        self.setAccessibleDescription(description)
        for share in (before, self.share):
            x = self._playhead_at(share)
            self.update(QRectF(x - _PLAYHEAD, 0, 2 * _PLAYHEAD, self.height()).toAlignedRect())

    def show_range(self, play_range: PlayRange) -> None:
        """Set the brackets, and shade what is not played."""
        self._range = play_range
        self._change_still()

    @property
    def strip(self) -> QImage:
        """The filmstrip; a null image if there is none."""
        return self._strip

    @property
    def share(self) -> float:
        """Position of the playhead, 0 to 1."""
        if self._times is None or self._times.end <= 0:
            return self.value() / (self.maximum() + 1)
        return self._times.starts[min(self.value(), self._times.frames - 1)] / self._times.end

    def sizeHint(self) -> QSize:
        return QSize(320, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._change_still()

    def sliderChange(self, change: QSlider.SliderChange) -> None:
        """Paint all of the bar again, unless `show_frame` moves the playhead."""
        if change is not QSlider.SliderChange.SliderValueChange or not self.signalsBlocked():
            super().sliderChange(change)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        still = self._still
        if still is None or still.below.devicePixelRatioF() != self.devicePixelRatioF():
            still = self._still = self._painted_still(self.devicePixelRatioF())
        painter.drawPixmap(0, 0, still.below)
        if self.isEnabled():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            x = self._playhead_at(self.share)
            if not 0.5 + _RADIUS < x < self.width() - 0.5 - _RADIUS:
                painter.setClipPath(self._shape()[1])
            _line(painter, x, 0.5, self.height() - 0.5)
            painter.setClipping(False)
        painter.drawPixmap(0, 0, still.outline)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._change_still()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._change_still()

    def _playhead_at(self, share: float) -> float:
        """The middle of the playhead, in pixels from the left."""
        return 1.5 + share * (self.width() - 3)

    def _change_still(self) -> None:
        self._still = None
        self.update()

    def _shape(self) -> tuple[QRectF, QPainterPath]:
        """The bar, and its outline with round corners."""
        box, shape = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), QPainterPath()
        shape.addRoundedRect(box, _RADIUS, _RADIUS)
        return box, shape

    def _painted_still(self, density: float) -> _Still:
        below, outline = (QPixmap(self.size() * density) for _ in range(2))
        for each in (below, outline):
            each.setDevicePixelRatio(density)
            each.fill(Qt.GlobalColor.transparent)
        painter = QPainter(below)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box, shape = self._shape()
        painter.setClipPath(shape)
        painter.setPen(Qt.PenStyle.NoPen)  # `fillRect` would make PySide create QGradient's preset enum
        painter.setBrush(self._theme.color("raised"))
        painter.drawRect(box)
        if not self._strip.isNull():
            self._paint_tiles(painter, self._own_part(box))
        self._paint_shade(painter, box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._paint_brackets(painter, box)
        painter.end()
        painter.begin(outline)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("accent" if self.hasFocus() else "line"), 1))
        painter.drawPath(shape)
        painter.end()
        return _Still(below, outline)

    def _own_part(self, box: QRectF) -> QRectF:
        """The part of the bar in whose time the clip of the filmstrip has frames."""
        if self._times is None or self._own_end is None or self._times.end <= 0:
            return box
        own = QRectF(box)
        own.setWidth(max(box.width() * min(self._own_end / self._times.end, 1.0), 1.0))
        return own

    def _paint_shade(self, painter: QPainter, box: QRectF) -> None:
        start, end = self._range_places()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        for left, right in ((box.left(), start), (end, box.right())):
            if left is not None and right is not None and right > left:
                painter.drawRect(QRectF(left, box.top(), right - left, box.height()))

    def _paint_brackets(self, painter: QPainter, box: QRectF) -> None:
        for x, arm in zip(self._range_places(), (_BRACKET, -_BRACKET), strict=True):
            if x is None:
                continue
            bracket = QPainterPath(QPointF(x + arm, box.top() + 1))
            for point in ((x, box.top() + 1), (x, box.bottom() - 1), (x + arm, box.bottom() - 1)):
                bracket.lineTo(*point)
            for color, width in ((QColor(0, 0, 0, 140), 4), (QColor("#ffffff"), 2)):
                painter.setPen(QPen(color, width))
                painter.drawPath(bracket)

    def _range_places(self) -> tuple[float | None, float | None]:
        """Where the brackets stand; None: there is none."""
        end = 0 if self._times is None else self._times.end
        if end <= 0:
            return None, None
        width = self.width() - 2
        return (
            None if self._range.start is None else 1 + self._range.start / end * width,
            None if self._range.end is None else 1 + min(self._range.end / end, 1.0) * width,
        )

    def _paint_tiles(self, painter: QPainter, box: QRectF) -> None:
        """Paint all tiles, or as many as fit, cropped to fill the box."""
        tile_width = self._strip.width() / TILES
        count = max(1, min(TILES, int(box.width() / _NARROWEST_TILE)))
        width = box.width() / count
        aspect_ratio = width / box.height()
        for number in range(count):
            tile = int((number + 0.5) * TILES / count)
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
            self._dragged = self._bracket_at(event.position()) or "playhead"
            if self._dragged == "playhead":
                self._hide_hover()  # the picture itself follows
            self._drag_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged != "playhead":
            self._show_hover(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag_to(event.position().x())
        else:
            is_bracket = self._bracket_at(event.position()) is not None
            self.setCursor(Qt.CursorShape.SplitHCursor if is_bracket else Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._dragged is not None:
            dragged, self._dragged = self._dragged, None
            if dragged == "playhead":
                self.seek_requested.emit(self._frame_at(event.position().x()))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._show_hover(event.position().x())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hide_hover()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._hide_hover()

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

    def _show_hover(self, x: float) -> None:
        """Show what is at a place of the bar, in pixels."""
        times = self._times
        if times is None or times.end <= 0:
            return
        if self._hover is None:
            from sora_desktop.ui.player.hover_picture import HoverPicture

            self._hover = HoverPicture(self._theme)
        frame = self._frame_at(x)
        text = f"{timecode(times.starts[frame] / 1e6)} · frame {frame}"
        self._hover.show_over(
            self, round(max(0.0, min(x, float(self.width())))), self._tile_at(times.starts[frame]), text
        )

    def _hide_hover(self) -> None:
        if self._hover is not None:
            self._hover.hide()

    def _tile_at(self, microseconds: int) -> QImage:
        """The frame of the filmstrip that is nearest to a time."""
        end = self._own_end or (self._times.end if self._times is not None else 0)
        width = self._strip.width() // TILES
        tile = min(microseconds * TILES // max(end, 1), TILES - 1)
        return self._strip.copy(tile * width, 0, width, self._strip.height())

    def _bracket_at(self, point: QPointF) -> str | None:
        """The bracket that is near enough to be taken; where the playhead stands on it, only by its arms."""
        x, height = point.x(), self.height()
        is_on_arm = not height / 4 <= point.y() < height * 3 / 4
        if not is_on_arm and abs(x - 1 - self.share * (self.width() - 2)) <= _GRIP:
            return None
        start, end = self._range_places()
        places = [(abs(x - at), name) for at, name in ((start, "start"), (end, "end")) if at is not None]
        distance, name = min(places, default=(_GRIP + 1, None))
        return name if distance <= _GRIP else None

    def _drag_to(self, x: float) -> None:
        if self._dragged == "playhead":
            self.scrub_requested.emit(self._frame_at(x))
        elif self._dragged is not None and self._times is not None:
            chosen = self._range_with(self._dragged, self._frame_at(x), self._times)
            if chosen != self._range:
                self.range_chosen.emit(chosen)

    def _range_with(self, edge: str, frame: int, times: FrameTimes) -> PlayRange:
        """The range whose start or end is dragged to a frame. It keeps one frame."""
        if edge == "start":
            last = times.frames - 1 if self._range.end is None else times.frame_at(self._range.end - 1)
            return self._range._replace(start=times.starts[min(frame, last)])
        frame = max(frame, times.frame_at(self._range.start or 0))
        return self._range._replace(end=times.starts[frame] + times.duration_of(frame))

    def _frame_at(self, x: float) -> int:
        share = max(0.0, min((x - 1) / max(self.width() - 2, 1), 1.0))
        if self._times is not None and self._times.end > 0:
            frame = bisect_right(self._times.starts, int(share * self._times.end)) - 1
        else:
            frame = int(share * (self.maximum() + 1))
        return max(0, min(frame, self.maximum()))


def _line(painter: QPainter, x: float, top: float, bottom: float) -> None:
    """A white line with edges that are dark enough to be seen on white.

    The edges are opaque: Qt would blend them in other threads, and wait for these while decoding has the cores.
    """
    painter.setPen(Qt.PenStyle.NoPen)
    for color, width in ((QColor("#1c1c1c"), 5), (QColor("#ffffff"), 2)):
        painter.setBrush(color)
        painter.drawRect(QRectF(x - width / 2, top, width, bottom - top))
    painter.setBrush(Qt.BrushStyle.NoBrush)
