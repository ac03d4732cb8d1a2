"""The button beside the search that shows the videos of one service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.round_corners import round_menu
from sora_desktop.ui.widgets.tool_tip import set_tip

_ICON = 16  # pixels, width and height
_LABEL_WIDTH = 96  # pixels, at most
ALL_SERVICES = "All services"


class NamedService(NamedTuple):
    """One service to choose."""

    name: str
    label: str


class ServiceFilter(QToolButton):
    """A menu of services. The button is hidden while there are no two to tell apart."""

    service_chosen = Signal(str)  # its name; empty: all services

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._services: tuple[NamedService, ...] = ()
        self._chosen = ""
        self.setObjectName("serviceFilter")
        self.setIconSize(QSize(_ICON, _ICON))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()
        theme.changed.connect(self._show_choice)

    @property
    def chosen(self) -> str:
        """The name of the service whose videos are shown; empty: all services."""
        return self._chosen

    def choices(self) -> list[QAction]:
        """An action for each service, and the first one for all; none while there are no two to tell apart."""
        menu = self.menu()
        return menu.actions() if isinstance(menu, QMenu) and len(self._services) > 1 else []

    def show_services(self, services: Sequence[NamedService]) -> None:
        """Offer these services. If the chosen one is not among them, all are shown again."""
        services = tuple(services)
        if services == self._services:
            return
        self._services = services
        menu = self.menu()
        if not isinstance(menu, QMenu):
            menu = QMenu(self)
            menu.setObjectName("serviceFilterMenu")
            round_menu(menu)
            self.setMenu(menu)
        menu.clear()
        group = QActionGroup(menu)
        for name, label in (NamedService("", ALL_SERVICES), *services):
            item = QAction(label.replace("&", "&&"), menu)
            item.setObjectName(f"serviceFilter:{name}")
            item.setCheckable(True)
            item.setChecked(name == self._chosen)
            item.triggered.connect(lambda _=False, name=name: self.choose(name))
            group.addAction(item)
            menu.addAction(item)
        self.setVisible(len(services) > 1)
        if len(services) < 2 or self._chosen not in ("", *(one.name for one in services)):
            self.choose("")
        self._show_choice()

    def choose(self, name: str) -> None:
        """Show the videos of one service; an empty name shows all."""
        if name == self._chosen:
            return
        self._chosen = name
        menu = self.menu()
        for item in menu.actions() if isinstance(menu, QMenu) else ():
            item.setChecked(item.objectName() == f"serviceFilter:{name}")
        self._show_choice()
        self.service_chosen.emit(name)

    def _show_choice(self) -> None:
        label = next((label for name, label in self._services if name == self._chosen), "")
        self.setIcon(self._theme.icon("funnel-simple", "accent_text" if label else "muted"))
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if label else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.setToolButtonStyle(style)
        elided = self.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, _LABEL_WIDTH)
        self.setText(elided.replace("&", "&&"))
        shown = f"Videos of {label}" if label else f"Videos of {ALL_SERVICES.lower()}"
        set_tip(self, shown)
        self.setAccessibleName(f"Service: {label or ALL_SERVICES}")
