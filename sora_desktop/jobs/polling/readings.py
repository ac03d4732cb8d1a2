"""Asks for renderings where requests have no daily limit: one a second, where an end is likeliest.

Self-hosted engines limit nothing, but all jobs share one request a second. One list answers for every rendering of its
place; where there is no list, each rendering is polled.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from sora_desktop.api.errors import KeyRejected, NotFound, ServiceError, TooBusy, Unreachable
from sora_desktop.api.service import TaskList, TaskReport, TaskState
from sora_desktop.domain.job import Job, RemoteId
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.plan import UNLIMITED_POLL_COST
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.schedule import Watch
from sora_desktop.jobs.service_calls import ServiceCalls

#: Seconds between two decisions while nothing is due, and until a rendering is asked for at the latest, if it can be.
DECISION_PAUSE, LONGEST_READING_PAUSE = 0.5, 1.5
#: What a second without news counts beside a second of expected delay: renderings about which nothing is known take
#: turns.
WEIGHT_OF_AGE = 0.0005
#: Seconds between two looks at whether a request fits, at least.
SHORTEST_WAIT = 0.1
#: Expected delay, in seconds, above which a request is sent earlier than its turn; later ones make up for it.
USUAL_VALUE = 0.5
#: Seconds for which a list is not used where it failed, is too long, or does not tell what is asked.
LIST_PAUSE = 300.0
#: Seconds by which a task may have been created before its job, by clocks that are not quite right.
CREATED_MARGIN = 600.0
#: Errors of a list that a poll would meet as well.
NOT_OF_THE_LIST = (Unreachable, TooBusy, KeyRejected)
NOT_LISTED = "The service does not list this task."


@dataclass(eq=False)
class _Asked:
    """A rendering whose next report is awaited."""

    job: Job
    remote_id: RemoteId
    watch: Watch
    place: str
    answer: asyncio.Future[TaskReport]

    @property
    def last_seen(self) -> float:
        """Tick at which it was last seen unfinished; when it was accepted, if it was not seen since."""
        return self.watch.began + self.watch.unfinished_at - self.watch.earlier


@dataclass(frozen=True)
class _Target:
    """One request: the list of a place, or the poll of one rendering."""

    asked: tuple[_Asked, ...]
    is_list: bool
    value: float  # expected seconds of delay that it ends
    age: float  # seconds since the rendering seen longest ago was seen


class Readings:
    """Shares the requests of a service among its renderings."""

    def __init__(
        self,
        calls: ServiceCalls,
        rate_limit: RateLimit,
        expected_delay: Callable[[Watch], float],
        waiting: Callable[[], int],
        clock: Clock,
    ) -> None:
        """`expected_delay`: seconds for which a rendering is likely to have been finished by now, unseen.

        `waiting`: the number of jobs that wait to be sent.
        """
        self._calls = calls
        self._rate_limit = rate_limit
        self._expected_delay = expected_delay
        self._waiting = waiting
        self._clock = clock
        self._asked: list[_Asked] = []
        #: Ticks until which a list is not used: of a place, or for one task.
        self._without_list: dict[str, float] = {}
        self._alone: dict[RemoteId, float] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._choosing: asyncio.Task[None] | None = None

    async def next_report(self, job: Job, remote_id: RemoteId, watch: Watch) -> TaskReport:
        """The next report about a rendering, at the time that is best for all. Raises ServiceError.

        NotFound may come from a list that is complete and does not contain the task.
        """
        answer: asyncio.Future[TaskReport] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_retrieve)
        asked = _Asked(job, remote_id, watch, self._calls.place_of(remote_id), answer)
        self._ask(asked)
        try:
            return await answer
        finally:
            if asked in self._asked:
                self._asked.remove(asked)

    async def aclose(self) -> None:
        """Stop. Reports that are awaited do not come."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ask(self, asked: _Asked) -> None:
        self._asked.append(asked)
        if self._choosing is None or self._choosing.done():
            self._choosing = self._own(self._choose_all(), "readings")

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _choose_all(self) -> None:
        while self._asked:
            self._answer_from_latest()
            target = self._best_target()
            haste = 1.0 if target is None else max(target.value / USUAL_VALUE, 1.0) ** 0.5
            pause = self._rate_limit.poll_pause(self._waiting(), haste)
            if target is None or pause > 0:
                await self._clock.sleep(DECISION_PAUSE if target is None else max(pause, SHORTEST_WAIT))
                continue
            for asked in target.asked:
                self._asked.remove(asked)
            self._own(self._read(target), "reading")
            await asyncio.sleep(0)  # the request is counted before the next one is chosen

    def _best_target(self) -> _Target | None:
        """The request that is worth most now; None if none is worth a request yet."""
        due = [
            target
            for target in self._targets()
            if target.value >= UNLIMITED_POLL_COST or target.age >= LONGEST_READING_PAUSE
        ]
        return max(due, key=lambda each: each.value + WEIGHT_OF_AGE * each.age, default=None)

    def _targets(self) -> Iterable[_Target]:
        tick = self._clock.tick()
        by_place: dict[str, list[_Asked]] = defaultdict(list)
        for asked in self._asked:
            if asked.answer.done():  # cancelled
                continue
            if self._calls.lists and self._without_list_until(asked) <= tick:
                by_place[asked.place].append(asked)
            else:
                yield self._target([asked], tick, is_list=False)
        for together in by_place.values():
            # a poll asks less of the service, but a list that shows an end also serves before the create that follows
            yield self._target(together, tick, is_list=len(together) > 1 or self._waiting() > 0)

    def _target(self, asked: list[_Asked], tick: float, *, is_list: bool) -> _Target:
        value = sum(self._expected_delay(each.watch) for each in asked)
        return _Target(tuple(asked), is_list, value, tick - min(each.last_seen for each in asked))

    def _without_list_until(self, asked: _Asked) -> float:
        never = float("-inf")
        return max(self._alone.get(asked.remote_id, never), self._without_list.get(asked.place, never))

    async def _read(self, target: _Target) -> None:
        try:
            if target.is_list:
                await self._read_list(target.asked)
            else:
                (asked,) = target.asked
                _answer(asked, await self._calls.poll(asked.job.id, asked.remote_id))
        except Exception as error:
            for asked in target.asked:
                _fail(asked, error)
        for asked in target.asked:
            if not asked.answer.done():
                self._ask(asked)  # the next reading answers it

    async def _read_list(self, together: tuple[_Asked, ...]) -> None:
        place = together[0].place
        try:
            found = await self._calls.tasks(place, self._created_since(together))
        except NOT_OF_THE_LIST:
            raise
        except ServiceError:
            self._without_list[place] = self._clock.tick() + LIST_PAUSE
            return
        if found is not None:
            if found.requests > 1 and found.requests >= len(together):
                self._without_list[place] = self._clock.tick() + LIST_PAUSE
            self._answer_from(found, together)

    def _answer_from_latest(self) -> None:
        """Answer what the latest lists say, such as one that was read before a create."""
        for asked in self._asked:
            sent_at, found = self._calls.latest_list(asked.place) or (0.0, None)
            if found is None or sent_at <= asked.last_seen:
                continue
            report = self._report_in(found, asked)
            if report is not None and _tells_enough(report):
                self._answer_listed(asked, report)
        self._asked = [asked for asked in self._asked if not asked.answer.done()]

    def _answer_from(self, found: TaskList, together: tuple[_Asked, ...]) -> None:
        for asked in together:
            report = self._report_in(found, asked)
            if report is not None and _tells_enough(report):
                self._answer_listed(asked, report)
            elif report is None and found.is_complete:
                _fail(asked, NotFound(NOT_LISTED))
            else:
                self._alone[asked.remote_id] = self._clock.tick() + LIST_PAUSE

    def _report_in(self, found: TaskList, asked: _Asked) -> TaskReport | None:
        ids = self._calls.spellings(asked.remote_id)  # the service may have got another address since
        return next((task.report for task in found.tasks if task.remote_id in ids), None)

    def _answer_listed(self, asked: _Asked, report: TaskReport) -> None:
        if report.has_ended:
            self._calls.keep(asked.job.id, report)
        _answer(asked, report)

    def _created_since(self, together: tuple[_Asked, ...]) -> float | None:
        """Unix seconds by the service's clock; None if its clock is not known."""
        skew = self._rate_limit.skew
        return None if skew is None else min(asked.job.created_at for asked in together) + skew - CREATED_MARGIN


def _tells_enough(report: TaskReport) -> bool:
    """False if only a poll tells how far the task is."""
    return report.state is not TaskState.UNKNOWN and (report.state is not TaskState.COMPLETED or report.has_ended)


def _answer(asked: _Asked, report: TaskReport) -> None:
    if not asked.answer.done():
        asked.answer.set_result(report)


def _fail(asked: _Asked, error: Exception) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(error)


def _retrieve(answer: asyncio.Future[TaskReport]) -> None:
    """Keep asyncio from reporting an error that nobody waits for any more."""
    if not answer.cancelled():
        answer.exception()
