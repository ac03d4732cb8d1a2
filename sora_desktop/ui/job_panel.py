"""The library column: tabs, search, and the list of jobs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLabel,
    QLineEdit,
    QMenu,
    QStackedLayout,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.library import Counts, LibraryView, Shelf
from sora_desktop.state.job_list import JobList
from sora_desktop.state.wording import Verb, verbs
from sora_desktop.ui.filter_tabs import FilterTabs
from sora_desktop.ui.job_delegate import JobDelegate
from sora_desktop.ui.theme import Theme, set_property

#: Milliseconds without a keystroke after which the search is made.
SEARCH_AFTER = 150
#: Milliseconds between two paintings of ages ("2 min ago").
AGES_EVERY = 30_000

_EMPTY = {
    Shelf.ALL: "Your videos will be listed here.\nDescribe one on the left and press Generate.",
    Shelf.ACTIVE: "Nothing is under way.\nWhat you generate shows its progress here.",
    Shelf.DONE: "No finished videos yet.\nThey come here by themselves, checked and playable.",
    Shelf.FAILED: "Nothing has failed.",
    Shelf.STARRED: "No stars yet.\nPress S on a video that you want to keep an eye on.",
}


class JobPanel(QFrame):
    """Shows the model and says what a person wants done with which job."""

    opened = Signal(object)  # Job
    play_asked = Signal(object)  # Job
    verb_asked = Signal(object, str)  # Job, the verb's id
    star_asked = Signal(object)  # Job
    view_chosen = Signal(object)  # LibraryView

    def __init__(self, theme: Theme, model: JobList, pictures: Callable[[Job], QPixmap | None]) -> None:
        super().__init__()
        self.setObjectName("jobPanel")
        self.setAccessibleName("Library")
        self.setProperty("ground", "panel")
        self._model = model
        self._delegate = JobDelegate(theme, model, pictures)
        self._tabs = FilterTabs()
        self._search = QLineEdit()
        self._search.setObjectName("searchEdit")
        self._search.setAccessibleName("Search prompts")
        self._search.setPlaceholderText("Search prompts")
        self._search.setClearButtonEnabled(True)
        self._list = _List(model, self._delegate)
        self._empty = QLabel(_EMPTY[Shelf.ALL])
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
        column.setContentsMargins(12, 12, 6, 0)
        column.setSpacing(10)
        column.addWidget(self._tabs)
        search_row = QVBoxLayout()
        search_row.setContentsMargins(0, 0, 6, 0)
        search_row.addWidget(self._search)
        column.addLayout(search_row)
        column.addWidget(stack, 1)

        self._tabs.shelf_chosen.connect(lambda _: self._choose())
        self._search.textChanged.connect(lambda _: self._wait.start())
        self._wait.timeout.connect(self._choose)
        self._ages.timeout.connect(self._list.viewport().update)
        self._ages.start()
        self._list.opened.connect(self.opened)
        self._list.play_asked.connect(self.play_asked)
        self._list.verb_asked.connect(self.verb_asked)
        self._list.star_asked.connect(self.star_asked)
        model.counts_changed.connect(self._tabs.show_counts)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._show_emptiness)
        theme.changed.connect(self._list.viewport().update)
        self._tabs.show_counts(model.counts())
        self._show_emptiness()

    def show_counts(self, counts: Counts) -> None:
        """Write the counts on the tabs."""
        self._tabs.show_counts(counts)

    def reveal(self, id: JobId) -> None:
        """Scroll to a job, without opening it."""
        row = self._model.row_of(id)
        if row is not None:
            self._list.scrollTo(self._model.index(row))

    def selected(self) -> Job | None:
        """The job of the selected row."""
        return self._model.job_at(self._list.currentIndex())

    def refresh_pictures(self, id: JobId) -> None:
        """A picture of this job has changed: paint its row."""
        row = self._model.row_of(id)
        if row is not None:
            self._list.update(self._model.index(row))

    def _choose(self) -> None:
        self._wait.stop()
        view = LibraryView(list(Shelf)[self._tabs.currentIndex()], self._search.text())
        self.view_chosen.emit(view)
        self._show_emptiness()

    def _show_emptiness(self) -> None:
        empty = self._model.rowCount() == 0
        if empty:
            view = self._model.view
            found_nothing = f"Nothing matches “{view.search}”.\nTry fewer words." if view.search.strip() else ""
            self._empty.setText(found_nothing or _EMPTY[view.shelf])
        self._stack.setCurrentIndex(1 if empty else 0)


class _List(QTreeView):
    """One column of uniform rows; links in rows can be clicked, rows dragged out as files."""

    opened = Signal(object)
    play_asked = Signal(object)
    verb_asked = Signal(object, str)
    star_asked = Signal(object)

    def __init__(self, model: JobList, delegate: JobDelegate) -> None:
        super().__init__()
        self._jobs = model
        self._rows = delegate
        self.setObjectName("jobList")
        self.setAccessibleName("Videos")
        self.setModel(model)
        self.setItemDelegate(delegate)
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.viewport().installEventFilter(self)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        indexes = selected.indexes()
        job = self._jobs.job_at(indexes[0]) if indexes else None
        if job is not None:
            self.opened.emit(job)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        job = self._jobs.job_at(self.currentIndex())
        if job is not None and event.key() == Qt.Key.Key_Delete:
            for verb in verbs(job):
                if verb.id == "remove":
                    self.verb_asked.emit(job, verb.id)
        elif job is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            words = self._rows.words_of(job)
            if words.action is not None:
                self._act(job, words.action, self.visualRect(self.currentIndex()).center())
            else:
                self.play_asked.emit(job)
        elif job is not None and event.key() == Qt.Key.Key_S and not event.modifiers():
            self.star_asked.emit(job)
        elif job is not None and event.key() == Qt.Key.Key_Menu:
            self._show_menu(self.visualRect(self.currentIndex()).center())
        elif (event.text().isprintable() and event.text()) or event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()  # single letters are the window's, and so is stepping through frames
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.viewport() and isinstance(event, QMouseEvent):
            found = self._action_under(event.position().toPoint())
            if event.type() == QEvent.Type.MouseMove:
                shape = Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor
                self.viewport().setCursor(shape)
            elif event.type() == QEvent.Type.MouseButtonDblClick and not found:
                job = self._jobs.job_at(self.indexAt(event.position().toPoint()))
                if job is not None:
                    self.play_asked.emit(job)
            elif (
                event.type() == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton and found
            ):
                self._act(*found, event.position().toPoint())
        return super().eventFilter(watched, event)

    def _action_under(self, point: QPoint) -> tuple[Job, Verb] | None:
        index: QModelIndex = self.indexAt(point)
        job = self._jobs.job_at(index)
        if job is None:
            return None
        verb = self._rows.action_at(job, self.visualRect(index), point, self.font())
        return None if verb is None else (job, verb)

    def _act(self, job: Job, verb: Verb, point: QPoint) -> None:
        if verb.id == "resolve":
            self._show_menu(point)
        else:
            self.verb_asked.emit(job, verb.id)

    def _show_menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        job = self._jobs.job_at(index)
        if job is None:
            return
        menu = QMenu(self)
        menu.setObjectName("jobMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for verb in verbs(job):
            action = menu.addAction(verb.label)
            action.setObjectName(f"verb:{verb.id}")
            action.triggered.connect(lambda _=False, job=job, id=verb.id: self.verb_asked.emit(job, id))
        menu.popup(self.viewport().mapToGlobal(point))
