"""Compose, player and library side by side; a narrow window folds them."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabBar, QVBoxLayout, QWidget

from sora_desktop.ui.compose.compose_rail import ComposeRail
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.notice_bar import NoticeBar
from sora_desktop.ui.window.stage_ground import StageGround

#: Window widths in pixels below which the library moves under the player, and compose becomes a tab.
LIBRARY_FOLDS = 1100
COMPOSE_FOLDS = 800
#: Height in pixels below which compared clips get the room of the library under them.
_LOW = 560
_LEAST_LIBRARY = 172  # pixels: one row between the search field and the line of the queue
#: The part of the height that a library under the player gets, and the height in pixels that the player needs first.
_LIBRARY_SHARE, _PLAYER_FIRST = 0.4, 420

_NOTICE_MARGIN = 12  # pixels around a notice
_TABS_MARGIN = 1  # pixels above a notice beside the tabs
_PART_MARGIN = 16  # pixels that player and form have above their first part
_COMPOSE, _LIBRARY = 343, 404  # initial widths in pixels


class Fold(Enum):
    """How many columns stand side by side."""

    WIDE = "three columns"
    MIDDLE = "the library under the player"
    NARROW = "one column, compose in a tab"


def fold_for(width: int) -> Fold:
    """The fold for a window of that width in pixels."""
    if width < COMPOSE_FOLDS:
        return Fold.NARROW
    return Fold.MIDDLE if width < LIBRARY_FOLDS else Fold.WIDE


class _Stacked(QSplitter):
    """Player and library, one above the other."""

    resized = Signal()  # its parts have their heights

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class Columns(QWidget):
    """Three parts, with dividers that can be dragged."""

    player_moved = Signal()
    jobs_dropped = Signal(object)  # tuple[JobId, ...]: rows, dropped onto the player or what stands in its place

    def __init__(self, theme: Theme, compose: QWidget, player: QWidget, library: QWidget, fold_form: QAction) -> None:
        """`fold_form` shows and folds `compose` while clips are compared."""
        super().__init__()
        self._compose = compose
        self._library = library
        self._fold = Fold.WIDE
        self._preferred = (_COMPOSE, _LIBRARY)  # widths, wherever the window has room for them
        self._tabs = QTabBar()
        self._tabs.setObjectName("narrowTabs")
        self._tabs.setAccessibleName("Compose or watch")
        self._tabs.addTab("Compose")
        self._tabs.addTab("Watch")
        self._tabs.setExpanding(False)
        self._tabs.hide()
        self._tabs.currentChanged.connect(self._show_parts)
        self._middle = _Stacked(Qt.Orientation.Vertical)
        self._wide = QSplitter(Qt.Orientation.Horizontal)
        for splitter in (self._wide, self._middle):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        self._player = player
        self._compare: QWidget | None = None
        self._notice: NoticeBar | None = None
        self._rail = ComposeRail(theme, fold_form, compose)
        self._rail.hide()
        fold_form.triggered.connect(lambda _: self._fold_compose())
        #: The window gives them their place in the tab order.
        self.rail_stops = self._rail.tab_stops
        self._is_composing = False  # while clips are compared
        self._library_share = _LIBRARY_SHARE  # of the height, while it is under the player
        self._player_first = _PLAYER_FIRST  # 0 once the user has dragged the divider
        self._ground = ground = StageGround(player)
        ground.installEventFilter(self)
        ground.jobs_dropped.connect(self.jobs_dropped)
        ground.setMinimumSize(496, 240)  # the minimum width of the transport
        library.setMinimumSize(300, _LEAST_LIBRARY)
        self._middle.addWidget(ground)
        self._wide.addWidget(compose)
        self._wide.addWidget(self._middle)
        self._wide.addWidget(library)
        for place, stretch in enumerate((0, 1, 0)):
            self._wide.setStretchFactor(place, stretch)
        self._wide.setSizes([_COMPOSE, 10_000, _LIBRARY])
        self._wide.splitterMoved.connect(self._remember_size)
        self._middle.resized.connect(self._place_library)
        self._middle.splitterMoved.connect(lambda *_: self._remember_share())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = self._row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addWidget(self._wide, 1)
        column.addWidget(self._tabs)
        column.addLayout(row, 1)

    def hold_notice(self, bar: NoticeBar) -> None:
        """Keep a place for the notices at the top of the player, or beside the tabs; what is there moves down."""
        self._notice = bar
        bar.resized.connect(self._place_notice)
        self.player_moved.connect(self._place_notice)

    def _place_notice(self) -> None:
        bar = self._notice
        if bar is None:
            return
        is_narrow = self._fold is Fold.NARROW
        if is_narrow:
            left = self._tabs.sizeHint().width() + _NOTICE_MARGIN
            bar.stand_at(QPoint(left, _TABS_MARGIN), max(self.width() - left - _NOTICE_MARGIN, 0))
            below = bar.geometry().bottom() + 1 - self.tabs_height
        else:
            corner = self._ground.mapTo(self, QPoint(_NOTICE_MARGIN, _NOTICE_MARGIN))
            bar.stand_at(corner, self._ground.width() - 2 * _NOTICE_MARGIN)
            below = _NOTICE_MARGIN + bar.height()
        room = below + _NOTICE_MARGIN if bar.isVisibleTo(self.window()) and below > 0 else 0
        for part, margin in ((self._ground, 0 if self._compare else _PART_MARGIN), (self._compose, _PART_MARGIN)):
            takes = part is self._ground or is_narrow
            part.setContentsMargins(0, max(room - margin, 0) if takes else 0, 0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self.player_moved.emit()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fold is Fold.WIDE:
            self._apply_preferred()  # a handle dragged in a narrower window has squeezed them
        self._library.setVisible(self._has_room_for_library)
        self.player_moved.emit()

    @property
    def fold(self) -> Fold:
        return self._fold

    @property
    def tabs_height(self) -> int:
        """Height in pixels of the tabs of a narrow window."""
        return self._tabs.sizeHint().height()

    def sizes(self) -> tuple[int, int]:
        """Widths of compose and library in pixels that the user has chosen. A narrow window may show them narrower."""
        return self._preferred

    def fit(self, width: int) -> None:
        """Fold for a window of that width in pixels."""
        fold = fold_for(width)
        if fold is self._fold:
            return
        before, self._fold = self._fold, fold
        focused = self.window().focusWidget()
        if fold is Fold.WIDE:
            self._wide.addWidget(self._library)
            self._wide.setStretchFactor(2, 0)
            self._apply_preferred()
        elif before is Fold.WIDE:
            self._middle.addWidget(self._library)
            self._middle.setStretchFactor(0, 1)
            self._middle.setStretchFactor(1, 0)
        self._compose.setMaximumWidth(16_777_215 if fold is Fold.NARROW else 560)
        self._tabs.setVisible(fold is Fold.NARROW)
        for tab, part in enumerate((self._compose, self._middle)):
            if focused is not None and part.isAncestorOf(focused):
                self._tabs.setCurrentIndex(tab)
        self._show_parts()
        if focused is not None and focused.isVisible():
            focused.setFocus(Qt.FocusReason.OtherFocusReason)  # Qt takes it from a part that gets another parent

    def set_sizes(self, compose: int, library: int) -> None:
        """Set the widths of compose and library, in pixels."""
        if compose > 0 and library > 0:
            self._preferred = (compose, library)
            if self._fold is Fold.WIDE:
                self._apply_preferred()

    @property
    def is_comparing(self) -> bool:
        """True while clips are compared."""
        return self._compare is not None

    def show_compare(self, panel: QWidget) -> None:
        """Show a panel in place of the player, and a rail in place of compose."""
        self._compare, self._is_composing = panel, False
        self._ground.show_part(panel)
        self._tabs.setCurrentIndex(1)
        self._show_parts()

    def end_compare(self) -> None:
        """Show player and compose again."""
        self._compare = None
        self._ground.show_part(self._player)
        self._show_parts()

    def show_compose(self) -> None:
        """Show compose in place of its rail, or its tab in a narrow window."""
        self._is_composing = True
        self._tabs.setCurrentIndex(0)
        self._show_parts()

    def _fold_compose(self) -> None:
        """Show compose beside the compared clips, or give its room to them."""
        if self._compose.isVisibleTo(self):
            self._is_composing = False
            self._tabs.setCurrentIndex(1)
            self._show_parts()
        else:
            self.show_compose()

    def show_player(self) -> None:
        """Show the tab with player and library, in a narrow window."""
        self._tabs.setCurrentIndex(1)

    def _remember_size(self, _position: int, handle: int) -> None:
        """Keep the width of the column that the user has dragged; a narrow window may squeeze the other one."""
        if self._fold is Fold.WIDE:
            compose, library = self._preferred
            sizes = self._wide.sizes()
            self._preferred = (sizes[0], library) if handle == 1 else (compose, sizes[2])

    def _remember_share(self) -> None:
        """Keep the part of the height that the user has given to the library; compared clips have their own."""
        if self._compare is None:
            player, library = self._middle.sizes()
            self._library_share, self._player_first = library / max(player + library, 1), 0

    def _place_library(self) -> None:
        """Give the library under the player its part of the height. In a low window the picture comes first."""
        if self._fold is Fold.WIDE:
            return
        height = self._middle.height()
        wanted = 0.0 if self._compare else min(height * self._library_share, height - self._player_first)
        library = max(round(wanted), _LEAST_LIBRARY)
        self._middle.setSizes([max(height - library, 0), library])

    def _apply_preferred(self) -> None:
        compose, library = self._preferred
        self._wide.setSizes([compose, 10_000, library])

    @property
    def _has_room_for_library(self) -> bool:
        """False where compared clips need it all."""
        is_low = self._fold is Fold.NARROW or (self._fold is Fold.MIDDLE and self.height() < _LOW)
        return self._compare is None or not is_low

    def _show_parts(self) -> None:
        narrow, comparing = self._fold is Fold.NARROW, self._compare is not None
        self._rail.setVisible(comparing and not narrow)
        self._rail.show_form(unfolded=self._is_composing)
        is_folded = comparing and not self._is_composing
        self._compose.setVisible(self._tabs.currentIndex() == 0 if narrow else not is_folded)
        self._middle.setVisible(not narrow or self._tabs.currentIndex() == 1)
        self._library.setVisible(self._has_room_for_library)
        if self._fold is Fold.WIDE:
            self._apply_preferred()
        self._place_library()
        self.player_moved.emit()
