"""Everything below the screen, opened and put away in order: one for the window and one for the command line."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.domain.job import Job
from sora_desktop.domain.money import PriceTable
from sora_desktop.engine.connection import Connected, Connection, Disconnected
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.other_processes import OtherProcesses
from sora_desktop.jobs.clips.previews import Previews
from sora_desktop.media.pool import MediaPool
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.records import Records
from sora_desktop.store.settings import Settings
from sora_desktop.system.resources import resources, version

if TYPE_CHECKING:
    from sora_desktop.jobs.runner import JobRunner


def _load_connection() -> None:
    """HTTP and the runner take as long to load as all the rest: in a thread, when the window is on the screen."""
    import sora_desktop.engine.lane  # noqa: F401


class Engine:
    """Owns files, workers, service and runner. `open()`, then `connect()`; `connect()` again after new settings."""

    def __init__(self, records: Records, listeners: Listeners, environ: Mapping[str, str] | None = None) -> None:
        """`environ` is the process's own where none is given."""
        self.records = records
        self.data_folder = data_folder = records.data_folder
        self._listeners = listeners
        self._environ = os.environ if environ is None else environ
        self._stack = AsyncExitStack()
        self._service_stack = AsyncExitStack()
        self.database = records.database
        self.store = records.jobs
        self._other_processes = OtherProcesses(
            data_folder, self.store, publish=listeners.job, raise_window=listeners.raise_window, pause=self.pause
        )
        self.keys = KeyRing(data_folder, self._environ)
        self.media = MediaPool()
        self.previews = Previews(data_folder.posters, self.media, listeners.preview_ready)
        self.price_file = records.price_file
        #: Clips that the library did not list, and lists again since this start.
        self.clips_found = 0
        self.key = ""
        self.service_name = ""
        self._runner: JobRunner | None = None
        self._leaving: asyncio.Task[None] | None = None

    @classmethod
    def at(cls, data_folder: DataFolder, listeners: Listeners, environ: Mapping[str, str] | None = None) -> Engine:
        """An engine on what the data folder holds."""
        return cls(Records(data_folder, resources() / "prices.json"), listeners, environ)

    @property
    def settings(self) -> Settings:
        """What a person has set."""
        return self.records.settings

    @property
    def prices(self) -> PriceTable:
        """The prices in the file, without learned ones."""
        return self.records.prices

    @property
    def runner(self) -> JobRunner:
        """The mover of jobs, once connected."""
        assert self._runner is not None
        return self._runner

    @property
    def connected(self) -> bool:
        """True while a runner is at work."""
        return self._runner is not None

    @property
    def connection(self) -> Connection:
        """The service at work, or none."""
        if self._runner is None:
            return Disconnected()
        return Connected(self.service_name, self._runner)

    @property
    def base_url(self) -> str:
        """Where the live service is; the environment decides over the settings."""
        return self._environ.get("SORA_BASE_URL") or self.settings.base_url

    @property
    def clips_folder(self) -> Path:
        """The folder of the clips."""
        return self.settings.clips_folder or self.data_folder.clips

    async def open(self) -> None:
        """Open the files and hear what other processes have left. Raises StoreProblem."""
        await self.database.open()
        self._stack.push_async_callback(self.database.aclose)
        self._stack.push_async_callback(self.media.aclose)
        if self.database.was_damaged or self.database.was_missing or self.data_folder.rebuilding.exists():
            await self._find_lost_clips()
        self._stack.push_async_callback(self.previews.aclose)
        self._stack.push_async_callback(self._other_processes.aclose)
        await self._other_processes.open()

    async def _find_lost_clips(self) -> None:
        from sora_desktop.jobs.clips import recovery

        begun = self.data_folder.rebuilding
        with suppress(OSError):  # killed or closed meanwhile, the next start looks again
            begun.touch()
        found = await recovery.find_lost_clips(self.clips_folder, self.store, self.media)
        with suppress(OSError):
            begun.unlink(missing_ok=True)
        self.clips_found = found
        if not self.database.was_damaged and found:
            self.database.warning = "The library's database was missing or empty, and a new one was made."
        if self.database.warning:
            self.database.warning += f" Clips found in the library folder and listed again: {found}."

    async def load_key(self) -> str:
        """The key as kept; empty when there is none."""
        self.key = await self.keys.load()
        return self.key

    async def connect(self, *, sandbox: bool) -> None:
        """Reach the service and carry on. Raises BadUrl, SandboxWouldNotStart."""
        await asyncio.to_thread(_load_connection)
        from sora_desktop.engine.lane import reached

        await self.disconnect()
        self.service_name, self._runner = await reached(
            self.records,
            self.media,
            self._listeners,
            self._service_stack,
            clips_folder=self.clips_folder,
            base_url=None if sandbox else self.base_url,
            key=self.key,
        )
        await self._runner.start()
        await self._other_processes.introduce(self.service_name, self._runner)

    async def disconnect(self) -> None:
        """Stop the runner and let go of the service. Once begun it is carried through: an answer may be on its way."""
        if self._leaving is None or self._leaving.done():
            self._leaving = asyncio.create_task(self._leave(), name="disconnect")
        await asyncio.shield(self._leaving)

    async def _leave(self) -> None:
        await self._other_processes.introduce("", None)
        stack, self._service_stack = self._service_stack, AsyncExitStack()
        await stack.aclose()
        self._runner = None

    async def aclose(self) -> None:
        """Put everything away."""
        await self.disconnect()
        await self._stack.aclose()

    def change_settings(self, **changes: object) -> None:
        """Keep settings; those about the service hold from the next `connect()`."""
        self.records.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.records.settings_file.save(self.settings)

    def pause(self, paused: bool) -> None:
        """Send nothing until told otherwise, also after a restart. Raises OSError."""
        self.change_settings(paused=paused)
        if self._runner is not None:
            self._runner.pause(paused)

    def set_spending_limit(self, limit: Decimal | None) -> None:
        """Credits that may be spent in a day; None takes the cap away. Raises OSError."""
        self.change_settings(spending_limit=limit)
        if self._runner is not None:
            self._runner.set_spending_limit(limit)

    def set_prices(self, prices: PriceTable) -> None:
        """Replace the price table. Raises StoreProblem."""
        self.price_file.save(prices)
        self.records.prices = prices
        if self._runner is not None:
            self._runner.set_prices(prices)

    async def write_report(self, job: Job, to: Path) -> Path:
        """A zip about one job for the service's support, without the key. Raises StoreProblem, OSError."""
        from sora_desktop.jobs.support.report import ReportTexts, write_report

        balance = self._runner.balance if self._runner is not None else None
        attempts, said = self.store.attempts(job.id), self.store.said(job.id)
        return await write_report(ReportTexts(job, attempts, said, balance, version(), self.key), to)
