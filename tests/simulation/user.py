"""The user of the simulation, who does what the program offers for each job, more or less at random."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from random import Random

from simulation.auditor import Auditor
from simulation.life import Killed, Life

from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    Job,
    JobId,
    Ready,
    Rendering,
    Trashed,
    Unconfirmed,
    Waiting,
    remote_id_of,
)
from sora_desktop.domain.queue import Place
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.store.errors import StoreError


class User:
    """Acts on one life at a time. Commands run beside whatever else happens, as clicks do."""

    def __init__(self, random: Random, auditor: Auditor, trace: Callable[[str], None]) -> None:
        self._random = random
        self._auditor = auditor
        self._trace = trace
        self._commands: set[asyncio.Task[None]] = set()
        self.submitted = 0
        self.limit: Decimal | None = None

    async def submit(self, life: Life) -> None:
        """Ask for a few videos."""
        model = "sora2" if self._random.random() < 0.65 else "sora2-pro"
        takes = self._random.choice((1, 1, 1, 2, 3))
        self.submitted += takes
        self._start(life.runner.commands.submit(VideoRequest(f"prompt {self.submitted}", model=model), takes))

    async def act(self, life: Life) -> None:
        """Do something about a few jobs, as this life shows them."""
        latest = self._auditor.jobs("phase IN ('ready', 'failed', 'unwatched', 'trashed')")[-100:]
        jobs = [*life.runner.jobs(), *(job for job in latest if self._random.random() < 0.05)]
        self._random.shuffle(jobs)
        for job in jobs[:3]:
            self._act_on(life, job)
        if self._random.random() < 0.15:
            self._start(self._read_balance(life))
        if self._random.random() < 0.1:
            life.runner.commands.go_on()
        if self._random.random() < 0.03:
            life.runner.commands.pause(True)
        elif self._random.random() < 0.5:
            life.runner.commands.pause(False)
        if self.limit is not None and self._random.random() < 0.3:
            self.limit += self._random.randrange(0, 3000, 100)
            life.runner.commands.set_spending_limit(self.limit)

    async def check_balances(self, life: Life) -> None:
        """At the end: ask once more for the outcome of each job that is unknown."""
        for job in self._auditor.jobs("phase = 'unconfirmed'"):
            with suppress(CommandRejected, StoreError, Killed):
                await life.runner.commands.reconcile(job.id)

    async def clean_up(self, life: Life) -> None:
        """At the end: withdraw what was never sent."""
        waiting = [job.id for job in self._auditor.jobs("phase = 'waiting'")]
        with suppress(CommandRejected, StoreError, Killed):  # it is being sent, or was changed by the other process
            await life.runner.commands.trash(waiting)

    async def aclose(self) -> None:
        """End the commands that still run."""
        for task in list(self._commands):
            task.cancel()
        await asyncio.gather(*self._commands, return_exceptions=True)

    def _act_on(self, life: Life, job: Job) -> None:
        commands, chance = life.runner.commands, self._random.random()
        match job.phase:
            case Unconfirmed(safe_to_send=True) if chance < 0.7:
                saved = life.store.read(job.id)
                if saved is not None and saved.phase == job.phase:  # else another process changed it: see _send_again
                    self._auditor.told_safe(job.id)
                self._send_again(life, job.id)
            case Unconfirmed(reason=reason) if reason:
                if chance < 0.3:
                    self._start(commands.reconcile(job.id))
                elif chance < 0.5:
                    self._send_again(life, job.id)
                elif chance < 0.6:
                    self._start(commands.trash([job.id]))
            case Waiting() if job.on_hold:
                if chance < 0.4:
                    self._auditor.released(job.id)
                    self._trace(f"the user releases {self._auditor.name(job.id)}")
                    self._start(commands.release([job.id]))
            case Waiting():
                if chance < 0.05:
                    self._start(commands.trash([job.id]))
                elif chance < 0.15:
                    self._start(commands.hold([job.id]))
                elif chance < 0.3:
                    self._start(commands.reorder(job.id, Place.FRONT))
            case Rendering():
                if chance < 0.2:
                    self._start(commands.abandon(job.id))
            case Abandoned() | Failed() if remote_id_of(job.phase) is not None and chance < 0.4:
                self._start(commands.resume(job.id))
            case Trashed():
                self._start(commands.restore([job.id]) if chance < 0.6 else commands.delete([job.id]))
            case Failed() | Abandoned() | Ready():
                if chance < 0.5:
                    self._start(commands.retry(job.id))
                else:
                    self._start(commands.trash([job.id]))
            case _:
                pass

    def _send_again(self, life: Life, id: JobId) -> None:
        async def sent_again() -> None:
            saved = life.store.read(id)
            allowed = saved is not None and isinstance(saved.phase, Unconfirmed)
            if allowed:
                self._auditor.allow(id)
            self._trace(f"the user sends {self._auditor.name(id)} again{'' if allowed else ', which was sent already'}")
            try:
                await life.runner.commands.send_again(id)
            except CommandRejected:
                if allowed:
                    self._auditor.disallow(id)
                raise

        self._start(sent_again())

    async def _read_balance(self, life: Life) -> None:
        await life.runner.read_balance()

    def _start(self, command: Awaitable[object]) -> None:
        async def carried_out() -> None:
            try:
                with suppress(CommandRejected, StoreError, Killed):
                    await command
            except Exception as error:
                self._auditor.wrong(f"a command failed: {error!r}")

        task = asyncio.ensure_future(carried_out())
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)
