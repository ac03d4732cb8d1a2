"""The window: three columns, menus, badges, notices."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeyEvent, QKeySequence, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QStatusBar,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.ui.columns import Columns
from sora_desktop.ui.compose_panel import ComposePanel
from sora_desktop.ui.header_bar import HeaderBar
from sora_desktop.ui.notice_bar import NoticeBar
from sora_desktop.ui.theme import Theme

#: The player's buttons that the menus press: text, objectName, key as the player itself knows it.
_PLAYER_ITEMS = (
    ("Play or pause", "playButton", "Space"),
    ("Loop", "loopButton", "Shift+L"),
    ("Full screen picture", "fullscreenButton", "F"),
)
_CLIP_ITEMS = (
    ("Reuse this request", "reuseButton", ""),
    ("Extend from the last frame", "extendButton", ""),
    ("Show in folder", "showInFolderButton", ""),
)


class MainWindow(QMainWindow):
    """Puts the panels together. Menus either ask by a signal or press what a panel shows."""

    settings_asked = Signal()
    open_library_asked = Signal()
    theme_asked = Signal(str)  # "system", "light" or "dark"
    prices_asked = Signal()
    queue_pause_asked = Signal(bool)
    balance_asked = Signal()
    close_asked = Signal()  # whoever listens decides; the window does not close by itself
    painted = Signal()  # for the first time, with all that is in it

    def __init__(
        self,
        theme: Theme,
        compose: ComposePanel,
        player: QWidget,
        jobs: QWidget,
        *,
        take_key: Callable[[QKeyEvent], bool] = lambda _: False,
        version: str = "",
    ) -> None:
        """`player` and `jobs` are a PlayerPanel and a JobPanel; only the names of their parts are used.

        `take_key` is offered every key that the part with the focus has no use for.
        """
        super().__init__()
        self._theme = theme
        self._compose = compose
        self._player = player
        self._jobs = jobs
        self._take_key = take_key
        self._version = version
        self.was_painted = False
        self.setObjectName("mainWindow")
        self.setWindowTitle("Sora Desktop")
        self.setMinimumSize(720, 560)

        self._header = HeaderBar(theme)
        self._notice = NoticeBar(theme)
        self._columns = Columns(compose, player, jobs)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._notice)
        column.addWidget(self._columns, 1)
        self.setMenuWidget(self._header)
        self.setCentralWidget(middle)

        self._activity = QLabel()
        self._activity.setObjectName("activityLabel")
        self._money = QLabel()
        self._money.setObjectName("moneyLabel")
        self._totals = QLabel()
        self._totals.setObjectName("totalsLabel")
        bar = QStatusBar()
        bar.setObjectName("statusBar")
        bar.setAccessibleName("Activity and totals")
        bar.setSizeGripEnabled(False)
        bar.setFixedHeight(26)
        bar.setContentsMargins(12, 0, 12, 0)
        bar.addWidget(self._activity)
        bar.addPermanentWidget(self._money)
        bar.addPermanentWidget(self._totals)
        self.setStatusBar(bar)

        self._theme_actions: dict[str, QAction] = {}
        self._fill_menus()
        self.resize(1440, 900)

    def set_service(self, text: str, tone: str) -> None:
        """Say which service answers, with a dot in that tone."""
        self._header.service.show_fact(text, tone)

    def set_balance(self, text: str) -> None:
        """Say what is left, such as "1 240 credits"; empty while unknown."""
        self._header.balance.show_fact(text, "muted")

    def set_money(self, tip: str, foot: str) -> None:
        """What is reserved, spent and allowed: all of it over the balance, the gist in the bottom line."""
        self._header.balance.setToolTip(tip)
        self._header.balance.setAccessibleDescription(tip)
        self._money.setText(foot)

    def set_paused(self, paused: bool) -> None:
        """Tick the menu's entry."""
        self._pause.setChecked(paused)

    def set_activity(self, text: str) -> None:
        self._activity.setText(text)

    def set_totals(self, text: str) -> None:
        self._totals.setText(text)

    def show_notice(self, text: str, tone: str = "text") -> None:
        """Say one sentence over the columns until it is dismissed; empty takes it away."""
        self._notice.show_notice(text, tone)

    @property
    def notice(self) -> str:
        """The sentence that stands over the columns; empty when there is none."""
        return "" if self._notice.isHidden() else self._notice.text

    def show_compose(self) -> None:
        """Bring the form into sight with the cursor in the prompt."""
        self._columns.show_compose()
        self._compose.focus_prompt()

    def show_watch(self) -> None:
        """Bring player and library into sight where the window is too narrow for all."""
        self._columns.show_watch()

    def save_geometry(self) -> str:
        """Place, size and columns as text for the settings."""
        state = {
            "window": base64.b64encode(self.saveGeometry().data()).decode("ascii"),
            "columns": list(self._columns.sizes()),
        }
        return base64.b64encode(json.dumps(state).encode()).decode("ascii")

    def restore_geometry(self, text: str) -> None:
        """Take up what `save_geometry` gave. Anything else is passed over."""
        try:
            state = json.loads(base64.b64decode(text, validate=True))
            window = base64.b64decode(state["window"], validate=True)
            compose, library = (int(size) for size in state["columns"])
        except (binascii.Error, ValueError, KeyError, TypeError):
            return
        self.restoreGeometry(QByteArray(window))
        self._columns.fit(self.width())
        self._columns.set_sizes(compose, library)

    def fit_into(self, room: QSize) -> None:
        """Be no larger than the screen, whose size may be another than last time."""
        if room.width() < self.width() or room.height() < self.height():
            self.resize(self.size().boundedTo(room))
            self._columns.fit(self.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.was_painted:
            self.was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._columns.fit(event.size().width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._take_key(event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.close_asked.emit()

    def _fill_menus(self) -> None:
        menus = self._header.menus
        file = menus.addMenu("File")
        file.addAction(self._compose.generate_action)
        file.addSeparator()
        self._add(file, "Open image…", self._open_image, QKeySequence("Ctrl+O"))
        self._add(file, "Open the library folder", self.open_library_asked.emit)
        self._add(file, "Export…", self._export, QKeySequence("Ctrl+E"))
        file.addSeparator()
        settings = self._add(file, "Settings…", self.settings_asked.emit, QKeySequence("Ctrl+,"))
        settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        file.addSeparator()
        leave = self._add(file, "Quit", self.close_asked.emit, QKeySequence("Ctrl+Q"))
        leave.setMenuRole(QAction.MenuRole.QuitRole)

        edit = menus.addMenu("Edit")
        self._add(edit, "Find", self._find, QKeySequence("Ctrl+F"))
        self._add(edit, "Go to the prompt", self.show_compose, QKeySequence("Ctrl+L"))
        edit.addSeparator()
        self._add_presses(edit, _CLIP_ITEMS)

        self._add_presses(menus.addMenu("Playback"), _PLAYER_ITEMS)

        queue = menus.addMenu("Queue")
        self._pause = self._add(queue, "Pause the queue", self._ask_pause, QKeySequence("Ctrl+Shift+P"))
        self._pause.setCheckable(True)
        self._add(queue, "Read the balance anew", self.balance_asked.emit, QKeySequence("F5"))
        self._add(queue, "Prices…", self.prices_asked.emit)

        view = menus.addMenu("View")
        group = QActionGroup(self)
        for name, text in (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark")):
            action = self._add(view, text, partial(self.theme_asked.emit, name))
            action.setCheckable(True)
            group.addAction(action)
            self._theme_actions[name] = action
        view.addSeparator()
        self._add(view, "Full screen window", self._toggle_full_screen, QKeySequence("F11"))
        view.aboutToShow.connect(self._check_theme)

        help_menu = menus.addMenu("Help")
        self._add(help_menu, "Keys", self._open_keys, QKeySequence("F1"))
        about = self._add(help_menu, "About Sora Desktop", self._open_about)
        about.setMenuRole(QAction.MenuRole.AboutRole)

    def _open_keys(self) -> None:
        from sora_desktop.ui.help_sheets import open_keys  # late: no start needs a dialog

        open_keys(self)

    def _open_about(self) -> None:
        from sora_desktop.ui.help_sheets import open_about

        open_about(self, self._version)

    def _add(self, menu: QMenu, text: str, act: Callable[[], object], key: QKeySequence | None = None) -> QAction:
        action = QAction(text, self)
        if key is not None:
            action.setShortcut(key)
        action.triggered.connect(lambda _checked=False: act())
        menu.addAction(action)
        return action

    def _add_presses(self, menu: QMenu, items: tuple[tuple[str, str, str], ...]) -> None:
        """Items that press a button of the player, and can be chosen when the button can be pressed."""
        pairs: list[tuple[QAction, str]] = []
        for text, name, key in items:
            # The key after the tab is shown only: the player itself listens to it.
            action = self._add(menu, f"{text}\t{key}" if key else text, partial(self._press, name))
            pairs.append((action, name))

        def look() -> None:
            for action, name in pairs:
                button = self._player.findChild(QAbstractButton, name)
                action.setEnabled(button is not None and button.isEnabled())

        menu.aboutToShow.connect(look)

    def _press(self, name: str) -> None:
        button = self._player.findChild(QAbstractButton, name)
        if button is not None:
            self.show_watch()
            button.click()

    def _export(self) -> None:
        button = self._player.findChild(QAbstractButton, "exportButton")
        if button is not None and button.isEnabled():
            button.click()
        else:
            self.show_notice("Choose a finished video in the library first; then it can be exported.", "text")

    def _open_image(self) -> None:
        self._columns.show_compose()
        self._compose.choose_image()

    def _find(self) -> None:
        field = self._jobs.findChild(QLineEdit, "searchEdit")
        if field is not None:
            self.show_watch()
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            field.selectAll()

    def _ask_pause(self) -> None:
        self.queue_pause_asked.emit(self._pause.isChecked())

    def _check_theme(self) -> None:
        self._theme_actions[self._theme.choice].setChecked(True)

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
