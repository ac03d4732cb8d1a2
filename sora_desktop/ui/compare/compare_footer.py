"""Title and facts of the current clip, and what can be done with the compared clips."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QResizeEvent

from sora_desktop.domain.job import Job
from sora_desktop.domain.marks import Flag
from sora_desktop.state.actions import Action
from sora_desktop.state.compare_view import CompareView, keep_text
from sora_desktop.state.marks import Mark
from sora_desktop.ui.actions.job_actions import JobActions
from sora_desktop.ui.compare.compare_actions import CompareActions
from sora_desktop.ui.player.job_footer import JobFooter
from sora_desktop.ui.theme import Theme
from sora_desktop.ui.widgets.action_button import bind_button, name_action
from sora_desktop.ui.widgets.key_button import KeyButton
from sora_desktop.ui.widgets.tool_tip import set_tip

_NARROW = 640  # pixels; below this width the buttons stand below the text
_WITH_KEYS = 840  # pixels; below this width the text needs the room of the keys


class CompareFooter(JobFooter):
    """Its buttons are for the current clip, but for the last two."""

    def __init__(
        self,
        theme: Theme,
        facts_of: Callable[[Job], tuple[str, ...]],
        of_jobs: JobActions,
        actions: CompareActions,
    ) -> None:
        """`facts_of` returns what is shown of a job and its clip."""
        super().__init__(facts_of, "compareTitle", "compareFacts")
        self._theme = theme
        self._actions = actions
        self._is_starred = False
        self.setObjectName("compareFooter")
        mark_actions = of_jobs.of_marks
        self._star = KeyButton(
            theme, "compareStarButton", "Star", "Star the current clip", keys_of=[mark_actions[Mark.STAR]]
        )
        tip = "Load the request of the current clip into the form"
        self._reuse = KeyButton(theme, "compareReuseButton", "Reuse", tip)
        self._keep = KeyButton(
            theme,
            "keepButton",
            "Keep this",
            "Pick the current clip and reject the others",
            keys_of=[mark_actions[Mark.PICK], mark_actions[Mark.REJECT]],
        )
        self._export = KeyButton(
            theme, "exportPicksButton", "Export picks…", "Copy the picked clips into a folder", tone="accent"
        )
        self._export.setProperty("kind", "outline")
        bind_button(self._keep, actions.keep)
        bind_button(self._export, actions.export_picks)
        bind_button(self._reuse, of_jobs[Action.REUSE])
        name_action(self._star, mark_actions[Mark.STAR])
        self._star.clicked.connect(lambda _: of_jobs.mark(Mark.STAR, self._job))
        self._add_buttons(self.buttons())
        self.set_roomy(False)
        self._arrange(title_above=False, buttons_below=False, fact_lines=1)
        theme.changed.connect(self._update_icons)
        self._update_icons()

    def show_view(self, view: CompareView, current: int) -> None:
        """Show the current clip, and what the buttons do."""
        job = view.panes[current].job
        self.show_facts(job)
        self._is_starred = job.starred
        self._star.setAccessibleName("Remove star" if job.starred else "Star")
        self._keep.show_text(keep_text(view, current))
        picks = sum(pane.job.flag is Flag.PICKED for pane in view.panes)
        self._actions.export_picks.setEnabled(picks > 0)
        which = f"the {picks} picked clips" if picks > 1 else "the picked clip"
        set_tip(self._export, f"Copy {which} into a folder")
        self._update_icons()

    def set_roomy(self, roomy: bool) -> None:
        """Leave more space above and below."""
        above, below = (23, 22) if roomy else (12, 12)
        self._column.setContentsMargins(16, above, 16, below)

    def buttons(self) -> tuple[KeyButton, ...]:
        """The buttons from left to right, for the tab order."""
        return self._star, self._reuse, self._keep, self._export

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for button in self.buttons():
            button.set_keys_visible(event.size().width() >= _WITH_KEYS)
        self._arrange(title_above=False, buttons_below=event.size().width() < _NARROW, fact_lines=1)

    def _update_icons(self) -> None:
        star = self._theme.icon("star-fill", "warn") if self._is_starred else self._theme.icon("star", "text")
        self._star.setIcon(star)
        self._reuse.setIcon(self._theme.icon("arrow-counter-clockwise", "text"))
        self._keep.setIcon(self._theme.icon("check", "text"))
