"""Answers to creates that end badly, refusals that name a task, a stopped process, and reports of other tasks."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from drills.program_runs import DiskState, ProgramRunner
from drills.service import Service, running_service
from drills.speed import FACTOR
from waiting import wait_until

from sora_desktop.domain.job import Job, Ready, Unconfirmed
from sora_desktop.domain.ledger import Attempt, Outcome
from sora_desktop.sandbox.fault_script import BAD_ENDS

#: Refusals that a sender would otherwise believe, and places of an id.
REFUSALS: tuple[object, ...] = (
    *(2001, 2002, 2003, 3001, 1001, 400, 401, 403, 404, 429, 302, 503, 4001),
    *({"code": 3001, "place": "error.task.taskId"}, {"code": 2001, "place": "task_id"}, {"place": "data.task.id"}),
)
#: Refusals with a sign of a task, which cannot be followed.
DOUBTFUL: tuple[object, ...] = (
    *({"code": 2001, "place": "data.id"}, {"code": 3001, "place": "data.task"}),
    *({"code": 2002, "place": "data.job_id"}, {"code": 4001, "place": "data.result.id"}, {"code": 429, "place": "id"}),
)


def _generate(runner: ProgramRunner, service: Service, data: Path, prompt: str = "a red kite") -> DiskState:
    """Buys one video and follows it to its end."""
    runner.run("generate", prompt, "--json", "--data", data, environ=service.environ).check()
    state = DiskState.read(data)
    state.check_against(service.creates)
    return state


def _only_create(runner: ProgramRunner, service: Service, data: Path) -> tuple[Job, Attempt]:
    """Buys one video with one create, and returns its job and attempt."""
    state = _generate(runner, service, data)
    assert len(service.creates) == 1
    (job,) = state.jobs
    (attempt,) = state.attempts[job.id]
    return job, attempt


def test_an_id_that_has_arrived_is_kept_however_the_answer_ends(
    runner: ProgramRunner, tmp_path: Path, long: bool
) -> None:
    for how in BAD_ENDS if long else ("chunks", "length", "silence", "gzip"):
        folder = tmp_path / how
        with running_service(folder, {"call": "create", "fault": "bad_end", "value": how}) as service:
            state = _generate(runner, service, folder / "data")
            (job,), (create,) = state.jobs, service.creates
            (attempt,) = state.attempts[job.id]
            if how == "head":
                assert (
                    isinstance(job.phase, Unconfirmed) and attempt.status == 200 and "content-length" in attempt.headers
                )
                continue
            assert isinstance(job.phase, Ready), (how, job, attempt)
            assert (attempt.outcome, attempt.status) == (Outcome.ACCEPTED, 200) and create["task_id"] in attempt.answer


def test_an_id_is_accepted_when_it_is_whole_and_never_when_it_is_cut(runner: ProgramRunner, tmp_path: Path) -> None:
    for value in (0, -1, -4):
        folder = tmp_path / str(value)
        with running_service(folder, {"call": "create", "fault": "cut_after_id", "value": value}) as service:
            state = _generate(runner, service, folder / "data")
            (job,), (create,) = state.jobs, service.creates
            (attempt,) = state.attempts[job.id]
            assert create["task_id"][:12] in attempt.answer and attempt.status == 200, "the ledger has what arrived"
            if value == 0:
                assert isinstance(job.phase, Ready), (job, attempt)
            else:
                assert isinstance(job.phase, Unconfirmed) and not job.phase.safe_to_send, (job, attempt)


def test_a_refusal_that_names_a_task_is_never_sent_again(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    for number, value in enumerate(REFUSALS if long else REFUSALS[:4] + REFUSALS[-3:]):
        folder = tmp_path / str(number)
        with running_service(folder, {"call": "create", "fault": "names_task", "value": value}) as service:
            job, attempt = _only_create(runner, service, folder / "data")
            assert isinstance(job.phase, Ready) and attempt.outcome is Outcome.ACCEPTED, (value, job, attempt)
            assert "x-ratelimit-limit" in attempt.headers and service.inner.state.options.key not in attempt.headers


def test_a_refusal_with_a_sign_of_a_task_is_never_sent_again(runner: ProgramRunner, tmp_path: Path, long: bool) -> None:
    for number, value in enumerate(DOUBTFUL if long else DOUBTFUL[:2]):
        folder = tmp_path / str(number)
        with running_service(folder, {"call": "create", "fault": "names_task", "value": value}) as service:
            job, attempt = _only_create(runner, service, folder / "data")
            assert isinstance(job.phase, Unconfirmed) and not job.phase.safe_to_send, (value, job, attempt)
            assert service.creates[0]["task_id"] in attempt.answer


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process")
def test_an_answer_that_came_while_the_program_was_stopped_is_read(runner: ProgramRunner, tmp_path: Path) -> None:
    """The answer to a create waits in the socket for longer than the program would wait for it."""
    patience = 130.0 / FACTOR
    data = tmp_path / "data"
    delay = {"call": "create", "fault": "delay", "value": 1.0, "after": True}
    with running_service(tmp_path / "service", delay) as service:
        with runner.start("generate", "a red kite", "--json", "--data", data, environ=service.environ) as run:
            wait_until(lambda: bool(service.creates))
            os.kill(run.pid, signal.SIGSTOP)
            try:
                time.sleep(patience + 1.0)
            finally:
                os.kill(run.pid, signal.SIGCONT)
            result = run.end()
        result.check()
        state = DiskState.read(data)
        state.check_against(service.creates)
        (job,) = state.jobs
        assert isinstance(job.phase, Ready), job
        assert [attempt.outcome for attempt in state.attempts[job.id]] == [Outcome.ACCEPTED]


def test_a_report_of_another_task_fails_no_job_and_delivers_no_other_clip(
    runner: ProgramRunner, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with running_service(tmp_path / "service") as service:
        _generate(runner, service, data, "the first")
        service.plan(
            {"call": "look", "fault": "other_task"},
            {"call": "look", "fault": "other_task", "value": "task_9999", "count": 2},
        )
        state = _generate(runner, service, data, "the second")
        assert state.phases == {"ready": 2}
        assert len({job.phase.clip.facts.sha256 for job in state.jobs if isinstance(job.phase, Ready)}) == 2
