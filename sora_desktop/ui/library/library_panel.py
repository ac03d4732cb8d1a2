"""The library column: tabs, search, and the list of jobs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.library import Counts, LibraryView, Tab
from sora_desktop.domain.marks import MarkFilter
from sora_desktop.state.job_list import JobList
from sora_desktop.state.list_order import fits
from sora_desktop.state.marks import Mark
from sora_desktop.state.queue_text import QueueText
from sora_desktop.state.trash_text import trash_text
from sora_desktop.ui.actions.action_list import new_action
from sora_desktop.ui.library.filter_tabs import FilterTabs
from sora_desktop.ui.library.job_delegate import JobDelegate
from sora_desktop.ui.library.job_list_view import JobListView
from sora_desktop.ui.library.mark_actions import MarkActions
from sora_desktop.ui.library.mark_filter import MarkFilterButton
from sora_desktop.ui.library.queue_bar import QueueBar
from sora_desktop.ui.library.service_filter import NamedService, ServiceFilter
from sora_desktop.ui.library.trash_bar import TrashBar
from sora_desktop.ui.library.view_actions import ViewActions
from sora_desktop.ui.theme import Theme, set_property
from sora_desktop.ui.widgets.text_field import TextField

#: Milliseconds without a keystroke after which the search runs.
SEARCH_AFTER = 150
_SEARCH, _SEARCH_BRIEFLY = "Search prompts", "Search"
#: Pixels: below this height the search field stands beside the tabs if it has the width that it needs.
_LOW, _LEAST_SEARCH = 280, 180

_EMPTY = {
    Tab.ALL: "No videos yet.\nDescribe one on the left and press Generate.",
    Tab.ACTIVE: "No videos in progress.\nNew requests show their progress here.",
    Tab.DONE: "No finished videos yet.\nThey appear here once they are downloaded and checked.",
    Tab.FAILED: "No failed videos.",
    Tab.STARRED: "No starred videos.",
    Tab.TRASH: "The Trash is empty.\nDeleted videos wait here until you empty it.",
}
#: Where the filter of marks leaves none, and what would fill it.
_NONE_WITH_MARKS = {
    MarkFilter.STARRED: ("No starred videos here.", Mark.STAR),
    MarkFilter.PICKED: ("No picks here.", Mark.PICK),
    MarkFilter.REJECTED: ("No rejects here.", Mark.REJECT),
    MarkFilter.UNMARKED: ("No videos without marks here.", Mark.CLEAR),
}
_TO_MARK = {
    Mark.STAR: "star the selected video",
    Mark.PICK: "pick the selected video",
    Mark.REJECT: "reject the selected video",
    Mark.CLEAR: "clear the marks of the selected video",
}


class SearchField(TextField):
    """Escape clears the field, and leaves it once it is empty. Down and Return go to the results."""

    left = Signal(bool)  # True: to the results

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif plain and key in (Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit(key != Qt.Key.Key_Escape)
        else:
            super().keyPressEvent(event)


class LibraryPanel(QFrame):
    """Shows the job list, and emits which job is opened and which action is requested for which jobs."""

    opened = Signal(object)  # Job
    action_requested = Signal(object, object)  # JobAction, tuple[JobId, ...]
    view_chosen = Signal(object)  # LibraryView
    empty_trash_requested = Signal()
    export_picks_requested = Signal()
    trash_rejects_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        model: JobList,
        poster_of: Callable[[Job], QPixmap | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`poster_of` returns the poster of a job, or None while there is none. `now` as for JobListView."""
        super().__init__()
        self.setObjectName("jobPanel")
        self.setAccessibleName("Library")
        self.setProperty("ground", "panel")
        self._model = model
        self._delegate = JobDelegate(theme, model, poster_of)
        self._tabs = FilterTabs(theme)
        self._search = SearchField()
        self._search.setObjectName("searchEdit")
        self._search.setAccessibleName("Search prompts")
        self._search.setPlaceholderText(_SEARCH)
        self._service_filter = ServiceFilter(theme)
        self._mark_filter = MarkFilterButton(theme)
        self.queue_bar = QueueBar()
        self._queue_text = QueueText()
        self._owes_focus = False  # to the list, which had it when its last row went
        self.empty_trash_action = new_action("library.empty_trash", self)
        self._trash_bar = TrashBar(self.empty_trash_action)
        self._list = JobListView(model, self._delegate, now)
        #: What can be done to jobs. The buttons of the player have these actions, too.
        self.job_actions = self._list.job_actions
        self._empty = QLabel(_EMPTY[Tab.ALL])
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.setObjectName("emptyLibrary")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        set_property(self._empty, "tone", "muted")
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(SEARCH_AFTER)
        #: Ctrl+F. The window connects it, since it may have to bring this panel into view first.
        self.find_action = new_action("library.find", self)
        #: Connected by the window as well, for the same reason.
        self.trash_action = new_action("library.trash", self)
        self.mark_actions = MarkActions(self)
        self.view_actions = ViewActions(self, self._tabs, self._mark_filter, self._service_filter)
        self.list_action = new_action("library.list", self)

        stack = QWidget()
        self._stack = QStackedLayout(stack)
        self._stack.addWidget(self._list)
        self._stack.addWidget(self._empty)
        parts = QVBoxLayout()
        parts.setContentsMargins(8, 12, 0, 0)
        parts.setSpacing(10)
        head = self._head = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        head.setContentsMargins(5, 0, 12, 0)
        head.setSpacing(10)
        head.addWidget(self._tabs)
        search_row = QHBoxLayout()
        search_row.setSpacing(6)
        search_row.addWidget(self._search, 1)
        search_row.addWidget(self._mark_filter)
        search_row.addWidget(self._service_filter)
        head.addLayout(search_row, 1)
        parts.addLayout(head)
        parts.addLayout(_inset(self._trash_bar, 5, 12))
        parts.addWidget(stack, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(parts, 1)
        column.addWidget(self.queue_bar)  # below: the rows stay where they are when it comes and goes

        self._tabs.tab_chosen.connect(lambda _: self._choose_view())
        self._search.textChanged.connect(self._search_changed)
        self._service_filter.service_chosen.connect(lambda _: self._choose_view())
        self._mark_filter.filter_chosen.connect(lambda _: self._choose_view())
        self._search.left.connect(self._leave_search)
        self._search_timer.timeout.connect(self._choose_view)
        self._list.opened.connect(self.opened)
        self.job_actions.keys_changed.connect(self._show_empty_text)
        self._list.action_requested.connect(self.action_requested)
        self._list.pointer_moved.connect(self._update_queue_bar)
        self.mark_actions.export_picks.triggered.connect(lambda _: self.export_picks_requested.emit())
        self.mark_actions.trash_rejects.triggered.connect(lambda _: self.trash_rejects_requested.emit())
        self.empty_trash_action.triggered.connect(lambda _: self.empty_trash_requested.emit())
        model.counts_changed.connect(self._counts_changed)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._show_empty_text)
        theme.changed.connect(self._list.repaint_rows)
        self._counts_changed(*model.all_counts)
        self._show_empty_text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_low = self.height() < _LOW and self.width() >= self._tabs.sizeHint().width() + _LEAST_SEARCH
        directions = QBoxLayout.Direction
        self._head.setDirection(directions.LeftToRight if is_low else directions.TopToBottom)
        self._search.setPlaceholderText(_SEARCH_BRIEFLY if is_low else _SEARCH)

    @property
    def actions_to_list(self) -> list[QAction]:
        """Every action of the list, but for those of its rows."""
        of_view = (self.list_action, self.find_action, *self.view_actions.all)
        return [*of_view, self.trash_action, self.empty_trash_action, *self.mark_actions.all]

    def show_queue_text(self, text: QueueText) -> None:
        """Show the line about the queue below the list; once the pointer has left the rows that the line covers."""
        self._queue_text = text
        self._update_queue_bar()

    def show_queue_line_now(self) -> None:
        """Show the line about the queue, wherever the pointer is: the user asks for it."""
        self.queue_bar.show_text(self._queue_text)

    def show_services(self, services: Sequence[NamedService]) -> None:
        """Let the user choose between the videos of these services, if there are several."""
        self._service_filter.show_services(services)

    def repaint_rows(self) -> None:
        """Repaint the visible rows."""
        self._list.repaint_rows()

    def focus_search(self) -> None:
        """Put the cursor into the search field and select its text."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def focus_list(self) -> None:
        """Put the focus on the rows, and select the first one if none is."""
        if self._model.rowCount() and not self._list.selectionModel().hasSelection():
            self._list.choose(0)
        (self._list if self._model.rowCount() else self._tabs).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def reveal(self, id: JobId) -> bool:
        """Scroll to a job without opening it. False if that waits until the pointer has left the list."""
        self._list.reveal(id)
        return self._list.pointer is None

    def show_trash(self) -> None:
        """Show the tab Trash and put the focus on its rows."""
        self._tabs.choose(Tab.TRASH)
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def mark_opened(self, id: JobId) -> None:
        """Select the row of a job that is open in the player, if it is listed. Emits no signal."""
        self._list.mark_opened(id)

    def open_menu(self, job: Job, place: QPoint) -> None:
        """Open the menu of a job at a place on the screen."""
        self._list.open_menu((job,), place)

    def selected(self) -> Job | None:
        """The job of the selected row, or None."""
        return self._model.job_at(self._list.currentIndex())

    def selection(self) -> tuple[Job, ...]:
        """The jobs of the selected rows, from the top."""
        return self._list.selection()

    def select(self, jobs: Sequence[Job], *, opens: bool) -> None:
        """Select those of the jobs that the list shows, and scroll to the first. `opens`: a single one is opened."""
        ids = {job.id for job in jobs if fits(job, self._model.view)}
        if ids:
            self._list.select(ids, opens=opens)

    def show_letters(self, letters: Mapping[JobId, str], current: JobId | None = None) -> None:
        """Show which rows are compared, and which of them is the current clip. None are: no letters."""
        self._delegate.show_letters(letters, current)
        self._list.repaint_rows()

    def refresh_previews(self, id: JobId) -> None:
        """Repaint the row of a job whose poster has changed."""
        row = self._model.row_of(id)
        if row is not None:
            self._list.update(self._model.index(row))

    def _update_queue_bar(self) -> None:
        if self._queue_text == self.queue_bar.shown_text:
            return
        pointer, height = self._list.pointer, self.queue_bar.height_for(self._queue_text, self.width())
        if pointer is not None:
            covered = self.height() - height
            if self._list.viewport().mapTo(self, pointer).y() >= covered:
                return  # a press must not land on the button that comes
        self.queue_bar.show_text(self._queue_text)

    def _search_changed(self) -> None:
        self._search.setClearButtonEnabled(True)  # not at the start: Qt then searches the icon themes
        self._search_timer.start()

    def _choose_view(self) -> None:
        self._search_timer.stop()
        self._owes_focus = False  # the user is on the tabs, or types
        tab = list(Tab)[self._tabs.currentIndex()]
        view = LibraryView(tab, self._search.text(), self._service_filter.chosen, self._mark_filter.chosen)
        self.view_chosen.emit(view)
        self._show_empty_text()
        self._show_trash_text()

    def _leave_search(self, to_results: bool) -> None:
        if self._search_timer.isActive():
            self._choose_view()  # the last keystrokes count too
        if to_results and self._model.rowCount() and not self._list.selectionModel().hasSelection():
            self._list.choose(0)
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _counts_changed(self, of_library: Counts, of_service: Counts) -> None:
        self._tabs.show_counts(of_service)
        self._mark_filter.show_counts(of_service)
        self.mark_actions.show_counts(of_library)
        self.empty_trash_action.setEnabled(of_library.on(Tab.TRASH) > 0)
        self._show_trash_text()

    def _show_empty_text(self) -> None:
        empty = self._model.rowCount() == 0
        if empty:
            view = self._model.view
            none_here, _ = _NONE_WITH_MARKS.get(view.marks, ("No prompts here.", None))
            none_match = none_here.replace("here", f"match “{view.search}”")
            no_results = f"{none_match}\nTry fewer words." if view.search.strip() else ""
            if view.service:
                no_results = no_results or "No videos of this service here.\nChoose another tab, or all services."
            if not no_results and view.marks in _NONE_WITH_MARKS:
                no_results = self._with_key(*_NONE_WITH_MARKS[view.marks])
            of_tab = _EMPTY[view.tab]
            self._empty.setText(
                no_results or (self._with_key(of_tab, Mark.STAR) if view.tab is Tab.STARRED else of_tab)
            )
            if self._list.hasFocus():
                self._tabs.setFocus(Qt.FocusReason.OtherFocusReason)  # Qt would choose another panel
                self._owes_focus = True
        self._stack.setCurrentIndex(1 if empty else 0)
        if not empty:
            if self._owes_focus and self._tabs.hasFocus():
                self._list.setFocus(Qt.FocusReason.OtherFocusReason)
            self._owes_focus = False

    def _with_key(self, text: str, mark: Mark) -> str:
        """The text, and the key that changes it if there is one."""
        key = self.job_actions.key_of(mark)
        return f"{text}\nPress {key} to {_TO_MARK[mark]}." if key else text

    def _show_trash_text(self) -> None:
        text = trash_text(self._model.counts()) if self._model.view.tab is Tab.TRASH else ""
        if not text and self._trash_bar.isAncestorOf(self.window().focusWidget() or self):
            self._tabs.setFocus(Qt.FocusReason.OtherFocusReason)
        self._trash_bar.show_text(text)


def _inset(part: QWidget, left: int, right: int) -> QVBoxLayout:
    inset = QVBoxLayout()
    inset.setContentsMargins(left, 0, right, 0)
    inset.addWidget(part)
    return inset
