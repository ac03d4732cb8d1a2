"""What is known of the jobs of the Active tab, loaded or not: the queue with its cost, and the counts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from PySide6.QtCore import QObject, QTimer, Signal

from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.library import LibraryView, Tab
from sora_desktop.domain.money import PriceTable
from sora_desktop.state.job_counter import JobCounter
from sora_desktop.state.job_services import JobServices
from sora_desktop.state.loaded_part import PageSource, all_jobs
from sora_desktop.state.queue_cost import QueueCost, QueueCosts
from sora_desktop.state.queue_places import QueuePlaces

#: Jobs that are read in one turn of the event loop: some five milliseconds.
READ_AT_ONCE = 100


class ActiveJobs(QObject):
    """Reads them from the library, some in each turn of the event loop; all at once if they are few.

    What is put meanwhile is newer than what is read.
    """

    all_read = Signal()  # after more than one turn

    def __init__(self, library: PageSource, counter: JobCounter) -> None:
        super().__init__()
        self._library = library
        self._counter = counter
        self._services: JobServices | None = None
        self._places = QueuePlaces()
        self._costs = QueueCosts()
        self._unread: Iterator[Job] = iter(())
        #: True until all are read: the counts are right, the queue and its cost are not known.
        self.is_reading = False
        self._put: set[JobId] = set()  # while others are read
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)  # a library that cannot be read is not asked again
        self._timer.timeout.connect(self._go_on)

    def read_all(self, services: JobServices) -> None:
        """Read them again, each for the queue of its service."""
        self._services = services
        self._places.reset(())
        self._costs.reset({})
        self._put.clear()
        self._counter.begin()
        self._unread = all_jobs(self._library, LibraryView(Tab.ACTIVE))
        self.is_reading = True
        self._read()

    def stop(self) -> None:
        """Read no more: the library is closed."""
        self._timer.stop()

    def set_prices(self, prices: PriceTable) -> None:
        """Set the prices of the current service."""
        self._costs.set_prices(prices)

    def put(self, job: Job, services: JobServices) -> None:
        """Note the new state of a job, active or not, for the queue. The counter is told by the caller."""
        if self.is_reading:
            self._put.add(job.id)
        queue = services.queue_of(job)
        self._places.put(job, queue)
        self._costs.put(job.id, job.request if queue == services.current else None)

    def place_of(self, id: JobId) -> int | None:
        """1 for the job that its service sends next; None for a job that does not wait, or is not read yet."""
        return self._places.place_of(id)

    def queue_of(self, service: str) -> tuple[int, QueueCost]:
        """The number of jobs that wait for the current service, and their cost. Nothing until all are read."""
        return (0, QueueCost()) if self.is_reading else (self._places.length(service), self._costs.total)

    def _go_on(self) -> None:
        self._read()
        if not self.is_reading:
            self.all_read.emit()

    def _read(self) -> None:
        assert self._services is not None
        part = list(islice(self._unread, READ_AT_ONCE))
        jobs = [job for job in part if job.id not in self._put]
        for job in jobs:
            queue = self._services.queue_of(job)
            self._places.put(job, queue)
            self._costs.put(job.id, job.request if queue == self._services.current else None)
        self._counter.remember(jobs)
        if len(part) < READ_AT_ONCE:
            self.is_reading = False
            self._counter.end()
        else:
            self._timer.start()
