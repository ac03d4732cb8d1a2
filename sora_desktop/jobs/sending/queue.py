"""The queue: whose turn it is, whether it stands still, and one create at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from sora_desktop.domain.job import Job, JobId, Rendering, Unconfirmed, Waiting
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.queue import QueueState
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.money.balance import BalanceTracker
from sora_desktop.jobs.money.reconcile import Reconciler
from sora_desktop.jobs.ports import Ledger
from sora_desktop.jobs.sending.blocks import Block, BlockCause
from sora_desktop.jobs.sending.sender import Sender
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds that closing waits for the answer to a create that is on the wire: without it, what was paid for is lost.
LAST_ANSWER = 30.0
#: Seconds after which a halt is looked at again at the latest: a suspended machine's timers run late.
LOOK_AGAIN = 30.0
#: Seconds before the queue goes on after an error of our own.
AFTER_ERROR = 1.0


class SendingQueue:
    """Owns the task that sends. Asks about money and sends under one lock, so that the balance speaks of one create."""

    def __init__(
        self,
        *,
        journal: Journal,
        ledger: Ledger,
        sender: Sender,
        reconciler: Reconciler,
        balance_tracker: BalanceTracker,
        at_once: int,
        paused: bool,
        follow: Callable[[Job], None],
        holds_place: Callable[[Job], bool],
        publish: Callable[[QueueState], None],
        now: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._ledger = ledger
        self._sender = sender
        self._reconciler = reconciler
        self._balance_tracker = balance_tracker
        self._at_once = max(at_once, 1)
        self._paused = paused
        self._follow = follow
        self._holds_place = holds_place
        self._publish = publish
        self._now = now
        self._money_lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[Job] | None = None
        self._turn: JobId | None = None
        #: What the last run did not live to hear of has been asked about: from here on only the claimed job may move.
        self._looked_into_all = False
        self._try_the_key = False
        self._told: QueueState | None = None
        sender.block_changed = self.tell

    @property
    def state(self) -> QueueState:
        """What a person is told of it."""
        block, warning = self._block(), self._balance_tracker.key_error
        if block is None:
            return QueueState(self._paused, warning=warning)
        return QueueState(self._paused, block.reason, block.until, warning)

    @property
    def turn(self) -> JobId | None:
        """The job that is being prepared, sent, or asked about."""
        return self._turn or self._sender.busy_with

    @property
    def claimed(self) -> JobId | None:
        """The job that nobody but the queue may touch: its create is on the wire, or its outcome is looked into."""
        return self._sender.busy_with

    def start(self, unconfirmed: Sequence[Job]) -> None:
        """Look into what the last run did not live to hear of, then send."""
        self.tell()
        self._task = asyncio.create_task(self._run(unconfirmed), name="queue")

    async def aclose(self) -> None:
        """Stop; the answer to a create that is on the wire is waited for a moment."""
        if self._sending is not None and self._sender.on_the_wire:
            await asyncio.wait({self._sending}, timeout=LAST_ANSWER)
        owned = [task for task in (self._task, self._sending) if task is not None]
        for task in owned:
            task.cancel()
        await asyncio.gather(*owned, return_exceptions=True)

    def pause(self, paused: bool) -> None:
        """Send nothing, or send again. What is on the wire is not touched."""
        self._paused = paused
        self._journal.bell.ring()
        self.tell()

    def go_on(self) -> None:
        """Something that the queue waited for was done about: try again."""
        self._try_the_key = bool(self._balance_tracker.key_error)
        self._lift()
        self._journal.bell.ring()

    def lift(self, *causes: BlockCause) -> None:
        """Go on if it stands still for one of these."""
        block = self._sender.block
        if block is not None and block.cause in causes:
            self.go_on()

    async def reconcile(self, job: Job) -> Job:
        """Look once more into what became of a create, between two creates."""
        async with self._money_lock:
            return await self._look_into(job)

    def can_go_on(self, job: Job) -> bool:
        """True when an unsent job may move without anybody's doing."""
        match job.phase:
            case Waiting():
                block = self._block()
                return not job.on_hold and not self._paused and not (block is not None and block.stands)
            case Unconfirmed(reason=reason):
                return job.id == self.claimed or not (reason or self._looked_into_all)
            case _:
                return False

    def _block(self) -> Block | None:
        block = self._sender.block
        return None if block is None or block.is_over(self._now()) else block

    async def _run(self, unconfirmed: Sequence[Job]) -> None:
        await self._look_into_all(unconfirmed)
        self._looked_into_all = True
        self._journal.bell.ring()
        if self._balance_tracker.balance is None:
            await self._read_balance()
        while True:
            rings = self._journal.bell.rings
            if self._try_the_key:
                self._try_the_key = False
                await self._read_balance()
            if self._sender.block is not None and self._block() is None:
                self._lift()
            self.tell()
            try:
                question = None if self._block() is not None else self._reconciler.still_open()
                job = self._next_to_send()
                if question is None and job is None:
                    await self._journal.bell.wait_past(rings, self._pause())
                    continue
                async with self._money_lock:
                    if question is not None:
                        await self._ask_again(question)
                    elif job is not None:
                        await self._one(job)
            except Exception:
                log.exception("sending failed; the queue goes on")
                await asyncio.sleep(AFTER_ERROR)

    async def _read_balance(self) -> None:
        try:
            await self._balance_tracker.read()
        except Exception:
            log.exception("the balance could not be read")

    async def _ask_again(self, job: Job) -> None:
        await self._look_into(job)
        if self._reconciler.still_open() is not None:
            self._sender.be_patient()

    async def _one(self, job: Job) -> None:
        self._turn = job.id
        self._sending = asyncio.create_task(self._sender.send(job, self._is_wanted), name=f"send {job.id}")
        try:
            await asyncio.shield(self._sending)
        finally:
            self._turn = None
            self._journal.bell.ring()
            sent = self._journal.get(job.id)
            if sent is not None and isinstance(sent.phase, Rendering):
                self._follow(sent)
        await self._reconciler.check_price()

    def _is_wanted(self) -> bool:
        return not self._paused

    async def _look_into_all(self, unconfirmed: Sequence[Job]) -> None:
        for job in unconfirmed:
            try:
                attempts = self._ledger.attempts(job.id)
                said = isinstance(job.phase, Unconfirmed) and bool(job.phase.reason)
                if not said or not attempts or attempts[-1].outcome is Outcome.OPEN:
                    async with self._money_lock:
                        await self._look_into(job)
            except Exception as trouble:
                log.exception("what became of job %s could not be looked into", job.id)
                why = f" {trouble}" if isinstance(trouble, StoreError) else ""
                reason = f"Outcome unknown: it could not be looked into.{why} Check the balance again."
                self._journal.show(self._journal.stepped(self._journal.get(job.id) or job, Unconfirmed(reason)))

    async def _look_into(self, job: Job) -> Job:
        self._sender.busy_with = job.id
        try:
            return await self._reconciler.reconcile(job)
        finally:
            self._sender.busy_with = None
            self._journal.bell.ring()

    def _next_to_send(self) -> Job | None:
        if self._paused or self._block() is not None:
            return None
        at_work = sum(self._holds_place(job) for job in self._journal)
        if at_work >= self._at_once:
            return None
        return next((job for job in self._journal if isinstance(job.phase, Waiting) and not job.on_hold), None)

    def _pause(self) -> float | None:
        block = self._block()
        if block is None or block.until is None:
            return None if block is None else LOOK_AGAIN
        return min(max(block.until - self._now(), 0.05), LOOK_AGAIN)

    def _lift(self) -> None:
        self._sender.block = None
        for job in self._journal:
            if isinstance(job.phase, Waiting) and job.phase.reason:
                self._journal.show(self._journal.stepped(job, Waiting()))

    def tell(self) -> None:
        """Publish how it stands where that has changed."""
        state = self.state
        if state != self._told:
            self._told = state
            self._publish(state)
