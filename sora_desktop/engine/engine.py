"""The engine: everything below the screen. The window and the command line each have one."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.api.dialects import capabilities_of, first_capabilities, remote_id_in_answer
from sora_desktop.api.errors import ServiceError
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import ChangedJobs, Job, JobId, remote_id_of
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.overrides import Override
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.domain.trash import before_trash
from sora_desktop.engine import inbox_reader
from sora_desktop.engine.configured_services import BadService
from sora_desktop.engine.connection import Connection
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.engine.inbox_reader import InboxReader, Instructions
from sora_desktop.engine.last_answers import uncut
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.services import Services
from sora_desktop.jobs.clips.previews import Previews
from sora_desktop.media.pool import MediaPool
from sora_desktop.store.codec import service_from_text
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.errors import StoreError
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import DataLock
from sora_desktop.store.overrides import overrides_in
from sora_desktop.store.records import Records
from sora_desktop.store.settings import Settings
from sora_desktop.system.resources import resources, version

if TYPE_CHECKING:
    from sora_desktop.api.http.download_process import DownloadProcess
    from sora_desktop.engine.lane import Lane
    from sora_desktop.jobs.runner import JobRunner

log = logging.getLogger(__name__)

#: Seconds that a command waits at most for a lane that is being opened.
LONGEST_OPENING = 30.0


class Engine:
    """Owns files, worker processes and lanes, and opens and closes them in order.

    `open()`, then `services.connect()`, which opens the lane of the first service or of the sandbox, and
    `services.connect_all()`, which lets all others work beside it.
    """

    def __init__(
        self,
        records: Records,
        listeners: Listeners,
        environ: Mapping[str, str] | None = None,
        download_process: DownloadProcess | None = None,
    ) -> None:
        """`environ`: the environment of the process unless given.

        `download_process`: where files are downloaded; closed with the engine. None: in threads.
        """
        self.records = records
        self.data_folder = records.data_folder
        self._listeners = listeners
        self._environ = os.environ if environ is None else environ
        self._download_process = download_process
        self._stack = AsyncExitStack()
        self.database = records.database
        self.store = records.jobs
        self._inbox_reader = InboxReader(
            self.data_folder,
            self.store,
            publish=lambda job: listeners.jobs(ChangedJobs((job,))),
            instructions=Instructions(listeners.raise_window, self.pause, self._change_services),
            warn=listeners.warning,
            lock=records.lock,
        )
        self.media = MediaPool()
        self.previews = Previews(self.data_folder.posters, self.media, listeners.preview_ready)
        self.price_file = records.price_file
        #: Clips that were missing from the library and that this start has added to it.
        self.clips_found = 0
        self.key = ""
        #: Every service of the data folder, and the lanes of those at work.
        self.services = Services(records, self.media, self._inbox_reader, listeners, self._environ, download_process)

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
    def keys(self) -> KeyRing:
        """Where the key of the first service is stored."""
        return self.services.configured.first_keys

    @property
    def lanes(self) -> dict[str, Lane]:
        """Open lanes by service name."""
        return self.services.lanes

    @property
    def service_name(self) -> str:
        """The current service, also while it is being disconnected."""
        return self.services.current

    @property
    def capabilities(self) -> Capabilities:
        """What the current service can do; while none is connected, what the first service can do."""
        lane = self.lanes.get(self.service_name)
        return first_capabilities() if lane is None else lane.capabilities

    @property
    def connection(self) -> Connection:
        """The current service and its runner, or `Disconnected`."""
        return self.services.connection

    @property
    def connected(self) -> bool:
        """True while the current service is at work."""
        return self.services.current_lane is not None

    @property
    def early_commands(self) -> EarlyCommands:
        """What the user has asked for before the lanes were open."""
        return self.services.early_commands

    @property
    def seconds_to_answer(self) -> float | None:
        """Seconds until every create that was sent has ended, at most; None if none is open."""
        waits = [lane.runner.seconds_to_answer for lane in self.lanes.values()]
        return max((seconds for seconds in waits if seconds is not None), default=None)

    @property
    def base_url(self) -> str:
        """Base URL of the first service; SORA_BASE_URL overrides the settings."""
        return self.services.configured.base_url

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
        if self._download_process is not None:
            self._stack.push_async_callback(self._download_process.aclose)
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
        for warning in self.services.configured.warnings:
            self._listeners.warning(warning)

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

    @property
    def jobs(self) -> list[Job]:
        """The unsettled jobs of all open lanes."""
        return [job for lane in self.lanes.values() for job in lane.runner.jobs()]

    def show(self, jobs: Iterable[Job]) -> None:
        """Show jobs as they will be saved once their lane is open, or again as they are saved."""
        for job in jobs:
            self._listeners.jobs(ChangedJobs((job,)))

    def runner_of(self, id: JobId) -> JobRunner | None:
        """The runner that a command on this job goes to: that of the job's lane, else the current one, else None.

        Two lanes must never change the same job: one would send what the other has put on hold. So it is None as well
        while the job's lane is being opened.
        """
        job, services = self.store.read(id), self.services
        lane = None if job is None else services.lane_of(job)
        if lane is None and not services.openings.may_open("" if job is None else job.service):
            lane = services.current_lane
        return None if lane is None else lane.runner

    async def wait_for_runner(self, id: JobId) -> JobRunner | None:
        """The runner of this job, as soon as its lane is open; the same as `runner_of` if none is being opened.

        Returns None after `LONGEST_OPENING`.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_OPENING):
                job = self.store.read(id)
                await self.services.openings.wait_for("" if job is None else job.service)
                if (runner := self.runner_of(id)) is not None:
                    return runner
                await self.services.openings.wait_for(self.services.current)
        return self.runner_of(id)

    async def aclose(self) -> None:
        """Close the lanes, then everything else. Raises a lane's error at the end.

        This cannot be cut: a caller that is cancelled gets its cancellation when everything is closed.
        """
        await uncut(asyncio.create_task(self._close_all(), name="close engine"))

    async def _close_all(self) -> None:
        try:
            await self.services.aclose()
        finally:
            await self._stack.aclose()

    def change_settings(self, **changes: object) -> None:
        """Save settings; changes of the service apply at the next `connect()`. Raises OSError."""
        self.records.change_settings(**changes)

    def pause(self, paused: bool) -> None:
        """Pause or resume sending for all services, also after a restart. Raises OSError."""
        try:
            self.change_settings(paused=paused)
        finally:  # a full disk must not keep the queue from pausing in this run
            for lane in self.lanes.values():
                lane.runner.commands.pause(paused)
            if not self.connected:
                self._listeners.queue(QueueState(paused))

    @property
    def edited_prices(self) -> PriceTable:
        """The price table of the current service as the user edits it, without learned prices."""
        if not self.records.is_further_service(self.service_name):
            return self.prices
        return self.records.price_file_of(self.service_name).load()

    def set_prices(self, prices: PriceTable) -> None:
        """Replace the price table of the current service. Raises StoreError.

        The first service and the sandbox share theirs.
        """
        records, current = self.records, self.service_name
        records.price_file_of(current).save(prices)
        is_further = records.is_further_service(current)
        if not is_further:
            records.prices = prices
        for lane in self.lanes.values():
            name = lane.service_name
            if name == current if is_further else not records.is_further_service(name):
                lane.runner.commands.set_prices(prices)

    async def _change_services(self, instruction: str, value: str) -> str:
        """Carry out what another process wants. Returns why that was refused, else an empty string."""
        services = self.services
        try:
            match instruction:
                case inbox_reader.ADD_SERVICE:
                    await services.add(_service_in(value))
                case inbox_reader.CHANGE_SERVICE:
                    await services.change(_service_in(value))
                case inbox_reader.READ_KEY:
                    services.configured.read_key_again(value)
                case inbox_reader.REMOVE_SERVICE:
                    await services.remove(value)
                case inbox_reader.OPEN_SERVICE:
                    await services.start_opening(value)
                case _:
                    services.set_default(value)
        except (BadService, ServiceError) as error:
            return str(error)
        except OSError as error:
            return f"the settings could not be saved: {error.strerror or error}"
        return ""

    async def write_report(self, job: Job, to: Path) -> Path:
        """Write a zip about one job for the service's support, without the key. Raises StoreError, OSError."""
        from sora_desktop.api.errors import UnknownDialect
        from sora_desktop.jobs.support.report import ReportContent, write_report

        lane = self.services.lane_of(job)
        balance, key = (None, self.key) if lane is None else (lane.runner.balance, lane.key)
        attempts, exchanges = self.store.attempts(job.id), self.store.exchanges(job.id)
        config = self.services.configured.config(job.service) or ServiceConfig(job.service, job.service)
        unit = None
        with suppress(UnknownDialect):  # the settings may be from a newer version
            unit = capabilities_of(config).unit
        answers = (
            remote_id_in_answer(config.dialect, attempt.answer, "" if attempt.mark is None else attempt.mark.place)
            for attempt in reversed(attempts)
        )
        remote_id = remote_id_of(job.phase) or next(filter(None, answers), None)
        content = ReportContent(before_trash(job), attempts, exchanges, remote_id, balance, unit, version(), key)
        return await write_report(content, to)


def _service_in(text: str) -> ServiceConfig:
    """The service in a message. Raises BadService."""
    try:
        return service_from_text(text)
    except StoreError as error:
        raise BadService("the service in it cannot be read") from error
