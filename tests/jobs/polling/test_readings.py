"""Where requests have no daily limit, all renderings share one a second: a list where there is one, else polls."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from jobs.polling.scripted_engine import (
    PENDING,
    PROCESSING,
    REQUEST,
    ListingEngine,
    ScriptedEngine,
    completed,
    engine_bench,
    rendering_jobs,
)
from workbench import Bench

from sora_desktop.api.errors import BadAnswer, Unreachable
from sora_desktop.api.service import TaskReport, TaskState
from sora_desktop.domain.job import Failed, Job, Ready, RemoteId, Rendering
from sora_desktop.domain.render_time import RenderTime
from sora_desktop.jobs.polling.minute_window import MinuteWindow
from sora_desktop.jobs.polling.plan import EndDistribution, expected_delay
from sora_desktop.jobs.polling.render_times import RenderTimes

pytestmark = pytest.mark.virtual_time


def shown(bench: Bench, job: Job) -> Rendering:
    phase = bench.last_shown(job).phase
    assert isinstance(phase, Rendering), phase
    return phase


async def test_one_list_answers_for_all_renderings(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 12)
        before = len(engine.requests)
        await asyncio.sleep(120)
        assert engine.polls == 0 and engine.lists >= 50
        assert len(engine.requests) - before <= 120 and engine.most_in_a_minute() <= 60
        engine.finish()
        await asyncio.sleep(3.5)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)
        assert engine.polls == 0


async def test_a_list_answers_for_renderings_from_before_an_address_was_added(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 3)
        engine.place = "@http://gpu/v1"
        engine.finish()
        await asyncio.sleep(10)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)


async def test_without_a_list_each_rendering_gets_its_turn(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    polled: list[RemoteId] = []
    engine.before_poll = polled.append
    async with engine_bench(engine, tmp_path) as bench:
        await rendering_jobs(bench, 12)
        await asyncio.sleep(300)
        assert engine.most_in_a_minute() <= 60
        assert min(map(polled.count, engine.reports)) >= 12, "every one is polled once in 25 s, at least"


async def test_one_rendering_is_polled_instead_of_listed(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        await rendering_jobs(bench)
        before = engine.lists
        await asyncio.sleep(60)
        assert engine.lists == before and engine.polls >= 25


@pytest.mark.parametrize(("age", "is_repeated"), [(0.2, False), (1.0, True)])
async def test_a_list_that_was_read_a_moment_ago_is_not_repeated_before_a_create(
    tmp_path: Path, age: float, is_repeated: bool
) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path, jobs_at_once=3) as bench:
        await rendering_jobs(bench, 2)
        await asyncio.sleep(30)
        lists, marks = engine.lists, engine.marks
        while engine.lists == lists:
            await asyncio.sleep(0.05)
        await asyncio.sleep(age)
        await rendering_jobs(bench)
        assert engine.marks - marks == is_repeated


async def test_one_rendering_is_listed_while_jobs_wait_so_that_its_end_needs_no_other_list(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path, jobs_at_once=1) as bench:
        await bench.runner.commands.submit(REQUEST, 2)
        await asyncio.sleep(60)
        assert (engine.created, engine.marks, engine.polls) == (1, 1, 0)
        engine.finish()
        await asyncio.sleep(2)
        assert (engine.created, engine.marks) == (2, 1)


async def test_the_list_that_shows_an_end_serves_one_create_and_the_next_one_gets_its_own(tmp_path: Path) -> None:
    """Only a list that was asked for after the last create had ended shows that the service hides nothing."""
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path, jobs_at_once=2) as bench:
        jobs = await bench.runner.commands.submit(REQUEST, 4)
        await asyncio.sleep(30)
        assert (engine.created, engine.marks, engine.polls) == (2, 2, 0)
        engine.finish()
        await asyncio.sleep(10)
        assert (engine.created, engine.marks, engine.polls) == (4, 3, 0)
        marks = [bench.store.attempts(job.id)[0].mark for job in jobs]
        newest = [mark and set(mark.ids or ()) for mark in marks]
        assert newest == [{RemoteId(f"video_{n + 1}") for n in range(before)} for before in range(4)]


async def test_the_files_of_videos_count_too(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path, jobs_at_once=30) as bench:
        jobs = await rendering_jobs(bench, 30)
        await asyncio.sleep(62)
        engine.finish()
        await asyncio.sleep(45)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)
        assert engine.fetched == 30 and engine.most_in_a_minute() <= 60


async def test_a_task_that_an_incomplete_list_leaves_out_is_polled(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 3)
        engine.is_complete, engine.unlisted = False, {RemoteId("video_2")}
        await asyncio.sleep(100)
        assert engine.polls >= 10 and engine.lists >= 10
        engine.finish()
        await asyncio.sleep(5)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)


async def test_a_list_without_states_is_not_used(tmp_path: Path) -> None:
    engine = ListingEngine()

    class Catalog(ListingEngine):
        async def poll(self, remote_id: RemoteId) -> TaskReport:
            await super().poll(remote_id)
            return completed(remote_id) if self.polls > 20 else PROCESSING

    engine = Catalog()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 3)
        engine.reports = {id: TaskReport(TaskState.UNKNOWN) for id in engine.reports}
        await asyncio.sleep(60)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)


@pytest.mark.parametrize("fault", ["error", "pages"])
async def test_a_list_that_fails_or_is_long_gives_way_to_polls_for_a_while(tmp_path: Path, fault: str) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        await rendering_jobs(bench, 3)
        if fault == "error":
            engine.list_error = BadAnswer("HTTP 500")
        else:
            engine.pages = 40
        await asyncio.sleep(5)
        before, lists = engine.polls, engine.lists
        await asyncio.sleep(120)
        assert engine.lists == lists and engine.polls - before >= 70
        engine.list_error, engine.pages = None, 1
        await asyncio.sleep(300)
        assert engine.lists > lists + 20


async def test_further_pages_count(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        await rendering_jobs(bench, 12)
        await asyncio.sleep(60)
        engine.pages = 4
        before = engine.lists
        await asyncio.sleep(120)
        assert 20 <= engine.lists - before <= 31


async def test_an_engine_that_cannot_be_reached_is_tried_again_soon(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 3)
        engine.list_error = Unreachable("The engine cannot be reached.")

        def unreachable(_: RemoteId) -> None:
            raise Unreachable("The engine cannot be reached.")

        engine.before_poll = unreachable
        await asyncio.sleep(3600)
        assert shown(bench, jobs[0]).warning == "The engine cannot be reached."
        engine.list_error, engine.before_poll = None, lambda _: None
        engine.finish()
        await asyncio.sleep(33)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)


async def test_a_failure_in_a_list_ends_the_job(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 2)
        engine.reports[RemoteId("video_2")] = TaskReport(TaskState.FAILED, reason="Out of memory.", code="500")
        await asyncio.sleep(5)
        assert bench.saved(jobs[1]).phase == Failed("Out of memory.", "500", remote_id=RemoteId("video_2"))
        assert isinstance(bench.saved(jobs[0]).phase, Rendering)


async def test_waiting_in_the_engines_queue_is_no_render_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, learned = ListingEngine(), list[float]()
    add = RenderTimes.add

    async def added(self: RenderTimes, time: RenderTime) -> None:
        learned.append(time.high)
        await add(self, time)

    monkeypatch.setattr(RenderTimes, "add", added)
    async with engine_bench(engine, tmp_path) as bench:
        first, second = await rendering_jobs(bench, 2)
        ids = list(engine.reports)
        engine.reports[ids[0]] = engine.reports[ids[1]] = PENDING
        await asyncio.sleep(10)
        assert shown(bench, second).warning == "", "nothing has shown yet that this engine shows its queue"
        engine.reports[ids[0]] = PROCESSING
        await asyncio.sleep(700)
        assert shown(bench, second).warning == "Waits for its turn at the service."
        assert shown(bench, second).forecast is None and shown(bench, first).forecast is not None
        engine.reports[ids[0]], engine.reports[ids[1]] = completed(ids[0]), PROCESSING
        await asyncio.sleep(60)
        assert shown(bench, second).warning == ""
        engine.finish()
        await asyncio.sleep(5)
        assert isinstance(bench.saved(second).phase, Ready)
        assert 55 < learned[1] < 70 and 690 < learned[0] < 720


async def test_a_job_that_is_queued_behind_a_rendering_says_so_at_once(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        first, second = await rendering_jobs(bench, 2)
        engine.reports[RemoteId("video_2")] = PENDING
        await asyncio.sleep(5)
        assert shown(bench, second).warning == "Waits for its turn at the service."
        assert shown(bench, second).forecast is None and shown(bench, first).forecast is not None


async def test_a_rendering_that_takes_much_longer_than_usual_says_so_and_goes_on(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        for _ in range(10):
            await rendering_jobs(bench)
            await asyncio.sleep(60)
            engine.finish()
            await bench.runner.until_idle()
        (stuck,) = await rendering_jobs(bench)
        await asyncio.sleep(600)
        assert shown(bench, stuck).warning == ""
        await asyncio.sleep(3000)
        assert shown(bench, stuck).warning.startswith("60 min, much longer than usual: the engine may be stuck.")
        engine.finish()
        await asyncio.sleep(5)
        assert isinstance(bench.saved(stuck).phase, Ready)


def test_the_expected_delay_grows_with_the_time_since_the_last_look() -> None:
    ends = EndDistribution((10.0, 20.0, 30.0, 40.0), (1.0, 1.0, 1.0, 1.0))
    assert expected_delay(ends, 0.0, 9.0) == 0.0
    assert expected_delay(ends, 0.0, 30.0) == pytest.approx((20 + 10 + 0) / 4)
    assert expected_delay(ends, 20.0, 32.0) == pytest.approx(2 / 2)
    assert expected_delay(ends, 50.0, 60.0) > 0.0, "past every known end"


def test_requests_are_spread_over_the_minute() -> None:
    window, tick, sent = MinuteWindow(), 0.0, []
    while tick < 300:
        pause = window.even_pause(tick, 58)
        if pause <= 0:
            window.add(tick)
            sent.append(tick)
        tick += max(pause, 0.01)
    assert max(sum(0 <= later - first < 61 for later in sent) for first in sent) <= 60
    assert len(sent) > 260
    assert max(after - before for before, after in pairwise(sent)) < 1.2


def test_what_a_burst_has_left_is_spread_until_the_burst_has_left_the_minute() -> None:
    window = MinuteWindow()
    window.add(0.0, 20)
    assert window.even_pause(0.0, 58) < 2.0, "no silence after a burst"
    assert window.even_pause(0.0, 58, kept=20) > window.even_pause(0.0, 58)
    assert window.even_pause(0.0, 20) > 60.0
