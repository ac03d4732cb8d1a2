"""The stage of the compare panel: all pictures, painted by one widget so that one paint shows one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from sora_desktop.domain.clip import Clip
from sora_desktop.domain.frames import Picture
from sora_desktop.state.compare_view import CompareView
from sora_desktop.state.marks import Mark
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.picture_painter import ShownPicture, shown_picture, zoomed_frame
from sora_desktop.ui.compare.stage_painting import StagePainting, StagePictures
from sora_desktop.ui.compare.stage_parts import StageParts
from sora_desktop.ui.compare.stage_places import Mode, StagePlaces
from sora_desktop.ui.compare.stage_state import StageState
from sora_desktop.ui.compare.wipe_line import WipeLine
from sora_desktop.ui.player.picture_area import NOT_DECODED
from sora_desktop.ui.player.zoom import ZOOM_STEP, Zoom, ZoomedFrame
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE

#: Device pixels of the pictures that are not in sight: small, and there when they are.
_OUT_OF_SIGHT = QSize(320, 320)
_DRAG = 4  # pixels from which on a press is a drag
#: How the focus comes by a key that moves it.
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
#: How it comes back from a menu, or from another window.
_COMES_BACK = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class CompareStage(QWidget):
    """Shows a StageState, and emits what the user points at. Pictures and panes have the order of the letters."""

    pane_chosen = Signal(int)
    flip_requested = Signal()  # the next clip
    clicked = Signal()  # on the picture of the current clip
    wheel_turned = Signal(bool)  # over a picture; True: to the next frame
    menu_requested = Signal(QPoint)  # at a place on the screen
    zoom_changed = Signal(Zoom)
    sizes_changed = Signal(object)  # tuple[QSize, ...]: device pixels that each clip is painted with

    def __init__(self, theme: Theme, mark_actions: Mapping[Mark, QAction], actions: CompareActions) -> None:
        """`mark_actions`: their keys change marks."""
        super().__init__()
        self._theme = theme
        self._state = StageState()
        self._shown: tuple[ShownPicture, ...] = ()
        self._messages: tuple[str, ...] = ()
        self._places = StagePlaces()
        self._room = QSize()
        self._sizes: tuple[QSize, ...] = ()
        self._pressed: tuple[QPoint, int] | None = None  # where, and on which pane
        self._dragged = False
        self._shows_focus = False  # the focus came by a key
        #: What stands around the pictures.
        self.parts = StageParts(theme, mark_actions, actions, self)
        self._wipe_line = WipeLine(theme, self)
        self.setObjectName("compareStage")
        self.setProperty(SPOKEN_ROLE, "Graphic")
        self.setAccessibleName("Pictures")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # nothing beneath is painted with each picture
        self.parts.table_changed.connect(self._lay_out)
        self._wipe_line.valueChanged.connect(lambda _: self.update())
        theme.changed.connect(self.update)

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets on the stage, from the top."""
        above, below = self.parts.tab_order()
        return [*above, self._wipe_line, *below]

    def center_line(self) -> None:
        """Put the line of the wipe into the middle, from where another pair of clips is looked at."""
        self._wipe_line.center()

    def show_state(self, state: StageState) -> None:
        """Show this state. The pictures stay until others are shown. A flip is on the screen when this returns."""
        before = self._state
        is_zoomed_only = replace(state, zoom=before.zoom) == before
        if state.mode is Mode.FLIP and state == replace(before, current=state.current, against=state.against):
            self._state = state
            self.repaint(self.area_of(state.current))  # before what stands around the pictures is made and placed
        self._carry_over(state.view)
        self._state = state
        if is_zoomed_only:
            self._place_pictures()
        else:
            self.parts.show_state(state)
            self._lay_out()

    def _carry_over(self, view: CompareView) -> None:
        """Keep the pictures of the clips that stay, wherever they stand now."""
        before = {pane.job.id: number for number, pane in enumerate(self._state.view.panes)}
        kept = [before.get(pane.job.id) for pane in view.panes]
        self._shown = tuple(
            ShownPicture(_size_of(pane.clip)) if place is None else self._shown[place]
            for place, pane in zip(kept, view.panes, strict=True)
        )
        self._messages = tuple("" if place is None else self._messages[place] for place in kept)

    def show_pictures(self, pictures: tuple[Picture | None, ...]) -> None:
        """Show the pictures of one moment. None: the frame cannot be decoded, or the clip has a message."""
        self._shown = tuple(
            before if picture is None else shown_picture(picture, before.size)
            for before, picture in zip(self._shown, pictures, strict=True)
        )
        for pane in range(len(self._shown)):
            self.update(self.area_of(pane))  # not what stands around the pictures
        found = zip(self._messages, pictures, strict=True)
        messages = tuple(
            message or NOT_DECODED if picture is None else "" if message == NOT_DECODED else message
            for message, picture in found
        )
        if messages != self._messages:
            self._messages = messages
            self.update()

    def show_clip(self, pane: int, size: QSize) -> None:
        """A clip is open: the size of its pictures is known."""
        shown = list(self._shown)
        shown[pane] = shown[pane]._replace(size=size)
        self._shown = tuple(shown)
        self._lay_out()

    def show_still(self, pane: int, still: QImage | None) -> None:
        """Show a small image until the first picture of a clip is there."""
        shown = list(self._shown)
        shown[pane] = shown[pane]._replace(still=still)
        self._shown = tuple(shown)
        self.update()

    def show_message(self, pane: int, message: str) -> None:
        """Show why there is no picture of a clip."""
        shown, messages = list(self._shown), list(self._messages)
        shown[pane], messages[pane] = ShownPicture(shown[pane].size), message
        self._shown, self._messages = tuple(shown), tuple(messages)
        self.update()

    @property
    def images(self) -> tuple[ShownPicture, ...]:
        """What is shown of each clip."""
        return self._shown

    @property
    def sizes(self) -> tuple[QSize, ...]:
        """The device pixels that each clip is painted with."""
        return self._sizes

    def set_room(self, room: QSize) -> None:
        """Fill this room. If everything needs more height, the stage becomes higher, and its area scrolls."""
        self._room = room
        self._lay_out()

    def area_of(self, pane: int) -> QRect:
        """Where the picture of a clip may stand."""
        return self._pictures.area_of(pane)

    def zoom_by(self, factor: float) -> None:
        """Larger or smaller, at the middle."""
        self._zoom_at(self._state.current, factor, QPointF(self.area_of(self._state.current).center()))

    def pan(self, x: int, y: int) -> None:
        """Show more of one side of zoomed pictures: 1 is right or down, -1 left or up."""
        self._set_zoom(self._zoomed_current.stepped(self._state.zoom, x, y))

    @property
    def _zoomed_current(self) -> ZoomedFrame:
        current = self._state.current
        return zoomed_frame(self._shown[current].size, self.area_of(current), self.devicePixelRatioF())

    def _lay_out(self) -> None:
        if not self._state.view.panes or self._room.isEmpty():
            return
        self._places = self.parts.place(self._room, [shown.size for shown in self._shown])
        self.setMinimumHeight(self._places.height)
        self._place_pictures()

    def _place_pictures(self) -> None:
        """The zoom has changed, or the room for the pictures."""
        is_stop = bool(self._places.panes) and self._state.mode is not Mode.FLIP  # there, Tab could not leave
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_stop else Qt.FocusPolicy.ClickFocus)
        has_line = self._state.mode is Mode.WIPE and bool(self._places.panes)
        self._wipe_line.setVisible(has_line)
        if has_line:
            area = QRectF(self.area_of(0))
            pictures = self._pictures
            seen = pictures.place_of(self._state.current) | pictures.place_of(self._state.against)
            self._wipe_line.place_in(area & seen)
        self._note_sizes()
        self.update()

    def _note_sizes(self) -> None:
        if not self._places.panes:
            return  # the table covers them
        pictures = self._pictures
        sizes = tuple((pictures.place_of(pane).size() * pictures.density).toSize() for pane in range(len(self._shown)))
        state = self._state
        if state.mode in (Mode.WIPE, Mode.DIFFERENCE):
            seen = (state.current, state.against)
            sizes = tuple(size if pane in seen else _small(size) for pane, size in enumerate(sizes))
        if sizes != self._sizes:
            self._sizes = sizes
            self.sizes_changed.emit(sizes)

    @property
    def _pictures(self) -> StagePictures:
        return StagePictures(self._state, self._shown, self._messages, self._places, self.devicePixelRatioF())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painting = StagePainting(painter, self._pictures, self._theme, self.font())
        painting.paint_ground(event.region(), self.rect())
        if self._shown and self._places.panes:
            painting.paint_pictures(self._wipe_line.x_in_parent)
            painting.paint_marks(shows_focus=self._shows_focus and self.hasFocus())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        pane = self._pane_at(point)
        if event.button() == Qt.MouseButton.LeftButton and pane is not None:
            self._pressed, self._dragged = (point, pane), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        point = event.position().toPoint()
        moved = point - self._pressed[0]
        if self._dragged or moved.manhattanLength() >= _DRAG:
            self._dragged = True
            self._set_zoom(self._zoomed_current.panned(self._state.zoom, QPointF(moved)))
            self._pressed = (point, self._pressed[1])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is None or self._dragged:
            return
        if pressed[1] == self._state.current:
            self.clicked.emit()
        else:
            self.pane_chosen.emit(pressed[1])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pane = self._pane_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and pane is not None:
            self._set_zoom(Zoom(1.0) if self._state.zoom.scale is None else Zoom())

    def wheelEvent(self, event: QWheelEvent) -> None:
        pane = self._pane_at(event.position().toPoint())
        area, turned = self.parentWidget(), event.angleDelta().y()
        is_zoom = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if pane is None or not turned or (not is_zoom and area is not None and area.height() < self.height()):
            event.ignore()  # the area scrolls
            return
        if not is_zoom:
            self.wheel_turned.emit(turned < 0)
            return
        self._zoom_at(pane, ZOOM_STEP if event.angleDelta().y() > 0 else 1 / ZOOM_STEP, event.position())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if (pane := self._pane_at(event.pos())) is not None and pane != self._state.current:
            self.pane_chosen.emit(pane)
        self.menu_requested.emit(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._lay_out()  # a part needs another size
        return super().event(event)

    def take_focus(self, *, by_key: bool) -> None:
        """Get the focus, so that Tab flips. `by_key`: show it."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if by_key:
            self._shows_focus = True
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in _COMES_BACK:
            self._shows_focus = event.reason() in _BY_TAB
        super().focusInEvent(event)  # paints it

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab flips from clip to clip, while they lie over each other; Shift+Tab leaves."""
        if next and self.hasFocus() and self._state.mode is Mode.FLIP:  # Qt also asks it for the parts on it
            self.flip_requested.emit()
            return True
        return super().focusNextPrevChild(next)

    def _zoom_at(self, pane: int, factor: float, at: QPointF) -> None:
        """Zoom with the point under the pointer staying in its pane, and the same point in the others."""
        area, reference = self.area_of(pane), self._zoomed_current
        frame = zoomed_frame(self._shown[pane].size, area, self.devicePixelRatioF())
        zoomed = frame.zoomed(frame.like(self._state.zoom, reference), factor, at - QPointF(area.topLeft()))
        self._set_zoom(reference.like(zoomed, frame))

    def _set_zoom(self, zoom: Zoom) -> None:
        if zoom != self._state.zoom:
            self.zoom_changed.emit(zoom)

    def _pane_at(self, point: QPoint) -> int | None:
        if self._state.is_layered:
            return self._state.current if self.area_of(0).contains(point) else None
        panes = self._places.panes
        return next((number for number, pane in enumerate(panes) if pane.picture.contains(point)), None)


def _size_of(clip: Clip | None) -> QSize:
    return QSize(16, 9) if clip is None else QSize(clip.facts.width, clip.facts.height)


def _small(size: QSize) -> QSize:
    fits = size.width() <= _OUT_OF_SIGHT.width() and size.height() <= _OUT_OF_SIGHT.height()
    return size if fits else size.scaled(_OUT_OF_SIGHT, Qt.AspectRatioMode.KeepAspectRatio)
