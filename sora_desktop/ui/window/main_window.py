"""The window: three columns, badges, notices."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable

from PySide6.QtCore import QByteArray, QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QMainWindow, QStatusBar, QVBoxLayout, QWidget

from sora_desktop.ui.compose.compose_panel import ComposePanel
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.window.columns import Columns
from sora_desktop.ui.window.header_bar import HeaderBar
from sora_desktop.ui.window.menus import WindowMenus
from sora_desktop.ui.window.notice_bar import NoticeBar


class MainWindow(QMainWindow):
    """Puts the panels together."""

    settings_requested = Signal()
    open_clips_folder_requested = Signal()
    theme_requested = Signal(str)  # "system", "light" or "dark"
    prices_requested = Signal()
    queue_pause_requested = Signal(bool)
    balance_requested = Signal()
    close_requested = Signal()  # whoever listens decides; the window does not close by itself
    painted = Signal()  # for the first time, with all that is in it

    def __init__(
        self,
        theme: Theme,
        compose: ComposePanel,
        player: QWidget,
        jobs: QWidget,
        *,
        handle_key: Callable[[QKeyEvent], bool] = lambda _: False,
        version: str = "",
    ) -> None:
        """`player` and `jobs` are a PlayerPanel and a JobPanel; only the names of their parts are used.

        `handle_key` is called with every key that the focused widget ignores, and returns whether it used the key.
        """
        super().__init__()
        self._compose = compose
        self._handle_key = handle_key
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
        self._totals.setContentsMargins(16, 0, 0, 0)
        bar.addPermanentWidget(self._money)
        bar.addPermanentWidget(self._totals)
        self.setStatusBar(bar)

        self._menus = menus = WindowMenus(self._header.menus, self, theme, compose, player, jobs, version)
        menus.settings_requested.connect(self.settings_requested)
        menus.open_clips_folder_requested.connect(self.open_clips_folder_requested)
        menus.theme_requested.connect(self.theme_requested)
        menus.prices_requested.connect(self.prices_requested)
        menus.queue_pause_requested.connect(self.queue_pause_requested)
        menus.balance_requested.connect(self.balance_requested)
        menus.close_requested.connect(self.close_requested)
        menus.compose_wanted.connect(self.show_compose)
        menus.watch_wanted.connect(self.show_watch)
        menus.advised.connect(self.show_notice)
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
        self._menus.pause.setChecked(paused)

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
        if not self._handle_key(event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.close_requested.emit()
