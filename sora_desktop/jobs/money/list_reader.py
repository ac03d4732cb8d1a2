"""Reads a service's list of tasks: before each create, and after one whose answer was lost."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sora_desktop.api.errors import BadAnswer, NotFound, Refused
from sora_desktop.api.service import ALWAYS_LISTED, ListedTask, TaskList, TaskState
from sora_desktop.domain.job import RemoteId, Rendering
from sora_desktop.domain.ledger import Attempt, ListMark, Outcome
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.list_verdict import (
    CLOCK_STEP,
    ListEvidence,
    ListVerdict,
    LostCreate,
    Memory,
    agreed,
    judge_absence,
    trace_in,
)
from sora_desktop.jobs.money.spending_ledger import SpendingLedger
from sora_desktop.jobs.polling.rate_limit import RequestKind
from sora_desktop.jobs.service_calls import ServiceCalls

log = logging.getLogger(__name__)

#: So many of the newest tasks are kept in a mark: each list that was read for another reason has them, too.
MARKED = ALWAYS_LISTED
#: Readings that must agree, twice: replicas behind one address show different lists, each by chance. With two replicas
#: a task is hidden from all of them, and the mark's tasks are in each, once in 2^15 times.
READINGS = 7
#: Readings between two that ask since when the service runs. That is one more call, which would always lead to the
#: other of two replicas that take turns.
START_EVERY = 3
#: Seconds between two readings, at most. Each gap is random: readings that alternate with other calls could all lead to
#: the same one of two replicas that take turns.
LONGEST_READING_GAP = 3.0
#: Earlier tasks of our own that are asked for if the list has none of the marked ones, and how often each.
PROBES, POLLS = 3, 4
#: Lost creates that are compared with each other, at most.
RIVALS = 200
#: Seconds after which a service that has run since may have deleted a task that has ended.
LONGEST_KEPT = 24 * 3600.0
#: Why nothing is certain after a restored backup, as a clause for the user.
LACKS_ATTEMPTS = "the library was restored from a copy, which lacks what was sent since"
#: Other reasons why a list shows nothing for certain, as clauses for the user.
NOT_MARKED = "its list was not read before the request was sent"
NOT_RECORDED = "what was sent is not recorded"
OTHER_KEY = "the request was sent with another API key"
OTHER_ADDRESSES = "the addresses of the service were changed since"


@dataclass(frozen=True, slots=True)
class NoFreePlace:
    """Every place that can be reached renders as many jobs as it may, also those of others."""


class ListReader:
    """The list of one service. Methods raise ServiceError and StoreError."""

    def __init__(
        self,
        calls: ServiceCalls,
        journal: Journal,
        ledger: SpendingLedger,
        clock: Clock,
        most_jobs: int | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`most_jobs`: how many each place may have at once; None: any number.

        `uniform` returns a random number between two.
        """
        self._calls = calls
        self._journal = journal
        self._ledger = ledger
        self._clock = clock
        self._most_jobs = most_jobs
        self._uniform = uniform

    async def mark(self) -> ListMark | NoFreePlace | None:
        """Where the next create goes, and what the list there shows now. None: one address, and no list.

        An address whose list cannot be read, although it answers, is sent requests all the same. The first reading must
        have been counted: `ServiceCalls.reserve_create`. The one that has just shown an end, so that a job can be sent,
        is not repeated. A place that renders as many jobs as it may is passed over.
        """
        if not self._calls.lists and not self._calls.has_places:
            return None
        active = {job.phase.remote_id for job in self._journal.active if isinstance(job.phase, Rendering)}
        full: set[str] = set()
        while (place := self._calls.place_for_next(active)) not in full:
            listed = await self._list_before_create(place, is_counted=not full)
            unfinished = _unfinished_in(listed)
            if self._most_jobs is None or len(unfinished) < self._most_jobs:
                return _mark_of(place, listed)
            full.add(place)
            active |= unfinished  # so that another place is the next one
        return NoFreePlace()

    async def _list_before_create(self, place: str, *, is_counted: bool) -> TaskList | None:
        """None if it cannot be read. `is_counted`: by `ServiceCalls.reserve_create`."""
        try:
            if is_counted and (listed := self._calls.list_before_create(place)) is not None:
                return listed
            kind = None if is_counted else RequestKind.BALANCE
            return await self._calls.tasks(place, None, kind, limit=MARKED)
        except (BadAnswer, Refused) as error:
            log.warning("the list could not be read before a request is sent: %s", error)
            return None

    async def verdict(self, attempt: Attempt, pause: float, show: Callable[[str], None]) -> ListVerdict:
        """What the list shows about an attempt, asked twice unless the first answer is final.

        `pause`: seconds between the two. `show` is called with what happens meanwhile, for the user.
        """
        mark, request = attempt.mark, self._ledger.read.request_of(attempt)
        if mark is None or request is None:
            return ListVerdict(Outcome.UNKNOWN, NOT_MARKED if request else NOT_RECORDED)
        if bool(mark.place) != self._calls.has_places:
            return ListVerdict(Outcome.UNKNOWN, OTHER_ADDRESSES)  # remote ids are written in another way now
        show("No clear answer came. The list of videos is being read to find out whether the request arrived.")
        verdict = await self._verdict_now(attempt, mark, request)
        if not verdict.at_once:
            show(f"No clear answer came. The list of videos is read again in {pause:.0f} s.")
            await self._clock.sleep(pause)
            verdict = agreed(verdict, await self._verdict_now(attempt, mark, request))
        if verdict.outcome is Outcome.REFUSED:
            restore = self._ledger.read.last_restore()
            if restore is not None and attempt.id <= restore[0]:
                return ListVerdict(Outcome.UNKNOWN, LACKS_ATTEMPTS)
            if attempt.key_fingerprint not in ("", self._ledger.key_fingerprint):
                return ListVerdict(Outcome.UNKNOWN, OTHER_KEY)
        return verdict

    async def _verdict_now(self, attempt: Attempt, mark: ListMark, request: VideoRequest) -> ListVerdict:
        since = None if mark.newest_at is None else mark.newest_at - CLOCK_STEP
        readings = [await self._read(mark.place, since, tells_start=True)]
        evidence = self._evidence(attempt, LostCreate(attempt.id, request, mark), readings)
        trace = trace_in(evidence)
        if trace is not None:
            return trace
        while len(readings) < READINGS:
            await self._clock.sleep(self._uniform(0.0, LONGEST_READING_GAP))
            tells_start = len(readings) % START_EVERY == 0
            readings.append(await self._read(mark.place, since, tells_start=tells_start))
        evidence = self._evidence(attempt, evidence.lost, readings)
        return trace_in(evidence) or judge_absence(evidence, await self._memory(attempt, mark, readings))

    async def _read(self, place: str, since: float | None, *, tells_start: bool) -> TaskList:
        listed = await self._calls.tasks(place, since, RequestKind.BALANCE, tells_start=tells_start, alone=True)
        assert listed is not None
        return listed

    def _evidence(self, attempt: Attempt, lost: LostCreate, readings: list[TaskList]) -> ListEvidence:
        listed = _together(readings)
        ids = {task.remote_id for task in listed.tasks}.union(lost.mark.ids or ())
        spelled = {other: id for id in ids for other in self._calls.spellings(id)}
        ours = self._ledger.read.known_remote_ids(spelled)
        here = {spelled[id] for id in ours if self._calls.place_of(id) == lost.mark.place}
        elsewhere = {spelled[id] for id in ours} - here
        return ListEvidence(lost, self._rivals(attempt, lost.mark), listed, frozenset(here), frozenset(elsewhere))

    def _rivals(self, attempt: Attempt, mark: ListMark) -> tuple[LostCreate, ...]:
        """Other creates at the same place whose outcome is not known and whose task may be that of this attempt."""
        rivals = []
        for each in self._ledger.read.undecided(attempt.service, RIVALS):
            if each.id == attempt.id or each.mark is None or each.mark.place != mark.place:
                continue
            if each.id < attempt.id and _seconds_between(each, attempt) > self._calls.create_timeout:
                continue  # its task, if there is one, was listed before this attempt
            request = self._ledger.read.request_of(each)
            if request is not None:
                rivals.append(LostCreate(each.id, request, each.mark))
        return tuple(rivals)

    async def _memory(self, attempt: Attempt, mark: ListMark, readings: list[TaskList]) -> Memory:
        earlier = self._ledger.read.accepted_before(attempt, MARKED)
        ours = [id for id in earlier if self._calls.place_of(id) == mark.place]
        is_marked = not ours or bool({*self._calls.spellings(ours[0])}.intersection(mark.ids or ()))
        if mark.ids is not None and not is_marked and len(mark.ids) < MARKED:
            return Memory.UNPROVEN  # it had been restarted before already, or its list lacks what it has created
        up_since, service_time = readings[-1].up_since, readings[-1].service_time
        if up_since is not None and mark.read_at is not None and up_since > mark.read_at + CLOCK_STEP:
            return Memory.LOST
        if len({reading.up_since for reading in readings} - {None}) > 1:
            return Memory.SPLIT
        marked = [{task.remote_id for task in reading.tasks}.intersection(mark.ids or ()) for reading in readings]
        if any(each != marked[0] for each in marked):
            return Memory.SPLIT
        if marked[0]:
            return Memory.KEPT
        probed = await self._probe(attempt, ours)
        if probed is not None:
            return probed
        if up_since is not None and mark.read_at is not None and service_time is not None:
            ran_before, is_recent = up_since <= mark.read_at, service_time - mark.read_at < LONGEST_KEPT
            return Memory.KEPT if ran_before and is_recent else Memory.UNPROVEN
        return Memory.LOST if mark.ids else Memory.UNPROVEN

    async def _probe(self, attempt: Attempt, ours: Sequence[RemoteId]) -> Memory | None:
        """Whether the place still knows one of our tasks from before the attempt; None if there are none."""
        for id in ours[:PROBES]:
            known = {await self._is_known(attempt, id) for _ in range(POLLS)}
            if len(known) > 1:
                return Memory.SPLIT
            if True in known:
                return Memory.KEPT
        return Memory.LOST if ours else None

    async def _is_known(self, attempt: Attempt, id: RemoteId) -> bool:
        try:
            await self._calls.poll(attempt.job_id, id)
        except NotFound:
            return False
        return True


