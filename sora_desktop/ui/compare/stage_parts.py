"""The widgets on the stage: headers, the choice of clips, the table or its line, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QRect, QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sora_desktop.state.marks import Mark
from sora_desktop.ui.compare.against_bar import AgainstBar
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.difference_line import DifferenceLine
from sora_desktop.ui.compare.difference_table import DifferenceTable
from sora_desktop.ui.compare.pane_header import PaneHeader
from sora_desktop.ui.compare.stage_places import (
    Mode,
    StagePlaces,
    TableChoice,
    TableRoom,
    beside_each_other,
    over_each_other,
)
from sora_desktop.ui.compare.stage_state import StageState
from sora_desktop.ui.compare.table_divider import TableDivider
from sora_desktop.ui.theme import Theme

#: Around everything, for the ring of the current clip.
STAGE_MARGIN = 4


class StageParts(QObject):
    """Shows a StageState around the pictures, and emits what the user asks for."""

    mark_requested = Signal(int, Mark)
    table_chosen = Signal(TableChoice)
    share_chosen = Signal(object)  # float, 0-1, of the height that the table has; None: as it suits
    share_settled = Signal()  # the user does not drag any more
    table_changed = Signal()  # it needs another height

    def __init__(
        self, theme: Theme, mark_actions: Mapping[Mark, QAction], actions: CompareActions, stage: QWidget
    ) -> None:
        """`mark_actions`: their keys change marks."""
        super().__init__(stage)
        self._theme = theme
        self._mark_actions = mark_actions
        self._stage = stage
        self._state = StageState()
        self._places = StagePlaces()
        self._headers: list[PaneHeader] = []
        self._right_header = self._header(mirrored=True)
        self._right_header.set_compact(True)
        self._against = AgainstBar(theme, actions)
        self._table = DifferenceTable(theme, actions.table)
        self._line = DifferenceLine(theme, actions.table)
        self._divider = TableDivider(theme, stage)
        for part in (self._against, self._table, self._line):
            part.setParent(stage)
        self._table.resized.connect(self.table_changed)
        self._divider.share_chosen.connect(self.share_chosen)
        self._divider.settled.connect(self.share_settled)

    def show_state(self, state: StageState) -> None:
        """Show this state. Where it stands follows by `place`."""
        self._state = state
        while len(self._headers) < len(state.view.panes):
            self._headers.append(self._header())
        self._table.show_view(state.view, state.current)
        self._show_headers()

    def place(self, room: QSize, shapes: list[QSize]) -> StagePlaces:
        """Place everything in this room. `shapes`: the sizes of the pictures of all clips. Returns the places."""
        state = self._state
        inner = room - QSize(2 * STAGE_MARGIN, 2 * STAGE_MARGIN)
        table = None
        if not state.is_bare:
            whole, readable = self._table.heights_for(inner.width())
            table = TableRoom(whole, readable, state.table, state.table_share)
        places = over_each_other(inner, table) if state.is_layered else beside_each_other(shapes, inner, table)
        self._places = places = places.moved_by(STAGE_MARGIN)
        for part, place in ((self._table, places.table), (self._line, places.line), (self._divider, places.divider)):
            part.setVisible(place.width() > 0)
        if self._table.isVisibleTo(self._stage):
            self._table.fit(places.table, can_fold=places.can_fold)
        self._line.setGeometry(places.line)
        self._divider.place(places.divider, places.table, inner.height())
        self._place_headers()
        return places

    def tab_order(self) -> tuple[list[QWidget], list[QWidget]]:
        """The focusable widgets above and below the pictures."""
        left, *others = self._headers or [self._right_header]
        above = [*left.mark_buttons(), *self._against.tab_order(), *self._right_header.mark_buttons()]
        above += [button for header in others for button in header.mark_buttons()]
        return above, [self._divider, *self._table.tab_order(), *self._line.tab_order()]

    def _header(self, *, mirrored: bool = False) -> PaneHeader:
        header = PaneHeader(self._theme, self._mark_actions, mirrored=mirrored)
        header.setParent(self._stage)
        number = len(self._headers)
        header.mark_requested.connect(
            lambda mark: self.mark_requested.emit(self._pane_of_header(number, mirrored=mirrored), mark)
        )
        return header

    def _pane_of_header(self, number: int, *, mirrored: bool) -> int:
        if not self._state.is_layered:
            return number
        return self._state.against if mirrored else self._state.current

    def _show_headers(self) -> None:
        state = self._state
        panes = state.view.panes
        for number, header in enumerate(self._headers):
            pane = state.current if state.is_layered else number
            if number < len(panes):
                header.show_pane(panes[pane], current=pane == state.current)
        if self._headers:
            self._headers[0].set_compact(state.is_layered)
        if state.against < len(panes):
            self._right_header.show_pane(panes[state.against], current=False)
            if state.mode in (Mode.WIPE, Mode.DIFFERENCE) or len(panes) == 2:
                self._line.show_changes(state.view, state.current, state.against)
            else:
                self._line.show_names(state.view)
        if state.is_layered and panes:
            self._against.show_choice(state.view, state.mode, state.current, state.gain)

    def _place_headers(self) -> None:
        state, panes = self._state, self._places.panes
        for number, header in enumerate(self._headers):
            header.setVisible(number < len(panes))
            if number < len(panes):
                header.setGeometry(panes[number].header)
        is_over = state.is_layered and bool(panes)
        self._right_header.setVisible(is_over and state.mode in (Mode.WIPE, Mode.DIFFERENCE))
        self._against.setVisible(is_over)
        if is_over:
            self._place_over(panes[0].header)

    def _place_over(self, header: QRect) -> None:
        """Left header, choice in the middle, right header."""
        middle = self._against.sizeHint().width()
        side = max((header.width() - middle) // 2 - 12, 60)
        for part, left in ((self._headers[0], header.left()), (self._right_header, header.right() + 1 - side)):
            part.setGeometry(left, header.top(), side, header.height())
        self._against.setGeometry(header.center().x() - middle // 2, header.top(), middle, header.height())

    def fold_or_show_table(self) -> None:
        """Hide the table if it is in sight, else show all of it."""
        if self._table.isVisibleTo(self._stage):
            self._fold()
        else:
            self.table_chosen.emit(TableChoice.COVERING)

    def _fold(self) -> None:
        """What covers the pictures makes room for them, and may stand beneath them again in a larger window."""
        is_covering = not self._places.panes and not self._state.is_layered
        self.table_chosen.emit(TableChoice.BENEATH if is_covering else TableChoice.FOLDED)
