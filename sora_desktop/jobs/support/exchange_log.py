"""Files what was said over the wire under the job that it was about."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol
from urllib.parse import unquote

from sora_desktop.api.service import Exchange
from sora_desktop.domain.job import JobId, remote_id_of
from sora_desktop.jobs.journal import Journal
from sora_desktop.jobs.ports import ExchangeStore
from sora_desktop.store.database.attempts import LoggedExchange
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)


class Turn(Protocol):
    """Whoever knows which job is being sent or asked about."""

    @property
    def turn(self) -> JobId | None:
        """That job."""


class ExchangeLog:
    """Written behind: a report may miss the last words before a kill, the ledger never does."""

    def __init__(self, store: ExchangeStore, journal: Journal, turn: Turn) -> None:
        self._store = store
        self._journal = journal
        self._turn = turn
        self._unwritten: list[tuple[JobId, LoggedExchange]] = []
        self._writing: asyncio.Task[None] | None = None

    def hear(self, exchange: Exchange) -> None:
        """A call of the API ended."""
        id = self._about(exchange.path)
        if id is None:
            return
        said = LoggedExchange(exchange.when, exchange.method, exchange.path, exchange.status, exchange.raw)
        self._unwritten.append((id, said))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write(), name="correspondence")

    async def aclose(self) -> None:
        """What was heard is on disk when this returns."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)

    def _about(self, path: str) -> JobId | None:
        head, _, remote_id = path.rpartition("/")
        if head != "/tasks":
            return self._turn.turn
        known = unquote(remote_id)
        return next((job.id for job in self._journal if remote_id_of(job.phase) == known), None)

    async def _write(self) -> None:
        while self._unwritten:
            about, self._unwritten = self._unwritten, []
            for id in dict.fromkeys(id for id, _ in about):
                try:
                    await self._store.log_exchanges(id, [said for each, said in about if each == id])
                except StoreError as trouble:
                    log.warning("what was said about job %s could not be kept: %s", id, trouble)
