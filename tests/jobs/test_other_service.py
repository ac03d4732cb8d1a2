"""A job of another service is left alone, and the message says how to get to that service."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import a_job
from fakes import FakeService
from workbench import Bench

from sora_desktop.domain.job import Unconfirmed
from sora_desktop.jobs.errors import CommandRejected

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize(
    ("service", "way"),
    [("sandbox", "--sandbox"), ("https://other.example/api/v1", "Enter that base URL and its API key in Settings")],
)
async def test_a_command_on_a_job_of_another_service_names_the_way_to_it(
    tmp_path: Path, service: str, way: str
) -> None:
    async with Bench(FakeService(), tmp_path) as bench:
        job = a_job(Unconfirmed("Outcome unknown"), service=service)
        await bench.store.add([job])
        for command in (bench.runner.commands.reconcile, bench.runner.commands.send_again):
            with pytest.raises(CommandRejected, match=way):
                await command(job.id)
        assert bench.saved(job) == job
