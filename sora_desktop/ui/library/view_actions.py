"""The QActions that choose which videos the list shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.library.filter_tabs import FilterTabs
from sora_desktop.ui.library.mark_filter import MarkFilterButton
from sora_desktop.ui.library.service_filter import ServiceFilter


class ViewActions(QObject):
    """Each offers what the tabs and the buttons beside the search offer."""

    def __init__(self, parent: QObject, tabs: FilterTabs, marks: MarkFilterButton, services: ServiceFilter) -> None:
        super().__init__(parent)
        self.tab = new_action("library.tab", self)
        self.marks = new_action("library.marks", self)
        self.service = new_action("library.service", self)
        #: What each action offers, by its id.
        self.offers: dict[str, Callable[[], Sequence[QAction]]] = {
            "library.tab": tabs.choices,
            "library.marks": marks.choices,
            "library.service": services.choices,
        }

    @property
    def all(self) -> tuple[QAction, ...]:
        return self.tab, self.marks, self.service
