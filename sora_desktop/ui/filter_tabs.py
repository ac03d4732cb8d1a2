"""The tabs over the library, with counts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabBar, QWidget

from sora_desktop.domain.library import Counts, Shelf

_SAID = {
    Shelf.ALL: "All videos",
    Shelf.ACTIVE: "Videos under way",
    Shelf.DONE: "Finished videos",
    Shelf.FAILED: "Failed videos",
    Shelf.STARRED: "Starred videos",
}


class FilterTabs(QTabBar):
    """One tab for each shelf."""

    shelf_chosen = Signal(object)  # Shelf

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterTabs")
        self.setAccessibleName("Which videos are listed")
        self.setExpanding(False)
        self.setDrawBase(False)
        self._shelves = list(Shelf)
        for number, shelf in enumerate(self._shelves):
            self.addTab(shelf.label)
            self.setTabToolTip(number, _SAID[shelf])
            self.setAccessibleTabName(number, _SAID[shelf])
        self.currentChanged.connect(lambda number: self.shelf_chosen.emit(self._shelves[number]))

    def show_counts(self, counts: Counts) -> None:
        """Write the counts beside the names; the star stands alone."""
        for number, shelf in enumerate(self._shelves):
            count = counts.on(shelf)
            text = shelf.label if shelf is Shelf.STARRED else f"{shelf.label} {count}"
            if self.tabText(number) != text:
                self.setTabText(number, text)
            self.setAccessibleTabName(number, f"{_SAID[shelf]}: {count}")
