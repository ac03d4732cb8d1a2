"""A data folder that is restored from a backup, or copied, buys nothing again, and says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drills.program_runs import DiskState, ProgramRunner, RunResult, post_requests
from drills.service import Service, prompts, running_service

#: Jobs in the database, and the one in the inbox.
SAVED, JOBS = 3, 4


@contextmanager
def _stocked(runner: ProgramRunner, folder: Path) -> Iterator[tuple[Path, Path, Service]]:
    """A data folder whose jobs have been bought, and its backup, in which they wait."""
    data, backup = folder / "data", folder / "backup"
    with running_service(folder / "service") as service:
        post_requests(data, service.base_url, prompts(SAVED))
        assert runner.run("queue", "pause", "--data", data, environ=service.environ).status == 0
        post_requests(data, service.base_url, prompts(1, "late"))  # the backup has it in its inbox
        shutil.copytree(data, backup)
        assert runner.run("queue", "resume", "--data", data, environ=service.environ).status == 0
        yield data, backup, service


def _resume(runner: ProgramRunner, data: Path, service: Service) -> RunResult:
    runner.run("queue", "resume", "--data", data, environ=service.environ)
    result = runner.run("resume", "--json", "--data", data, environ=service.environ)
    result.check()
    return result


def _state(data: Path) -> DiskState:
    return DiskState.read(data)


def test_a_restored_data_folder_sends_nothing(runner: ProgramRunner, tmp_path: Path) -> None:
    with _stocked(runner, tmp_path) as (data, backup, service):
        assert _resume(runner, data, service).status == 0 and len(service.creates) == JOBS
        shutil.rmtree(data)
        shutil.copytree(backup, data)
        told = runner.run("resume", "--json", "--data", data, environ=service.environ)
        assert f"{SAVED} jobs waiting to be sent are on hold" in told.errors, told.errors
        assert _resume(runner, data, service).status == 3
        assert len(service.creates) == JOBS, "bought again"
        assert all(job.on_hold for job in _state(data).jobs)
        assert runner.run("queue", "release", "--data", data, environ=service.environ).status == 0
        assert _resume(runner, data, service).status == 0
        numbers = [each.id for attempts in _state(data).attempts.values() for each in attempts]
        assert sorted(numbers) == [JOBS + number for number in range(1, JOBS + 1)], "a number was used for two creates"


def test_a_restored_database_lists_the_clips_that_were_bought_since(runner: ProgramRunner, tmp_path: Path) -> None:
    with _stocked(runner, tmp_path) as (data, backup, service):
        assert _resume(runner, data, service).status == 0
        shutil.copy(backup / "library.db", data / "library.db")
        result = _resume(runner, data, service)
        assert result.status == 0 and len(service.creates) == JOBS, result
        assert _state(data).phases == {"ready": JOBS}


def test_a_database_without_its_wal_sends_nothing_again(runner: ProgramRunner, tmp_path: Path) -> None:
    with _stocked(runner, tmp_path) as (data, _, service):
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
            run.kill()
        bought = len(service.creates)
        (data / "library.db-wal").unlink()
        result = _resume(runner, data, service)
        assert result.status == 3 and len(service.creates) == bought >= 1, result
        assert all(job.on_hold for job in _state(data).jobs)


def test_a_copy_sends_nothing_that_waits_in_the_original(runner: ProgramRunner, tmp_path: Path) -> None:
    with _stocked(runner, tmp_path) as (data, backup, service):
        told = runner.run("resume", "--json", "--data", backup, environ=service.environ)
        assert f"a copy of the one in {data}" in told.errors, told.errors
        assert _resume(runner, backup, service).status == 3 and not service.creates
        assert _resume(runner, data, service).status == 0 and len(service.creates) == JOBS


def test_a_data_folder_that_was_moved_behind_a_link_sends_what_waits(runner: ProgramRunner, tmp_path: Path) -> None:
    with _stocked(runner, tmp_path) as (data, _, service):
        data.rename(tmp_path / "moved")
        data.symlink_to(tmp_path / "moved")
        for folder in (data, tmp_path / "moved"):
            result = _resume(runner, folder, service)
            assert result.status == 0 and "copy" not in result.errors, result
        assert len(service.creates) == JOBS
