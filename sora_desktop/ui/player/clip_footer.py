"""Title and facts of the open clip, and the buttons for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sora_desktop.domain.job import Job, Ready
from sora_desktop.state.clip_text import title_of
from sora_desktop.state.marks import Mark
from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button
from sora_desktop.ui.widgets.elided_label import ElidedLabel
from sora_desktop.ui.widgets.icons import size_beside_text
from sora_desktop.ui.widgets.mark_buttons import MarkButtons
from sora_desktop.ui.widgets.tool_tip import KeyTip

_FACT_LINES = 2
_SPACING = 3  # pixels between title and facts


class ClipFooter(QWidget):
    """Title, facts, marks and four buttons.

    Its height is the same for every clip, so that the picture above does not move.
    """

    def __init__(
        self, theme: Theme, facts_of: Callable[[Job], tuple[str, ...]], mark_actions: Mapping[Mark, QAction]
    ) -> None:
        """`facts_of` returns what is shown of a job and its clip. `mark_actions`: their keys change marks."""
        super().__init__()
        self._facts_of = facts_of
        self._theme = theme
        self.reuse_action = new_action("clip.reuse", self)
        self.extend_action = new_action("clip.extend", self)
        self.show_in_folder_action = new_action("clip.show_in_folder", self)
        self.export_action = new_action("clip.export", self)
        self._title = ElidedLabel()
        self._title.setObjectName("clipTitle")
        self._title.setProperty("weight", "bold")
        self._facts = ElidedLabel(_FACT_LINES)
        self._facts.setObjectName("clipFacts")
        self._facts.setProperty("tone", "muted")
        self._facts.setProperty("fontSize", "small")
        self._reuse = _button(self.reuse_action, "reuseButton", "Reuse", "Load this request into the form")
        self._extend = _button(self.extend_action, "extendButton", "Extend", "Start a new video from the last frame")
        self._show_in_folder = _button(
            self.show_in_folder_action, "showInFolderButton", "Show in folder", "Show the file in the file manager"
        )
        self._show_in_folder.setText("")  # its icon says it: the facts need the room
        self._show_in_folder.setIconSize(QSize(15, 15))
        self._export = _button(self.export_action, "exportButton", "Export…", "Save a copy of the file")
        self._export.setProperty("kind", "outline")
        self.marks = MarkButtons(theme, mark_actions)
        facts = QWidget()
        facts.setFixedHeight(self._facts.height_of(_FACT_LINES))
        facts_column = QVBoxLayout(facts)
        facts_column.setContentsMargins(0, 0, 0, 0)
        facts_column.addWidget(self._facts)
        facts_column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.marks, 0, Qt.AlignmentFlag.AlignVCenter)
        for button in (self._reuse, self._extend, self._show_in_folder, self._export):
            buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(8)
        self._row.addWidget(facts, 1)
        self._row.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACING)
        column.addWidget(self._title)  # above the buttons, too: it needs the whole width
        column.addLayout(self._row)
        theme.changed.connect(self._update_icons)
        self._update_icons()

    def show_clip(self, job: Job) -> None:
        """Show a job that has a clip. All actions are enabled."""
        self.show_facts(job)
        self.enable_actions(True)

    def show_job(self, job: Job) -> None:
        """Show a job without a clip. Only its request can be reused."""
        self.show_facts(job)
        self.enable_actions(False)
        self.reuse_action.setEnabled(True)

    def show_facts(self, job: Job) -> None:
        """Update what is shown of the job."""
        self._show_text(title_of(job), self._facts_of(job))
        self.marks.show_marks(job.marks if isinstance(job.phase, Ready) else None)

    def clear(self) -> None:
        """Show no job. No action is enabled."""
        self._show_text("", ())
        self.marks.show_marks(None)
        self.enable_actions(False)

    def set_buttons_below(self, below: bool) -> None:
        """Place the buttons below the facts, or beside them."""
        direction = QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight
        if direction is not self._row.direction():
            self._row.setDirection(direction)
            self._row.activate()  # at once, since the picture above takes the remaining height

    def buttons(self) -> tuple[QWidget, ...]:
        """The buttons from left to right, for the tab order."""
        return *self.marks.buttons(), self._reuse, self._extend, self._show_in_folder, self._export

    def _show_text(self, title: str, facts: Sequence[str]) -> None:
        self._title.show_text(title)
        self._facts.show_facts(facts)

    def enable_actions(self, enabled: bool) -> None:
        """Enable what is done with a clip, or disable it."""
        for action in (self.reuse_action, self.extend_action, self.show_in_folder_action, self.export_action):
            action.setEnabled(enabled)

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
    button.setIconSize(size_beside_text(15))
    button.setFixedHeight(34)
    bind_button(button, action)
    return button
