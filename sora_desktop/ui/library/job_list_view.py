"""The list of jobs, with links in rows, drag and drop, keys and a context menu."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QTreeView

from sora_desktop.domain.job import Job, JobId, Waiting
from sora_desktop.state.actions import Action, JobAction
from sora_desktop.state.job_list import JobList
from sora_desktop.state.job_rows import Index
from sora_desktop.state.row_text import RowLink
from sora_desktop.ui.actions.job_actions import JobActions
from sora_desktop.ui.library.blank_header import BlankHeader
from sora_desktop.ui.library.job_delegate import JobDelegate
from sora_desktop.ui.library.job_menu import job_menu
from sora_desktop.ui.library.loaded_rows import LoadedRows
from sora_desktop.ui.library.painted_texts import TimedRepaint
from sora_desktop.ui.library.reveal import Reveal
from sora_desktop.ui.library.row_drag import RowDrag
from sora_desktop.ui.library.row_lines import parts_of
from sora_desktop.ui.library.row_pointer import RowPointer
from sora_desktop.ui.library.row_selection import RowSelection
from sora_desktop.ui.library.still_rows import StillRows
from sora_desktop.ui.widgets.announcement import SPOKEN_ROLE
from sora_desktop.ui.widgets.lent_focus import LentFocus

_STEPS = (Qt.Key.Key_Left, Qt.Key.Key_Right)
_ENDS = (Qt.Key.Key_Home, Qt.Key.Key_End)
_MOVES = (*_ENDS, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
#: With these, the selection is kept or extended.
_EXTENDS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class JobListView(QTreeView):
    """One column of uniform rows. A QListView would lay out all rows again with every change."""

    opened = Signal(object)  # Job
    action_requested = Signal(object, object)  # JobAction, tuple[JobId, ...]
    pointer_moved = Signal()

    def __init__(self, model: JobList, delegate: JobDelegate, now: Callable[[], float] = time.monotonic) -> None:
        """`now` is in seconds of a clock that is never set."""
        super().__init__()
        self._jobs = model
        self._delegate = delegate
        self._still = StillRows(self, self._set_blank_above)
        self._pointer = RowPointer(self, model, delegate, self._still, now)
        self._by_key = False  # a key is moving through the rows
        self._is_pressed = False
        self._to_open: Job | None = None  # once the mouse is released
        self._opened: JobId | None = None  # the job of the last `opened`
        self._reselects = False  # what is selected now is open already
        self._selection = RowSelection(self, model)
        self._drag = RowDrag(self, model)
        self._reveal = Reveal(self, model, self._still)
        self.job_actions = JobActions(self, model, self._acted_on, LentFocus(self).is_here)
        self.setObjectName("jobList")
        self.setProperty(SPOKEN_ROLE, "List")
        self.setAccessibleName("Videos")
        self.setItemDelegate(delegate)
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setHeader(BlankHeader())
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDropIndicatorShown(False)  # it would mark rows, not the gaps between them
        self.setMouseTracking(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # nothing beneath is painted with a row
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))  # disabled: hidden by the stylesheet
        bar.setEnabled(False)
        for about_to_change in (
            model.rowsAboutToBeInserted,
            model.rowsAboutToBeRemoved,
            model.rowsAboutToBeMoved,
            model.layoutAboutToBeChanged,
        ):
            about_to_change.connect(self._still.begin_change)  # before the view, which forgets where rows are
        self.setModel(model)  # last: with a model, each call above would lay out all rows
        rows_changed = (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.layoutChanged)
        for changed in rows_changed:
            changed.connect(self._still.end_change)
        for changed in (*rows_changed, model.dataChanged, model.modelReset):
            changed.connect(self._pointer.rows_changed)
            changed.connect(self._reveal.rows_changed)
        model.modelReset.connect(self._select_opened)
        self._pointer.pressed.connect(self._begin_press)
        self._pointer.released.connect(self._end_press)
        self._pointer.link_followed.connect(self._follow)
        self._pointer.double_clicked.connect(self._play)
        self._pointer.left.connect(self._reveal.pointer_left)
        self._pointer.moved.connect(self.pointer_moved)
        self.job_actions.requested.connect(self._request_for)
        LoadedRows(self, model, self._selection)
        TimedRepaint(delegate.texts, self.visible_rows, self.update, self)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        QAbstractItemView.selectionChanged(self, selected, deselected)  # QTreeView's tells of rows of a tree
        job = self._selection.only_job  # of several, the player keeps what it shows
        if job is not None and not self._reselects and (not selected.isEmpty() or job.id != self._opened):
            if self._is_pressed:
                self._to_open = job  # on release: a drag must not change what is open, where it may be dropped
            else:
                self._open(job)

    def currentChanged(self, current: Index, previous: Index) -> None:
        QAbstractItemView.currentChanged(self, current, previous)  # as above

    def _open(self, job: Job) -> None:
        self._opened = job.id
        self.opened.emit(job)

    def _begin_press(self) -> None:
        self._is_pressed = True
        self._selection.leave(keeps=bool(QGuiApplication.keyboardModifiers() & _EXTENDS))

    def _end_press(self) -> None:
        self._is_pressed = False
        job, self._to_open = self._to_open, None
        if job is not None:
            self._open(job)

    @property
    def is_loading(self) -> bool:
        """True while rows are loaded to be selected or gone to."""
        return self._selection.is_loading

    def selection(self) -> tuple[Job, ...]:
        """The jobs of the selected rows, from the top."""
        return self._selection.jobs()

    def select(self, ids: Collection[JobId], *, opens: bool) -> None:
        """Select jobs that the view shows, and scroll to the first. `opens`: a single one is opened, as by a click."""
        self._selection.when_loaded(ids, lambda: self._select(ids, opens))

    def _select(self, ids: Collection[JobId], opens: bool) -> None:
        self._reselects = not opens
        first = self._selection.select(ids)
        self._reselects = False
        if first is not None:
            self.reveal(first)

    def _acted_on(self) -> tuple[Job, ...]:
        """The jobs that a key is for: those of the selected rows, or of the current one."""
        job = self._current_job()
        return self.selection() or (() if job is None else (job,))

    def _current_job(self) -> Job | None:
        """The job of the current row, also where the row that the user has gone to is not loaded yet."""
        self._selection.finish()
        return self._jobs.job_at(self.currentIndex())

    def rowsAboutToBeRemoved(self, parent: QModelIndex | QPersistentModelIndex, start: int, end: int) -> None:
        """Select the next row if no other one stays selected, as Qt does for lists with one selected row alone."""
        if self._selection.is_within(start, end):
            below = end + 1 < self._jobs.rowCount()
            if below or start > 0:
                self.setCurrentIndex(self._jobs.index(end + 1 if below else start - 1))
        super().rowsAboutToBeRemoved(parent, start, end)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and self.currentIndex().isValid() and not self.selectionModel().hasSelection():
            self.choose(self.currentIndex().row())  # Qt makes the first row current without selecting it

    def choose(self, row: int) -> None:
        """Select a row and scroll to it, as a key does."""
        self._by_key = True
        self.setCurrentIndex(self._jobs.index(row))
        self.scrollTo(self._jobs.index(row))
        self._by_key = False

    def selectAll(self) -> None:
        self._selection.select_all()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        job = self._jobs.job_at(self.currentIndex())
        key, plain = event.key(), not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if job is not None and self.job_actions.handle_key(event):
            return
        if job is not None and plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self._play(self._current_job() or job)
        elif job is not None and key == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier:
            self._show_menu(self._current_job() or job, self._middle_of_current())
        elif (event.text().isprintable() and event.text()) or key in _STEPS or (plain and key in _ENDS):
            event.ignore()  # the window handles single letters, and goes to frames
        else:
            self._by_key = True
            if key in _ENDS and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
                event = QKeyEvent(event.type(), key, Qt.KeyboardModifier.NoModifier)
            if key in _MOVES:
                self._selection.leave(keeps=bool(event.modifiers() & _EXTENDS))
            super().keyPressEvent(event)
            self._by_key = False
            if key == Qt.Key.Key_End and self._jobs.has_more:
                self._go_to_end(event.modifiers())

    def _go_to_end(self, modifiers: Qt.KeyboardModifier) -> None:
        """Go to the last video of the view once it is loaded, unless the user goes elsewhere before."""

        def go_on() -> None:
            self._by_key = True
            super(JobListView, self).keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_End, modifiers))
            self._by_key = False

        self._selection.when_all_loaded(go_on)

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Scroll to a row, unless that would move the rows under the pointer without a key or the wheel."""
        if self._by_key:
            self._still.let_go()
        elif self._still.pointer is not None:
            return
        super().scrollTo(index, hint)

    def reveal(self, id: JobId) -> None:
        """Scroll to a job, if it is listed; once the pointer has left, if it is on the list."""
        self._reveal.scroll_to(id)

    @property
    def pointer(self) -> QPoint | None:
        """The pointer in the viewport, None while it is elsewhere. While it is there, the rows stay where they are."""
        return self._still.pointer

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._still.let_go()
        super().wheelEvent(event)
        self._pointer.rows_scrolled(event.position().toPoint())

    def updateGeometries(self) -> None:
        with self._still.unclamped():
            super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        with self._still.unmoved():
            super().resizeEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        point = self._middle_of_current() if by_key else event.pos()
        job = self._jobs.job_at(self.indexAt(point))
        if job is not None:
            self._show_menu(job, point)

    def startDrag(self, actions: Qt.DropAction) -> None:
        index = self.currentIndex()
        job = self._jobs.job_at(index)
        pressed, self._to_open, self._is_pressed = self._to_open, None, False  # no release follows a drag
        poster = parts_of(self.visualRect(index)).poster
        if job is not None and isinstance(job.phase, Waiting):
            self._drag.run(job, poster)
            return
        self._drag.run_selected(poster)
        if pressed is not None:
            self._select_opened()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(self._drag.is_on)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)  # scrolls near the edges
        event.setAccepted(self._drag.move_to(event.position().toPoint()))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        super().dragLeaveEvent(event)
        self._drag.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        dropped = self._drag.dropped_at(event.position().toPoint())
        event.setAccepted(False)
        if dropped is not None:
            move, id = dropped
            event.setDropAction(Qt.DropAction.MoveAction)
            event.accept()
            self._still.give_way_at(event.position().toPoint())
            self.action_requested.emit(move, (id,))

    def paintEvent(self, event: QPaintEvent) -> None:
        first, last = self._jobs.index(0), self._jobs.index(self._jobs.rowCount() - 1)
        self._delegate.paint_ground(self.viewport(), event.region(), self.visualRect(first) | self.visualRect(last))
        super().paintEvent(event)
        self._drag.paint()

    def viewportEvent(self, event: QEvent) -> bool:
        self._pointer.watch(event)
        return super().viewportEvent(event)

    def visible_rows(self) -> Iterator[tuple[QModelIndex, Job]]:
        """The rows in sight and their jobs, from the top; none while the list is hidden."""
        index, bottom = self.indexAt(QPoint(0, 0)), self.viewport().height()
        while index.isValid() and self.isVisible() and self.visualRect(index).top() < bottom:
            job = self._jobs.job_at(index)
            if job is not None:
                yield index, job
            index = self.indexBelow(index)

    def repaint_rows(self) -> None:
        """Repaint all visible rows, whose colors or pictures may have changed."""
        self.viewport().update()

    def _set_blank_above(self, pixels: int) -> None:
        self.header().setFixedHeight(pixels)
        self.setHeaderHidden(pixels == 0)
        self.updateGeometries()

    def mark_opened(self, id: JobId) -> None:
        """Select the row of a job, if it is listed, without emitting `opened`."""
        self._opened = id
        self._select_opened()

    def _select_opened(self) -> None:
        """Select the open job again after another search or tab, if it is listed."""
        row = None if self._opened is None else self._jobs.row_of(self._opened)
        if row is not None:
            self._reselects = True
            self.setCurrentIndex(self._jobs.index(row))
            self._reselects = False

    def _play(self, job: Job) -> None:
        """Play the clip, or show the state of the job: no key of the list follows a link, since some links spend."""
        self._request(Action.PLAY, job)

    def _follow(self, job: Job, link: RowLink, point: QPoint) -> None:
        if link.action is None:
            self._show_menu(job, point)
        else:
            self._request(link.action, job)

    def _request(self, action: JobAction, job: Job) -> None:
        self.action_requested.emit(action, (job.id,))

    def _request_for(self, action: JobAction, ids: tuple[JobId, ...]) -> None:
        """Request an action. Of the jobs for "Keep this", the current one, which is kept, comes first."""
        current = self._jobs.job_at(self.currentIndex())
        if action is Action.KEEP_THIS and current is not None:
            ids = tuple(sorted(ids, key=lambda id: id != current.id))
        self.action_requested.emit(action, ids)

    def _middle_of_current(self) -> QPoint:
        return self.visualRect(self.currentIndex()).center()

    def open_menu(self, jobs: Sequence[Job], place: QPoint) -> None:
        """Open the menu of these jobs at a place on the screen."""
        job_menu(self, self.job_actions, jobs).popup(place)

    def _show_menu(self, job: Job, point: QPoint) -> None:
        """Open the menu of the selected rows, if the job is one of them; else that of the job."""
        selected = self.selection()
        jobs = selected if job.id in {each.id for each in selected} else (job,)
        self.open_menu(jobs, self.viewport().mapToGlobal(point))
