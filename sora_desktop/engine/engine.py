"""The engine: everything below the screen. The window and the command line each have one."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.api.dialects import capabilities_of, first_capabilities, remote_id_in_answer
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import Job, JobId, remote_id_of
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.overrides import Override
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.domain.trash import before_trash
from sora_desktop.engine.connection import Connected, Connection, Disconnected
from sora_desktop.engine.inbox_reader import InboxReader
from sora_desktop.engine.last_answers import uncut
from sora_desktop.engine.listeners import Listeners, ignore
from sora_desktop.jobs.clips.previews import Previews
from sora_desktop.media.pool import MediaPool
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import DataLock
from sora_desktop.store.overrides import URL_OVERRIDE, overrides_in, value_of
from sora_desktop.store.records import Records
from sora_desktop.store.settings import Settings
from sora_desktop.system.resources import resources, version

if TYPE_CHECKING:
    from sora_desktop.engine.lane import Lane
    from sora_desktop.jobs.runner import JobRunner

log = logging.getLogger(__name__)


def _load_lane() -> None:
    """Import HTTP and the runner. Runs in a thread: the import takes as long as the rest of the start."""
    import sora_desktop.engine.lane  # noqa: F401


def _log_error(task: asyncio.Task[None]) -> None:
    """Log why a lane could not be closed: perhaps nobody waits for it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", task.get_name(), exc_info=error)


