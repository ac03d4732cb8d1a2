"""The main window: header, three columns with notices above the player, status bar."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMoveEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from sora_desktop.state.tone import Tone
from sora_desktop.state.window_view import WindowView
from sora_desktop.ui.actions.action_list import ActionList
from sora_desktop.ui.actions.action_table import RETRY_ON
from sora_desktop.ui.app_theme import AppTheme
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.stage_places import BAR_HEIGHT
from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.library.library_panel import LibraryPanel
from sora_desktop.ui.player.player_panel import PlayerPanel
from sora_desktop.ui.widgets.tab_order import chain, let_tab_reach_all
from sora_desktop.ui.widgets.tool_tip import set_tip
from sora_desktop.ui.window.action_details import OFFERS, describe_actions
from sora_desktop.ui.window.columns import Columns, Fold
from sora_desktop.ui.window.edit_actions import EditActions
from sora_desktop.ui.window.focus_return import FocusReturn
from sora_desktop.ui.window.header_bar import HeaderBar
from sora_desktop.ui.window.menus import build_menus
from sora_desktop.ui.window.notice_bar import NoticeBar
from sora_desktop.ui.window.status_line import StatusLine
from sora_desktop.ui.window.toast import ToastStack
from sora_desktop.ui.window.window_actions import WindowActions
from sora_desktop.ui.window.window_keys import WindowKeys
from sora_desktop.ui.window.window_place import Extent, WindowPlace, fitted

if TYPE_CHECKING:  # made when clips are compared
    from sora_desktop.ui.compare.compare_panel import ComparePanel

#: Size at the first start, in pixels. A screen that is not larger gets less, for the frame.
FIRST_SIZE = QSize(1440, 900)
#: Milliseconds after which a window that was moved or resized knows whether it was maximized.
_PLACE_SETTLES = 300
#: Actions that the palette shows first.
_LAST_USED = 4
_STATES = {
    Extent.NORMAL: Qt.WindowState.WindowNoState,
    Extent.MAXIMIZED: Qt.WindowState.WindowMaximized,
    Extent.FULL_SCREEN: Qt.WindowState.WindowFullScreen,
}


class MainWindow(QMainWindow):
    """Arranges the panels, renders a WindowView around them, and emits what the user asks for."""

    settings_requested = Signal()
    services_requested = Signal()  # the page of Settings that lists them
    limit_requested = Signal()  # where the daily spending limit is set
    open_clips_folder_requested = Signal()
    theme_requested = Signal(str)  # a name of ui/theme.THEMES
    prices_requested = Signal()
    pause_requested = Signal(bool)
    resume_requested = Signal()  # resume the queue, or retry what it is waiting for
    balance_requested = Signal()
    about_requested = Signal()
    message_requested = Signal(str)  # why nothing happened, for the user
    notice_dismissed = Signal(str)  # its subject
    toast_dismissed = Signal()  # the latest one, by a key
    undo_requested = Signal()  # of what was last done to the library
    redo_requested = Signal()
    jobs_dropped = Signal(object)  # tuple[JobId, ...]: rows, onto the player or the compared clips
    close_requested = Signal()  # the receiver decides; the window does not close by itself
    painted = Signal()  # after the first paint

    def __init__(self, theme: AppTheme, compose: ComposePanel, player: PlayerPanel, library: LibraryPanel) -> None:
        """Keys that the focused widget ignores go to the player."""
        super().__init__()
        self._theme = theme
        self._compose = compose
        self._player = player
        self._library = library
        self._view = WindowView()
        #: Ids of the actions that the palette has run last, the latest first.
        self.last_used: tuple[str, ...] = ()
        self.was_painted = False
        self.setObjectName("mainWindow")
        self.setWindowTitle("Sora Desktop")
        self.setMinimumSize(720, 560)
        let_tab_reach_all()

        self._header = HeaderBar(theme)
        center = QWidget()
        self._notice = NoticeBar(theme, center)
        self.compare_actions = CompareActions(self)
        self._columns = Columns(theme, compose, player, library, self.compare_actions.form)
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._columns, 1)
        self.setMenuWidget(self._header)
        self.setCentralWidget(center)
        self._before_stage = (compose.last_tab_stop, *self._columns.rail_stops, *self._notice.tab_stops)
        chain(self._before_stage)  # the notice stands over the player
        self.toasts = ToastStack(theme, center)
        self._focus_return = FocusReturn(self)

        self._status = StatusLine()
        self.setStatusBar(self._status)

        self._actions = WindowActions(self)
        self._edit_actions = EditActions(self)
        #: Every action that the user can do here.
        self.actions_listed = ActionList(self)
        self._keys = WindowKeys(self.actions_listed, player, self)
        self._list_actions()
        listed = self.actions_listed
        build_menus(
            self._header.menus,
            listed,
            self._actions,
            self._edit_actions,
            self.compare_actions,
            compose,
            player,
            library,
        )
        self._connect()
        self._place = WindowPlace(0, 0, *FIRST_SIZE.toTuple())
        self._place_timer = QTimer(self)  # not at once: a window that is maximized is resized first
        self._place_timer.setSingleShot(True)
        self._place_timer.setInterval(_PLACE_SETTLES)
        self._place_timer.timeout.connect(self._note_place)
        self.resize(FIRST_SIZE)

    def render_view(self, view: WindowView) -> None:
        """Show this view and nothing else."""
        before, self._view = self._view, view
        self._header.service.show_text(view.badge, view.badge_tone)
        set_tip(self._header.service, view.badge_tip)
        self._header.balance.show_text(view.balance, Tone.MUTED)
        set_tip(self._header.balance, view.money_tip)
        self._status.render_view(view)
        self._actions.pause.setText(view.pause_text)
        self._edit_actions.show_library_undo(view.undo, view.redo, view.undo_revision)
        if view.notices != before.notices:
            self._actions.dismiss_notice.setEnabled(bool(view.notices))
            self._notice.show_notices(view.notices)
        if view.queue_line != before.queue_line:
            self._library.show_queue_text(view.queue_line)

    def show_compose(self) -> None:
        """Bring the form into view with the cursor in the prompt."""
        self._columns.show_compose()
        self._compose.focus_prompt()

    def show_player(self) -> None:
        """Bring player and library into view in a window that is too narrow for all columns."""
        self._columns.show_player()

    def show_compare(self, panel: ComparePanel) -> None:
        """Show compared clips in place of the player."""
        self._keys.compare = panel
        self._focus_return.note_opener(panel)
        self._columns.show_compare(panel)
        chain([self._before_stage[-1], *panel.tab_order()])
        self._place_toasts()

    def end_compare(self) -> None:
        """Show the player again."""
        panel, self._keys.compare = self._keys.compare, None
        if panel is not None:
            with self._focus_return.leaving(panel):
                self._columns.end_compare()
        self._place_toasts()

    @property
    def is_comparing(self) -> bool:
        """True while clips are compared in place of the player."""
        return self._keys.compare is not None

    def bring_to_front(self) -> None:
        """Show the window above others, in the size that it had before it was minimized."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def save_geometry(self) -> str:
        """Position, size and column widths as text for the settings."""
        self._note_place()
        state = {"place": self._place.to_json(), "columns": list(self._columns.sizes())}
        return base64.b64encode(json.dumps(state).encode()).decode("ascii")

    def restore_geometry(self, text: str) -> None:
        """Apply what `save_geometry` returned. Any other text is ignored."""
        try:
            state = json.loads(base64.b64decode(text, validate=True))
            compose, library = (int(size) for size in state["columns"])
            place = WindowPlace.from_json(state["place"]) if "place" in state else None
            of_older_version = base64.b64decode(state.get("window", ""), validate=True)
        except (binascii.Error, ValueError, KeyError, TypeError, AttributeError):
            return
        if place is None:
            self.restoreGeometry(QByteArray(of_older_version))
        else:
            self._place = place
            self.move(place.left, place.top)
            self.resize(place.width, place.height)
            self.setWindowState(_STATES[place.extent])
        self._columns.fit(self.width())
        self._columns.set_sizes(compose, library)

    def fit_into(self, screen: QSize) -> None:
        """Shrink to the size of the screen, which may be smaller than at the last start."""
        if screen.width() < self.width() or screen.height() < self.height():
            self.resize(self.size().boundedTo(screen))
            self._columns.fit(self.width())

    def fit_frame(self) -> None:
        """Move and shrink a window in its normal size until its frame is on the screen, too. For a window on screen."""
        if self._extent() is Extent.NORMAL:
            outer = self.frameGeometry()
            to = fitted(outer, self.screen().availableGeometry())
            if to != outer:
                self.resize(self.size() + to.size() - outer.size())
                self.move(to.topLeft())

    def _extent(self) -> Extent:
        if self.isFullScreen():
            return Extent.FULL_SCREEN
        return Extent.MAXIMIZED if self.isMaximized() else Extent.NORMAL

    def _note_place(self) -> None:
        """Remember where the window stands while it has its normal size."""
        extent = self._extent()
        if extent is Extent.NORMAL:
            self._place = WindowPlace(self.x(), self.y(), self.width(), self.height())
        else:
            self._place = self._place._replace(extent=extent)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.was_painted:
            self.was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_timer.start()
        self._columns.fit(event.size().width())
        self._place_toasts()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._place_timer.start()

    def _place_toasts(self) -> None:
        fold = self._columns.fold
        if fold is not Fold.WIDE:  # below are the Generate button, or the search and a few rows that they would cover
            notice = self._notice.geometry().bottom() if self._view.notices else 0
            tabs = self._columns.tabs_height if fold is Fold.NARROW else 0
            self.toasts.place(max(notice, tabs) + (BAR_HEIGHT if self.is_comparing else 0))
        else:
            bar = self._library.queue_bar
            self.toasts.place(None, bar.height() if bar.isVisible() else 0, self._library.width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.press(event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.close_requested.emit()

    def _list_actions(self) -> None:
        listed, library = self.actions_listed, self._library
        listed.add(*self._compose.actions_to_list, *library.actions_to_list)
        listed.add(
            *self._player.actions_to_list, *self._actions.all, *self._edit_actions.all, *self.compare_actions.all
        )
        library.job_actions.join(listed)
        themes = list(self._actions.themes.values())
        compare = self.compare_actions
        describe_actions(listed, self._compose, self._player, library, compare, themes, lambda: self._view)
        listed.about_to_show.connect(self._edit_actions.update)
        listed.about_to_show.connect(lambda: self._actions.themes[self._theme.choice].setChecked(True))
        self.addActions(list(listed))  # so that keys work of actions that are in no menu

    def _connect(self) -> None:
        actions = self._actions
        actions.services.triggered.connect(lambda _: self.services_requested.emit())
        actions.limit.triggered.connect(lambda _: self.limit_requested.emit())
        actions.settings.triggered.connect(lambda _: self.settings_requested.emit())
        actions.open_clips_folder.triggered.connect(lambda _: self.open_clips_folder_requested.emit())
        actions.prices.triggered.connect(lambda _: self.prices_requested.emit())
        actions.pause.triggered.connect(lambda _: self._pause_or_resume())
        actions.refresh_balance.triggered.connect(lambda _: self.balance_requested.emit())
        actions.quit.triggered.connect(lambda _: self.close_requested.emit())
        actions.add_service.triggered.connect(lambda _: self._compose.add_service_requested.emit())
        actions.choose_service.triggered.connect(lambda _: self._choose_service())
        actions.go_to_prompt.triggered.connect(lambda _: self.show_compose())
        actions.full_screen.triggered.connect(lambda _: self.toggle_full_screen())
        actions.palette.triggered.connect(lambda _: self._open_palette())
        for id in OFFERS:
            self.actions_listed[id].triggered.connect(lambda _=False, id=id: self._open_palette(id))
        actions.dismiss_notice.triggered.connect(lambda _: self.notice_dismissed.emit(self._view.notices[0].subject))
        actions.shortcuts.triggered.connect(lambda _: self._open_shortcuts())
        actions.about.triggered.connect(lambda _: self.about_requested.emit())
        for name, action in actions.themes.items():
            action.triggered.connect(lambda _=False, name=name: self.theme_requested.emit(name))
        for action in (self._player.play_action, self._player.loop_action, self._player.fullscreen_action):
            action.triggered.connect(lambda _: self.show_player())
        self._compose.open_image_action.triggered.connect(lambda _: self._columns.show_compose())
        self._compose.shown_requested.connect(self.show_compose)
        self._edit_actions.library_undo_requested.connect(self.undo_requested)
        self._edit_actions.library_redo_requested.connect(self.redo_requested)
        self._library.find_action.triggered.connect(lambda _: self._find())
        self._library.list_action.triggered.connect(lambda _: self._go_to_list())
        self._library.job_actions.services_requested.connect(lambda: self._open_palette(RETRY_ON))
        self._library.job_actions.message_requested.connect(self.message_requested)
        self._library.trash_action.triggered.connect(lambda _: self._show_trash())
        self._player.key_ignored.connect(self._keys.press_on_full_screen)
        self._keys.message_requested.connect(self.message_requested)
        self._keys.escaped.connect(self.toast_dismissed)
        self._library.queue_bar.pressed.connect(self.resume_requested)
        self._library.queue_bar.resized.connect(self._place_toasts)
        self._columns.hold_notice(self._notice)
        self._columns.player_moved.connect(self._place_toasts)
        self._columns.jobs_dropped.connect(self.jobs_dropped)
        self._notice.dismissed.connect(self.notice_dismissed)
        self._notice.resized.connect(self._place_toasts)

    def _pause_or_resume(self) -> None:
        if self._view.paused and not self._library.queue_bar.isVisible():
            self.show_player()  # the button there shows what resuming costs
            self._library.show_queue_line_now()
        else:
            self.pause_requested.emit(not self._view.paused)

    def _choose_service(self) -> None:
        self._columns.show_compose()
        self._compose.open_service_menu()

    def _go_to_list(self) -> None:
        self.show_player()
        self._library.focus_list()

    def _find(self) -> None:
        self.show_player()  # first: a hidden field cannot get the focus
        self._library.focus_search()

    def _show_trash(self) -> None:
        self.show_player()
        self._library.show_trash()

    def toggle_full_screen(self) -> None:
        """Fill the screen with the window, or end that."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _open_palette(self, options_of: str = "") -> None:
        from sora_desktop.ui.actions.palette import Palette  # late: the first paint needs no palette

        palette = Palette(self, self._theme, self.actions_listed, self.last_used)
        palette.ran.connect(self._note_used)
        palette.open(options_of)

    def _note_used(self, id: str) -> None:
        self.last_used = (id, *(other for other in self.last_used if other != id))[:_LAST_USED]

    def _open_shortcuts(self) -> None:
        from sora_desktop.ui.actions.shortcut_sheet import ShortcutSheet  # late: the first paint needs no dialog

        ShortcutSheet(self, self._theme, self.actions_listed).open()
