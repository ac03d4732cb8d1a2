"""The QActions of the window itself. Those of a panel are attributes of the panel."""

from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow

from sora_desktop.ui.theme import THEMES


class WindowActions:
    """Created by the window, which connects them. Their shortcuts work once they are in a menu."""

    def __init__(self, window: QMainWindow) -> None:
        def action(text: str, shortcut: str = "", role: QAction.MenuRole = QAction.MenuRole.NoRole) -> QAction:
            made = QAction(text, window)
            if shortcut:
                made.setShortcut(QKeySequence(shortcut))
            made.setMenuRole(role)
            return made

        self.open_clips_folder = action("Open library folder")
        #: Always enabled, unlike `PlayerPanel.export_action`: while no clip is open, the window says what is missing.
        self.export = action("Export…", "Ctrl+E")
        self.services = action("Services…")
        self.settings = action("Settings…", "Ctrl+,", QAction.MenuRole.PreferencesRole)
        self.quit = action("Quit", "Ctrl+Q", QAction.MenuRole.QuitRole)
        self.go_to_prompt = action("Go to prompt", "Ctrl+L")
        self.pause = action("Pause queue", "Ctrl+Shift+P")
        self.refresh_balance = action("Refresh balance", "F5")
        self.prices = action("Prices…")
        self.full_screen = action("Full screen", "F11")
        self.shortcuts = action("Keyboard shortcuts", "F1")
        self.about = action("About Sora Desktop", role=QAction.MenuRole.AboutRole)
        #: By name of the theme.
        self.themes = {name: action(label) for name, label in THEMES.items()}
        group = QActionGroup(window)
        for theme_action in self.themes.values():
            theme_action.setCheckable(True)
            group.addAction(theme_action)
