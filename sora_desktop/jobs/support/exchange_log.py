"""Keeps the latest calls that were made for each job, for reports."""

from __future__ import annotations

import asyncio
import logging

from sora_desktop.domain.job import JobId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.jobs.ports import ExchangeStore
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)


class ExchangeLog:
    """Writes in the background. A kill may lose the latest exchanges of a report, never those of the ledger."""

    def __init__(self, store: ExchangeStore) -> None:
        self._store = store
        self._unwritten: list[tuple[JobId, Exchange]] = []
        self._writing: asyncio.Task[None] | None = None

    def add(self, id: JobId, exchange: Exchange | None) -> None:
        """A call was made for that job. None: no call was made, and nothing is kept."""
        if exchange is None:
            return
        self._unwritten.append((id, exchange))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write(), name="exchange log")

    async def aclose(self) -> None:
        """Everything added before is on disk when this returns."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self) -> None:
        while self._unwritten:
            batch, self._unwritten = self._unwritten, []
            for id in dict.fromkeys(id for id, _ in batch):
                try:
                    await self._store.save_exchanges(id, [exchange for each, exchange in batch if each == id])
                except StoreError as error:
                    log.warning("exchanges of job %s could not be stored: %s", id, error)
