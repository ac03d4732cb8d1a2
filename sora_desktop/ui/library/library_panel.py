"""The library column: tabs, search, and the list of jobs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QStackedLayout, QVBoxLayout, QWidget

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.library import Counts, LibraryView, Tab
from sora_desktop.state.job_list import JobList
from sora_desktop.ui.library.filter_tabs import FilterTabs
from sora_desktop.ui.library.job_delegate import JobDelegate
from sora_desktop.ui.library.job_list_view import JobListView
from sora_desktop.ui.library.queue_bar import QueueBar
from sora_desktop.ui.theme import Theme, set_property

#: Milliseconds without a keystroke after which the search is made.
SEARCH_AFTER = 150
#: Milliseconds between two looks at what changes by itself: estimates, ages ("2 min ago"). Rows in sight only.
AGES_EVERY = 1_000

_EMPTY = {
    Tab.ALL: "Your videos will be listed here.\nDescribe one on the left and press Generate.",
    Tab.ACTIVE: "Nothing is under way.\nWhat you generate shows its progress here.",
    Tab.DONE: "No finished videos yet.\nThey come here by themselves, checked and playable.",
    Tab.FAILED: "Nothing has failed.",
    Tab.STARRED: "No stars yet.\nPress S on a video that you want to keep an eye on.",
}


class SearchField(QLineEdit):
    """Escape empties it, and leaves it once it is empty; Down and Return go to what was found."""

    left = Signal(bool)  # whether to what was found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif plain and key in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit(key != Qt.Key.Key_Escape)
        else:
            super().keyPressEvent(event)


class LibraryPanel(QFrame):
    """Shows the model and says what a person wants done with which job."""

    opened = Signal(object)  # Job
    play_requested = Signal(object)  # Job
    action_requested = Signal(object, str)  # Job, the verb's id
    star_requested = Signal(object)  # Job
    view_chosen = Signal(object)  # LibraryView

    def __init__(self, theme: Theme, model: JobList, pictures: Callable[[Job], QPixmap | None]) -> None:
        """`pictures` gives a job's poster, where there is one."""
        super().__init__()
        self.setObjectName("jobPanel")
        self.setAccessibleName("Library")
        self.setProperty("ground", "panel")
        self._model = model
        self._delegate = JobDelegate(theme, model, pictures)
        self._tabs = FilterTabs(theme)
        self._search = SearchField()
        self._search.setObjectName("searchEdit")
        self._search.setAccessibleName("Search prompts")
        self._search.setPlaceholderText("Search prompts")
        self.queue_bar = QueueBar()
        self._list = JobListView(model, self._delegate)
        self._empty = QLabel(_EMPTY[Tab.ALL])
        self._empty.setObjectName("emptyLibrary")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        set_property(self._empty, "tone", "muted")
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(SEARCH_AFTER)
        self._ages = QTimer(self)
        self._ages.setInterval(AGES_EVERY)

        stack = QWidget()
        self._stack = QStackedLayout(stack)
        self._stack.addWidget(self._list)
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 12, 0, 0)
        column.setSpacing(10)
        column.addLayout(_inset(self._tabs, 5, 12))
        column.addLayout(_inset(self._search, 5, 12))
        column.addLayout(_inset(self.queue_bar, 5, 12))
        column.addWidget(stack, 1)

        self._tabs.tab_chosen.connect(lambda _: self._choose())
        self._search.textChanged.connect(self._search_changed)
        self._search.left.connect(self._leave_search)
        self._wait.timeout.connect(self._choose)
        self._ages.timeout.connect(self._list.paint_changed)
        self._ages.start()
        self._list.opened.connect(self.opened)
        self._list.play_requested.connect(self.play_requested)
        self._list.action_requested.connect(self.action_requested)
        self._list.star_requested.connect(self.star_requested)
        model.counts_changed.connect(self._tabs.show_counts)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._show_emptiness)
        theme.changed.connect(self._list.repaint_rows)
        self._tabs.show_counts(model.counts())
        self._show_emptiness()

    def show_counts(self, counts: Counts) -> None:
        """Write the counts on the tabs."""
        self._tabs.show_counts(counts)

    def repaint_rows(self) -> None:
        """What the rows in sight show may have changed."""
        self._list.repaint_rows()

    def reveal(self, id: JobId) -> None:
        """Scroll to a job, without opening it."""
        row = self._model.row_of(id)
        if row is not None:
            self._list.scrollTo(self._model.index(row))

    def selected(self) -> Job | None:
        """The job of the selected row."""
        return self._model.job_at(self._list.currentIndex())

    def refresh_previews(self, id: JobId) -> None:
        """A picture of this job has changed: paint its row."""
        row = self._model.row_of(id)
        if row is not None:
            self._list.update(self._model.index(row))

    def _search_changed(self) -> None:
        self._search.setClearButtonEnabled(True)  # not at the start: it looks through the system's icons
        self._wait.start()

    def _choose(self) -> None:
        self._wait.stop()
        view = LibraryView(list(Tab)[self._tabs.currentIndex()], self._search.text())
        self.view_chosen.emit(view)
        self._show_emptiness()

    def _leave_search(self, to_found: bool) -> None:
        if self._wait.isActive():
            self._choose()  # what was typed last counts too
        if to_found and self._model.rowCount() and not self._list.selectionModel().hasSelection():
            self._list.setCurrentIndex(self._model.index(0))
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_emptiness(self) -> None:
        empty = self._model.rowCount() == 0
        if empty:
            view = self._model.view
            found_nothing = f"Nothing matches “{view.search}”.\nTry fewer words." if view.search.strip() else ""
            self._empty.setText(found_nothing or _EMPTY[view.tab])
        self._stack.setCurrentIndex(1 if empty else 0)


def _inset(part: QWidget, left: int, right: int) -> QVBoxLayout:
    inset = QVBoxLayout()
    inset.setContentsMargins(left, 0, right, 0)
    inset.addWidget(part)
    return inset
