"""Sends one job: prepares it, writes it to the ledger, creates it at the service, and writes the outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from sora_desktop.api.errors import (
    AnswerLost,
    BadUrl,
    DailyLimit,
    InsufficientBalance,
    KeyRejected,
    NoSlot,
    Refused,
    ServiceError,
    TooBusy,
    Unreachable,
)
from sora_desktop.api.service import Created
from sora_desktop.domain.job import Job, Phase, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import Exchange, ListMark, Outcome
from sora_desktop.domain.money import Balance
from sora_desktop.domain.request import ReferenceImage
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.account import Account
from sora_desktop.jobs.money.list_reader import NoFreePlace
from sora_desktop.jobs.money.spending_limit import BalanceTooLow, OverLimit
from sora_desktop.jobs.ports import ImageKeeper
from sora_desktop.jobs.service_calls import ServiceCalls
from sora_desktop.media.errors import MediaError
from sora_desktop.store import disk
from sora_desktop.store.errors import ChangedElsewhere, StoreError

log = logging.getLogger(__name__)

#: Seconds: the longest pause between two tries to write an answer.
LONGEST_WRITE_PAUSE = 60.0

#: Errors of a create that was certainly not accepted; after any other its outcome is unknown.
CERTAINLY_NOT_ACCEPTED = (BadUrl, Unreachable, TooBusy, NoSlot, DailyLimit, InsufficientBalance, KeyRejected, Refused)


@dataclass(frozen=True, slots=True)
class Attempted:
    """A job as it was sent, and the number of its attempt in the ledger."""

    job: Job
    number: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service accepted the job, which is on disk as Rendering."""

    attempted: Attempted
    before: Balance | None
    price: Decimal | None  # as expected


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The outcome is unknown; the job is on disk as Unconfirmed."""

    job: Job


@dataclass(frozen=True, slots=True)
class RefusedByAccount:
    """The job was not sent: the balance or the daily spending limit does not allow it."""

    refusal: OverLimit | BalanceTooLow


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The service certainly did not accept the job, or it could not be prepared. It must be put back."""

    error: ServiceError | StoreError | MediaError | OSError
    #: None: it was not sent.
    attempted: Attempted | None = None
    #: The service may have refused only because the link to the reference image has expired.
    with_old_image: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The user removed, changed or held the job, or paused the queue, before it was sent."""


SendResult: TypeAlias = Accepted | Unanswered | RefusedByAccount | NoFreePlace | NotAccepted | Withdrawn


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Everything that a create needs."""

    job: Job  # its image is as it is sent
    image_url: str | None
    #: The image was uploaded for an earlier job; its link may have expired since.
    reuses_upload: bool
    before: Balance | None
    price: Decimal | None
    mark: ListMark | None


