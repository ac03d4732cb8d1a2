"""Paints the pictures of compared clips, and what stands over and around them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QRegion

from sora_desktop.ui.compare.picture_painter import (
    ShownPicture,
    paint_difference,
    paint_picture,
    paint_wipe,
    place_in,
    zoomed_frame,
)
from sora_desktop.ui.compare.stage_marks import paint_corner_letter, paint_message, paint_ring
from sora_desktop.ui.compare.stage_places import Mode, StagePlaces
from sora_desktop.ui.compare.stage_state import StageState
from sora_desktop.ui.theme import Theme


@dataclass(frozen=True, slots=True)
class StagePictures:
    """What is shown of each clip, and where. Pictures, messages and panes have the order of the letters."""

    state: StageState
    shown: tuple[ShownPicture, ...]
    messages: tuple[str, ...]  # why there is no picture; empty if there is one
    places: StagePlaces
    density: float  # device pixels in a pixel

    def area_of(self, pane: int) -> QRect:
        """Where the picture of a clip may stand."""
        panes = self.places.panes
        return panes[min(pane, len(panes) - 1)].picture if panes else QRect()

    def place_of(self, pane: int) -> QRectF:
        """Where the picture of a clip stands, at the zoom that the current clip has."""
        current, shown, area = self.state.current, self.shown[pane], self.area_of(pane)
        reference = zoomed_frame(self.shown[current].size, self.area_of(current), self.density)
        zoom = zoomed_frame(shown.size, area, self.density).like(self.state.zoom, reference)
        return place_in(area, shown.size, zoom, self.density)

    def message_of(self, pane: int) -> str:
        """Why there is no picture of a clip; empty if there is one."""
        return self.state.view.panes[pane].message or self.messages[pane]

    @property
    def whole_panes(self) -> list[int]:
        """The clips whose whole pictures are in sight."""
        state = self.state
        if not self.places.panes or state.mode in (Mode.WIPE, Mode.DIFFERENCE):
            return []
        panes = [state.current] if state.mode is Mode.FLIP else range(len(self.shown))
        return [pane for pane in panes if self.shown[pane].seen is not None and not self.message_of(pane)]


class StagePainting:
    """One paint of the stage."""

    def __init__(self, painter: QPainter, pictures: StagePictures, theme: Theme, font: QFont) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._painter = painter
        self._pictures = pictures
        self._state = pictures.state
        self._theme = theme
        self._font = font

    def paint_ground(self, region: QRegion, stage: QRect) -> None:
        """Fill what no picture will cover, of this region of the stage."""
        for pane in self._pictures.whole_panes:
            place = self._pictures.place_of(pane).toAlignedRect()
            covered = place.adjusted(1, 1, -1, -1)  # pictures may be a pixel smaller
            region = region.subtracted(QRegion(covered & self._pictures.area_of(pane)))
        painter = self._painter
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("bg"))
        whole = stage.adjusted(0, 0, 1, 1)  # at a scale of 1.5, half of the last pixel is beyond the edge
        painter.setClipRegion(region.united(QRegion(whole).subtracted(QRegion(stage))))
        painter.drawRect(whole)
        painter.setClipping(False)

    def paint_pictures(self, line: float) -> None:
        """Paint the pictures, or why there are none. `line`: logical x of the line of the wipe."""
        match self._state.mode:
            case Mode.SIDE_BY_SIDE:
                for pane in range(len(self._pictures.shown)):
                    self._paint_pane(pane)
            case Mode.FLIP:
                self._paint_pane(self._state.current)
            case Mode.WIPE | Mode.DIFFERENCE:
                self._paint_pair(line)

    def paint_marks(self, *, shows_focus: bool) -> None:
        """Paint a ring around the current clip, if it is one of several or the focus is to be seen, and the letters."""
        is_layered, current = self._state.is_layered, self._state.current
        if shows_focus or not is_layered:
            area = QRectF(self._pictures.area_of(current))
            if not self._pictures.message_of(current):
                area &= self._pictures.place_of(current)
            paint_ring(self._painter, area, self._theme, thick=shows_focus)
        if is_layered:
            self._paint_letters()

    def _paint_pane(self, pane: int) -> None:
        pictures, area = self._pictures, self._pictures.area_of(pane)
        if message := pictures.message_of(pane):
            paint_message(self._painter, area, message, self._font, self._theme)
        else:
            ground = self._theme.color("bg")
            paint_picture(self._painter, area, pictures.shown[pane], pictures.place_of(pane), ground)

    def _paint_pair(self, line: float) -> None:
        state, pictures, ground = self._state, self._pictures, self._theme.color("bg")
        area, pair = pictures.area_of(0), (state.current, state.against)
        one, other = ((pictures.shown[pane], pictures.place_of(pane)) for pane in pair)
        if state.mode is Mode.WIPE:
            paint_wipe(self._painter, area, one, other, line, ground)
        else:
            paint_difference(self._painter, area, one, other, state.gain, ground)
        for pane in pair:
            if message := pictures.message_of(pane):
                letter = state.view.panes[pane].letter
                paint_message(self._painter, area, f"{letter}: {message}", self._font, self._theme)
                return

    def _paint_letters(self) -> None:
        """In the upper corners of the picture: at the left that of the current clip."""
        state, pictures = self._state, self._pictures
        area = QRectF(pictures.area_of(0)) & pictures.place_of(state.current)
        panes = state.view.panes
        paint_corner_letter(self._painter, area, panes[state.current].letter, self._theme, current=True)
        if state.mode is Mode.WIPE:
            paint_corner_letter(self._painter, area, panes[state.against].letter, self._theme, current=False)
