"""The menus of the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QMainWindow, QMenu, QMenuBar, QWidget

from sora_desktop.ui.compose.compose_panel import ComposePanel
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


class WindowMenus(QObject):
    """Fills the menu bar. An item emits a signal, or presses a button of a panel."""

    settings_requested = Signal()
    open_clips_folder_requested = Signal()
    theme_requested = Signal(str)  # "system", "light" or "dark"
    prices_requested = Signal()
    queue_pause_requested = Signal(bool)
    balance_requested = Signal()
    close_requested = Signal()
    compose_wanted = Signal()  # the form comes into sight
    watch_wanted = Signal()  # player and library come into sight
    advised = Signal(str)  # a sentence for the user

    def __init__(
        self,
        bar: QMenuBar,
        window: QMainWindow,
        theme: Theme,
        compose: ComposePanel,
        player: QWidget,
        jobs: QWidget,
        version: str,
    ) -> None:
        """`player` and `jobs` are a PlayerPanel and a JobPanel; only the names of their parts are used."""
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._compose = compose
        self._player = player
        self._jobs = jobs
        self._version = version
        self._theme_actions: dict[str, QAction] = {}
        self._fill(bar)

    def _fill(self, menus: QMenuBar) -> None:
        file = menus.addMenu("File")
        file.addAction(self._compose.generate_action)
        file.addSeparator()
        self._add(file, "Open image…", self._open_image, QKeySequence("Ctrl+O"))
        self._add(file, "Open the library folder", self.open_clips_folder_requested.emit)
        self._add(file, "Export…", self._export, QKeySequence("Ctrl+E"))
        file.addSeparator()
        settings = self._add(file, "Settings…", self.settings_requested.emit, QKeySequence("Ctrl+,"))
        settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        file.addSeparator()
        leave = self._add(file, "Quit", self.close_requested.emit, QKeySequence("Ctrl+Q"))
        leave.setMenuRole(QAction.MenuRole.QuitRole)

        edit = menus.addMenu("Edit")
        self._add(edit, "Find", self._find, QKeySequence("Ctrl+F"))
        self._add(edit, "Go to the prompt", self.compose_wanted.emit, QKeySequence("Ctrl+L"))
        edit.addSeparator()
        self._add_presses(edit, _CLIP_ITEMS)

        self._add_presses(menus.addMenu("Playback"), _PLAYER_ITEMS)

        queue = menus.addMenu("Queue")
        self.pause = self._add(queue, "Pause the queue", self._ask_pause, QKeySequence("Ctrl+Shift+P"))
        self.pause.setCheckable(True)
        self._add(queue, "Read the balance anew", self.balance_requested.emit, QKeySequence("F5"))
        self._add(queue, "Prices…", self.prices_requested.emit)

        view = menus.addMenu("View")
        group = QActionGroup(self._window)
        for name, text in (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark")):
            action = self._add(view, text, partial(self.theme_requested.emit, name))
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
        from sora_desktop.ui.window.help import open_keys  # late: no start needs a dialog

        open_keys(self._window)

    def _open_about(self) -> None:
        from sora_desktop.ui.window.help import open_about

        open_about(self._window, self._version)

    def _add(self, menu: QMenu, text: str, act: Callable[[], object], key: QKeySequence | None = None) -> QAction:
        action = QAction(text, self._window)
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
            self.watch_wanted.emit()
            button.click()

    def _export(self) -> None:
        button = self._player.findChild(QAbstractButton, "exportButton")
        if button is not None and button.isEnabled():
            button.click()
        else:
            self.advised.emit("Choose a finished video in the library first; then it can be exported.")

    def _open_image(self) -> None:
        self.compose_wanted.emit()
        self._compose.choose_image()

    def _find(self) -> None:
        field = self._jobs.findChild(QLineEdit, "searchEdit")
        if field is not None:
            self.watch_wanted.emit()
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            field.selectAll()

    def _ask_pause(self) -> None:
        self.queue_pause_requested.emit(self.pause.isChecked())

    def _check_theme(self) -> None:
        self._theme_actions[self._theme.choice].setChecked(True)

    def _toggle_full_screen(self) -> None:
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)
