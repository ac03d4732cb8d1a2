"""A lane: what one service has for itself in the engine.

This module loads HTTP, TLS and the runner, which takes as long as the rest of the start. The engine imports it in a
thread, after the window was painted.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import assert_never

from sora_desktop.api.dialects import connect_service
from sora_desktop.api.http.download_process import DownloadProcess
from sora_desktop.api.service import ObservedLimits
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import ChangedJobs
from sora_desktop.domain.money import FREE, Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.sandbox_process import SandboxProcess
from sora_desktop.jobs.clips.reference_images import ReferenceImages
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.mixed_places import MixedPlace
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.ports import RunnerPorts
from sora_desktop.jobs.runner import JobRunner, RunnerChange
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.media.pool import MediaPool
from sora_desktop.store.database.render_times import RenderTimeTable
from sora_desktop.store.database.usage import UsageTable
from sora_desktop.store.records import Records


class Publisher:
    """Passes on what a runner reports: its jobs always, the rest while its service is the current one."""

    def __init__(
        self,
        listeners: Listeners,
        balance_changed: Callable[[], None] = lambda: None,
        found_mixed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`balance_changed` is called with each new balance, whether or not the service is the current one.

        `found_mixed` is called with a place that is several engines.
        """
        self._listeners = listeners
        self._balance_changed = balance_changed
        self._found_mixed = found_mixed
        self.is_current = False

    def __call__(self, change: RunnerChange) -> None:
        """Call the listener for this kind of change."""
        match change:
            case ChangedJobs():
                self._listeners.jobs(change)
            case Balance():
                if self.is_current:
                    self._listeners.balance(change)
                self._balance_changed()
            case Money():
                if self.is_current:
                    self._listeners.money(change)
            case PriceTable():
                if self.is_current:
                    self._listeners.prices(change)
            case QueueState():
                if self.is_current:
                    self._listeners.queue(change)
            case MixedPlace(place=place):
                self._found_mixed(place)
            case _:
                assert_never(change)


class Lane:
    """One service's connections, rate limit, money and queue, at work until `aclose()`."""

    def __init__(
        self,
        service_name: str,
        key: str,
        capabilities: Capabilities,
        runner: JobRunner,
        publisher: Publisher,
        stack: AsyncExitStack,
        takes_unassigned: bool = False,
    ) -> None:
        self.service_name = service_name
        self.key = key
        self.capabilities = capabilities
        self.runner = runner
        #: It also runs jobs without a service.
        self.takes_unassigned = takes_unassigned
        self._publisher = publisher
        self._stack = stack
        self._is_started = False

    @classmethod
    async def open(
        cls,
        config: ServiceConfig,
        capabilities: Capabilities,
        key: str,
        records: Records,
        media: MediaPool,
        listeners: Listeners,
        *,
        takes_unassigned: bool,
        balance_changed: Callable[[], None],
        answered: Callable[[], None],
        found_mixed: Callable[[str], None],
        sandbox_started: Callable[[Callable[[], bool]], None],
        download_process: DownloadProcess | None,
    ) -> Lane:
        """Build everything for a service, which is not the current one, with a runner that is not started.

        Raises BadUrl, UnknownDialect, SandboxStartError.

        `takes_unassigned`: the lane also runs jobs without a service. Only one lane at a time may do that.
        `balance_changed` is called after each new balance, and `answered` after each answer of the service.
        `found_mixed` is called with an address that is several engines without a common memory.
        `sandbox_started` is called in the lane of the sandbox, with a function that tells whether its process runs.
        `download_process`: where files are downloaded; None: in threads.
        """
        async with AsyncExitStack() as stack:
            if config.base_url is None:
                child = SandboxProcess(records.data_folder.root / "sandbox", ("--top-up",))
                stack.push_async_callback(child.aclose)
                address = await child.start()
                sandbox_started(child.runs)
                config, key = replace(config, base_url=address.base_url), address.key

            rate_limit = RateLimit(capabilities.limits, usage=UsageTable(records.database, config.name))

            def observe(limits: ObservedLimits) -> None:
                rate_limit.observe(limits)
                answered()

            installation = records.jobs.installation_at(config.name)
            service = connect_service(config, key, capabilities, observe, installation, download_process)
            stack.push_async_callback(service.aclose)
            price_file = records.price_file_of(config.name)
            settings = RunnerSettings(
                config.name,
                records.clips_folder,
                FREE if capabilities.unit is None else price_file.load(),
                capabilities,
                capabilities.jobs_at_once(config.jobs_at_once) * max(len(config.urls), 1),
                spending_limit=config.spending_limit,
                paused=records.settings.paused,
                prices_edited_at=price_file.edited_at,
                key_fingerprint=records.jobs.key_fingerprint(key),
                more_clips_folders=(records.data_folder.clips,),
                takes_unassigned=takes_unassigned,
                settings_place=config.settings_place,
                key_variable=config.key_variable,
                mixed_places=tuple("" if config.urls == (url,) else url for url in config.mixed_urls),
            )
            ports = RunnerPorts(service, records.jobs, media, ReferenceImages(records.data_folder.images, media))
            times = RenderTimes(RenderTimeTable(records.database), time.time)
            first = config.base_url or ""
            publisher = Publisher(listeners, balance_changed, lambda place: found_mixed(place or first))
            runner = JobRunner(ports, rate_limit, times, settings, publisher, Clock())
            stack.push_async_callback(runner.aclose)
            opened = stack.pop_all()
        return cls(config.name, key, capabilities, runner, publisher, opened, takes_unassigned)

    async def start(self, may_send: Callable[[], Awaitable[None]]) -> None:
        """Continue what the previous run left unfinished and, after `may_send`, send what waits. Raises StoreError."""
        self._is_started = True
        await self.runner.start(may_send)

    def set_current(self, is_current: bool) -> None:
        """Publish balance, money, prices and queue state from now on, beginning with what they are; or no longer."""
        was_current, self._publisher.is_current = self._publisher.is_current, is_current
        if is_current and not was_current and self._is_started:
            runner = self.runner
            for change in (runner.prices, runner.balance, runner.money, runner.queue_state):
                if change is not None:
                    self._publisher(change)

    @property
    def has_unassigned_jobs(self) -> bool:
        """True if the lane holds unsettled jobs without a service, which another lane would take over."""
        return any(not job.service for job in self.runner.jobs())

    def retire(self) -> None:
        """Send nothing more, and report nothing but jobs, until `aclose()`."""
        self._publisher.is_current = False
        self.runner.stop_sending()

    async def aclose(self) -> None:
        """Stop the queue, then close the connections. The answer to a create that was sent is awaited."""
        await self._stack.aclose()
