"""The QActions for all picks and all rejects of the library."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sora_desktop.domain.library import Counts
from sora_desktop.ui.actions.action_list import new_action


class MarkActions(QObject):
    """Each names how many videos it is for, and is enabled if there are any."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.export_picks = new_action("library.export_picks", self)
        self.trash_rejects = new_action("library.trash_rejects", self)

    @property
    def all(self) -> tuple[QAction, ...]:
        return self.export_picks, self.trash_rejects

    def show_counts(self, counts: Counts) -> None:
        """Show how many picks and rejects the library has."""
        self.export_picks.setText(_of(counts.picked, "Export {} pick…", "Export {} picks…"))
        self.export_picks.setEnabled(counts.picked > 0)
        self.trash_rejects.setText(_of(counts.rejected, "Move {} reject to Trash", "Move {} rejects to Trash"))
        self.trash_rejects.setEnabled(counts.rejected > 0)


def _of(number: int, one: str, several: str) -> str:
    """The text with its number; without one, the text for several."""
    return one.format(1) if number == 1 else several.format(number) if number else several.replace("{} ", "")
