"""What arrived of the answer to a create is in the ledger, whatever became of it, and one id for two jobs is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from waiting import until
from workbench import REQUEST, Bench, ChargingService

from sora_desktop.api.errors import AnswerLost, BadAnswer, InsufficientBalance, Refused, TooBusy
from sora_desktop.api.service import Created, TaskReport, TaskState
from sora_desktop.domain.job import Failed, Job, RemoteId, Rendering, Unconfirmed, Waiting, remote_id_of
from sora_desktop.domain.ledger import Exchange, Outcome
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.polling.task_poller import SHARED_ID

pytestmark = pytest.mark.virtual_time

ANSWER = Exchange(1.0, "POST", "/create", 429, '{"code":2001}', 0.5, "Retry-After: 3\nX-Request-Id: r1")


class AnsweringService(ChargingService):
    """Ends each create with one error, or accepts it under one id, with `ANSWER` as the exchange."""

    def __init__(self, ending: BaseException | RemoteId) -> None:
        super().__init__(polls=3)
        self.ending = ending

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        created = await super().create(request, image_url)
        if isinstance(self.ending, BaseException):
            raise self.ending
        self.prompts[self.ending] = self.prompts.pop(created.remote_id)
        return Created(self.ending, ANSWER)


@pytest.mark.parametrize(
    ("ending", "phase", "outcome"),
    [
        (RemoteId("task_9"), Rendering, Outcome.ACCEPTED),
        (TooBusy("Busy.", retry_after=3, exchange=ANSWER), Waiting, Outcome.REFUSED),
        (InsufficientBalance("No credits.", exchange=ANSWER), Waiting, Outcome.REFUSED),
        (Refused("No.", exchange=ANSWER), Failed, Outcome.REFUSED),
        (AnswerLost("Cut.", exchange=ANSWER), Unconfirmed, None),
        (ValueError("a mistake"), Unconfirmed, None),
    ],
)
async def test_status_headers_and_bytes_are_in_the_ledger(
    tmp_path: Path, ending: BaseException | RemoteId, phase: type, outcome: Outcome | None
) -> None:
    if isinstance(ending, ValueError):
        ending.exchange = ANSWER  # type: ignore[attr-defined]
    bench = Bench(AnsweringService(ending), tmp_path)
    async with bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: any(attempt.answer for attempt in bench.store.attempts(job.id)))
        attempt = bench.store.attempts(job.id)[0]
        assert (attempt.status, attempt.headers, attempt.answer) == (429, ANSWER.headers, ANSWER.answer)
        assert isinstance(bench.saved(job).phase, phase)
        assert outcome is None or attempt.outcome is outcome


async def test_an_id_that_had_arrived_when_the_create_was_cancelled_is_kept(tmp_path: Path) -> None:
    error = asyncio.CancelledError()
    error.exchange = ANSWER  # type: ignore[attr-defined]
    error.created = Created(RemoteId("task_9"), ANSWER)  # type: ignore[attr-defined]
    bench = Bench(AnsweringService(error), tmp_path)
    async with bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: isinstance(bench.saved(job).phase, Rendering))
        (attempt,) = bench.store.attempts(job.id)
        assert remote_id_of(bench.saved(job).phase) == "task_9"
        assert (attempt.outcome, attempt.headers) == (Outcome.ACCEPTED, ANSWER.headers)


async def test_what_had_arrived_when_the_create_was_cancelled_is_in_the_ledger(tmp_path: Path) -> None:
    error = asyncio.CancelledError()
    error.exchange = ANSWER._replace(answer='{"code":200,"data":{"task_')  # type: ignore[attr-defined]
    bench = Bench(AnsweringService(error), tmp_path)
    async with bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: any(attempt.answer for attempt in bench.store.attempts(job.id)))
        (attempt,) = bench.store.attempts(job.id)
        assert (attempt.outcome, attempt.status) == (Outcome.OPEN, 429) and "task_" in attempt.answer
        assert bench.saved(job).phase == Unconfirmed(), "the next start reconciles it"


async def test_one_id_for_two_requests_is_accepted_and_both_rows_say_so(tmp_path: Path) -> None:
    service = AnsweringService(RemoteId("task_9"))
    service.polls = 10_000
    bench = Bench(service, tmp_path)
    async with bench:
        first, second = await bench.runner.commands.submit(REQUEST, 2)
        await until(lambda: all(isinstance(bench.saved(job).phase, Rendering) for job in (first, second)))
        assert [len(bench.store.attempts(job.id)) for job in (first, second)] == [1, 1]
        for job in (first, second):
            await until(lambda job=job: warning_of(bench.last_shown(job)) == SHARED_ID)  # type: ignore[misc]


def warning_of(job: Job) -> str:
    return job.phase.warning if isinstance(job.phase, Rendering) else ""


async def test_an_id_of_its_own_is_no_reason_for_a_warning(tmp_path: Path) -> None:
    bench = Bench(ChargingService(), tmp_path)
    async with bench:
        await bench.finished()
        assert not any(warning_of(shown) for shown in bench.shown)


async def test_a_report_that_is_not_believed_is_polled_again(tmp_path: Path) -> None:
    """Bad answers to polls never fail a job, however many."""

    class OtherTasks(ChargingService):
        others = 5

        async def poll(self, remote_id: RemoteId) -> TaskReport:
            if self.others:
                self.others -= 1
                raise BadAnswer("The service answered about another task than this one. Trying again.")
            return TaskReport(TaskState.COMPLETED, video_url="https://cdn.example/v.mp4")

    bench = Bench(OtherTasks(), tmp_path)
    async with bench:
        job = await bench.finished()
        assert bench.phases(job)[-1] == "ready" and "failed" not in bench.phases(job)
        assert any("another task" in warning_of(shown) for shown in bench.shown)
