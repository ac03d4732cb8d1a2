"""`owner.lock` is deleted while a program is open, and a second one starts beside it: nothing is bought twice."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner, post_requests
from drills.service import prompts, running_service

from sora_desktop.domain.job import Ready

JOBS = 6
#: What the first program says once it has noticed.
NOTICED = "was deleted or replaced while this program was open"


@pytest.fixture(scope="module")
def second_runner() -> Iterator[ProgramRunner]:
    """Runs a second program at the same time as the first."""
    with ProgramRunner() as runner:
        yield runner


@pytest.mark.parametrize("command", ["resume", "generate"])
def test_a_second_program_beside_the_first(
    runner: ProgramRunner, second_runner: ProgramRunner, tmp_path: Path, command: str
) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service", speed=5.0) as service:
        post_requests(data, service.base_url, prompts(JOBS))
        arguments = ("--json", "--data", data)
        with runner.start("resume", *arguments, environ=service.environ) as first:
            first.until("rendering")
            (data / "owner.lock").unlink()
            more = ("kite, the last",) if command == "generate" else ()
            with second_runner.start(command, *more, *arguments, environ=service.environ) as second:
                results = first.end(), second.end()
        for result in results:
            result.check()
        bought = Counter(create["prompt"] for create in service.creates)
        assert max(bought.values()) == 1, bought
        assert NOTICED in str(results[0].reasons), results[0]
        runner.run("resume", *arguments, environ=service.environ).check()
        state = DiskState.read(data)
        state.check_against(service.creates)
        assert state.phases == {"ready": JOBS + len(more)}, state.phases


def test_a_data_folder_that_is_replaced_under_a_program(runner: ProgramRunner, tmp_path: Path) -> None:
    """The program stops sending; the next one finds the restored folder behind its sent mark."""
    data, backup = tmp_path / "data", tmp_path / "backup"
    with running_service(tmp_path / "service", speed=5.0) as service:
        post_requests(data, service.base_url, prompts(JOBS))
        assert runner.run("queue", "pause", "--data", data, environ=service.environ).status == 0
        shutil.copytree(data, backup)
        runner.run("queue", "resume", "--data", data, environ=service.environ)
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
            data.rename(tmp_path / "moved")
            shutil.copytree(backup, data)
            run.end().check()
        bought = len(service.creates)
        runner.run("queue", "resume", "--data", data, environ=service.environ)
        runner.run("resume", "--json", "--data", data, environ=service.environ).check()
        assert len(service.creates) == bought < JOBS, "bought again"
        assert all(job.on_hold or isinstance(job.phase, Ready) for job in DiskState.read(data).jobs)
