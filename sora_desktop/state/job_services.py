"""What rows and menus need to know about the services that jobs belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sora_desktop.domain.capabilities import Capabilities, Unit
from sora_desktop.domain.job import Job, Waiting
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.service_config import SANDBOX


@dataclass(frozen=True, slots=True)
class JobService:
    """One service, as its jobs show it."""

    label: str
    capabilities: Capabilities
    prices: PriceTable = field(default_factory=PriceTable)
    is_open: bool = True  # it is at work: its jobs can be sent, polled and downloaded
    is_offline: bool = False  # it is at work and does not answer as it should: its jobs wait until it does
    follows_settings: bool = True  # advice about Settings is about it: not about a service that the user has added
    can_reconcile: bool = True  # something there can show whether a create arrived: a list of tasks, or a balance

    @property
    def unit(self) -> Unit | None:
        """What the service charges in; None: it does not charge."""
        return self.capabilities.unit


@dataclass(frozen=True, slots=True)
class JobServices:
    """All services that are known, by name, and which of them is current."""

    first: JobService  # stands for a service that is not known any more, and for every one until one is connected
    known: Mapping[str, JobService] = field(default_factory=dict)
    current: str = ""  # empty while none is connected
    unassigned: str = ""  # the service that gets the jobs without one; empty: the current service
    shows_labels: bool = False  # there are several to tell apart

    def of(self, job: Job) -> JobService:
        """The service of the job."""
        return self.known.get(self._name(job)) or replace(self.first, label=_label_of(job.service))

    def is_current(self, job: Job) -> bool:
        """True if the current service has the job, or may get it. Until one is connected, every service is."""
        return not self.current or self._name(job) == self.current

    def is_away(self, job: Job) -> bool:
        """True if the service of the job is not at work although another one is."""
        if self.is_current(job):
            return False
        service = self.known.get(self._name(job))
        return service is None or not service.is_open

    @property
    def prices(self) -> PriceTable:
        """The prices in force at the current service."""
        return self.known.get(self.current, self.first).prices

    @property
    def queues(self) -> tuple[str, str, frozenset[str]]:
        """What `queue_of` depends on."""
        return self.current, self.unassigned, frozenset(name for name, service in self.known.items() if service.is_open)

    def queue_of(self, job: Job) -> str | None:
        """The service in whose queue the job waits; None if it does not wait, or its service is not at work."""
        if not isinstance(job.phase, Waiting) or job.on_hold or self.is_away(job):
            return None
        return self.current if self.is_current(job) else self._name(job)

    def cancels(self, job: Job) -> bool:
        """True if the service of the job can stop its rendering."""
        return self.of(job).capabilities.cancels

    def with_prices(self, prices: PriceTable) -> JobServices:
        """The same with other prices at the current service."""
        current = self.known.get(self.current)
        if current is None:
            return replace(self, first=replace(self.first, prices=prices))
        return replace(self, known={**self.known, self.current: replace(current, prices=prices)})

    def price_of(self, job: Job) -> Decimal | None:
        """The price of one more take of the job's request at its service; None if it is unknown."""
        return self.of(job).prices.price_of(job.request)

    def unit_of(self, jobs: Sequence[Job]) -> Unit | None:
        """What their services charge in; None: none of them charges."""
        return next((unit for job in jobs if (unit := self.of(job).unit) is not None), None)

    def _name(self, job: Job) -> str:
        return job.service or self.unassigned or self.current


def _label_of(name: str) -> str:
    """How a service that is not configured is called: the host of its URL."""
    if name == SANDBOX or not name:
        return "the sandbox"
    return name.partition("://")[2].partition("/")[0] or name
