"""Three buttons that show and change the marks of a video."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from sora_desktop.domain.job import Job
from sora_desktop.domain.marks import Flag, Marks
from sora_desktop.state.marks import Mark, mark_action
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import name_action
from sora_desktop.ui.widgets.tool_tip import KeyTip

_ICON = 16  # pixels, width and height
#: By button: its icon, its tone while the clip has the mark, its name, and its name then.
_LOOKS = {
    Mark.STAR: ("star", "warn", "Star", "Remove star"),
    Mark.PICK: ("flag", "ok", "Pick", "Remove pick"),
    Mark.REJECT: ("x-circle", "error", "Reject", "Remove reject"),
}
#: Icon and tone of each mark that a clip has.
STARRED_ICON = ("star-fill", "warn")
FLAG_ICONS = {Flag.PICKED: ("flag-fill", "ok"), Flag.REJECTED: ("x-circle-fill", "error")}


class MarkButtons(QWidget):
    """Shows the marks of one job, and emits which one the user turns on or off: the receiver triggers its action.

    What a button shows is what the action would do to this job, which need not be the one that the action is for.
    """

    mark_requested = Signal(Mark)

    def __init__(self, theme: Theme, actions: Mapping[Mark, QAction]) -> None:
        """`actions`: those that do it."""
        super().__init__()
        self._theme = theme
        self._marks = Marks()
        self._taken: frozenset[Mark] = frozenset()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._buttons = {mark: self._button(mark) for mark in _LOOKS}
        self._tips = {mark: KeyTip(button, "", {"{}": actions[mark]}) for mark, button in self._buttons.items()}
        for mark, button in self._buttons.items():
            name_action(button, actions[mark])
            row.addWidget(button)
        theme.changed.connect(self._show)
        self._show()

    def show_job(self, job: Job | None) -> None:
        """Show the marks of this job, and which of them it takes; None: there is nothing to mark."""
        marks = Marks() if job is None else job.marks
        taken = frozenset(mark for mark in _LOOKS if job is not None and mark_action(mark, (job,)) is not None)
        if (marks, taken) != (self._marks, self._taken):
            self._marks, self._taken = marks, taken
            self._show()

    def buttons(self) -> tuple[QToolButton, ...]:
        """The buttons from left to right, for the tab order."""
        return tuple(self._buttons.values())

    def _button(self, mark: Mark) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"{mark.value}Button")
        button.setProperty("kind", "inField")
        button.setIconSize(QSize(_ICON, _ICON))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: Space must play, not click again
        button.clicked.connect(lambda _=False: self.mark_requested.emit(mark))
        return button

    def _show(self) -> None:
        starred, flag = self._marks
        on = {Mark.STAR: starred, Mark.PICK: flag is Flag.PICKED, Mark.REJECT: flag is Flag.REJECTED}
        for mark, button in self._buttons.items():
            icon, tone, name, name_when_on = _LOOKS[mark]
            button.setIcon(self._theme.icon(f"{icon}-fill" if on[mark] else icon, tone if on[mark] else "muted"))
            button.setAccessibleName(name_when_on if on[mark] else name)
            self._tips[mark].show_text(name_when_on if on[mark] else name)
            button.setEnabled(mark in self._taken)
