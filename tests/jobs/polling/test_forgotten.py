"""An engine that forgets a task, engines that share an address, and a file that is not there."""

from __future__ import annotations

import asyncio
import random
from functools import cache
from pathlib import Path

import pytest
from fakes import VIDEO
from jobs.polling.scripted_engine import (
    PROCESSING,
    REQUEST,
    ListingEngine,
    ScriptedEngine,
    completed,
    engine_bench,
    rendering_jobs,
)
from workbench import Bench

from sora_desktop.api.errors import Gone, NotFound, Unreachable
from sora_desktop.domain.job import Failed, Job, Ready, RemoteId, Rendering, Unsaved
from sora_desktop.jobs.polling.sightings import SEVERAL_ENGINES, Sightings

pytestmark = pytest.mark.virtual_time


def shown(bench: Bench, job: Job) -> Rendering:
    phase = bench.last_shown(job).phase
    assert isinstance(phase, Rendering), phase
    return phase


@pytest.mark.parametrize("lists", [True, False])
async def test_a_restarted_engine_has_forgotten_its_tasks_and_nothing_is_sent_again(
    tmp_path: Path, lists: bool
) -> None:
    engine = ListingEngine() if lists else ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 3)
        await asyncio.sleep(30)
        engine.reports.clear()
        await asyncio.sleep(45)
        assert shown(bench, jobs[0]).warning.startswith("The service does not know this task at the moment.")
        await asyncio.sleep(135)
        for job in jobs:
            phase = bench.saved(job).phase
            assert isinstance(phase, Failed) and phase.code == "forgotten" and phase.remote_id is not None
            assert phase.reason.startswith("The engine forgot this video: it was restarted")
        await bench.runner.until_idle()
        assert engine.created == 3 and engine.most_in_a_minute() <= 60
        await bench.runner.commands.retry(jobs[0].id)
        await asyncio.sleep(5)
        assert engine.created == 4


async def test_a_forgotten_task_can_be_asked_for_again(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        await asyncio.sleep(10)
        kept, engine.reports = engine.reports, {}
        await asyncio.sleep(120)
        assert isinstance(bench.saved(job).phase, Failed)
        engine.reports = kept
        engine.finish()
        await bench.runner.commands.resume(job.id)
        await asyncio.sleep(5)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_list_alone_does_not_say_that_a_task_is_forgotten(tmp_path: Path) -> None:
    engine = ListingEngine()
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 3)
        engine.unlisted = {RemoteId("video_2")}
        await asyncio.sleep(600)
        assert all(isinstance(bench.saved(job).phase, Rendering) for job in jobs)
        engine.finish()
        await asyncio.sleep(100)
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)


async def test_an_engine_that_is_away_for_an_hour_has_forgotten_nothing(tmp_path: Path) -> None:
    engine = ScriptedEngine()

    def away(_: RemoteId) -> None:
        raise Unreachable("The engine cannot be reached.")

    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.before_poll = away
        await asyncio.sleep(3600)
        engine.before_poll = lambda _: None
        engine.finish()
        await asyncio.sleep(60)
        assert isinstance(bench.saved(job).phase, Ready)


@pytest.mark.parametrize("replicas", [2, 3, 4])
async def test_replicas_behind_one_address_are_named_once_and_survived(tmp_path: Path, replicas: int) -> None:
    """Each request meets some replica, and only one of them knows the task."""
    engine, chance = ScriptedEngine(), random.Random(replicas)

    def poll(_: RemoteId) -> None:
        if chance.randrange(replicas):
            raise NotFound("no such video")

    def content() -> bytes:
        if chance.randrange(replicas):
            raise Gone("not here", code="404")
        return VIDEO

    engine.before_poll = poll

    engine.content = content
    async with engine_bench(engine, tmp_path) as bench:
        jobs = await rendering_jobs(bench, 3)
        await asyncio.sleep(600)
        warnings = [shown(bench, job).warning for job in jobs]
        assert sorted(warnings) == ["", "", SEVERAL_ENGINES]
        engine.finish()
        await bench.runner.until_idle()
        assert all(isinstance(bench.saved(job).phase, Ready) for job in jobs)
        assert engine.created == 3
    async with engine_bench(engine, tmp_path, mixed_places=("",)) as bench:
        jobs = await rendering_jobs(bench, 3)
        await asyncio.sleep(120)
        assert {shown(bench, job).warning for job in jobs} == {""}, "it was named before"
        engine.finish()
        await bench.runner.until_idle()


def test_a_mixed_place_is_recognized_by_a_task_that_comes_back() -> None:
    late, mixed = Sightings(), Sightings()
    for known in (False, False, True, True, False):
        late.note(known, 0.0)
    assert not late.is_mixed, "a task may be known only a moment after its create"
    for known in (True, False, True):
        mixed.note(known, 0.0)
    assert mixed.is_mixed


