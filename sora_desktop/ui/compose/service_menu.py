"""The choice of the service, above the form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sora_desktop.state.service_menu import ServiceRow
from sora_desktop.ui.compose.titled import titled
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.drop_down import DropDown, DropDownOption


class ServiceMenu(QWidget):
    """Shows the current service; opens the list of all. Hidden while there is no choice."""

    service_chosen = Signal(str)  # its name
    add_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.button = DropDown(theme, "serviceMenu", "Service", height=40, extra="Add a service…", opens_always=True)
        self.button.chosen.connect(self.service_chosen)
        self.button.extra_chosen.connect(self.add_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 14)
        column.addWidget(titled("Service", self.button))

    def render_rows(self, rows: Sequence[ServiceRow]) -> None:
        """Show the services. Emits no signal."""
        current = next((row.name for row in rows if row.is_current), "")
        options = [DropDownOption(row.name, row.label, row.detail, row.tone) for row in rows]
        self.button.show_options(options, current)
        self.setVisible(bool(rows))
