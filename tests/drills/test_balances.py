"""Balances that cannot be compared show nothing, refunds are not forgotten, and an account keeps its jobs."""

from __future__ import annotations

import os
import signal
from decimal import Decimal
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner, RunResult, post_requests
from drills.service import Service, prompts, running_service

from sora_desktop.domain.job import Failed, Ready, Rendering, Unconfirmed
from sora_desktop.domain.ledger import Outcome
from sora_desktop.jobs.polling.task_poller import KEY_TRY_PAUSES
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.settings import Settings, SettingsFile

OTHER_KEY = "sk_other"
#: The refund of the first job's failed task comes while the second create is handled, and its answer is lost.
REFUND_DURING_A_LOST_CREATE: tuple[dict[str, object], ...] = (
    {"call": "create", "fault": "hold_refunds"},
    {"call": "create", "fault": "failed"},
    {"call": "create", "fault": "reset_after"},
    {"call": "create", "fault": "refund", "skip": 1, "after": True},
)


def resume(runner: ProgramRunner, data: Path, service: Service, act: str = "count", step: int = 0) -> RunResult:
    result = runner.run("resume", "--json", "--data", data, environ=service.environ, act=act, step=step)
    result.check()
    return result


def outcomes(data: Path) -> list[Outcome]:
    """The outcome of each attempt, oldest first."""
    attempts = [attempt for of_job in DiskState.read(data).attempts.values() for attempt in of_job]
    return [attempt.outcome for attempt in sorted(attempts, key=lambda attempt: attempt.id)]


@pytest.mark.parametrize(("act", "step"), [("count", 0), ("forth 2", 25), ("back", 25), ("forth 2", 40), ("back", 40)])
def test_a_refund_during_a_create_does_not_hide_its_charge(
    runner: ProgramRunner, tmp_path: Path, act: str, step: int
) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service", *REFUND_DURING_A_LOST_CREATE) as service:
        post_requests(data, service.base_url, prompts(2))
        resume(runner, data, service, act, step)
        state = DiskState.read(data)
        state.check_against(service.creates)
        (unconfirmed,) = state.unconfirmed
        assert not unconfirmed.safe_to_send, unconfirmed.reason
        resume(runner, data, service)
        DiskState.read(data).check_against(service.creates)


def test_the_balance_of_another_account_shows_nothing(runner: ProgramRunner, tmp_path: Path) -> None:
    """It happens to be as high as that of the first before the create, whose answer was lost."""
    data = tmp_path / "data"
    with running_service(tmp_path / "service", credits=1000) as service:
        service.plan({"call": "create", "fault": "stall"})
        post_requests(data, service.base_url, prompts(1))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("unconfirmed")
            while not service.creates:
                os.kill(run.pid, 0)
            run.end(signal.SIGKILL)
        service.use_account(OTHER_KEY, 1000)
        result = resume(runner, data, service)
        assert result.status == 3 and "another API key" in str(result.reasons)
        (unconfirmed,) = DiskState.read(data).unconfirmed
        assert not unconfirmed.safe_to_send and not unconfirmed.billed
        service.use_account("sk_sandbox", 900)
        resume(runner, data, service)
        (unconfirmed,) = DiskState.read(data).unconfirmed
        assert unconfirmed.billed, unconfirmed.reason


def test_a_paid_job_waits_for_its_key(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service", speed=4.0) as service:
        post_requests(data, service.base_url, prompts(1))
        with runner.start("resume", "--json", "--data", data, environ=service.environ) as run:
            run.until("rendering")
            run.end(signal.SIGKILL)
        service.finish()
        tasks = service.inner.state.tasks
        service.use_account(OTHER_KEY, 1000)
        polls = service.calls["look"]
        result = resume(runner, data, service)
        assert result.status == 3 and "Waits for its API key" in str(result.reasons)
        assert service.calls["look"] <= polls + len(KEY_TRY_PAUSES) + 1
        (job,) = DiskState.read(data).jobs
        assert isinstance(job.phase, Rendering)
        service.use_account("sk_sandbox", 900)
        service.inner.state.tasks = tasks
        assert resume(runner, data, service).status == 0
        state = DiskState.read(data)
        state.check_against(service.creates)
        assert [type(job.phase) for job in state.jobs] == [Ready]


def test_refused_videos_cost_nothing_and_fill_no_limit(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service", credits=1000) as service:
        data_folder = DataFolder.at(data)
        data_folder.make()
        SettingsFile(data_folder.settings_file).save(Settings(spending_limit=Decimal(400)))
        post_requests(data, service.base_url, [f"gore {number}" for number in range(6)])
        result = resume(runner, data, service)
        assert result.status == 1 and len(service.creates) == 6, result
        assert service.inner.state.credits == 1000
        state = DiskState.read(data)
        assert all(isinstance(job.phase, Failed) and job.phase.by_policy for job in state.jobs)
        assert outcomes(data) == [Outcome.REFUNDED] * 6


def test_a_late_refund_is_seen_by_the_next_run(runner: ProgramRunner, tmp_path: Path) -> None:
    data = tmp_path / "data"
    faults: list[dict[str, object]] = [{"call": "create", "fault": fault} for fault in ("hold_refunds", "failed")]
    with running_service(tmp_path / "service", *faults, credits=1000) as service:
        post_requests(data, service.base_url, prompts(1))
        assert resume(runner, data, service).status == 1
        assert outcomes(data) == [Outcome.ACCEPTED]
        service.plan({"call": "credits", "fault": "refund"})
        post_requests(data, service.base_url, prompts(1, "boat"))
        assert resume(runner, data, service).status in (0, 1)
        assert outcomes(data) == [Outcome.REFUNDED, Outcome.ACCEPTED]
        assert service.inner.state.credits == 900


def test_a_lost_answer_beside_a_removed_job_stays_unknown(runner: ProgramRunner, tmp_path: Path) -> None:
    """Another process of this data folder has sent it and lost its answer; its task may be refunded."""
    data = tmp_path / "data"
    lost = {"call": "create", "fault": "reset_after", "count": 2}
    with running_service(tmp_path / "service", lost, credits=1000) as service:
        post_requests(data, service.base_url, prompts(2))
        resume(runner, data, service)
        state = DiskState.read(data)
        state.check_against(service.creates)
        phases = [job.phase for job in state.jobs]
        assert all(isinstance(phase, Unconfirmed) and not phase.safe_to_send for phase in phases), phases


def test_a_refund_of_another_data_folder_does_not_hide_a_charge(runner: ProgramRunner, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with running_service(tmp_path / "service", *REFUND_DURING_A_LOST_CREATE, credits=1000) as service:
        for number, data in enumerate((first, second)):
            post_requests(data, service.base_url, prompts(1, f"boat {number}"))
            resume(runner, data, service)
        (lost,) = DiskState.read(second).jobs
        assert service.inner.state.credits == 900, "refunded and charged"
        assert isinstance(lost.phase, Unconfirmed) and not lost.phase.safe_to_send, lost
