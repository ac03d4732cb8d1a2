"""The QActions of the window itself. Those of a panel are attributes of the panel."""

from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMainWindow

from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.app_theme import THEMES


class WindowActions:
    """Created by the window, which connects them."""

    def __init__(self, window: QMainWindow) -> None:
        def action(id: str, role: QAction.MenuRole = QAction.MenuRole.NoRole) -> QAction:
            made = new_action(id, window)
            made.setMenuRole(role)
            made.setAutoRepeat(False)
            return made

        self.open_clips_folder = action("library.open_folder")
        self.choose_service = action("service.choose")
        self.add_service = action("service.add")
        self.services = action("service.list")
        self.settings = action("window.settings", QAction.MenuRole.PreferencesRole)
        self.quit = action("window.quit", QAction.MenuRole.QuitRole)
        self.go_to_prompt = action("form.prompt")
        self.pause = action("queue.pause")
        self.refresh_balance = action("service.balance")
        self.prices = action("service.prices")
        self.limit = action("service.limit")
        self.dismiss_notice = action("window.dismiss_notice")
        self.dismiss_notice.setEnabled(False)
        self.full_screen = action("window.full_screen")
        self.palette = action("window.palette")
        self.shortcuts = action("window.shortcuts")
        self.about = action("window.about", QAction.MenuRole.AboutRole)
        #: Offers the themes.
        self.theme = action("window.theme")
        #: By name of the theme.
        self.themes = {name: QAction(label, window) for name, label in THEMES.items()}
        group = QActionGroup(window)
        for theme_action in self.themes.values():
            theme_action.setCheckable(True)
            group.addAction(theme_action)

    @property
    def all(self) -> list[QAction]:
        """Every action but the themes, which `theme` offers."""
        return [each for each in vars(self).values() if isinstance(each, QAction)]
