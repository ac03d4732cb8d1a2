"""The choice above pictures that lie over each other: which clip, and how bright a difference is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from sora_desktop.state.compare_view import CompareView
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.compare.stage_places import Mode
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.letter_chip import CHIP, LetterButton
from sora_desktop.ui.widgets.round_corners import round_menu

_SHOW = "Show"  # clips that are shown alone


class AgainstBar(QWidget):
    """The letters of the clips to choose from, and the gain. All of them are actions."""

    def __init__(self, theme: Theme, actions: CompareActions) -> None:
        super().__init__()
        self._theme = theme
        self._actions = actions
        self._letters: dict[int, LetterButton] = {}
        self.setObjectName("againstBar")
        self._title = QLabel()
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        set_property(self._title, "tone", "muted")
        set_property(self._title, "fontSize", "small")
        self._gain = QToolButton()
        self._gain.setObjectName("gainButton")
        self._gain.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._gain.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self._gain)
        menu.setObjectName("gainMenu")
        round_menu(menu)
        menu.addActions(actions.gains)
        self._gain.setMenu(menu)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self._title)
        self._row.addSpacing(6)
        self._row.addWidget(self._gain)

    def show_choice(self, view: CompareView, mode: Mode, current: int, gain: int) -> None:
        """Offer the clips that can be chosen."""
        is_flip = mode is Mode.FLIP
        wanted = [number for number in range(len(view.panes)) if is_flip or number != current]
        title = _SHOW if is_flip else "Against"
        if wanted != list(self._letters) or title != self._title.text():
            self._title.setText(title)
            self._replace_letters(view, wanted, title)
        self._gain.setVisible(mode is Mode.DIFFERENCE)
        self._gain.setText(f"Gain {gain}×")
        self._gain.setAccessibleName(f"Gain {gain} times")

    def tab_order(self) -> list[QWidget]:
        """The focusable widgets from left to right."""
        return [*self._letters.values(), self._gain]

    def sizeHint(self) -> QSize:
        letters = len(self._letters) * (CHIP + 8)
        gain = self._gain.sizeHint().width() + 8 if self._gain.isVisibleTo(self) else 0
        return QSize(self._title.sizeHint().width() + 12 + letters + gain, CHIP + 8)

    def _replace_letters(self, view: CompareView, wanted: list[int], title: str) -> None:
        for button in self._letters.values():
            self._row.removeWidget(button)
            button.setObjectName("")  # it is found by its name until Qt deletes it
            button.hide()
            button.deleteLater()
        self._letters = {}
        actions = self._actions.clips if title == _SHOW else self._actions.others
        for place, number in enumerate(wanted):
            letter = view.panes[number].letter
            button = LetterButton(self._theme, letter, f"against:{letter}", f"{title} {letter}")
            bind_button(button, actions[number])
            self._row.insertWidget(2 + place, button)
            self._letters[number] = button
