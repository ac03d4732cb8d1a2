"""The library as rows: one way in, exact announcements."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QUrl,
    Signal,
)

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import Job, JobId, Ready, Removed, Waiting, is_settled, phase_name
from sora_desktop.domain.library import ACTIVE_PHASES, DONE_PHASES, FAILED_PHASES, Counts, LibraryView, Tab
from sora_desktop.domain.money import PriceTable
from sora_desktop.state.row_text import RowText, is_at, row_text

#: The role that gives a row's Job.
JOB_ROLE = int(Qt.ItemDataRole.UserRole) + 1
#: Rows asked of the library at a time.
PAGE = 100

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()

# made once: a layout asks for the flags of every row, and joining enum members is slow
_NO_FLAGS = Qt.ItemFlag.NoItemFlags
_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_FLAGS_TO_DRAG = _FLAGS | Qt.ItemFlag.ItemIsDragEnabled


class LibrarySource(Protocol):
    """What the list asks of the library."""

    def page(self, view: LibraryView, limit: int, after: Job | None = None) -> list[Job]:
        """At most `limit` jobs of the view, newest first and who waits last in line first, from behind `after`."""

    def counts(self) -> Counts:
        """How many jobs stand where."""


def fits(job: Job, view: LibraryView) -> bool:
    """True when the view shows the job."""
    name = phase_name(job.phase)
    on_tab = {
        Tab.ALL: True,
        Tab.ACTIVE: name in ACTIVE_PHASES,
        Tab.DONE: name in DONE_PHASES,
        Tab.FAILED: name in FAILED_PHASES,
        Tab.STARRED: job.starred,
    }[view.tab]
    words = view.search.lower().split()
    prompt = job.request.prompt.lower()
    return on_tab and not isinstance(job.phase, Removed) and all(word in prompt for word in words)


class JobList(QAbstractListModel):
    """A window onto the library: pages come as the list is scrolled, changes come by `upsert`."""

    counts_changed = Signal(object)  # Counts

    def __init__(
        self, library: LibrarySource, capabilities: Capabilities, now: Callable[[], float] = time.time
    ) -> None:
        """`now` is in unix seconds."""
        super().__init__()
        self._library = library
        self._capabilities = capabilities
        self._view = LibraryView()
        #: Unsettled jobs as they were last published: progress is shown, and never in a page from the library.
        self._live: dict[JobId, Job] = {}
        #: The last job of the last page. Rows from there up are shown, whichever jobs stand there by now.
        self._lowest: Job | None = None
        self._all_here = True
        self._jobs: list[Job] = self._page(self._view)
        self._phases: dict[JobId, str] = {}
        self._prices = PriceTable()
        self._now = now
        self._service = ""
        self._queue: dict[JobId, float] = self._line()

    def set_service(self, name: str) -> None:
        """Which service is connected; what belongs to another says so, and stands in no line."""
        self._service = name
        self._queue = self._line()
        self._paint_all()

    def set_prices(self, prices: PriceTable) -> None:
        """The prices in force; rows that name one are painted anew."""
        self._prices = prices
        self._paint_all()

    def _paint_all(self) -> None:
        if self._jobs:
            self.dataChanged.emit(self.index(0), self.index(len(self._jobs) - 1))

    def price_of(self, job: Job) -> Decimal | None:
        """Credits for one more take of the job's request, or None when no price is known."""
        return self._prices.price_of(job.request)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._jobs)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        job = self.job_at(index)
        if job is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return job.request.prompt
            case Qt.ItemDataRole.ToolTipRole:
                import html  # late: no start shows a tip

                lines = (html.escape(part) for part in (job.request.prompt, self._standing(job)))
                return f"<qt>{'<br><br>'.join(lines)}</qt>"  # a prompt with tags in it must not be read as HTML
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{job.request.prompt}. {self._standing(job)}"
            case _:
                return job if role == JOB_ROLE else None

    def text_of(self, job: Job) -> RowText:
        """What the job's row says under its prompt, now."""
        place, price = self.queue_place(job), self.price_of(job)
        return row_text(
            job, self._capabilities, now=self._now(), queue_place=place, price=price, connected=self._service
        )

    def _standing(self, job: Job) -> str:
        return " ".join(self.text_of(job).all)

    def roleNames(self) -> dict[int, QByteArray]:
        return {int(Qt.ItemDataRole.DisplayRole): QByteArray(b"display"), JOB_ROLE: QByteArray(b"job")}

    def flags(self, index: Index) -> Qt.ItemFlag:
        job = self.job_at(index)
        if job is None:
            return _NO_FLAGS
        return _FLAGS_TO_DRAG if isinstance(job.phase, Ready | Waiting) else _FLAGS  # out as a file, or in the queue

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        files = []
        for job in map(self.job_at, indexes):
            if job is not None and isinstance(job.phase, Ready):
                files.append(QUrl.fromLocalFile(str(job.phase.clip.file)))
        data = QMimeData()
        data.setUrls(files)
        return data

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction

    @property
    def has_more(self) -> bool:
        """True while there is a page behind the last row.

        Qt's own `canFetchMore` stays false: a QTreeView fetches a page with every layout, needed or not.
        """
        return not self._all_here

    def load_more(self) -> None:
        """Append the next page."""
        shown = {job.id for job in self._jobs}
        more = [job for job in self._page(self._view, self._lowest) if job.id not in shown]
        if more:
            self.beginInsertRows(QModelIndex(), len(self._jobs), len(self._jobs) + len(more) - 1)
            self._jobs += more
            self.endInsertRows()

    @property
    def view(self) -> LibraryView:
        """The tab and the search that are shown."""
        return self._view

    def set_view(self, view: LibraryView) -> None:
        """Show another tab or search."""
        if view == self._view:
            return
        jobs = self._page(view)
        self.beginResetModel()
        self._view, self._jobs = view, jobs
        self.endResetModel()

    def reload(self) -> None:
        """The library was changed as a whole: read it anew."""
        self.beginResetModel()
        self._jobs = self._page(self._view)
        self.endResetModel()
        self.counts_changed.emit(self.counts())

    def upsert(self, job: Job) -> None:
        """A job is new or took a step: change, move, add or take out its one row."""
        if self._is_in_line(job):
            self._queue[job.id] = job.position
        else:
            self._queue.pop(job.id, None)
        if is_settled(job.phase):
            self._live.pop(job.id, None)
        else:
            self._live[job.id] = job
        row = self._row_of(job)
        if row is not None:
            place = self._place_of(job, row) if fits(job, self._view) else None
            if place is None:
                self._take_out(row)
            else:
                self._move(row, place)
                self._jobs[place] = job
                index = self.index(place)
                self.dataChanged.emit(index, index)
        elif fits(job, self._view) and self._reaches(job):
            place = bisect_left(self._jobs, _newest_first(job), key=_newest_first)
            self.beginInsertRows(QModelIndex(), place, place)
            self._jobs.insert(place, job)
            self.endInsertRows()
        state = f"{phase_name(job.phase)}{job.starred}"
        if self._phases.get(job.id) != state:
            self._phases[job.id] = state
            self.counts_changed.emit(self.counts())

    def counts(self) -> Counts:
        """How many jobs stand where, in the whole library."""
        return self._library.counts()

    def row_of(self, id: JobId) -> int | None:
        """The row that shows the job, if it is shown."""
        return next((row for row, job in enumerate(self._jobs) if job.id == id), None)

    def job_at(self, index: Index) -> Job | None:
        """The job of a row."""
        row = index.row()  # -1 for an index of nothing
        return self._jobs[row] if 0 <= row < len(self._jobs) else None

    def queue_place(self, job: Job) -> int | None:
        """1 for the job that is sent next; None for one that does not wait, or waits on hold."""
        mine = self._queue.get(job.id)
        return None if mine is None else 1 + sum(position < mine for position in self._queue.values())

    def _line(self) -> dict[JobId, float]:
        """The places of all that waits to be sent."""
        active = self._everything(LibraryView(Tab.ACTIVE))
        return {job.id: job.position for job in active if self._is_in_line(job)}

    def _is_in_line(self, job: Job) -> bool:
        return isinstance(job.phase, Waiting) and not job.on_hold and (not self._service or is_at(job, self._service))

    def _page(self, view: LibraryView, after: Job | None = None) -> list[Job]:
        """A page of the library, with what is known beyond it; the list reaches to its end from now on."""
        page = self._library.page(view, PAGE, after)
        self._lowest, self._all_here = page[-1] if page else None, len(page) < PAGE
        jobs = []
        for job in page:
            live = self._live.get(job.id, job)
            if live.position != job.position:  # moved a moment ago, which has not been told yet
                live = replace(live, position=job.position)
            jobs.append(live if type(live.phase) is type(job.phase) else job)
        return jobs

    def _reaches(self, job: Job) -> bool:
        """True where the job's place is among what is loaded."""
        return self._all_here or self._lowest is None or not _newest_first(self._lowest) < _newest_first(job)

    def _everything(self, view: LibraryView) -> Iterator[Job]:
        after: Job | None = None
        while page := self._library.page(view, PAGE, after):
            yield from page
            after = page[-1]

    def _row_of(self, job: Job) -> int | None:
        row = bisect_left(self._jobs, _newest_first(job), key=_newest_first)
        if row < len(self._jobs) and self._jobs[row].id == job.id:
            return row
        return self.row_of(job.id) if isinstance(job.phase, Waiting) else None  # who waits may have been moved

    def _place_of(self, job: Job, row: int) -> int | None:
        """The row where the job of that row belongs now; None behind what is loaded."""
        if self._jobs[row].position == job.position:
            return row
        if not self._reaches(job):
            return None
        others = self._jobs[:row] + self._jobs[row + 1 :]
        return bisect_left(others, _newest_first(job), key=_newest_first)

    def _move(self, row: int, place: int) -> None:
        if row != place:
            self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), place if place < row else place + 1)
            self._jobs.insert(place, self._jobs.pop(row))
            self.endMoveRows()

    def _take_out(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._jobs[row]
        self.endRemoveRows()
        if not self._jobs and not self._all_here:  # nothing is left to scroll to what is not here yet
            self.load_more()


class _Descending:
    """Turns the order of what it holds round."""

    __slots__ = ("key",)

    def __init__(self, key: tuple[float, str]) -> None:
        self.key = key

    def __lt__(self, other: _Descending) -> bool:
        return other.key < self.key


def _newest_first(job: Job) -> _Descending:
    return _Descending((job.position, job.id))
