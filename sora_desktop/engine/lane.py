"""A lane: what one service has for itself in the engine.

This module loads HTTP, TLS and the runner, which takes as long as the rest of the start. The engine imports it in a
thread, after the window was painted.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import assert_never

from sora_desktop.api.dialects import capabilities_of, connect_service
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import Job
from sora_desktop.domain.money import Balance, Money, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.sandbox_process import SandboxProcess
from sora_desktop.jobs.clips.reference_images import ReferenceImages
from sora_desktop.jobs.clock import Clock
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
    """Passes on what a runner reports."""

    def __init__(self, listeners: Listeners) -> None:
        self._listeners = listeners

    def __call__(self, change: RunnerChange) -> None:
        """Call the listener for this kind of change."""
        match change:
            case Job():
                self._listeners.job(change)
            case Balance():
                self._listeners.balance(change)
            case Money():
                self._listeners.money(change)
            case PriceTable():
                self._listeners.prices(change)
            case QueueState():
                self._listeners.queue(change)
            case _:
                assert_never(change)

    def only_jobs(self) -> None:
        """Pass on nothing but jobs from now on: the screen shows the money of another service."""
        self._listeners = Listeners(job=self._listeners.job)


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
    ) -> None:
        self.service_name = service_name
        self.key = key
        self.capabilities = capabilities
        self.runner = runner
        self._publisher = publisher
        self._stack = stack

    @classmethod
    async def open(
        cls,
        config: ServiceConfig,
        key: str,
        records: Records,
        media: MediaPool,
        listeners: Listeners,
        *,
        takes_unassigned: bool,
    ) -> Lane:
        """Build everything for a service, with a runner that is not started.

        Raises BadUrl, UnknownDialect, SandboxStartError.

        `takes_unassigned`: the lane also runs jobs without a service. Only one lane at a time may do that.
        """
        capabilities = capabilities_of(config)
        async with AsyncExitStack() as stack:
            if config.base_url is None:
                child = SandboxProcess(records.data_folder.root / "sandbox", ("--top-up",))
                stack.push_async_callback(child.aclose)
                address = await child.start()
                config, key = replace(config, base_url=address.base_url), address.key

            rate_limit = RateLimit(capabilities.limits, usage=UsageTable(records.database, config.name))
            service = connect_service(config, key, capabilities, rate_limit.observe)
            stack.push_async_callback(service.aclose)
            price_file = records.price_file_of(config.name)
            settings = RunnerSettings(
                config.name,
                records.clips_folder,
                price_file.load(),
                capabilities,
                config.jobs_at_once,
                spending_limit=config.spending_limit,
                paused=records.settings.paused,
                prices_edited_at=price_file.edited_at,
                key_fingerprint=records.jobs.key_fingerprint(key),
                more_clips_folders=(records.data_folder.clips,),
                takes_unassigned=takes_unassigned,
            )
            ports = RunnerPorts(service, records.jobs, media, ReferenceImages(records.data_folder.images, media))
            times = RenderTimes(RenderTimeTable(records.database), time.time)
            publisher = Publisher(listeners)
            runner = JobRunner(ports, rate_limit, times, settings, publisher, Clock())
            stack.push_async_callback(runner.aclose)
            opened = stack.pop_all()
        return cls(config.name, key, capabilities, runner, publisher, opened)

    @property
    def has_unassigned_jobs(self) -> bool:
        """True if the lane holds unsettled jobs without a service, which another lane would take over."""
        return any(not job.service for job in self.runner.jobs())

    def retire(self) -> None:
        """Send nothing more, and report nothing but jobs, until `aclose()`."""
        self._publisher.only_jobs()
        self.runner.stop_sending()

    async def aclose(self) -> None:
        """Stop the queue, then close the connections. The answer to a create that was sent is awaited."""
        await self._stack.aclose()