class Engine:
    """Owns files, worker processes and lanes, and opens and closes them in order.

    `open()`, then `connect()`; `connect()` again after the settings of the service have changed. The window and the
    command line show one service, the current one. `open_lane()` lets another service work beside it.
    """

    def __init__(self, records: Records, listeners: Listeners, environ: Mapping[str, str] | None = None) -> None:
        """`environ`: the environment of the process unless given."""
        self.records = records
        self.data_folder = records.data_folder
        self._listeners = listeners
        self._environ = os.environ if environ is None else environ
        self._stack = AsyncExitStack()
        self.database = records.database
        self.store = records.jobs
        self._inbox_reader = InboxReader(
            self.data_folder,
            self.store,
            publish=listeners.job,
            raise_window=listeners.raise_window,
            pause=self.pause,
            warn=listeners.warning,
            lock=records.lock,
        )
        self.keys = KeyRing(self.data_folder, self._environ)
        self._further_keys: dict[str, KeyRing] = {}
        self.media = MediaPool()
        self.previews = Previews(self.data_folder.posters, self.media, listeners.preview_ready)
        self.price_file = records.price_file
        #: Clips that were missing from the library and that this start has added to it.
        self.clips_found = 0
        self.key = ""
        self.service_name = ""  # the current service, also while it is being disconnected
        #: Open lanes by service name.
        self.lanes: dict[str, Lane] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}

    @classmethod
    def at(
        cls,
        data_folder: DataFolder,
        listeners: Listeners,
        environ: Mapping[str, str] | None = None,
        lock: DataLock | None = None,
    ) -> Engine:
        """An engine for a data folder, whose lock this process holds."""
        capabilities = first_capabilities()
        return cls(Records(data_folder, resources() / "prices.json", capabilities, lock), listeners, environ)

    @property
    def settings(self) -> Settings:
        """The user's settings."""
        return self.records.settings

    @property
    def prices(self) -> PriceTable:
        """The price table of the first service, without learned prices."""
        return self.records.prices

    @property
    def capabilities(self) -> Capabilities:
        """What the current service can do; while none is connected, what the first service can do."""
        lane = self.lanes.get(self.service_name)
        return first_capabilities() if lane is None else lane.capabilities

    @property
    def connection(self) -> Connection:
        """The current service and its runner, or `Disconnected`."""
        lane = self._current_lane
        return Disconnected() if lane is None else Connected(lane.service_name, lane.runner)

    @property
    def connected(self) -> bool:
        """True while the current service is at work."""
        return self._current_lane is not None

    @property
    def seconds_to_answer(self) -> float | None:
        """Seconds until every create that was sent has ended, at most; None if none is open."""
        waits = [lane.runner.seconds_to_answer for lane in self.lanes.values()]
        return max((seconds for seconds in waits if seconds is not None), default=None)

    @property
    def base_url(self) -> str:
        """Base URL of the first service; SORA_BASE_URL overrides the settings."""
        return value_of(URL_OVERRIDE, self._environ) or self.settings.base_url

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The environment variables that override the settings of the first service."""
        return overrides_in(self._environ)

    @property
    def clips_folder(self) -> Path:
        """Where finished clips are stored."""
        return self.records.clips_folder

    async def open(self) -> None:
        """Open the database and read the messages of other processes. Raises StoreError."""
        await self.database.open()
        self._stack.push_async_callback(self.database.aclose)
        self._stack.push_async_callback(self.media.aclose)
        database, marker = self.database, self.data_folder.rebuilding
        rebuilds = database.was_damaged or database.was_missing or database.was_restored or marker.exists()
        if rebuilds:
            with suppress(OSError):  # if this is interrupted, the next start does it again
                marker.touch()
            await self._find_lost_clips()
        elif database.set_aside.ids:  # their clips may be finished
            await self._find_lost_clips()
        self._stack.push_async_callback(self.previews.aclose)
        self._stack.push_async_callback(self._inbox_reader.aclose)
        await self._inbox_reader.open(is_restored=rebuilds and self.store.last_restore() is not None)
        if rebuilds:
            with suppress(OSError):
                marker.unlink(missing_ok=True)

    async def _find_lost_clips(self) -> None:
        from sora_desktop.jobs.clips import recovery

        found = await recovery.find_lost_clips(self.clips_folder, self.store, self.media, self.capabilities)
        self.clips_found = found
        if not self.database.warning and found:
            self.database.warning = (
                "Some clips were not in the library."
                if self.database.set_aside.ids
                else "The library's database was missing or empty, and a new one was created."
            )
        if self.database.warning:
            self.database.warning += f" Clips found in the library folder and added again: {found}."

    async def load_key(self) -> str:
        """The key of the first service; empty if there is none."""
        self.key = await self.keys.load()
        return self.key

    async def connect(self, *, sandbox: bool, waits: Callable[[float], None] = ignore) -> Connected:
        """Open the lane of the first service or of the sandbox, and make that service the current one.

        If a lane with the same jobs still waits for an answer, the new one opens after it; `waits` is called with the
        seconds that this may take. The lane of another service closes in the background.
        Raises BadUrl, SandboxStartError, StoreError.
        """
        await asyncio.to_thread(_load_lane)
        from sora_desktop.api.http.origin import checked_base_url
        from sora_desktop.api.http.proxies import require_usable_proxy

        self.disconnect()
        while True:  # the settings may change again during the wait
            base_url = None if sandbox else checked_base_url(self.base_url)
            if base_url is not None:
                require_usable_proxy(base_url, self._environ)
            name = SANDBOX if base_url is None else base_url
            before = next(
                (lane for lane in self.lanes.values() if lane.service_name == name or lane.has_unassigned_jobs), None
            )
            if before is None:
                break
            if (seconds := before.runner.seconds_to_answer) is not None:
                waits(seconds)
            await self.close_lane(before.service_name)
        config = ServiceConfig(
            name, base_url, jobs_at_once=self.settings.jobs_at_once, spending_limit=self.settings.spending_limit
        )
        lane = await self.open_lane(config, is_current=True)
        return Connected(lane.service_name, lane.runner)

    def disconnect(self) -> None:
        """Begin to close the lane of the current service, if it is open: nothing more is sent. See `close_lane`."""
        self._start_closing(self.service_name)

    async def open_lane(self, config: ServiceConfig, *, is_current: bool = False) -> Lane:
        """Let a service work, with its own key, prices, limits and connections, beside other services.

        Jobs of all services are published. Balance, money, prices and queue state are published for the current one
        only, since the screen shows one service. Raises BadUrl, UnknownDialect, SandboxStartError, StoreError.
        """
        await asyncio.to_thread(_load_lane)
        from sora_desktop.engine.lane import Lane

        await self.close_lane(config.name)
        await self.store.unify_service(config.name)
        key = "" if config.base_url is None else await self.key_ring(config.name).load()
        listeners = self._listeners if is_current else Listeners(job=self._listeners.job)
        lane = await Lane.open(config, key, self.records, self.media, listeners, takes_unassigned=is_current)
        self.lanes[config.name] = lane  # before the start: listeners ask for the runner
        if is_current:
            self.service_name = config.name
        await lane.runner.start()
        key_fingerprint = self.store.key_fingerprint(lane.key)
        await self._inbox_reader.add_runner(config.name, lane.runner, key_fingerprint, is_current=is_current)
        return lane

    async def close_lane(self, service_name: str) -> None:
        """Stop working for a service. A cancelled caller does not stop this: an answer may be on its way."""
        closing = self._start_closing(service_name)
        if closing is not None:
            await asyncio.shield(closing)

    def _start_closing(self, service_name: str) -> asyncio.Task[None] | None:
        if service_name in self.lanes and service_name not in self._closing:
            self.lanes[service_name].retire()
            task = asyncio.create_task(self._close(service_name), name=f"close lane {service_name}")
            task.add_done_callback(_log_error)
            self._closing[service_name] = task
        return self._closing.get(service_name)

    def key_ring(self, service_name: str) -> KeyRing:
        """Where the key of a configured service is stored."""
        if not self.records.is_further_service(service_name):
            return self.keys
        if service_name not in self._further_keys:  # kept: without a system keyring it holds the key of this run
            self._further_keys[service_name] = KeyRing(self.data_folder, self._environ, service_name)
        return self._further_keys[service_name]

    @property
    def jobs(self) -> list[Job]:
        """The unsettled jobs of all open lanes."""
        return [job for lane in self.lanes.values() for job in lane.runner.jobs()]

    def lane_of(self, job: Job) -> Lane | None:
        """The open lane of the job's service, or None. A job without a service belongs to the current one."""
        return self.lanes.get(job.service or self.service_name)

    def runner_of(self, id: JobId) -> JobRunner | None:
        """The runner that a command on this job goes to: that of the job's lane, else the current one, else None.

        Two lanes must never change the same job: one would send what the other has put on hold.
        """
        job = self.store.read(id)
        lane = (None if job is None else self.lane_of(job)) or self._current_lane
        return None if lane is None else lane.runner

    async def _close(self, service_name: str) -> None:
        try:
            await self._inbox_reader.remove_runner(service_name)
            await self.lanes[service_name].aclose()
        finally:
            self.lanes.pop(service_name, None)
            self._closing.pop(service_name, None)

    @property
    def _current_lane(self) -> Lane | None:
        return None if self.service_name in self._closing else self.lanes.get(self.service_name)

    async def aclose(self) -> None:
        """Close the lanes, then everything else. Raises a lane's error at the end.

        This cannot be cut: a caller that is cancelled gets its cancellation when everything is closed.
        """
        await uncut(asyncio.create_task(self._close_all(), name="close engine"))

    async def _close_all(self) -> None:
        closed = await asyncio.gather(*map(self.close_lane, list(self.lanes)), return_exceptions=True)
        await self._stack.aclose()
        for error in closed:
            if isinstance(error, BaseException):
                raise error

    def change_settings(self, **changes: object) -> None:
        """Save settings; changes of the service apply at the next `connect()`. Raises OSError."""
        self.records.settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.records.settings_file.save(self.settings)

    def pause(self, paused: bool) -> None:
        """Pause or resume sending for all services, also after a restart. Raises OSError."""
        try:
            self.change_settings(paused=paused)
        finally:  # a full disk must not keep the queue from pausing in this run
            for lane in self.lanes.values():
                lane.runner.commands.pause(paused)
            if not self.connected:
                self._listeners.queue(QueueState(paused))

    def set_prices(self, prices: PriceTable) -> None:
        """Replace the price table of the first service, which the sandbox shares. Raises StoreError."""
        self.price_file.save(prices)
        self.records.prices = prices
        for lane in self.lanes.values():
            if not self.records.is_further_service(lane.service_name):
                lane.runner.commands.set_prices(prices)

    async def write_report(self, job: Job, to: Path) -> Path:
        """Write a zip about one job for the service's support, without the key. Raises StoreError, OSError."""
        from sora_desktop.api.errors import UnknownDialect
        from sora_desktop.jobs.support.report import ReportContent, write_report

        lane = self.lane_of(job)
        balance, key = (None, self.key) if lane is None else (lane.runner.balance, lane.key)
        attempts, exchanges = self.store.attempts(job.id), self.store.exchanges(job.id)
        further = (config for config in self.settings.more_services if config.name == job.service)
        config = next(further, ServiceConfig(job.service, job.service))
        unit = None
        with suppress(UnknownDialect):  # the settings may be from a newer version
            unit = capabilities_of(config).unit
        answers = (remote_id_in_answer(config.dialect, attempt.answer) for attempt in reversed(attempts))
        remote_id = remote_id_of(job.phase) or next(filter(None, answers), None)
        content = ReportContent(before_trash(job), attempts, exchanges, remote_id, balance, unit, version(), key)
        return await write_report(content, to)
