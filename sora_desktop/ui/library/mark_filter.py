"""The button beside the search that shows the videos with certain marks."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from sora_desktop.domain.library import Counts
from sora_desktop.domain.marks import MarkFilter
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.round_corners import round_menu
from sora_desktop.ui.widgets.tool_tip import set_tip

_ICON = 16  # pixels, width and height
_LABELS = {
    MarkFilter.ANY: "All videos",
    MarkFilter.STARRED: "Starred",
    MarkFilter.PICKED: "Picks",
    MarkFilter.REJECTED: "Rejects",
    MarkFilter.UNMARKED: "Not marked",
}
_ICONS = {
    MarkFilter.ANY: ("flag", "muted"),
    MarkFilter.STARRED: ("star-fill", "warn"),
    MarkFilter.PICKED: ("flag-fill", "ok"),
    MarkFilter.REJECTED: ("x-circle-fill", "error"),
    MarkFilter.UNMARKED: ("flag", "accent_text"),
}


class MarkFilterButton(QToolButton):
    """A menu of `MarkFilter`. Which one is chosen is what its actions say, of which one is checked."""

    filter_chosen = Signal(MarkFilter)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._counts = Counts()
        self._choices = self._make_choices()
        self.setObjectName("markFilter")
        self.setIconSize(QSize(_ICON, _ICON))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._open_menu)
        theme.changed.connect(self._show_choice)
        self._show_choice()

    @property
    def chosen(self) -> MarkFilter:
        """The marks of the videos that are shown."""
        return next(marks for marks, choice in self._choices.items() if choice.isChecked())

    def show_counts(self, counts: Counts) -> None:
        """The numbers in the menu, when it is opened next."""
        self._counts = counts

    def choose(self, marks: MarkFilter) -> None:
        """Show the videos with these marks."""
        self._choices[marks].setChecked(True)

    def choices(self) -> list[QAction]:
        """An action for each filter."""
        for marks, choice in self._choices.items():
            choice.setText(_LABELS[marks])
        return list(self._choices.values())

    def _make_choices(self) -> dict[MarkFilter, QAction]:
        group = QActionGroup(self)
        choices = {marks: group.addAction(label) for marks, label in _LABELS.items()}
        for marks, choice in choices.items():
            choice.setObjectName(f"markFilter:{marks}")
            choice.setCheckable(True)
            choice.setChecked(marks is MarkFilter.ANY)
            choice.toggled.connect(lambda on, marks=marks: self._chosen_changed(marks) if on else None)
        return choices

    def _chosen_changed(self, marks: MarkFilter) -> None:
        self._show_choice()
        self.filter_chosen.emit(marks)

    def _open_menu(self) -> None:
        counts = self._counts
        numbers = {
            MarkFilter.STARRED: counts.starred,
            MarkFilter.PICKED: counts.picked,
            MarkFilter.REJECTED: counts.rejected,
            MarkFilter.UNMARKED: counts.unmarked,
        }
        menu = QMenu(self)
        menu.setObjectName("markFilterMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        round_menu(menu)
        menu.addActions(self.choices())
        for marks, number in numbers.items():
            self._choices[marks].setText(f"{_LABELS[marks]}\t{number}")
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def _show_choice(self) -> None:
        chosen = self.chosen
        label = _LABELS[chosen]
        self.setIcon(self._theme.icon(*_ICONS[chosen]))
        set_tip(self, "Videos with any marks" if chosen is MarkFilter.ANY else f"Shown: {label}")
        self.setAccessibleName(f"Marks: {label}")
