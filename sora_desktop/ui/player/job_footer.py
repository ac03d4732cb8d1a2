"""Title and facts of a job, and the buttons for it: what the footers of player and compared clips share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.domain.job import Job
from sora_desktop.state.clip_text import title_of
from sora_desktop.ui.widgets.elided_label import ElidedLabel

_SPACING, _BUTTON_SPACING = 3, 8  # pixels: below the title, and between the buttons


class JobFooter(QFrame):
    """Its height is the same for every job, so that the picture above does not move."""

    def __init__(self, facts_of: Callable[[Job], tuple[str, ...]], title_name: str, facts_name: str) -> None:
        """`facts_of` returns what is shown of a job and its clip. The names are those of the two labels."""
        super().__init__()
        self._facts_of = facts_of
        self._job: Job | None = None
        self._title, self._facts = ElidedLabel(), ElidedLabel()
        self._title.setObjectName(title_name)
        self._title.setProperty("weight", "medium")
        self._facts.setObjectName(facts_name)
        self._facts.setProperty("tone", "muted")
        self._facts.setProperty("fontSize", "small")
        self._text = QWidget()
        self._lines = QVBoxLayout(self._text)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(_SPACING)
        self._lines.addWidget(self._facts)
        self._lines.addStretch(1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(_BUTTON_SPACING)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(_BUTTON_SPACING)
        self._row.addWidget(self._text, 1)
        self._row.addLayout(self._buttons)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(_SPACING)
        self._column.addLayout(self._row)

    def show_facts(self, job: Job) -> None:
        """Update what is shown of the job."""
        self._show_job(job)

    def clear(self) -> None:
        """Show no job."""
        self._show_job(None)

    def _show_job(self, job: Job | None) -> None:
        self._job = job
        self._title.show_text("" if job is None else title_of(job))
        self._facts.show_facts(() if job is None else self._facts_of(job))

    def _add_buttons(self, buttons: Sequence[QWidget]) -> None:
        for button in buttons:
            self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def _buttons_width(self) -> int:
        """Pixels that the buttons need beside each other."""
        self._buttons.invalidate()
        return self._buttons.minimumSize().width()

    def _arrange(self, *, title_above: bool, buttons_below: bool, fact_lines: int) -> None:
        """`title_above`: it has the whole width. `buttons_below`: below the text, not beside it."""
        home = self._column if title_above else self._lines
        if home.indexOf(self._title) < 0:
            home.insertWidget(0, self._title)
        for label in (self._title, self._facts):
            label.ensurePolished()  # its font tells the height
        above = 0 if title_above else self._title.height_of(1) + _SPACING
        self._text.setFixedHeight(above + self._facts.height_of(fact_lines))
        if self._facts.set_max_lines(fact_lines):
            self._show_job(self._job)
        directions = QBoxLayout.Direction
        self._row.setDirection(directions.TopToBottom if buttons_below else directions.LeftToRight)
        self._column.activate()  # at once, since the picture above takes the remaining height
