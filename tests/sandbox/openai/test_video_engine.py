"""Engines on a clock: order, times, replicas, and what a restart, a death and a delete leave."""

from __future__ import annotations

import pytest
from sandbox_in_process import Clock

from sora_desktop.sandbox.openai.engine_job import EngineJob, JobError
from sora_desktop.sandbox.openai.fleet import EngineFleet, FleetOptions
from sora_desktop.sandbox.openai.profiles import SANDBOX_PROFILES
from sora_desktop.sandbox.openai.video_body import VideoBody
from sora_desktop.sandbox.openai.video_engine import VideoEngine

BODY = VideoBody("A cat", "", "m", "m", "4", "", (832, 480), 80, 16.0, None, None, None, False)
#: Seconds that the engine takes for BODY: 6 + 1.2 a second of video.
TAKES = 12.0


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000_000.0)


def fleet_of(clock: Clock, like: str = "generic", replicas: int = 1, *, is_flipping: bool = False) -> EngineFleet:
    options = FleetOptions(replicas=replicas, is_flipping=is_flipping)
    fleet = EngineFleet(SANDBOX_PROFILES[like], options, clock)
    fleet.replica_of_port = {8000 + number: number for number in range(fleet.addresses)}
    return fleet


def created(fleet: EngineFleet, engine: VideoEngine | None = None) -> EngineJob:
    """A job whose clip is rendered at once."""
    job = fleet.create(engine or fleet.engines[0], BODY)
    job.rendered_at = job.accepted_at
    return job


def test_jobs_follow_each_other_without_a_pause(clock: Clock) -> None:
    fleet = fleet_of(clock)
    jobs = [created(fleet) for _ in range(3)]
    assert [job.status for job in jobs] == ["in_progress", "queued", "queued"]
    clock.time += 2.5 * TAKES
    fleet.engines[0].advance()
    assert [job.status for job in jobs] == ["completed", "completed", "in_progress"]
    start = jobs[0].accepted_at
    assert [(job.started_at, job.ended_at) for job in jobs] == [
        (start, start + TAKES),
        (start + TAKES, start + 2 * TAKES),
        (start + 2 * TAKES, None),
    ]
    assert jobs[2].share_done(clock()) == 0.5


def test_a_job_is_completed_when_its_clip_is_there_and_not_before(clock: Clock) -> None:
    fleet = fleet_of(clock)
    job = fleet.create(fleet.engines[0], BODY)
    clock.time += 3 * TAKES
    fleet.engines[0].advance()
    assert job.status == "in_progress" and job.share_done(clock()) == 1
    fleet.engines[0].rendered(job)
    assert (job.status, job.ended_at) == ("completed", clock())


def test_a_failure_frees_the_engine_for_the_next_job(clock: Clock) -> None:
    fleet = fleet_of(clock)
    job, later = created(fleet), created(fleet)
    job.fails_with = JobError(500, "broken")
    clock.time += TAKES / 2
    fleet.engines[0].advance()
    assert (job.status, job.error) == ("failed", JobError(500, "broken"))
    assert job.ended_at == later.started_at == job.accepted_at + 0.4 * TAKES


def test_a_delete_that_stops_frees_the_engine_and_another_does_not(clock: Clock) -> None:
    for stops in (True, False):
        fleet = fleet_of(clock)
        job, later = created(fleet), created(fleet)
        clock.time += 1
        fleet.delete(fleet.engines[0], job, stops=stops)
        fleet.engines[0].advance()
        assert fleet.engines[0].job(job.id) is None
        assert fleet.engines[0].running() is (later if stops else job)


def test_a_dead_engine_fails_its_job_keeps_the_others_and_lives_again_after_a_restart(clock: Clock) -> None:
    fleet = fleet_of(clock)
    job, waiting = created(fleet), created(fleet)
    fleet.die()
    clock.time += 10 * TAKES
    fleet.engines[0].advance()
    assert (job.status, waiting.status) == ("failed", "queued")
    fleet.restart()
    assert waiting.is_forgotten and created(fleet).status == "in_progress"


def test_a_restart_of_one_replica_leaves_the_others(clock: Clock) -> None:
    fleet = fleet_of(clock, replicas=2)
    jobs = [created(fleet, engine) for engine in fleet.engines]
    clock.time += 1
    fleet.restart(0, warm_up=5)
    assert [job.is_forgotten for job in jobs] == [True, False]
    assert [engine.is_warm for engine in fleet.engines] == [False, True]
    assert [engine.started_at for engine in fleet.engines] == [clock(), clock() - 1]


def test_each_port_has_its_engine_and_one_port_any(clock: Clock) -> None:
    fleet = fleet_of(clock, replicas=3)
    assert [fleet.engine_for(port).number for port in (8002, 8000)] == [2, 0]
    flipping = fleet_of(clock, replicas=3, is_flipping=True)
    assert flipping.addresses == 1
    assert {flipping.engine_for(8000).number for _ in range(50)} == {0, 1, 2}


def test_a_gateway_sends_a_create_to_the_idle_engine_and_finds_each_job_again(clock: Clock) -> None:
    fleet = fleet_of(clock, "gateway", replicas=3)
    jobs = [created(fleet, fleet.engine_for(8000)) for _ in range(3)]
    assert sorted(job.replica for job in jobs) == [0, 1, 2] and fleet.addresses == 1
    assert [fleet.engine_for(8000, job.id).number for job in jobs] == [job.replica for job in jobs]


@pytest.mark.parametrize(
    ("model", "frames", "rendered"), [("wan", 80, 81), ("wan", 81, 81), ("ltx", 80, 81), ("wan", 1, 1)]
)
def test_frames_are_a_multiple_of_the_step_plus_one(model: str, frames: int, rendered: int) -> None:
    assert SANDBOX_PROFILES["litellm"].models[model].nearest_frames(frames) == rendered
