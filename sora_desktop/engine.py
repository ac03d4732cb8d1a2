"""Everything below the screen, opened and put away in order: one for the window and one for the command line."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from sora_desktop.api.client import SoraService, checked_base_url
from sora_desktop.child import SandboxChild
from sora_desktop.domain.job import Job, JobId
from sora_desktop.domain.money import Balance, PriceTable
from sora_desktop.jobs.pacing import RequestBudget
from sora_desktop.jobs.pictures import Pictures
from sora_desktop.jobs.runner import JobRunner, Terms
from sora_desktop.media.pool import MediaPool
from sora_desktop.store import codec
from sora_desktop.store.database import Database
from sora_desktop.store.draft import DraftFile
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.job_store import JobStore
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import DataLock
from sora_desktop.store.places import Places
from sora_desktop.store.prices import load_prices
from sora_desktop.store.settings import Settings, SettingsFile

log = logging.getLogger(__name__)

SANDBOX = "sandbox"
#: Seconds between two readings of what other processes ask.
INBOX_EVERY = 0.25


def ignore(_: object) -> None:
    """For listeners that are not there."""


def resources() -> Path:
    """The folder with icons, colours and default data, frozen or not."""
    import sys

    frozen: str | None = getattr(sys, "_MEIPASS", None)
    return Path(frozen) / "resources" if frozen else Path(__file__).parents[1] / "resources"


@dataclass(frozen=True, slots=True)
class Listeners:
    """The way up: who is told of what."""

    job: Callable[[Job], None] = ignore
    balance: Callable[[Balance], None] = ignore
    picture: Callable[[JobId], None] = ignore
    raised: Callable[[], None] = lambda: None


class Engine:
    """Owns files, workers, service and runner. `open()`, then `connect()`; `connect()` again after new settings."""

    def __init__(self, places: Places, listeners: Listeners, environ: Mapping[str, str] | None = None) -> None:
        self.places = places
        self._listeners = listeners
        self._environ = os.environ if environ is None else environ
        self._stack = AsyncExitStack()
        self._service_stack = AsyncExitStack()
        self._inbox_task: asyncio.Task[None] | None = None
        self.settings_file = SettingsFile(places.settings_file)
        self.settings: Settings = self.settings_file.load()
        self.draft_file = DraftFile(places.draft_file)
        self.database = Database(places.database)
        self.store = JobStore(self.database)
        self.keys = KeyRing(places, self._environ)
        self.media = MediaPool()
        self.pictures = Pictures(places.posters, self.media, listeners.picture)
        self.prices: PriceTable = load_prices(places.prices_file, resources() / "prices.json")
        self.key = ""
        self.service_name = ""
        self._runner: JobRunner | None = None

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
    def base_url(self) -> str:
        """Where the live service is; the environment decides over the settings."""
        return self._environ.get("SORA_BASE_URL") or self.settings.base_url

    @property
    def library(self) -> Path:
        """The folder of the clips."""
        return self.settings.library_folder or self.places.library

    async def open(self) -> None:
        """Open the files. Raises StoreProblem."""
        await self.database.open()
        self._stack.push_async_callback(self.database.aclose)
        self._stack.push_async_callback(self.media.aclose)
        self._stack.push_async_callback(self.pictures.aclose)

    async def load_key(self) -> str:
        """The key as kept; empty when there is none."""
        self.key = await self.keys.load()
        return self.key

    async def connect(self, *, sandbox: bool) -> None:
        """Reach the service and carry on. Raises BadUrl, SandboxWouldNotStart."""
        await self.disconnect()
        if sandbox:
            child = SandboxChild(self.places.root / "sandbox")
            address = await child.start()
            self._service_stack.push_async_callback(child.aclose)
            base_url, key, self.service_name = address.base_url, address.key, SANDBOX
        else:
            base_url = checked_base_url(self.base_url)
            key, self.service_name = self.key, base_url
        budget = RequestBudget()
        service = SoraService(base_url, key, observe=budget.observe)
        self._service_stack.push_async_callback(service.aclose)
        terms = Terms(self.service_name, self.library, self.prices, self.settings.jobs_at_once)
        self._runner = JobRunner(
            service,
            self.store,
            self.media,
            budget,
            terms,
            publish=self._listeners.job,
            publish_balance=self._listeners.balance,
        )
        self._service_stack.push_async_callback(self._runner.aclose)
        await self._runner.start()
        self._tell_who_owns()
        self._inbox_task = asyncio.create_task(self._read_inbox(), name="inbox")

    async def disconnect(self) -> None:
        """Stop the runner and let go of the service."""
        if self._inbox_task is not None:
            self._inbox_task.cancel()
            await asyncio.gather(self._inbox_task, return_exceptions=True)
            self._inbox_task = None
        await self._service_stack.aclose()
        self._service_stack = AsyncExitStack()
        self._runner = None

    async def aclose(self) -> None:
        """Put everything away."""
        await self.disconnect()
        await self._stack.aclose()

    def change_settings(self, **changes: object) -> None:
        """Keep settings; those about the service hold from the next `connect()`."""
        self.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.settings_file.save(self.settings)

    def _tell_who_owns(self) -> None:
        owner = self.places.root / "owner.json"
        owner.write_text(json.dumps({"service": self.service_name, "pid": os.getpid()}), "utf-8")

    async def _read_inbox(self) -> None:
        inbox = Inbox(self.places.inbox)
        while True:
            for message in await asyncio.to_thread(inbox.take):
                try:
                    await self._obey(message)
                except Exception:
                    log.exception("a message from another process could not be followed")
            await asyncio.sleep(INBOX_EVERY)

    async def _obey(self, message: dict[str, object]) -> None:
        if message.get("do") == "raise":
            self._listeners.raised()
        jobs = message.get("jobs")
        if isinstance(jobs, list):
            await self.runner.accept([codec.job_from_text(str(text)) for text in jobs])


def owner_service(places: Places) -> str:
    """Which service the program that owns the data folder talks to; empty when unknown."""
    try:
        return str(json.loads((places.root / "owner.json").read_text("utf-8"))["service"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def lock_for(places: Places) -> DataLock:
    """The lock of the data folder."""
    return DataLock(places.lock_file)
