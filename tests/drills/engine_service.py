"""An engine of the sandbox for the drills that run the program as a process, and a data folder that uses it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from program import environment
from sandbox_in_process import KEY, Clock, InProcessSandbox, in_process_sandbox
from sandbox_server import Create

from sora_desktop.api.openai.capabilities import engine_capabilities
from sora_desktop.api.openai.examine import examine_engine
from sora_desktop.domain.job import JobId, new_job
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.sandbox.openai.fleet import FleetOptions
from sora_desktop.sandbox.service_state import SandboxOptions
from sora_desktop.store import codec
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.settings import Settings, SettingsFile

MODEL_FILES = tuple(sorted((Path(__file__).parents[2] / "resources" / "capabilities").glob("*.json")))
#: The environment variable that has the engine's key.
KEY_VARIABLE = "DRILL_ENGINE_KEY"
#: The shortest video takes a fifth of a second to render.
SPEED = 40.0


class _RealClock(Clock):
    def __call__(self) -> float:
        return time.time()


@dataclass(frozen=True, slots=True)
class EngineService:
    """The running engine, as a drill uses it."""

    inner: InProcessSandbox
    config: ServiceConfig
    environ: dict[str, str]

    @property
    def creates(self) -> list[Create]:
        """The accepted creates, also of jobs that were deleted since."""
        return [
            Create(
                prompt=job.body.prompt,
                task_id=job.id,
                model=job.body.model,
                status=job.status,
                charged=0,
                refunded=0,
            )
            for job in list(self.inner.fleet.accepted)
        ]

    def use_in(self, data: Path) -> None:
        """Make the engine the default service of a data folder."""
        settings = Settings(more_services=(self.config,), default_service=self.config.name)
        DataFolder.at(data).make()
        SettingsFile(DataFolder.at(data).settings_file).save(settings)

    def post(self, data: Path, prompts: Sequence[str]) -> list[JobId]:
        """Leave requests for the shortest videos in the inbox, as a command line next to a running program does."""
        jobs = [new_job(self._request(prompt), self.config.name) for prompt in prompts]
        Inbox(DataFolder.at(data).inbox).post({"jobs": [codec.job_to_text(job) for job in jobs]})
        return [job.id for job in jobs]

    def _request(self, prompt: str) -> VideoRequest:
        model = engine_capabilities(self.config, MODEL_FILES).models[0]
        request = model.default_request(prompt)
        return request if model.durations else replace(request, duration=1)


@contextmanager
def running_engine(folder: Path, like: str) -> Iterator[EngineService]:
    """Serve while the block runs."""
    with in_process_sandbox(
        folder, SandboxOptions(tiny=True), like=like, fleet_options=FleetOptions(speed=SPEED), clock=_RealClock()
    ) as inner:
        for engine in inner.fleet.engines:
            engine.started_at -= 60.0
        config = ServiceConfig("engine", f"{inner.origin}/v1", "openai", profile=like, key_variable=KEY_VARIABLE)
        found = asyncio.run(examine_engine(config, KEY, MODEL_FILES, 10.0))
        state = {KEY_VARIABLE: KEY, "SORA_DESKTOP_STATE": str(folder / "program state")}
        yield EngineService(inner, replace(config, models=found.models), environment(**state))