def test_a_task_is_forgotten_after_many_answers_over_a_minute() -> None:
    fast, slow, found = known(5), known(5), known(5)
    for second in range(40):
        fast.note(False, second / 10)
        slow.note(False, second * 3.0)
        found.note(second == 30, second * 3.0)
    assert not fast.is_forgotten(4.0, mixed=False), "all within seconds"
    assert slow.is_forgotten(120.0, mixed=False) and not slow.is_forgotten(120.0, mixed=True)
    assert not found.is_forgotten(120.0, mixed=False)


@pytest.mark.parametrize(("times_known", "needed"), [(5, 20), (4, 25), (3, 40), (1, 71), (0, 87)])
def test_the_less_often_a_task_was_known_the_more_answers_are_needed(times_known: int, needed: int) -> None:
    sightings = known(times_known)
    for number in range(1, needed + 1):
        assert not sightings.is_forgotten(1000.0, mixed=False), number
        sightings.note(False, 0.0)
    assert sightings.is_forgotten(1000.0, mixed=False)


@pytest.mark.parametrize("engines", [2, 5, 8])
def test_a_living_task_of_one_of_several_engines_is_called_forgotten_once_in_ten_thousand_times(engines: int) -> None:
    """Ten minutes of answers, each from a random engine: the sum of the chances of all unknown ones to go on."""
    chance, living = random.Random(engines), 1 / engines
    rounds, expected = 200, 0.0
    for _ in range(rounds):
        sightings = Sightings()
        for _ in range(400):
            is_known = chance.random() < living
            if not is_known and not sightings.missing:
                needed = answers_needed(sightings.known_first, mixed=sightings.is_mixed)
                expected += (1 - living) ** (needed - 1)
            sightings.note(is_known, 0.0)
    assert 0 < expected / rounds < 1e-4


@cache
def answers_needed(times_known: int, *, mixed: bool) -> int:
    """Unknown answers in a row after which a task is forgotten that was known so many times at first."""
    sightings = known(times_known)
    while not sightings.is_forgotten(1000.0, mixed=mixed):
        sightings.note(False, 0.0)
    return sightings.missing


def known(times: int) -> Sightings:
    """A task that was known so many times."""
    sightings = Sightings()
    for _ in range(times):
        sightings.note(True, 0.0)
    return sightings


def no_file() -> bytes:
    """The content of a video whose file is not there."""
    raise Gone("gone", code="404")


async def test_a_file_that_comes_some_minutes_late_is_downloaded(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    engine.content = no_file
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.finish()
        await asyncio.sleep(200)
        phase = bench.saved(job).phase
        assert phase == Unsaved(RemoteId("video_1"), "The service does not have the file yet. Trying again.")
        engine.content = lambda: VIDEO
        await asyncio.sleep(20)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_a_file_that_is_gone_ends_the_job_and_can_be_asked_for_again(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    engine.content = no_file
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        engine.finish()
        await asyncio.sleep(300)
        assert isinstance(bench.saved(job).phase, Unsaved)
        await bench.runner.until_idle()
        phase = bench.saved(job).phase
        assert isinstance(phase, Failed) and phase.code == "file gone" and phase.remote_id == "video_1"
        assert phase.reason.startswith("The engine no longer has the file of this video")
        fetched = engine.fetched
        await asyncio.sleep(24 * 3600)
        assert engine.fetched == fetched and engine.created == 1
        engine.content = lambda: VIDEO
        await bench.runner.commands.resume(job.id)
        await asyncio.sleep(5)
        assert isinstance(bench.saved(job).phase, Ready)


async def test_many_files_that_are_gone_leave_requests_to_others(tmp_path: Path) -> None:
    engine = ListingEngine()
    engine.content = no_file
    async with engine_bench(engine, tmp_path) as bench:
        *_, job = await rendering_jobs(bench, 9)
        await asyncio.sleep(120)
        (*gone, last) = engine.reports
        engine.reports |= {id: completed(id) for id in gone}
        await asyncio.sleep(100)
        engine.reports[last] = completed(last)
        await asyncio.sleep(5)
        assert not isinstance(bench.saved(job).phase, Rendering)
        await bench.runner.commands.submit(REQUEST)
        await asyncio.sleep(10)
        assert engine.created == 10


async def test_the_warning_about_a_missing_task_goes_when_it_is_known_again(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    async with engine_bench(engine, tmp_path) as bench:
        (job,) = await rendering_jobs(bench)
        kept, engine.reports = engine.reports, {}
        await asyncio.sleep(30)
        assert shown(bench, job).warning
        engine.reports = dict.fromkeys(kept, PROCESSING)
        await asyncio.sleep(5)
        assert shown(bench, job).warning == ""
