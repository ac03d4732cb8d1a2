"""Puts on disk what came of a create, whatever stands in the way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sora_desktop.domain.job import Job, Phase, Rendering
from sora_desktop.domain.ledger import Outcome
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.ports import Ledger
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)

#: Seconds: the longest pause between two tries.
LONGEST_PAUSE = 60.0


class AttemptWriter:
    """Writes the end of an attempt and its job's phase as one."""

    def __init__(self, journal: Journal, ledger: Ledger, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._journal = journal
        self._ledger = ledger
        self._sleep = sleep

    async def note(
        self, sent: Job, attempt: int, phase: Phase, answer: str, outcome: Outcome, status: int | None = None
    ) -> Job:
        """On disk when this returns: an answer that was paid for is not given up because the disk is full.

        Where the program closes meanwhile, it is tried once more.
        """

        async def save(job: Job) -> None:
            await self._ledger.end_attempt(attempt, job, answer, outcome, status)

        async def write() -> Job:
            noted = await self._journal.change(sent, lambda current: self._journal.stepped(current, phase), save)
            assert noted is not None
            return noted

        try:
            return await self._until_written(write, sent, phase, answer)
        except asyncio.CancelledError:
            with suppress(StoreError):
                await write()
            raise

    async def _until_written(self, write: Callable[[], Awaitable[Job]], sent: Job, phase: Phase, answer: str) -> Job:
        failures = 0
        while True:
            try:
                return await write()
            except StoreError as trouble:
                failures += 1
                log.critical("the answer to job %s could not be noted: %s (%s)", sent.id, answer, trouble)
                if isinstance(phase, Rendering):
                    warning = f"{trouble} Keep the program open until this is noted."
                    self._journal.show(self._journal.stepped(sent, Rendering(phase.remote_id, None, warning)))
                await self._sleep(min(2.0**failures, LONGEST_PAUSE))
