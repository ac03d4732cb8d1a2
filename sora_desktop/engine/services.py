"""The services of a data folder at work: one lane for each, all beside each other, and one of them current."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from sora_desktop.api.errors import ServiceError
from sora_desktop.domain.job import Job
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.domain.service_state import Availability, ServiceState
from sora_desktop.engine.configured_services import BadService, ConfiguredServices, require_no_unfinished_jobs
from sora_desktop.engine.connection import Connected, Connection, Disconnected
from sora_desktop.engine.early_commands import EarlyCommands
from sora_desktop.engine.health import HealthMonitor
from sora_desktop.engine.inbox_reader import InboxReader
from sora_desktop.engine.lane_table import LaneTable
from sora_desktop.engine.listeners import Listeners, ignore
from sora_desktop.engine.openings import Openings, load_lane
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.engine.sandbox_watch import RESTARTED, SandboxWatch
from sora_desktop.engine.service_states import service_state
from sora_desktop.media.pool import MediaPool
from sora_desktop.store.errors import StoreError
from sora_desktop.store.keys import KeyPlace
from sora_desktop.store.records import Records

if TYPE_CHECKING:
    from sora_desktop.api.http.download_process import DownloadProcess
    from sora_desktop.engine.lane import Lane


class Services:
    """Opens and closes the lanes of all services. The window and the command line show one, the current service.

    Jobs of all services are published. Balance, money, prices and queue state are published for the current one only,
    and again when another becomes the current one. Nothing that happens to one lane delays another.
    """

    def __init__(
        self,
        records: Records,
        media: MediaPool,
        inbox_reader: InboxReader,
        listeners: Listeners,
        environ: Mapping[str, str],
        download_process: DownloadProcess | None = None,
    ) -> None:
        """`environ`: the environment of the process. `download_process`: see Engine."""
        self._records = records
        self._media = media
        self._inbox_reader = inbox_reader
        self._listeners = listeners
        self._environ = environ
        self._download_process = download_process
        self.configured = configured = ConfiguredServices(records, environ)
        self._table = LaneTable(configured.is_further, self._retired, self.publish)
        #: Open lanes by service name.
        self.lanes = self._table.lanes
        #: The name of the current service, also while its lane is closed; empty until there is one.
        self.current = configured.default if configured.is_further(configured.default) else ""
        #: The lanes that are being opened.
        self.openings = Openings(self.publish, configured.is_further)
        self._connecting: set[str] = set()
        self._opens_all = False
        #: What the user has asked for before a lane was open is done before the lane sends anything.
        self.early_commands = EarlyCommands()
        self._health = HealthMonitor(configured, self.publish, self._reopen_soon)
        self._sandbox_watch = SandboxWatch(self._sandbox_ended)
        self._published: tuple[ServiceState, ...] = ()

    @property
    def connection(self) -> Connection:
        """The current service and its runner, or `Disconnected`."""
        lane = self.current_lane
        return Disconnected() if lane is None else Connected(lane.service_name, lane.runner)

    @property
    def current_lane(self) -> Lane | None:
        """The lane of the current service, unless it is closed or being closed."""
        return self._table.usable(self.current)

    def lane_of(self, job: Job) -> Lane | None:
        """The open lane of the job's service, or None. A job without a service belongs to one of the lanes."""
        return self._table.of(job)

    @property
    def states(self) -> tuple[ServiceState, ...]:
        """Every service: the first one, further ones, the sandbox."""
        return tuple(map(self._state_of, self.configured.all))

    async def connect(self, *, sandbox: bool, waits: Callable[[float], None] = ignore) -> Connected:
        """Open the lane of the first service or of the sandbox; it becomes current unless a further service is.

        If a lane with the same jobs still waits for an answer, the new one opens after it; `waits` is called with the
        seconds that this may take. The other of the two closes in the background.
        Raises BadUrl, SandboxStartError, StoreError.
        """
        await asyncio.to_thread(load_lane)
        from sora_desktop.api.http.origin import checked_base_url
        from sora_desktop.api.http.proxies import require_usable_proxy

        self.disconnect()
        while True:  # the settings may change again during the wait
            if sandbox:
                config = self.configured.sandbox
            else:
                base_url = checked_base_url(self.configured.base_url)
                require_usable_proxy(base_url, self._environ)
                config = self.configured.first
            before = self._table.with_jobs_of(config.name)
            if before is None:
                break
            if (seconds := before.runner.seconds_to_answer) is not None:
                waits(seconds)
            await self.close_lane(before.service_name)
        lane = await self.open_lane(config, is_current=not self.configured.is_further(self.current))
        return Connected(lane.service_name, lane.runner)

    def disconnect(self) -> None:
        """Begin to close the lanes of the first service and the sandbox: nothing more is sent. See `close_lane`."""
        for name in list(self.lanes):
            if not self.configured.is_further(name):
                self._table.start_closing(name)

    def connect_all(self) -> None:
        """Begin to open the lanes of all further services, beside those that are open.

        So is that of the first service if it has a key, unless the sandbox is used instead of it. A lane that cannot
        be opened shows the reason in its state.
        """
        self._opens_all = True
        for config in self.configured.all:
            if (lane := self._table.usable(config.name)) is not None:
                self._watch(config, lane)
            elif self.configured.is_further(config.name):
                self._start_opening(config)
        if all(map(self.configured.is_further, self.lanes)):
            self._start_opening(self.configured.first, if_it_has_key=True)

    async def start_opening(self, name: str) -> None:
        """Begin to open the lane of a service, unless it is open. Raises BadService.

        That of the first service needs a key, and is not opened beside the sandbox, which is used instead of it.
        """
        config = self.configured.config(name)
        if config is None or config.name == SANDBOX:
            raise BadService(f"There is no service named “{name}” that can be opened beside others.")
        is_new = config.name not in (*self.lanes, *self._connecting)
        if is_new and not self.configured.is_further(config.name):
            if not all(map(self.configured.is_further, (*self.lanes, *self._connecting))):
                raise BadService(f"{config.name} is not used now, but the sandbox.")
            if not await self.configured.key_of(config):
                raise BadService(f"There is no API key of {config.name}.")
        self._start_opening(config)

    async def choose(self, name: str) -> Connected:
        """Make a service the current one. Its lane is opened if necessary; those of the others stay open.

        Raises BadService, BadUrl, UnknownDialect, SandboxStartError, StoreError.
        """
        config = self.configured.config(name)
        if config is None:
            raise BadService(f"There is no service named “{name}”.")
        self._make_current(config.name)
        lane = await self._open_unless_open(config)
        return Connected(lane.service_name, lane.runner)

    async def open_lane(self, config: ServiceConfig, *, is_current: bool = False) -> Lane:
        """Let a service work, with its own key, prices, limits and connections, beside the others.

        Raises BadUrl, UnknownDialect, SandboxStartError, StoreError.
        """
        if is_current:
            self._make_current(config.name)
        async with self.openings.lock_of(config.name):
            await self.close_lane(config.name)
            return await self._open(config)

    async def close_lane(self, service_name: str) -> None:
        """Stop working for a service. A cancelled caller does not stop this: an answer may be on its way."""
        await self._table.close(service_name)

    async def add(self, config: ServiceConfig, key: str = "", *, key_in_file: bool = False) -> KeyPlace | None:
        """Add a service and begin to open its lane. Returns where its key is stored; None without a key.

        `key_in_file`: as for `KeyRing.save`. Raises BadService, BadUrl, UnknownDialect, OSError.
        """
        place = await self.configured.add(config, key, key_in_file=key_in_file)
        await self._reopen(config.name)
        return place

    async def change(self, config: ServiceConfig, key: str = "", *, key_in_file: bool = False) -> KeyPlace | None:
        """Change a service that the user has added, and open its lane again. An empty key leaves the stored one.

        Returns and raises the same as `add`.
        """
        place = await self.configured.change(config, key, key_in_file=key_in_file)
        await self._reopen(config.name)
        return place

    async def forget_key(self, name: str) -> None:
        """Delete the stored key of a service that the user has added, and open its lane again without it.

        A key in an environment variable counts on. Raises BadService, OSError.
        """
        await self.configured.forget_key(name)
        await self._reopen(name)

    async def remove(self, name: str) -> None:
        """Remove a service that the user has added, and its key. Its finished jobs and its ledger stay.

        Raises BadService, also while it has unfinished jobs, StoreError, OSError.
        """
        require_no_unfinished_jobs(name, self._records.jobs.unfinished())
        await self.openings.stop(name)
        await self.close_lane(name)
        await self.configured.remove(name)
        self.openings.problems.pop(name, None)
        if self.current == name:
            self._make_current(self.configured.default)
        self.publish()

    def set_default(self, name: str) -> None:
        """Use this service in later runs unless the user chooses another. Raises BadService, OSError."""
        self.configured.set_default(name)
        self.publish()

    def publish(self) -> None:
        """Report the state of the services if it has changed."""
        if self._listeners.services is ignore:
            return
        states = self.states
        if states != self._published:
            self._published = states
            self._listeners.services(states)

    async def aclose(self) -> None:
        """Close all lanes, then raise the error of one that could not be closed."""
        await self.openings.aclose()
        await self._table.aclose()

    async def _open_unless_open(self, config: ServiceConfig) -> Lane:
        async with self.openings.lock_of(config.name):
            while (before := self._table.with_jobs_of(config.name)) is not None:
                await self.close_lane(before.service_name)
            return self._table.usable(config.name) or await self._open(config)

    async def _open(self, config: ServiceConfig) -> Lane:
        name = config.name
        self.openings.problems.pop(name, None)
        self._connecting.add(name)
        self.publish()
        try:
            await asyncio.to_thread(load_lane)
            from sora_desktop.engine.lane import Lane

            await self._records.jobs.unify_service(name)
            config = await self._health.examined(config)
            key = await self.configured.key_of(config)
            lane = await Lane.open(
                config,
                self.configured.capabilities_of(config),
                key,
                self._records,
                self._media,
                self._listeners,
                takes_unassigned=self._table.takes_unassigned(name),
                balance_changed=self.publish,
                found_mixed=partial(self.configured.note_mixed, name),
                answered=lambda: self._health.answered(name),
                sandbox_started=self._sandbox_watch.note_start,
                download_process=self._download_process,
            )
            self.lanes[name] = lane  # before the start: listeners ask for the runner
            lane.set_current(self.current == name)
            await lane.start(self.early_commands.done)
            key_fingerprint = self._records.jobs.key_fingerprint(lane.key)
            await self._inbox_reader.add_runner(
                name, lane.runner, key_fingerprint, takes_unassigned=lane.takes_unassigned
            )
        except (ServiceError, SandboxStartError, StoreError) as error:
            self.openings.problems[name] = str(error)
            self._table.start_closing(name)
            raise
        finally:
            self._connecting.discard(name)
            self.publish()
        if self._opens_all:
            self._watch(config, lane)
        return lane

    def _watch(self, config: ServiceConfig, lane: Lane) -> None:
        self._health.watch(config, lane.runner)
        if config.name == SANDBOX:
            self._sandbox_watch.begin()

    def _sandbox_ended(self, problem: str) -> None:
        """The sandbox has ended by itself. `problem`: why it is not started again; empty if it is."""
        if problem:
            self.openings.problems[SANDBOX] = problem
            self._table.start_closing(SANDBOX)
        else:
            self._reopen_soon(SANDBOX)
        self._listeners.warning(problem or RESTARTED)

    def _make_current(self, name: str) -> None:
        before = self._table.usable(self.current) if self.current != name else None
        if before is not None:
            before.set_current(False)
        self.current = name
        self._inbox_reader.set_current(name)
        lane = self._table.usable(name)
        if lane is not None:
            lane.set_current(True)
        self.publish()

    async def _retired(self, name: str) -> None:
        """A lane sends nothing more: nothing else may use it."""
        await self._health.unwatch(name)
        if name == SANDBOX:
            await self._sandbox_watch.stop()
        await self._inbox_reader.remove_runner(name)

    def _start_opening(self, config: ServiceConfig, *, if_it_has_key: bool = False) -> None:
        async def open_beside_others() -> None:
            if not if_it_has_key or await self.configured.key_of(config):
                await self._open_unless_open(config)

        if self._table.usable(config.name) is None:
            self.openings.start(config.name, open_beside_others)

    async def _reopen(self, name: str) -> None:
        """Begin to open the lane of a service that was added or changed, if lanes are opened at all."""
        await self.openings.stop(name)
        is_open = self._table.start_closing(name) is not None
        if self._opens_all or is_open:
            self._reopen_soon(name)
        self.publish()

    def _reopen_soon(self, name: str) -> None:
        self._table.start_closing(name)
        if (config := self.configured.config(name)) is not None:
            self._start_opening(config)

    def _state_of(self, config: ServiceConfig) -> ServiceState:
        name = config.name
        if name in self._connecting or (name in self.openings and self._table.usable(name) is None):
            return service_state(config, self.configured, None, Availability.CONNECTING, "", self.current)
        lane = self._table.usable(name)
        if lane is None:
            problem = self.openings.problems.get(name, "")
            return service_state(config, self.configured, None, Availability.NOT_CONNECTED, problem, self.current)
        answers, reason = self._health.health_of(name, lane.runner)
        availability = Availability.ONLINE if answers else Availability.OFFLINE
        return service_state(config, self.configured, lane, availability, reason, self.current)
