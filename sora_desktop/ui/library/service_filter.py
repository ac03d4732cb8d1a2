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
    """A menu of services, of which one is checked: the chosen one. Hidden while there are no two to tell apart."""

    service_chosen = Signal(str)  # its name; empty: all services

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._services: tuple[NamedService, ...] = ()
        self._items: dict[str, QAction] = {}  # by name; empty: all services
        self.setObjectName("serviceFilter")
        self.setIconSize(QSize(_ICON, _ICON))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()
        theme.changed.connect(self._show_choice)

    @property
    def chosen(self) -> str:
        """The name of the service whose videos are shown; empty: all services."""
        return next((name for name, item in self._items.items() if item.isChecked()), "")

    def choices(self) -> list[QAction]:
        """An action for each service, and the first one for all; none while there are no two to tell apart."""
        return list(self._items.values()) if len(self._services) > 1 else []

    def show_services(self, services: Sequence[NamedService]) -> None:
        """Offer these services. If the chosen one is not among them, all are shown again."""
        services = tuple(services)
        if services == self._services:
            return
        before, self._services = self.chosen, services
        menu = self.menu()
        if not isinstance(menu, QMenu):
            menu = QMenu(self)
            menu.setObjectName("serviceFilterMenu")
            round_menu(menu)
            self.setMenu(menu)
        menu.clear()
        self._items = {}
        group = QActionGroup(menu)
        kept = before if len(services) > 1 and any(one.name == before for one in services) else ""
        for name, label in (NamedService("", ALL_SERVICES), *services):
            item = QAction(label.replace("&", "&&"), menu)
            item.setObjectName(f"serviceFilter:{name}")
            item.setCheckable(True)
            item.setChecked(name == kept)
            item.toggled.connect(lambda on, name=name: self._chosen_changed(name) if on else None)
            group.addAction(item)
            menu.addAction(item)
            self._items[name] = item
        self.setVisible(len(services) > 1)
        self._show_choice()
        if kept != before:
            self.service_chosen.emit(kept)

    def choose(self, name: str) -> None:
        """Show the videos of one of the services that are offered; an empty name shows all."""
        self._items[name].setChecked(True)

    def _chosen_changed(self, name: str) -> None:
        self._show_choice()
        self.service_chosen.emit(name)

    def _show_choice(self) -> None:
        chosen = self.chosen
        label = next((label for name, label in self._services if name == chosen), "")
        self.setIcon(self._theme.icon("funnel-simple", "accent_text" if label else "muted"))
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if label else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.setToolButtonStyle(style)
        elided = self.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, _LABEL_WIDTH)
        self.setText(elided.replace("&", "&&"))
        shown = f"Videos of {label}" if label else f"Videos of {ALL_SERVICES.lower()}"
        set_tip(self, shown)
        self.setAccessibleName(f"Service: {label or ALL_SERVICES}")
