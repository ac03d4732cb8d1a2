"""Polls one task until it ends, within the rate limit, and shows its progress with the job."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from sora_desktop.api.errors import DailyLimit, KeyRejected, NotFound, ServiceError, TooBusy
from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.domain.job import Job, JobId, RemoteId, Rendering, Saving, Unsaved
from sora_desktop.domain.render_time import render_kind_of
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.polling.outage import Outage
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.readings import Readings
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.polling.schedule import PollSchedule, Watch
from sora_desktop.jobs.polling.sightings import (
    MISSING_PAUSES,
    MISSING_SHOWN,
    MOST_ENGINES,
    SEVERAL_ENGINES,
    Sightings,
    forgotten,
)
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds after which a task that neither completes nor fails is abandoned.
DEADLINE = 24 * 3600.0
#: Seconds for which this run must have followed a task of an earlier run before it is abandoned: its age is known only
#: from the time of day, which may be wrong for a while.
DEADLINE_CONFIRMATION = 3600.0
#: Seconds by which the time of day may differ from the service's for ages of earlier runs to be trusted.
TRUSTED_SKEW = 600.0
#: Seconds: the longest pause after errors of the service, and where requests have no daily limit.
LONGEST_PAUSE, LONGEST_PAUSE_UNLIMITED = 600.0, 30.0
#: Seconds above which a rendering is so long that a few until its end is seen are no more than 3 % of it.
LONG_RENDERING = 100.0
#: Seconds after its acceptance within which a rendering counts as polled from the start.
FROM_THE_START = 5.0
#: Consecutive NotFound errors after which a task counts as lost. One may come from a replica that does not know the
#: task yet, or from a service that is being deployed. The pause doubles each time, so this takes half an hour; four
#: minutes for a task so old that the service may have deleted it, and that was not seen since.
NOT_FOUND_LIMIT, NOT_FOUND_LIMIT_OLD = 12, 8
#: Seconds until a poll is tried again after the key was rejected.
KEY_RETRY = 32.0
#: Seconds: pauses after which the present key is tried again for a job that another key paid for, before it waits. One
#: NotFound may come from a replica that does not know the task. Short, since a command line waits for them.
KEY_TRY_PAUSES = (15.0, 30.0)
IN_LINE = "Waits for its turn at the service."
UNKNOWN_TASK = "The service does not know this task at the moment. Checking again for a while."
BEING_CANCELLED = "Being cancelled: the engine does not know it at the moment, and is asked again."
#: Seconds after which a service may have deleted a task.
OLD = 24 * 3600.0
#: Shown with a job whose remote id another job has as well.
SHARED_ID = (
    "The service gave this request and an earlier one the same id, so both may become one video. "
    "Compare the clips before you send either again."
)


@dataclass
class TaskPolls:
    """What this run has seen of one task."""

    outage: Outage = field(default_factory=Outage)
    watch: Watch | None = None  # of its rendering
    sightings: Sightings = field(default_factory=Sightings)


class TaskPoller:
    """Decides when each task is polled, what an error of the service means for it, and when it is given up."""

    def __init__(
        self,
        calls: ServiceCalls,
        journal: Journal,
        rate_limit: RateLimit,
        times: RenderTimes,
        clock: Clock,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`uniform` returns a random number between two."""
        self._calls = calls
        self._uniform = uniform
        self._journal = journal
        self._rate_limit = rate_limit
        self._clock = clock
        self._times = times
        self._schedule = PollSchedule(rate_limit, times, clock)
        self._readings = Readings(
            calls, rate_limit, self._schedule.expected_delay, lambda: journal.waiting_count, clock
        )
        self._mixed = calls.mixed_places

    async def until_end(self, job: Job, remote_id: RemoteId, polls: TaskPolls, *, poll_now: bool) -> TaskReport | None:
        """The report that ends the task; None if it is still rendering at the deadline.

        `poll_now`: it was not polled for some time.
        """
        watch = polls.watch = self._watch_of(job, polls.watch, poll_now)
        watch.place = self._calls.place_of(remote_id)
        self._schedule.add(watch)
        try:
            return await self._until_end(job, remote_id, watch, polls, poll_now or not isinstance(job.phase, Rendering))
        finally:
            self._schedule.remove(watch)

    async def is_shown(self, job: Job, remote_id: RemoteId, polls: TaskPolls) -> bool:
        """False if the service does not show the task to the present key: that says nothing about the task.

        A key that was replaced within one account shows the tasks of the old one. The task is tried several times.
        """
        errors = missing = 0
        while True:
            try:
                await self._poll(job.id, remote_id, polls.outage)
            except NotFound:
                if missing == len(KEY_TRY_PAUSES):
                    return False
                self.show_warning(job, UNKNOWN_TASK)
                await self._clock.sleep(KEY_TRY_PAUSES[missing])
                missing += 1
            except KeyRejected as error:
                self.show_warning(job, str(error))
                await self._clock.sleep(KEY_RETRY)
            except ServiceError as error:
                errors += 1
                self.show_warning(job, str(error))
                await self._clock.sleep(min(2.0 ** min(errors, 10), LONGEST_PAUSE))
            else:
                return True

    def is_overdue(self, id: JobId) -> bool:
        """True if the job's rendering takes much longer than others of its kind did."""
        return self._schedule.is_overdue(id)

    async def aclose(self) -> None:
        """Stop asking. All jobs have been stopped."""
        await self._readings.aclose()

    def is_full(self, place: str, active: int) -> bool:
        """True if a place with so many active jobs would let one more wait, as far as it has shown."""
        return self._schedule.is_full(place, active)

    def renders_long(self, job: Job) -> bool:
        """True if such renderings are known to take so long that the time until an end is seen hardly matters."""
        kind = render_kind_of(job.request, job.service)
        return self._times.samples(kind) > 0 and self._times.median(kind) > LONG_RENDERING

    def is_worth_waiting(self, polls: TaskPolls) -> bool:
        """False if the next usable answer about the task is not likely to come soon."""
        return polls.outage.is_worth_waiting(self._clock.tick())

    def show_warning(self, job: Job, warning: str) -> None:
        """Show the warning with the job while it is followed."""
        job = self._journal.get(job.id) or job
        if isinstance(job.phase, Rendering):
            self._journal.show_phase(job, replace(job.phase, warning=warning, forecast=None))
        elif isinstance(job.phase, Saving | Unsaved):
            self._journal.show_phase(job, Unsaved(job.phase.remote_id, warning))

    async def _until_end(
        self, job: Job, remote_id: RemoteId, watch: Watch, polls: TaskPolls, poll_now: bool
    ) -> TaskReport | None:
        outage = polls.outage
        errors = missing = 0
        missing_since = 0.0  # tick
        is_old, is_rendering = True, False
        pause = None if poll_now else self._next_pause(watch)
        self._show_progress(job.id, remote_id, watch, "")
        while not (is_rendering and self._is_past_deadline(watch)):
            if pause is not None:
                await self._clock.sleep_until(self._clock.tick() + pause)
            warning, pause, is_rendering = "", None, False
            try:
                report = await self._report(job, remote_id, watch, polls)
            except NotFound as error:
                if not self._rate_limit.has_daily_limit:
                    if await self._is_forgotten(job, remote_id, polls):
                        return forgotten(polls.sightings, self._clock.tick())
                    warning = self._warning_about_missing(job.id, watch.place, polls.sightings)
                    pause = self._uniform(*MISSING_PAUSES)
                    self._show_progress(job.id, remote_id, watch, warning)
                    continue
                missing += 1
                missing_since = missing_since or self._clock.tick()
                is_old = is_old and self._clock.now() - job.changed_at > OLD and self._trusts_time_of_day()
                if missing >= (NOT_FOUND_LIMIT_OLD if is_old and watch.polls == 0 else NOT_FOUND_LIMIT):
                    return _lost(error, missing, self._clock.tick() - missing_since)
                warning = UNKNOWN_TASK
                pause = min(2.0**missing, LONGEST_PAUSE)
            except TooBusy as error:
                self._rate_limit.refused(error.retry_after)
                warning = "" if outage.is_worth_waiting(self._clock.tick()) else str(error)
            except DailyLimit as error:
                if error.code:  # an answer of the service, not of our own rate limit
                    self._rate_limit.refused_today()
                pause = min(self._rate_limit.service_time.until_limit_ends, LONGEST_PAUSE)
                tomorrow = self._rate_limit.limits.day_begins_text
                warning = f"Today's requests are used up. Rendering continues; the next check is after {tomorrow}."
            except KeyRejected as error:
                warning, pause = str(error), KEY_RETRY
            except ServiceError as error:
                errors, warning = min(errors + 1, 10), str(error)
                limited = self._rate_limit.has_daily_limit
                pause = min(2.0**errors, LONGEST_PAUSE if limited else LONGEST_PAUSE_UNLIMITED)
            else:
                errors = missing = 0
                missing_since = 0.0
                is_rendering = True
                watch.correct(self._clock.now() - job.changed_at - watch.observed(self._clock.tick()))
                if report.has_ended:
                    await self._schedule.record_end(watch, report)
                    return report
                if self._is_cancel_due(job.id) and report.state is not TaskState.COMPLETED:
                    warning = await self._stop_at_last(job.id, remote_id, polls.sightings)
                    if not warning:
                        return TaskReport(TaskState.FAILED)
                self._schedule.record_unfinished(watch, report)
            self._show_progress(job.id, remote_id, watch, warning)
            if is_rendering:
                self._clear_warning(job.id)
            if pause is None:
                pause = self._next_pause(watch)
        return None

    def _show_progress(self, id: JobId, remote_id: RemoteId, watch: Watch, warning: str) -> None:
        current = self._journal.get(id)
        if current is None:
            return
        if isinstance(current.phase, Rendering):
            warning = warning or self._news_of(current, watch) or self._doubt_about(current)
            phase = replace(current.phase, percent=watch.percent, warning=warning, forecast=watch.forecast)
            if phase != current.phase:
                self._journal.show_phase(current, phase)
        elif isinstance(current.phase, Saving | Unsaved) and warning:
            self._journal.show_phase(current, Unsaved(remote_id, warning))

    def _news_of(self, job: Job, watch: Watch) -> str:
        """What the user should know about a rendering at a service without a daily limit; empty for nothing."""
        if self._rate_limit.has_daily_limit:
            return ""
        if self._mixed.is_shown_by(job.id):
            return SEVERAL_ENGINES
        if self._schedule.waits_for_turn(watch):
            return IN_LINE
        if self._schedule.is_overdue(job.id):
            minutes = round(watch.elapsed(self._clock.tick()) / 60)
            return f"{minutes} min, much longer than usual: the engine may be stuck. Stop and retry, or go on waiting."
        return ""

    def _is_cancel_due(self, id: JobId) -> bool:
        """True if the service did not know the task when it was to be stopped."""
        job = self._journal.get(id)
        return job is not None and isinstance(job.phase, Rendering) and job.phase.cancel_due

    async def _stop_at_last(self, id: JobId, remote_id: RemoteId, sightings: Sightings) -> str:
        """Stop a task that was not known when it was to be stopped.

        Returns why it goes on, until it is tried again at the next report, for the user; an empty string if it is
        stopped. If engines take turns, what follows a poll that has met the right one meets another: all are tried.
        """
        for _ in range(MOST_ENGINES):
            try:
                await self._calls.cancel(id, remote_id)
            except NotFound:
                sightings.note(False, self._clock.tick())
            except ServiceError as error:
                return f"Not cancelled yet. {error}"
            else:
                return ""
        return BEING_CANCELLED

    def _warning_about_missing(self, id: JobId, place: str, sightings: Sightings) -> str:
        if self._is_cancel_due(id):
            return BEING_CANCELLED
        return "" if place in self._mixed or sightings.missing < MISSING_SHOWN else UNKNOWN_TASK

    async def _is_forgotten(self, job: Job, remote_id: RemoteId, polls: TaskPolls) -> bool:
        """True if the place has forgotten the task. The last word is a poll, since a list may leave a task out."""
        polls.sightings.note(False, self._clock.tick())
        mixed = self._calls.place_of(remote_id) in self._mixed
        if not polls.sightings.is_forgotten(self._clock.tick(), mixed=mixed):
            return False
        try:
            await self._poll(job.id, remote_id, polls.outage)
        except NotFound:
            return True
        except ServiceError:
            return False
        self._note_known(job, remote_id, polls.sightings)
        return False

    def _note_known(self, job: Job, remote_id: RemoteId, sightings: Sightings) -> None:
        sightings.note(True, self._clock.tick())
        place = self._calls.place_of(remote_id)
        if sightings.is_mixed and place not in self._mixed:
            log.warning("%s answer for job %s: %s", place or "several engines", job.id, SEVERAL_ENGINES)
            self._mixed.add(place, job.id)

    def _clear_warning(self, id: JobId) -> None:
        """The service has answered: what kept a finished video from being saved is no longer true."""
        current = self._journal.get(id)
        if current is not None and isinstance(current.phase, Unsaved):
            self._journal.show_phase(current, Saving(current.phase.remote_id))

    def _doubt_about(self, job: Job) -> str:
        """What the user should know about the job's remote id; empty if there is nothing."""
        with suppress(StoreError):
            return SHARED_ID if self._journal.shares_remote_id(job) else ""
        return ""

    async def _report(self, job: Job, remote_id: RemoteId, watch: Watch, polls: TaskPolls) -> TaskReport:
        """The next report: from a poll now or, without a daily limit, when a request is due. Raises ServiceError."""
        if self._rate_limit.has_daily_limit:
            return await self._poll(job.id, remote_id, polls.outage)
        report = await self._noted(self._readings.next_report(job, remote_id, watch), polls.outage)
        self._note_known(job, remote_id, polls.sightings)
        return report

    async def _poll(self, id: JobId, remote_id: RemoteId, outage: Outage) -> TaskReport:
        """Poll once. Raises ServiceError, which is part of the outage."""
        return await self._noted(self._calls.poll(id, remote_id), outage)

    async def _noted(self, call: Coroutine[Any, Any, TaskReport], outage: Outage) -> TaskReport:
        try:
            report = await call
        except ServiceError as error:
            outage.begin_or_go_on(error, self._clock.tick())
            if isinstance(error, DailyLimit):
                outage.close_until(self._clock.tick() + self._rate_limit.service_time.until_limit_ends)
            self._journal.bell.ring()
            raise
        outage.end()
        return report

    def _next_pause(self, watch: Watch) -> float:
        if not self._rate_limit.has_daily_limit:
            return 0.0  # the report is awaited until it is due
        return self._schedule.pause(watch, self._journal.waiting_count)

    def _watch_of(self, job: Job, before: Watch | None, poll_now: bool) -> Watch:
        """What is known of a rendering: from before an interruption, or from the time of day at which it was saved."""
        if before is not None and isinstance(job.phase, Rendering):
            before.from_the_start = False
            return before
        age = self._clock.now() - job.changed_at if isinstance(job.phase, Rendering) else 0.0
        is_new = isinstance(job.phase, Rendering) and 0 <= age < FROM_THE_START
        kind = render_kind_of(job.request, job.service)
        earlier = 0.0 if is_new else max(age, 0.0)
        return Watch(job.id, kind, self._clock.tick(), is_new and not poll_now, earlier)

    def _is_past_deadline(self, watch: Watch) -> bool:
        tick = self._clock.tick()
        if watch.observed(tick) >= DEADLINE:
            return True
        confirmed = watch.observed(tick) >= DEADLINE_CONFIRMATION and self._trusts_time_of_day()
        return confirmed and watch.elapsed(tick) >= DEADLINE

    def _trusts_time_of_day(self) -> bool:
        skew = self._rate_limit.skew
        return skew is None or abs(skew) <= TRUSTED_SKEW


def _lost(error: NotFound, times: int, seconds: float) -> TaskReport:
    minutes = max(round(seconds / 60), 1)
    reason = (
        f"The service no longer knows this task: it answered so {times} times in {minutes} minutes. "
        f"To ask again at no cost, choose “Check status again” in the job's menu. {error}"
    )
    return TaskReport(TaskState.FAILED, reason=reason, code=error.code)