class Sender:
    """Sends one job at a time, so that balance or list can show the outcome of a create whose answer is lost."""

    def __init__(
        self,
        calls: ServiceCalls,
        journal: Journal,
        account: Account,
        images: ImageKeeper,
        clips_folder: Path,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._journal = journal
        self._account = account
        self._images = images
        self._clips_folder = clips_folder
        self._clock = clock
        self._uploaded: dict[str, str] = {}  # sha256 of an image: its URL at the service
        self._answer_due: float | None = None  # by `clock.tick`, while a create is open
        self._answer_came = asyncio.Event()

    @property
    def seconds_to_answer(self) -> float | None:
        """Seconds until the create that was sent has ended, at most; None if none is open."""
        return None if self._answer_due is None else max(self._answer_due - self._clock.tick(), 0.0)

    async def until_answered(self) -> None:
        """Return when no create is open. The service ends each one in time: a limit here could only lose an answer."""
        if self._answer_due is not None:
            await self._answer_came.wait()

    async def send(self, job: Job, claim: Callable[[Job], bool]) -> SendResult:
        """Send a waiting job. The caller decides what follows from the result; the job may need `put_back`.

        `claim` is called at the last moment before the job is on disk as sent; False withdraws it.
        """
        try:
            prepared = await self._prepare(job)
            if prepared is None:
                return Withdrawn()
            if isinstance(prepared, NoFreePlace):
                return prepared
            if not isinstance(prepared, _Prepared):
                return RefusedByAccount(prepared)
            attempted = await self._begin(prepared, claim)
        except (ServiceError, StoreError, MediaError, OSError) as error:
            self._account_for(error, job)
            return NotAccepted(error)
        return Withdrawn() if attempted is None else await self._create(attempted, prepared)

    async def put_back(self, job: Job, phase: Phase, result: NotAccepted | RefusedByAccount | NoFreePlace) -> None:
        """Give a job that was not accepted its new phase: waiting again, or failed."""
        if isinstance(result, NotAccepted) and result.attempted is not None:
            await self._end(result.attempted, phase, Outcome.REFUSED, result.error)
            return

        def back(current: Job) -> Job | None:
            gone = self._journal.get(job.id) is None or not isinstance(current.phase, Waiting)
            return None if gone else self._journal.stepped(current, phase)

        try:
            await self._journal.change(job, back)
        except ChangedElsewhere:
            pass  # it is shown as it is on disk
        except StoreError as error:
            log.warning("job %s waits, which could not be written: %s", job.id, error)
            current = self._journal.get(job.id)
            if current is not None:
                self._journal.show_unsaved(self._journal.stepped(current, phase))

    async def _prepare(self, job: Job) -> _Prepared | OverLimit | BalanceTooLow | NoFreePlace | None:
        """Do and check everything that is possible before money is spent. None: the job was withdrawn meanwhile."""
        await asyncio.to_thread(disk.check_writable, self._clips_folder)
        await asyncio.to_thread(disk.require_space, self._clips_folder)
        refusal = self._account.check(job.request, None)
        if refusal is not None:
            return refusal
        image_url: str | None = None
        reuses_upload = False
        if job.request.image is not None:
            image = await self._as_sent(job.request.image)
            changed = await self._with_image(job, image)
            if changed is None:
                return None
            job = changed
            image_url = self._uploaded.get(image.sha256)
            reuses_upload = image_url is not None
            if image_url is None:
                image_url = await self._calls.upload(job.id, image)
                if image_url is not None:
                    self._uploaded[image.sha256] = image_url
        before = await self._account.balance_before(job)
        refusal = self._account.check(job.request, before)
        if refusal is not None:
            return refusal
        await self._calls.reserve_create()
        before = await self._account.balance_before(job)  # the wait may have been long
        refusal = self._account.check(job.request, before)  # limit, prices and balance may have changed since
        if refusal is not None:
            return refusal
        mark = await self._account.list_before()  # last: what is listed later than this may be this job's task
        if isinstance(mark, NoFreePlace):
            self._calls.give_back_create()
            return mark
        await self._calls.renew_create()
        return _Prepared(job, image_url, reuses_upload, before, self._account.price_of(job.request), mark)

    async def _as_sent(self, image: ReferenceImage) -> ReferenceImage:
        """The image without what must not be sent: an older version kept files as they were."""
        return image if image.sha256 in self._uploaded else await self._images.as_sent(image)

    async def _with_image(self, job: Job, image: ReferenceImage) -> Job | None:
        """The job with this image, saved before it is sent; None if it was withdrawn."""
        if image == job.request.image:
            return job
        request = replace(job.request, image=image)

        def changed(current: Job) -> Job | None:
            is_same = isinstance(current.phase, Waiting) and current.request == job.request
            return replace(current, request=request) if is_same else None

        return await self._journal.change(job, changed)

    async def _begin(self, prepared: _Prepared, claim: Callable[[Job], bool]) -> Attempted | None:
        """Write the job to disk as Unconfirmed; from here on only the sender moves it."""
        job = prepared.job
        numbers: list[int] = []

        def claimed(current: Job) -> Job | None:
            waits = isinstance(current.phase, Waiting) and not current.on_hold
            if self._journal.get(job.id) is None or not waits or current.request != job.request or not claim(job):
                return None
            return self._journal.stepped(current, Unconfirmed())

        async def save(sent: Job) -> None:
            numbers.append(await self._account.begin_attempt(sent, prepared.before, prepared.price, prepared.mark))

        try:
            sent = await self._journal.change(job, claimed, save)
        except asyncio.CancelledError:  # the program closes; the change that was started is finished
            await self._journal.all_saved()
            begun = self._journal.get(job.id)
            if numbers and begun is not None:
                answer = _without_answer(self._clock.now(), "Not sent: the program was closed.")
                await self._write(Attempted(begun, numbers[-1]), Waiting(), Outcome.REFUSED, answer)
                self._account.create_refused()
            raise
        return None if sent is None else Attempted(sent, numbers[-1])

    async def _create(self, attempted: Attempted, prepared: _Prepared) -> SendResult:
        try:
            created = await self._answered(attempted.job, prepared)
        except CERTAINLY_NOT_ACCEPTED as error:
            self._account.create_refused()
            self._account_for(error, attempted.job)
            return NotAccepted(error, attempted, prepared.reuses_upload)
        except Exception as error:
            if not isinstance(error, AnswerLost):
                log.exception("a create ended in an error of the program")
            log.warning("no clear answer to job %s: %s", attempted.job.id, error)
            self._account.balance_disturbed()
            return Unanswered(await self._end(attempted, Unconfirmed(), Outcome.OPEN, error))
        except asyncio.CancelledError as error:
            await self._keep_arrived(attempted, error)
            raise
        job = await self._write(attempted, Rendering(created.remote_id), Outcome.ACCEPTED, created.exchange)
        return Accepted(Attempted(job, attempted.number), prepared.before, prepared.price)

    async def _answered(self, job: Job, prepared: _Prepared) -> Created:
        self._answer_due = self._clock.tick() + self._calls.create_timeout
        self._answer_came.clear()
        try:
            place = "" if prepared.mark is None else prepared.mark.place
            return await self._calls.create(job.id, job.request, prepared.image_url, place)
        finally:
            self._answer_due = None
            self._answer_came.set()

    def _account_for(self, error: Exception, job: Job) -> None:
        """Tell others what an error means for them."""
        self._calls.note_refusal(error)
        if isinstance(error, InsufficientBalance):
            self._account.balance_disturbed()
        if isinstance(error, BadUrl | Refused) and job.request.image is not None:
            self._uploaded.pop(job.request.image.sha256, None)  # perhaps its link has expired at the service

    async def _keep_arrived(self, attempted: Attempted, error: asyncio.CancelledError) -> None:
        """Write what had arrived of an answer for which nobody waits any longer. A failure is not tried again."""
        created: Created | None = getattr(error, "created", None)
        exchange: Exchange | None = getattr(error, "exchange", None)
        with suppress(StoreError):
            if created is not None:
                phase = Rendering(created.remote_id)
                await self._write_once(attempted, phase, Outcome.ACCEPTED, created.exchange)
            elif exchange is not None:
                await self._write_once(attempted, Unconfirmed(), Outcome.OPEN, exchange)

    async def _end(self, attempted: Attempted, phase: Phase, outcome: Outcome, error: Exception) -> Job:
        why = f"{type(error).__name__}: {error}"
        exchange: Exchange = getattr(error, "exchange", None) or _without_answer(self._clock.now(), why)
        if not exchange.answer:
            exchange = exchange._replace(answer=why)
        return await self._write(attempted, phase, outcome, exchange)

    async def _write(self, attempted: Attempted, phase: Phase, outcome: Outcome, exchange: Exchange) -> Job:
        """Write the end of an attempt together with its job's phase; on disk when this returns.

        A full disk does not end the tries, since the answer was paid for. If the program closes, it tries once more.
        If another program has moved the job on, the job that has the answer's task is returned, or the moved one.
        """

        async def write() -> Job:
            return await self._write_once(attempted, phase, outcome, exchange)

        try:
            return await self._until_written(write, attempted.job, phase, exchange.answer)
        except asyncio.CancelledError:
            with suppress(StoreError):
                await write()
            raise

    async def _write_once(self, attempted: Attempted, phase: Phase, outcome: Outcome, exchange: Exchange) -> Job:
        async def save(job: Job) -> None:
            answer, status, headers = exchange.answer, exchange.status, exchange.headers
            await self._account.end_attempt(attempted.number, job, answer, outcome, status, headers)

        try:
            written = await self._journal.change(
                attempted.job, lambda current: self._journal.stepped(current, phase), save
            )
        except ChangedElsewhere as error:
            log.error("another program has moved job %s on; the answer: %s", attempted.job.id, exchange.answer)
            if error.own_job is not None:
                return self._journal.show(error.own_job)
            return self._journal.find(attempted.job.id) or attempted.job
        assert written is not None
        return written

    async def _until_written(self, write: Callable[[], Awaitable[Job]], sent: Job, phase: Phase, answer: str) -> Job:
        failures = 0
        while True:
            try:
                return await write()
            except StoreError as error:
                failures += 1
                log.critical("the answer to job %s could not be written: %s (%s)", sent.id, answer, error)
                if isinstance(phase, Rendering):
                    warning = f"{error} Keep the program open until this is saved."
                    self._journal.show(self._journal.stepped(sent, Rendering(phase.remote_id, None, warning)))
                await self._clock.sleep(min(2.0**failures, LONGEST_WRITE_PAUSE))


def _without_answer(at: float, why: str) -> Exchange:
    """Stands for the exchange of a create that has none, in the ledger."""
    return Exchange(at, "", "", None, why)