def _unfinished_in(listed: TaskList | None) -> set[RemoteId]:
    tasks = () if listed is None else listed.tasks
    return {task.remote_id for task in tasks if task.report.state in (TaskState.PENDING, TaskState.PROCESSING)}


def _mark_of(place: str, listed: TaskList | None) -> ListMark:
    if listed is None or not (listed.tasks or listed.is_complete):
        return ListMark(place)
    newest = listed.tasks[:MARKED]
    times = [task.created_at for task in newest if task.created_at is not None]
    return ListMark(place, tuple(task.remote_id for task in newest), max(times, default=None), listed.service_time)


def _together(readings: list[TaskList]) -> TaskList:
    """All tasks of several readings."""
    tasks: dict[RemoteId, ListedTask] = {}
    for reading in reversed(readings):
        for task in reading.tasks:
            tasks.setdefault(task.remote_id, task)
    newest_first = sorted(tasks.values(), key=lambda task: task.created_at or 0.0, reverse=True)
    last = readings[-1]
    is_complete = all(reading.is_complete for reading in readings)
    return TaskList(tuple(newest_first), is_complete, last.service_time, last.up_since)


def _seconds_between(earlier: Attempt, later: Attempt) -> float:
    """By the service's clock if it has told the time, else by this computer's."""
    first, second = (None if each.mark is None else each.mark.read_at for each in (earlier, later))
    return later.sent_at - earlier.sent_at if first is None or second is None else second - first
