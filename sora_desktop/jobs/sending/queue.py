"""The queue: whose turn it is, whether it is blocked, and one create at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from sora_desktop.api.errors import Refused
from sora_desktop.domain.job import Failed, Job, JobId, Phase, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.queue import QueueState
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.account import Account
from sora_desktop.jobs.money.list_reader import NoFreePlace
from sora_desktop.jobs.polling.watcher import Watcher
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.jobs.sending.blocks import Block, BlockCause, QueueBlock
from sora_desktop.jobs.sending.sender import Accepted, NotAccepted, RefusedByAccount, Sender, Unanswered, Withdrawn
from sora_desktop.media.errors import MediaError
from sora_desktop.store.errors import ChangedElsewhere, StoreError

log = logging.getLogger(__name__)

#: Seconds that closing waits until an answer that has come is on disk. A disk that is full is tried once more then.
LAST_WRITE = 10.0
#: Jobs count as the last ones of the queue if they are no more than this share of the jobs at once.
LAST_SHARE = 0.5
#: Why a job waits for a free place, for the user.
NO_FREE_PLACE = "The engine renders another video, and takes one at a time."
#: Seconds before the queue continues after an error of the program.
AFTER_ERROR = 1.0


class SendingQueue:
    """Owns the task that sends. Balance readings and creates take turns, so that a reading belongs to one create."""

    def __init__(
        self,
        journal: Journal,
        sender: Sender,
        account: Account,
        watcher: Watcher,
        settings: RunnerSettings,
        changed: Callable[[QueueState], None],
        block: QueueBlock,
    ) -> None:
        """`changed` is called with each new state of the queue."""
        self._journal = journal
        self._sender = sender
        self._account = account
        self._watcher = watcher
        self._jobs_at_once = max(settings.jobs_at_once, 1)
        self._most_jobs = settings.capabilities.most_jobs
        self._paused = settings.paused
        self._changed = changed
        self._block = block
        self._place_wait = block.place_wait
        self._turns = asyncio.Lock()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._preparing: JobId | None = None
        #: The job that nothing but the queue may change: its create is sent, or its outcome is being determined.
        self.claimed: JobId | None = None
        #: Requests left unanswered by the previous run are reconciled; from now on only the claimed job may change.
        self._all_reconciled = False
        self._must_try_key = False
        self._last_published: QueueState | None = None
        #: Jobs that show why they are not being sent.
        self._with_reason: set[JobId] = set()

    @property
    def state(self) -> QueueState:
        """Whether the queue sends, and if not, why."""
        block, warning = self._block.current, self._account.key_error
        if block is None:
            return QueueState(self._paused, warning=warning)
        tops_up = block.cause is BlockCause.BALANCE and self._account.tops_up
        return QueueState(self._paused, block.reason, block.until, warning, tops_up)

    @property
    def turn(self) -> JobId | None:
        """The job that is being prepared, sent or reconciled."""
        return self._preparing or self.claimed

    def start(self, unconfirmed: Sequence[Job], may_send: Callable[[], Awaitable[None]] | None = None) -> None:
        """Reconcile what the previous run left unanswered and, after `may_send`, send."""
        self.publish_state()
        self._task = asyncio.create_task(self._run(unconfirmed, may_send), name="queue")

    @property
    def seconds_to_answer(self) -> float | None:
        """Seconds until the create that was sent has ended, at most; None if none is open."""
        return self._sender.seconds_to_answer

    def stop_sending(self) -> None:
        """Send nothing more. A create that was sent is not affected."""
        self._closing = True

    async def aclose(self) -> None:
        """Stop. The answer to a create that was sent is awaited: without its id, a paid video is lost."""
        self.stop_sending()
        if self._sender.seconds_to_answer is not None:
            await self._sender.until_answered()
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WRITE), self._turns:
                    pass  # the answer is on disk
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def pause(self, paused: bool) -> None:
        """Send nothing, or send again. A create that was sent is not affected."""
        self._paused = paused
        self._journal.bell.ring()
        self.publish_state()

    def go_on(self) -> None:
        """Try again: the user has removed what the queue waited for."""
        self._must_try_key = bool(self._account.key_error)
        self._block.start_over()
        self._lift()
        self._journal.bell.ring()

    def lift(self, *causes: BlockCause) -> None:
        """Try again if the queue is blocked for one of these causes."""
        if self._block.lift(*causes):
            self.go_on()

    async def top_up(self) -> None:
        """Raise the balance at no cost, between two creates, and try again. Raises ServiceError."""
        async with self._turns:
            await self._account.top_up()
        self.lift(BlockCause.BALANCE)

    async def reconcile(self, job: Job) -> Job:
        """Determine the outcome of an Unconfirmed job, between two creates. Raises StoreError."""
        async with self._turns:
            return await self._reconcile(job)

    async def read_before_sending_again(self, job: Job) -> Job:
        """Read the balance between two creates, before a job is sent again that counts as not charged."""
        async with self._turns:
            return await self._account.read_before_sending_again(job)

    def can_go_on(self, job: Job) -> bool:
        """True if an unsent or unanswered job may change without the user."""
        match job.phase:
            case Waiting():
                is_stopped = job.on_hold or self._paused or not self._block.is_worth_waiting
                return not is_stopped and self._place_wait.is_worth_waiting and self._gets_slot()
            case Unconfirmed(reason=reason):
                return job.id == self.claimed or not (reason or self._all_reconciled)
            case _:
                return False

    def publish_state(self) -> None:
        """Report the state of the queue if it has changed."""
        state = self.state
        if state != self._last_published:
            self._last_published = state
            self._changed(state)

    async def _run(self, unconfirmed: Sequence[Job], may_send: Callable[[], Awaitable[None]] | None) -> None:
        await self._reconcile_all(unconfirmed)
        self._all_reconciled = True
        self._journal.bell.ring()
        if self._account.balance is None:
            await self._read_balance()
        if may_send is not None:
            await may_send()
        while True:
            rings = self._journal.bell.rings
            if self._must_try_key:
                self._must_try_key = False
                await self._read_balance()
            if self._block.has_ended:
                self._lift()
            self.publish_state()
            try:
                block = self._block.current
                is_free = block is None and not self._closing
                unknown = self._account.next_to_reconcile() if is_free else None
                job = None if block is not None else self._next_to_send()
                if unknown is None and job is None:
                    await self._journal.bell.wait_past(rings, self._block.next_check() or self._place_wait.next_try())
                    continue
                async with self._turns:
                    if unknown is not None:
                        await self._reconcile_again(unknown)
                    elif job is not None:
                        await self._send(job)
            except Exception:
                log.exception("sending failed; the queue continues")
                await asyncio.sleep(AFTER_ERROR)

    async def _read_balance(self) -> None:
        try:
            await self._account.read_balance()
        except Exception:
            log.exception("the balance could not be read")

    def _gets_slot(self) -> bool:
        at_work = [job for job in self._journal.active if self._watcher.holds_slot(job)]
        return len(at_work) < self._jobs_at_once or any(map(self._watcher.is_worth_waiting, at_work))

    def _next_to_send(self) -> Job | None:
        if self._paused or self._closing or not self._place_wait.may_try:
            return None
        at_work = sum(self._watcher.holds_slot(job) for job in self._journal.active)
        if at_work >= self._jobs_at_once:
            return None
        job, is_among_last = self._journal.next_waiting, self._journal.waiting_count <= self._jobs_at_once * LAST_SHARE
        if job is not None and self._watcher.should_wait_here(job, is_among_last, self._most_jobs):
            return None
        return job

    async def _send(self, job: Job) -> None:
        self._preparing = job.id
        try:
            match await self._sender.send(job, self._claim):
                case Accepted() as accepted:
                    self._follow(accepted)
                case Unanswered() if self._closing:
                    pass  # the next start determines its outcome
                case Unanswered(job=sent):
                    await self._clarify(sent)
                case RefusedByAccount(refusal=refusal) as result:
                    block = self._block.refuse(refusal)
                    self.publish_state()
                    await self._put_back(job, Waiting(block.reason), result)
                case NoFreePlace() as result:
                    self._place_wait.begin_or_go_on()
                    if job.phase != Waiting(NO_FREE_PLACE):
                        await self._put_back(job, Waiting(NO_FREE_PLACE), result)
                case NotAccepted() as result:
                    await self._give_way(job, result)
                case Withdrawn():
                    pass
        finally:
            self._preparing = self.claimed = None
            self._journal.bell.ring()
        if not self._closing:
            await self._account.check_price()

    def _claim(self, job: Job) -> bool:
        if self._paused or self._closing:
            return False
        self.claimed = job.id
        return True

    def _follow(self, accepted: Accepted) -> None:
        job = accepted.attempted.job
        self._block.succeed()
        self._place_wait.end()
        self._drop_reasons()
        self._watcher.start(job)
        self._account.create_accepted(job, accepted.attempted.number, accepted.before, accepted.price)
        self.publish_state()

    async def _clarify(self, job: Job) -> None:
        """Determine what became of a create without an answer, then leave the service alone for a while."""
        try:
            reconciled = await self._reconcile(job)
        except StoreError as error:
            self._block.fail(error)
        else:
            if isinstance(reconciled.phase, Rendering):
                self._block.succeed()
            else:
                self._block.stay_silent()
        self.publish_state()

    async def _give_way(self, job: Job, result: NotAccepted) -> None:
        """Block the queue, or end the job, after a create that was certainly not accepted."""
        error = result.error
        block = None if isinstance(error, OSError) else self._block.fail(error)
        self.publish_state()
        if not isinstance(error, ChangedElsewhere):  # the job on disk is newer: it must not be written over
            await self._put_back(job, _phase_after(result, block), result)

    async def _put_back(self, job: Job, phase: Phase, result: NotAccepted | RefusedByAccount | NoFreePlace) -> None:
        await self._sender.put_back(job, phase, result)
        if isinstance(phase, Waiting) and phase.reason:
            self._with_reason.add(job.id)

    async def _reconcile_again(self, job: Job) -> None:
        await self._reconcile(job)
        if self._account.next_to_reconcile() is not None:
            self._block.stay_silent()
            self.publish_state()

    async def _reconcile_all(self, unconfirmed: Sequence[Job]) -> None:
        for job in unconfirmed:
            try:
                if not self._account.is_reconciled(job):
                    async with self._turns:
                        await self._reconcile(job)
            except Exception as error:
                log.exception("the outcome of job %s could not be determined", job.id)
                why = str(error) if isinstance(error, StoreError) else ""
                self._journal.show_phase(job, Unconfirmed(self._account.cannot_determine(why)))

    async def _reconcile(self, job: Job) -> Job:
        job = self._journal.find(job.id) or job  # it may have changed while another one had its turn
        if not isinstance(job.phase, Unconfirmed):
            return job
        self.claimed = job.id
        try:
            reconciled = await self._account.reconcile(job)
        finally:
            self.claimed = None
            self._journal.bell.ring()
        if isinstance(reconciled.phase, Rendering):  # the service's list has its task
            self._watcher.start(reconciled, poll_now=True)
        return reconciled

    def _lift(self) -> None:
        self._block.lift()
        self._place_wait.end()
        self._drop_reasons()
        self.publish_state()

    def _drop_reasons(self) -> None:
        ids, self._with_reason = self._with_reason, set()
        for job in (self._journal.get(id) for id in ids):
            if job is not None and isinstance(job.phase, Waiting) and job.phase.reason:
                self._journal.show(self._journal.stepped(job, Waiting()))


def _phase_after(result: NotAccepted, block: Block | None) -> Phase:
    """The phase of a job that was not accepted."""
    error = result.error
    if block is not None:
        return Waiting(block.reason)
    if isinstance(error, OSError):
        return Failed(f"The reference image cannot be read ({error.strerror or error}). Choose it again.")
    if isinstance(error, MediaError):
        return Failed(f"{error} Choose another reference image.")
    by_policy = isinstance(error, Refused) and error.by_policy
    if result.with_old_image and not by_policy:
        return Waiting()  # perhaps only the image's link has expired: it is uploaded again, once
    return Failed(str(error), getattr(error, "code", ""), by_policy)
