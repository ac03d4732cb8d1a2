"""Engines of the sandbox, and the program's clients of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_in_process import KEY, InProcessSandbox, in_process_sandbox, send_request

from sora_desktop.api.openai.abilities import connect_engine
from sora_desktop.api.openai.capabilities import engine_capabilities
from sora_desktop.api.openai.examine import examine_engine
from sora_desktop.api.openai.service import OpenAIService
from sora_desktop.api.service import ObservedLimits, TaskReport
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.examination import Examination
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.sandbox.openai.fault_calls import ENGINE_CALLS
from sora_desktop.sandbox.openai.fleet import FleetOptions

MODEL_FILES = tuple(sorted((Path(__file__).parents[3] / "resources" / "capabilities").glob("*.json")))


@dataclass(frozen=True)
class Engine:
    """A service of the program and the sandbox that it is connected to."""

    sandbox: InProcessSandbox
    config: ServiceConfig
    capabilities: Capabilities
    service: OpenAIService
    examination: Examination
    limits: list[ObservedLimits]

    def request(self, prompt: str = "A cat plays", **changes: Any) -> VideoRequest:
        """The shortest request that the first model takes."""
        model = self.capabilities.models[0]
        request = replace(model.default_request(prompt), **changes)
        return request if model.durations or "duration" in changes else replace(request, duration=1)

    def control(self, call: str, **given: object) -> None:
        """A call of the sandbox for tests, such as "restart"."""
        assert send_request(f"{self.sandbox.origin}/sandbox/{call}", given).status == 200

    async def end(self, remote_id: RemoteId) -> TaskReport:
        """Let time pass until the video has ended, and return the poll that says so."""
        while True:
            report = await self.service.poll(remote_id)
            if report.has_ended:
                return report
            self.sandbox.clock.time += 60
            await asyncio.sleep(0.01)

    @property
    def counts(self) -> Mapping[str, int]:
        """Requests of each call that reached the engines."""
        return {call: self.sandbox.fleet.call_counts.get(call, 0) for call in ENGINE_CALLS}


#: Connects to an engine of the sandbox, as the program does after it has asked what it is.
Connect = Callable[..., AbstractAsyncContextManager[Engine]]


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., InProcessSandbox]]:
    """Returns a function that gives the sandbox of a profile; the same one for the same options."""
    with ExitStack() as stack:
        started: dict[tuple[str, FleetOptions], InProcessSandbox] = {}

        def sandbox(like: str, options: FleetOptions) -> InProcessSandbox:
            if (like, options) not in started:
                folder = tmp_path_factory.mktemp(like)
                started[like, options] = stack.enter_context(
                    in_process_sandbox(folder, like=like, fleet_options=options)
                )
            return started[like, options]

        yield sandbox


@pytest.fixture
def connected(sandboxes: Callable[..., InProcessSandbox]) -> Connect:
    """Returns a context manager: a service whose kind and models were found out, at a sandbox of a profile."""

    @asynccontextmanager
    async def engine(
        like: str = "omni", *, profile: str = "", installation: str = "", **options: Any
    ) -> AsyncIterator[Engine]:
        sandbox = sandboxes(like, FleetOptions(**options))
        first, *more = (f"{origin}/v1" for origin in sandbox.origins)
        config = ServiceConfig("Studio", first, "openai", more_urls=tuple(more), profile=profile)
        found = await examine_engine(config, KEY, MODEL_FILES, 10.0)
        config = replace(config, found_profile=found.profile, models=found.models)
        capabilities = engine_capabilities(config, MODEL_FILES)
        limits: list[ObservedLimits] = []
        service = connect_engine(config, KEY, capabilities, observe=limits.append, installation=installation)
        try:
            yield Engine(sandbox, config, capabilities, service, found, limits)
        finally:
            await service.aclose()

    return engine
