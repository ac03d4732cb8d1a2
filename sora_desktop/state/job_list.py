"""The library as rows of a Qt model."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence

from PySide6.QtCore import QByteArray, QMimeData, QModelIndex, Qt, Signal

from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import ChangedJobs, Job, JobId, Ready, Waiting
from sora_desktop.domain.library import Counts, LibraryView
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.overrides import Override
from sora_desktop.domain.trash import is_taken_away
from sora_desktop.state.actions import PAID, Action, OfferedAction, actions_for
from sora_desktop.state.active_jobs import ActiveJobs
from sora_desktop.state.clip_text import facts_shown
from sora_desktop.state.job_counter import JobCounter
from sora_desktop.state.job_rows import Index, JobRows
from sora_desktop.state.job_services import JobService, JobServices
from sora_desktop.state.ledger_facts import LedgerFacts
from sora_desktop.state.list_order import fits, list_order
from sora_desktop.state.loaded_part import PAGE, LibrarySource, LoadedPart
from sora_desktop.state.marks import mark_names
from sora_desktop.state.new_clips import NewClips
from sora_desktop.state.plain_text import plain_tip
from sora_desktop.state.queue_cost import QueueCost
from sora_desktop.state.row_changes import row_changes, row_of_changed
from sora_desktop.state.row_text import RowText, row_text

#: The role that gives a row's Job.
JOB_ROLE = int(Qt.ItemDataRole.UserRole) + 1

# Built once: a layout reads the flags of every row, and combining enum members is slow.
_NO_FLAGS = Qt.ItemFlag.NoItemFlags
_FLAGS = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_FLAGS_TO_DRAG = _FLAGS | Qt.ItemFlag.ItemIsDragEnabled
_TO_DRAG = frozenset((Ready, Waiting))

#: Of very many changed jobs, about how many rows are updated at once.
ROWS_IN_A_MESSAGE = 500


class JobList(JobRows):
    """The loaded part of the library: pages are read as the list is scrolled, changes arrive through `upsert`."""

    counts_changed = Signal(object, object)  # Counts of the library, and of the chosen service
    new_clip_opened = Signal(str)  # JobId
    queue_read = Signal()  # `queue` is known again

    def __init__(
        self, library: LibrarySource, capabilities: Capabilities, now: Callable[[], float] = time.time
    ) -> None:
        """`capabilities`: of the first service. `now` is in unix seconds."""
        super().__init__()
        self._library = library
        self._services = JobServices(JobService("", capabilities))
        self._loaded = LoadedPart(library)
        self._behind: dict[JobId, Job] = {}  # changed jobs whose rows are not updated yet
        self._kept: JobId | None = None  # listed although the view may no longer show it
        self._jobs = self._loaded.first_page(LibraryView())
        self._counter = JobCounter(library.counts)
        #: The moment, in unix seconds.
        self.now = now
        self._overrides: tuple[Override, ...] = ()
        #: Clips that were not opened yet.
        self.new_clips = NewClips()
        self._ledger = LedgerFacts(library)
        self._active = ActiveJobs(library, self._counter)
        self._active.all_read.connect(self._active_jobs_read)
        self._read_active_jobs()

    @property
    def services(self) -> JobServices:
        """The services of the jobs."""
        return self._services

    def set_services(self, services: JobServices) -> None:
        """Set the services and their prices."""
        before, self._services = self._services, services
        self._active.set_prices(services.prices)
        if services.queues != before.queues:
            self._read_active_jobs()
        if services != before:
            self._repaint_all()

    def set_new_clips(self, ids: Iterable[JobId]) -> None:
        """Set the jobs whose clips were not opened yet. Clips that are finished from now on are among them."""
        self.new_clips.replace(ids)
        self._repaint_all()

    def mark_opened(self, id: JobId) -> None:
        """The clip of the job has been opened: its row is no longer marked."""
        if self.new_clips.open(id):
            row = self.row_of(id)
            if row is not None:
                self.dataChanged.emit(self.index(row), self.index(row))
            self.new_clip_opened.emit(id)

    def set_overrides(self, overrides: tuple[Override, ...]) -> None:
        """Set the environment variables that count instead of Settings: texts with advice about Settings name them."""
        self._overrides = overrides
        self._repaint_all()

    def set_prices(self, prices: PriceTable) -> None:
        """Set the prices in force at the current service."""
        self._services = self._services.with_prices(prices)
        self._active.set_prices(prices)
        self._repaint_all()

    def actions_for(self, jobs: Sequence[Job]) -> tuple[OfferedAction, ...]:
        """What can be done to all of these jobs, with the prices in force.

        A job of a service that is not at work offers nothing that spends: its price is unknown here. Nor do jobs of
        services that charge in different units.
        """
        services = self._services
        one_of_each = list({job.service: job for job in jobs}.values())  # services are few, however many jobs
        offered = actions_for(jobs, services.price_of, services.unit_of(one_of_each), self._stops)
        left_out = set() if all(services.of(job).can_reconcile for job in one_of_each) else {Action.RECONCILE}
        if any(map(services.is_away, one_of_each)) or len({services.of(job).unit for job in one_of_each}) > 1:
            left_out |= PAID
        return tuple(one for one in offered if one.action not in left_out)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        job = self.job_at(index)
        if job is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return job.request.prompt
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(job.request.prompt, self._spoken_text(job))
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken_text(job, with_prompt=True)
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                progress = self.text_of(job).progress  # a row has no other value for screen readers
                return f"{round(100 * progress)} percent" if progress else ""
            case _:
                return job if role == JOB_ROLE else None

    def text_of(self, job: Job) -> RowText:
        """The texts of the job's row at this moment."""
        service = (services := self._services).of(job)
        text = row_text(
            job,
            service.capabilities,
            now=self.now(),
            queue_place=self.queue_place(job),
            price=services.price_of(job),
            charge=self._ledger.charge_of(job, service.unit),
            is_new=job.id in self.new_clips,
            is_found=service.capabilities.cancels and self._ledger.is_found(job),
            away=service.label if services.is_away(job) else "",
            has_queue_line=services.is_current(job),
            service=(label := service.label if services.shows_labels else ""),
        )
        named = bool(label) and label in text.text  # said once is enough
        text = text.with_overrides(self._overrides if service.follows_settings else ())
        return text._replace(service="" if named else label)

    def forget_charges(self) -> None:
        """Read again what failed jobs have cost: a refund may have come."""
        if self._ledger.forget_all():
            self._repaint_all()

    def facts_of(self, job: Job) -> tuple[str, ...]:
        """The request and the facts of the clip, as its own service calls them."""
        service = self._services.of(job)
        return facts_shown(job, service.capabilities, service.label if self._services.shows_labels else "")

    def needs_report(self, job: Job) -> bool:
        """True if support may need what is known about the job, in the Trash or not: it may be paid for in vain."""
        return self._ledger.needs_report(job, self._services.of(job).unit)

    def _stops(self, job: Job) -> bool:
        return self._services.cancels(job) and not self._ledger.is_found(job)

    def _spoken_text(self, job: Job, *, with_prompt: bool = False) -> str:
        """What the row shows, as sentences."""
        begin = [job.request.prompt or "No prompt"] if with_prompt else []
        if with_prompt and isinstance(job.phase, Ready):
            begin.append("Ready")  # the poster shows it
        return self.text_of(job).spoken((*begin, *mark_names(job.marks)))

    def roleNames(self) -> dict[int, QByteArray]:
        return {int(Qt.ItemDataRole.DisplayRole): QByteArray(b"display"), JOB_ROLE: QByteArray(b"job")}

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = index.row()  # not by `job_at`: a selection reads the flags of every row
        if not 0 <= row < len(self._jobs):
            return _NO_FLAGS
        # A finished row can be dragged out as its file, a waiting row within the queue.
        return _FLAGS_TO_DRAG if type(self._jobs[row].phase) in _TO_DRAG else _FLAGS

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: list[QModelIndex]) -> QMimeData:  # type: ignore[override]
        from sora_desktop.state.dragged_jobs import dragged_jobs  # not before the first paint

        return dragged_jobs(job for job in map(self.job_at, indexes) if job is not None)

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction

    @property
    def has_more(self) -> bool:
        """True while the library has jobs after the last row.

        `canFetchMore` stays false: a QTreeView would fetch a page with every layout, needed or not.
        """
        return self._loaded.has_more

    def load_more(self) -> None:
        """Append the next page of the library."""
        shown = {job.id for job in self._jobs}
        if more := [job for job in self._loaded.next_page() if job.id not in shown]:
            self._insert(len(self._jobs), more)

    def unload_after(self, rows: int) -> None:
        """Unload the rows after the first `rows`, if that is a page or more: new jobs must not fill the memory."""
        if len(self._jobs) < rows + PAGE:
            return
        self._loaded.end_after(self._jobs[rows - 1] if rows else None)
        self._remove(range(rows, len(self._jobs)))

    @property
    def view(self) -> LibraryView:
        """The tab, the search and the service on screen."""
        return self._loaded.view

    def set_view(self, view: LibraryView) -> None:
        """Show another tab, search or service."""
        if view.service != self.view.service:
            self._counter.choose(view.service)
            self.counts_changed.emit(*self.all_counts)
        if view != self.view:
            self._read_first_page(view)

    def reload(self) -> None:
        """Read the library again, after it was changed as a whole."""
        self._read_first_page(self.view)
        self._read_active_jobs()

    def stop_reading(self) -> None:
        """Read nothing more: the library is closed."""
        self._active.stop()

    def upsert(self, job: Job) -> None:
        """Show the new state of a job: change, move, insert or remove its one row, and adjust the counts."""
        self._behind.pop(job.id, None)
        row = self._row_of_changed(job)
        shown = None if row is None else self._jobs[row]
        self._note([(job, shown)])
        self._update_row(job, row)
        before = self.all_counts
        self._counter.update(job, shown)
        if self.all_counts != before:
            self.counts_changed.emit(*self.all_counts)

    def upsert_many(self, changed: ChangedJobs) -> None:
        """Show the new states of saved jobs, many rows at a time: each message about rows makes a view lay them out.

        The counts follow with the last part.
        """
        jobs = {job.id: job for job in changed.jobs}
        shown = {job.id: job for job in self._jobs if job.id in jobs}
        self._note([(job, shown.get(job.id)) for job in jobs.values()])
        self._counter.note(jobs.values())
        self._behind |= jobs
        if changed.is_last or len(self._behind) >= ROWS_IN_A_MESSAGE:
            self._update_rows()
        if changed.is_last:
            before = self.all_counts
            self._counter.count_again()
            if self.all_counts != before:
                self.counts_changed.emit(*self.all_counts)

    def keep_listed(self, id: JobId | None) -> None:
        """Keep the row of this job, whatever tab or search it leaves, until another job or None is kept.

        It is under the pointer, where no other row may take its place. What the user deletes or restores goes at once.
        """
        before, self._kept = self._kept, id
        if before is not None and before != id:
            row = self.row_of(before)
            if row is not None and not fits(self._jobs[row], self.view):
                self._remove(range(row, row + 1))
                self._load_first()

    def counts(self) -> Counts:
        """The number of jobs on each tab, in the whole library."""
        return self._counter.counts

    @property
    def all_counts(self) -> tuple[Counts, Counts]:
        """The number of jobs on each tab, in the whole library and of the service that the view shows."""
        return self._counter.counts, self._counter.chosen_counts

    def find_all(self, ids: Collection[JobId]) -> dict[JobId, Job]:
        """Those of the jobs that `find` would find."""
        wanted = frozenset(ids)
        shown = {job.id: job for job in self._jobs if job.id in wanted}
        live = {id: job for id in wanted if (job := self._loaded.published(id)) is not None}
        return shown | live

    def find(self, id: JobId) -> Job | None:
        """The job as last published or loaded; None if it is neither unsettled nor shown."""
        job = self._loaded.published(id)
        row = self.row_of(id) if job is None else None
        return job if row is None else self._jobs[row]

    @property
    def queue(self) -> tuple[int, QueueCost]:
        """The number of jobs that the current service will send, without those on hold, and their cost.

        Nothing as long as thousands of them are read: `queue_read` follows.
        """
        return self._active.queue_of(self._services.current)

    def queue_place(self, job: Job) -> int | None:
        """1 for the job that is sent next; None for a job that does not wait, or is on hold."""
        return self._active.place_of(job.id)

    def _repaint_all(self) -> None:
        if self._jobs:
            self.dataChanged.emit(self.index(0), self.index(len(self._jobs) - 1))

    def _read_first_page(self, view: LibraryView) -> None:
        self._reset(self._loaded.first_page(view))

    def _read_active_jobs(self) -> None:
        self._active.read_all(self._services)
        self.counts_changed.emit(*self.all_counts)

    def _active_jobs_read(self) -> None:
        self.queue_read.emit()
        self._repaint_all()  # with the places in the queue

    def _note(self, changes: Sequence[tuple[Job, Job | None]]) -> None:
        """Note new states of jobs everywhere but in their rows and the counts. Each comes with what its row shows."""
        self.new_clips.jobs_changed((self._loaded.published(job.id) or shown, job) for job, shown in changes)
        for job, _ in changes:
            self._ledger.forget(job.id)
            self._loaded.publish(job)
            self._active.put(job, self._services)

    def _row_of_changed(self, job: Job) -> int | None:
        """The row that shows the job, which may have been moved within the queue or to another section."""
        counted = self._counter.counted(job.id)
        positions = {job.position: None} | ({} if counted is None else {counted.position: None})
        row = row_of_changed(self._jobs, job.id, positions)
        may_have_moved = len(positions) > 1 or (counted is None and self._active.is_reading)
        return self.row_of(job.id) if row is None and may_have_moved else row

    def _stays(self, before: Job, job: Job) -> bool:
        """True if the job keeps a row."""
        is_kept = job.id == self._kept and not is_taken_away(before, job)
        is_listed = is_kept or fits(job, self.view)
        return is_listed and (list_order(before) == list_order(job) or self._loaded.reaches(job))

    def _comes(self, job: Job) -> bool:
        """True if the job gets a row that it did not have."""
        return fits(job, self.view) and self._loaded.reaches(job)

    def _update_rows(self) -> None:
        jobs, self._behind = self._behind, {}
        self._change(row_changes(self._jobs, jobs, self._stays, self._comes))
        self._load_first()

    def _update_row(self, job: Job, row: int | None) -> None:
        if row is None:
            if self._comes(job):
                self._insert(bisect_left(self._jobs, list_order(job), key=list_order), (job,))
        elif not self._stays(self._jobs[row], job):
            self._remove(range(row, row + 1))
            self._load_first()
        else:
            place = row
            if list_order(self._jobs[row]) != list_order(job):
                others = self._jobs[:row] + self._jobs[row + 1 :]
                place = bisect_left(others, list_order(job), key=list_order)
            self._move(row, place)
            self._put(range(place, place + 1), (job,))

    def _load_first(self) -> None:
        if not self._jobs and self.has_more:  # without a row there is nothing to scroll
            self.load_more()
