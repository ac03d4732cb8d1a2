"""The phases of a job, from waiting to a saved clip."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from builders import an_image
from fakes import DONE, VIDEO, FakeService, rendering_report
from waiting import until
from workbench import REQUEST, Bench

from sora_desktop.api.errors import (
    AnswerLost,
    BadAnswer,
    DailyLimit,
    DownloadBroken,
    Gone,
    KeyRejected,
    NoSlot,
    NotFound,
    Refused,
    TooBusy,
    Unreachable,
)
from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.domain.job import (
    Abandoned,
    Failed,
    JobChange,
    Phase,
    Ready,
    RemoteId,
    Rendering,
    Saving,
    Trashed,
    Unconfirmed,
    Unsaved,
    Waiting,
    phase_name,
)
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clips.clip_files import clip_name
from sora_desktop.jobs.errors import CommandRejected


async def test_a_request_becomes_a_clip_through_every_phase(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(10), rendering_report(60), DONE], on_balance=[1000, 900])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
        assert job.phase.clip.file.read_bytes() == VIDEO
        assert "a sailboat at dusk" in job.phase.clip.file.name
        assert bench.phases(job) == ["waiting", "unconfirmed", "rendering", "saving", "ready"]
        assert len(service.created) == 1
        assert bench.balances[-1].amount == 900
        assert not list((tmp_path / "library" / ".parts").iterdir())


async def test_a_job_is_on_disk_as_unconfirmed_before_its_create_is_sent(tmp_path: Path) -> None:
    service = FakeService()
    async with Bench(service, tmp_path) as bench:
        seen: list[str] = []
        service.while_creating = lambda: seen.extend(phase_name(job.phase) for job in bench.store.unfinished())
        await bench.finished()
        assert seen == ["unconfirmed"]


async def test_the_remote_id_is_on_disk_before_the_first_poll(tmp_path: Path) -> None:
    service = FakeService()
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        while not service.created:
            await asyncio.sleep(0)
        while not service.polled:
            found = bench.saved(job)
            await asyncio.sleep(0)
        assert isinstance(found.phase, Rendering) and found.phase.remote_id == "task_1"
        await bench.runner.until_idle()


@pytest.mark.parametrize(
    ("after", "text", "safe"),
    [
        ([1000, 900], "Charged 100 credits", False),
        ([1000, 1000, 1000], "Not charged", True),
        ([1000, 1000, 900], "Charged 100 credits", False),
        ([1000, 950], "may have been charged", False),
        ([1000, Unreachable("no network")], "could not be read", False),
    ],
)
async def test_a_lost_answer_is_reconciled_by_the_balance_and_not_sent_again(
    tmp_path: Path, after: list[int | Exception], text: str, safe: bool
) -> None:
    service = FakeService(on_create=[AnswerLost("The connection broke.")], on_balance=after)
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Unconfirmed)
        assert text in job.phase.reason
        assert job.phase.safe_to_send is safe
        assert len(service.created) == 1
        attempts = bench.store.attempts(job.id)
        assert len(attempts) == 1 and attempts[0].before is not None
        assert attempts[0].before.amount == 1000


async def test_the_user_can_send_a_job_of_unknown_outcome_again(tmp_path: Path) -> None:
    service = FakeService(on_create=[AnswerLost("lost"), "task_2"], on_balance=[1000])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        await bench.runner.commands.send_again(job.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)
        assert len(service.created) == 2
        assert len(bench.store.attempts(job.id)) == 2


async def test_a_lost_network_does_not_lose_the_video(tmp_path: Path) -> None:
    warnings: list[Exception | TaskReport] = [
        Unreachable("down"),
        TooBusy("slow down", retry_after=30),
        BadAnswer("nonsense"),
        rendering_report(None),
        DONE,
    ]
    service = FakeService(on_poll=warnings)
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
        said = [shown.phase.warning for shown in bench.shown if isinstance(shown.phase, Rendering)]
        assert "down" in said and said[-1] == ""
        assert len(service.created) == 1


async def test_progress_never_decreases(tmp_path: Path) -> None:
    service = FakeService(
        on_poll=[rendering_report(40), rendering_report(10), rendering_report(None), rendering_report(99), DONE]
    )
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        said = [s.phase.percent or 0 for s in bench.shown if s.id == job.id and isinstance(s.phase, Rendering)]
        assert said == sorted(said) and max(said) == 99


async def test_a_policy_refusal_fails_the_job_with_its_reason(tmp_path: Path) -> None:
    refusal = TaskReport(TaskState.FAILED, reason="Rejected by content policy.", code="content_policy", by_policy=True)
    service = FakeService(on_poll=[refusal])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert job.phase == Failed("Rejected by content policy.", "content_policy", True, job.phase.remote_id)  # type: ignore[union-attr]


async def test_a_refused_create_fails_and_nothing_is_billed(tmp_path: Path) -> None:
    service = FakeService(on_create=[Refused("The service refused: bad prompt.")])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Failed) and job.phase.remote_id is None


@pytest.mark.parametrize("error", [Unreachable("no network"), TooBusy("busy", retry_after=5), NoSlot("three run")])
async def test_a_job_that_was_certainly_not_accepted_is_sent_later(tmp_path: Path, error: Exception) -> None:
    service = FakeService(on_create=[error, "task_2"])
    async with Bench(service, tmp_path) as bench:
        (job,) = await bench.runner.commands.submit(REQUEST)
        await until(lambda: service.created)
        bench.clock.time += 3600
        bench.runner.commands.go_on()
        await bench.runner.until_idle()
        assert isinstance(bench.saved(job).phase, Ready)
        assert len(service.created) == 2


@pytest.mark.parametrize("error", [KeyRejected("The key is wrong."), DailyLimit("500 today")])
async def test_a_rejected_key_and_the_services_daily_limit_block_the_queue(tmp_path: Path, error: Exception) -> None:
    service = FakeService(on_create=[error])
    async with Bench(service, tmp_path) as bench:
        jobs = await bench.runner.commands.submit(REQUEST, takes=3)
        await bench.runner.until_idle()
        assert len(service.created) == 1
        assert all(isinstance(bench.saved(job).phase, Waiting) for job in jobs)
        first = bench.saved(jobs[0]).phase
        assert isinstance(first, Waiting) and first.reason


async def test_a_rejected_key_is_reported_before_the_first_request(tmp_path: Path) -> None:
    wrong = KeyRejected("The service does not accept the API key.")
    service = FakeService(on_balance=[wrong, Unreachable("no network"), wrong, 1000])
    async with Bench(service, tmp_path) as bench:
        await until(lambda: bench.states[-1].warning == str(wrong))
        state = bench.runner.queue_state
        assert not state.paused and not state.reason
        assert await bench.runner.read_balance() is None
        assert bench.states[-1].warning, "an unreachable service says nothing about the key"
        bench.runner.commands.go_on()
        await until(lambda: service.balance_reads == 3)
        bench.runner.commands.go_on()
        await until(lambda: not bench.states[-1].warning)
        assert bench.balances[-1].amount == 1000


async def test_an_accepted_create_clears_the_warning_about_the_key(tmp_path: Path) -> None:
    service = FakeService(on_balance=[KeyRejected("The key is wrong.")])
    async with Bench(service, tmp_path) as bench:
        await until(lambda: bench.states[-1].warning)
        job = await bench.finished()
        assert isinstance(job.phase, Ready) and not bench.runner.queue_state.warning


async def test_a_low_balance_blocks_the_queue_before_sending(tmp_path: Path) -> None:
    service = FakeService(on_balance=[50])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Waiting) and "needs 100" in job.phase.reason
        assert service.created == []


async def test_an_expired_link_is_renewed(tmp_path: Path) -> None:
    fresh = TaskReport(TaskState.COMPLETED, video_url="https://cdn.example/fresh.mp4")
    service = FakeService(on_poll=[DONE, fresh], on_download=[Gone("expired"), VIDEO])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
        assert service.fetched == [DONE.video_url, fresh.video_url]
        assert "unsaved" not in bench.phases(job)


async def test_a_broken_download_never_fails_the_job(tmp_path: Path) -> None:
    service = FakeService(on_download=[DownloadBroken("cut short"), b"<html>", OSError(28, "No space left"), VIDEO])
    async with Bench(service, tmp_path) as bench:
        job = await bench.finished()
        assert isinstance(job.phase, Ready)
        reasons = [s.phase.reason for s in bench.shown if isinstance(s.phase, Unsaved)]
        assert len(reasons) == 3 and "No space left" in reasons[2]
        assert len(service.created) == 1


async def test_the_next_start_continues_jobs_in_every_phase(tmp_path: Path) -> None:
    first = FakeService()
    async with Bench(first, tmp_path) as bench:
        jobs = [bench.runner.commands.new_job(REQUEST) for _ in range(5)]
        await bench.store.add(jobs)
        await bench.store.begin_attempt(replace(jobs[1], phase=Unconfirmed()), Decimal(1000), Decimal(100))
        phases: tuple[Phase, ...] = (
            Rendering(RemoteId("a")),
            Saving(RemoteId("b"), 3, 9),
            Unsaved(RemoteId("c"), "disk full"),
        )
        await bench.store.change(
            [JobChange(job, replace(job, phase=phase)) for job, phase in zip(jobs[2:], phases, strict=True)]
        )
    second = FakeService(on_balance=[900, 900, 900])
    async with Bench(second, tmp_path) as bench:
        await bench.runner.until_idle()
        ends = [phase_name(job.phase) for job in bench.store.everything()]
        assert sorted(ends) == ["ready", "ready", "ready", "ready", "unconfirmed"]
        assert len(second.created) == 1
        assert set(second.polled) >= {"a", "b", "c"}


async def test_a_clip_that_is_already_saved_is_ready_even_if_the_service_has_forgotten_it(tmp_path: Path) -> None:
    """As after a kill between renaming the clip and saving the job, and a start long after."""
    service = FakeService(on_poll=[NotFound("gone", code="404")])
    async with Bench(service, tmp_path) as bench:
        job = bench.runner.commands.new_job(REQUEST)
        await bench.store.add([replace(job, phase=Saving(RemoteId("a"), 3, 9))])
        (tmp_path / "library").mkdir(exist_ok=True)
        (tmp_path / "library" / f"{clip_name(job)}.mp4").write_bytes(VIDEO)

    async with Bench(service, tmp_path) as bench:
        await bench.runner.until_idle()
        (job,) = bench.store.everything()
        assert isinstance(job.phase, Ready) and not service.polled


async def test_abandoning_one_job_does_not_affect_another(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        one, two = await bench.runner.commands.submit(REQUEST, takes=2)
        await until(lambda: len(service.created) >= 2 and service.polled)
        await bench.runner.commands.abandon(one.id)
        assert isinstance(bench.saved(one).phase, Abandoned)
        assert isinstance(bench.saved(two).phase, Rendering)
        service.on_poll.clear()
        service.on_poll.append(DONE)
        await bench.runner.commands.resume(one.id)
        await bench.runner.until_idle()
        assert isinstance(bench.saved(one).phase, Ready)
        assert isinstance(bench.saved(two).phase, Ready)
        assert len(service.created) == 2


async def test_a_waiting_job_in_the_trash_is_never_sent(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        jobs = await bench.runner.commands.submit(REQUEST, takes=4)
        await until(lambda: len(service.created) >= 3)
        await bench.runner.commands.trash([jobs[3].id])
        assert bench.phases(jobs[3]) == ["waiting", "trashed"]
        assert isinstance(bench.saved(jobs[3]).phase, Trashed)
        assert len(service.created) == 3


async def test_no_more_jobs_run_at_once_than_the_settings_allow(tmp_path: Path) -> None:
    service = FakeService(on_poll=[rendering_report(5)])
    async with Bench(service, tmp_path) as bench:
        await bench.runner.commands.submit(REQUEST, takes=6)
        await until(lambda: len(service.created) >= 3)
        polled = len(service.polled)
        await until(lambda: len(service.polled) >= polled + 12)
        assert len(service.created) == 3


async def test_an_image_is_uploaded_once_for_all_takes(tmp_path: Path) -> None:
    service = FakeService()
    image = an_image(tmp_path / "i.png", sha256="abc")
    async with Bench(service, tmp_path) as bench:
        await bench.runner.commands.submit(VideoRequest("moves", image=image), takes=2)
        await bench.runner.until_idle()
        assert service.uploaded == ["abc"]
        assert [url for _, url in service.created] == ["https://cdn.example/i.png"] * 2


async def test_a_retry_of_a_request_that_the_service_cannot_take_sends_nothing(tmp_path: Path) -> None:
    """An older version accepted prompts of invisible characters."""
    service = FakeService(on_create=[Refused("No.")])
    async with Bench(service, tmp_path) as bench:
        failed = await bench.finished(VideoRequest("\u200b\u2800"))
        with pytest.raises(CommandRejected, match="Describe the video first"):
            await bench.runner.commands.retry(failed.id)
        await bench.runner.until_idle()
        assert len(service.created) == 1
