"""Title and facts of the open clip, and the buttons for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QWidget

from sora_desktop.domain.job import Job
from sora_desktop.state.actions import Action
from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.actions.job_actions import JobActions
from sora_desktop.ui.player.job_footer import JobFooter
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.icons import size_beside_text
from sora_desktop.ui.widgets.mark_buttons import MarkButtons
from sora_desktop.ui.widgets.tool_tip import KeyTip

_ICON = 15  # pixels
_LEAST_TEXT = 240  # pixels that title and facts need beside the buttons in a low window


class ClipFooter(JobFooter):
    """Title, facts, marks and four buttons."""

    def __init__(self, theme: Theme, facts_of: Callable[[Job], tuple[str, ...]], of_jobs: JobActions) -> None:
        """`facts_of` returns what is shown of a job and its clip."""
        super().__init__(facts_of, "clipTitle", "clipFacts")
        self._theme = theme
        self.setObjectName("clipFooter")
        self.extend_action = new_action("clip.extend", self)
        reuse, show, export = (of_jobs[each] for each in (Action.REUSE, Action.SHOW_IN_FOLDER, Action.EXPORT))
        self._reuse = _button(reuse, "reuseButton", "Reuse", "Load this request into the form")
        self._extend = _button(self.extend_action, "extendButton", "Extend", "Start a new video from the last frame")
        tip = "Show the file in the file manager"
        self._show_in_folder = _button(show, "showInFolderButton", "Show in folder", tip)
        self._show_in_folder.setText("")  # its icon says it: the facts need the room
        self._show_in_folder.setIconSize(QSize(_ICON, _ICON))
        self._export = _button(export, "exportButton", "Export…", "Save a copy of the file")
        self._export.setProperty("kind", "outline")
        self.marks = MarkButtons(theme, of_jobs.of_marks)
        self.marks.mark_requested.connect(lambda mark: of_jobs.mark(mark, self._job))
        self._add_buttons((self.marks, self._reuse, self._extend, self._show_in_folder, self._export))
        self._arrange(title_above=True, buttons_below=False, fact_lines=2)
        theme.changed.connect(self._update_icons)
        self._update_icons()

    def show_facts(self, job: Job) -> None:
        super().show_facts(job)
        self.marks.show_job(job)

    def clear(self) -> None:
        super().clear()
        self.marks.show_job(None)

    def fit(self, width: int, *, narrow: bool, low: bool) -> None:
        """Use a room of that width. `narrow`: the buttons stand below the text. `low`: all in one row."""
        self._show_words(True)
        if low and self._buttons_width() + _LEAST_TEXT > width:
            self._show_words(False)
        self._arrange(title_above=not low, buttons_below=narrow and not low, fact_lines=1 if low else 2)

    def buttons(self) -> tuple[QWidget, ...]:
        """The buttons from left to right, for the tab order."""
        return *self.marks.buttons(), self._reuse, self._extend, self._show_in_folder, self._export

    def _show_words(self, shown: bool) -> None:
        """Show words beside the icons, or the icons alone."""
        for button in (self._reuse, self._extend):
            button.setText(button.accessibleName() if shown else "")
            button.setIconSize(size_beside_text(_ICON) if shown else QSize(_ICON, _ICON))

    def _update_icons(self) -> None:
        self._reuse.setIcon(self._theme.icon("arrow-counter-clockwise", "text"))
        self._extend.setIcon(self._theme.icon("arrow-line-right", "text"))
        self._show_in_folder.setIcon(self._theme.icon("folder-open", "text"))


def _button(action: QAction, name: str, text: str, tool_tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text.rstrip("…"))
    KeyTip(button, tool_tip, {"{}": action})
    button.setAutoDefault(False)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # no focus by a click: Space must play, not click again
    button.setIconSize(size_beside_text(_ICON))
    button.setFixedHeight(34)
    bind_button(button, action)
    return button
