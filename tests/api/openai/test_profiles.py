"""A whole life of a video at each kind of server, over real HTTP to the sandbox."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from api.openai.conftest import Connect
from builders import an_image
from PySide6.QtGui import QImage
from waiting import until

from sora_desktop.api.errors import Gone, NotFound, Refused
from sora_desktop.api.openai.profiles import PROFILES
from sora_desktop.api.service import Bills, Cancels, Lists, Places, TaskState, Uploads
from sora_desktop.domain.job import RemoteId


@pytest.mark.parametrize("like", PROFILES)
async def test_a_server_is_recognized_and_renders(like: str, connected: Connect, tmp_path: Path) -> None:
    async with connected(like) as engine:
        assert engine.examination.failures == ()
        assert engine.examination.profile == like
        assert engine.examination.models
        created = await engine.service.create(engine.request(), None)
        before = await engine.service.poll(created.remote_id)
        assert before.state in (TaskState.PENDING, TaskState.PROCESSING)
        before_count = engine.counts["videos.create"]
        report = await engine.end(created.remote_id)
        assert report.state is TaskState.COMPLETED
        assert report.percent == 100
        assert report.has_ended
        part = tmp_path / "clip.part"
        await engine.service.download(report.video_url, part, lambda *_: None)
        assert part.read_bytes()[4:8] == b"ftyp"
        assert engine.counts["videos.create"] == before_count == 1


@pytest.mark.parametrize("like", PROFILES)
async def test_a_service_has_exactly_the_abilities_of_its_profile(like: str, connected: Connect) -> None:
    profile = PROFILES[like]
    async with connected(like) as engine:
        assert isinstance(engine.service, Lists) is profile.lists
        assert isinstance(engine.service, Cancels) is profile.cancels is engine.capabilities.cancels
        assert not isinstance(engine.service, Places | Uploads | Bills)


@pytest.mark.parametrize("like", [name for name, profile in PROFILES.items() if profile.lists])
async def test_a_list_has_what_was_created(like: str, connected: Connect) -> None:
    async with connected(like) as engine:
        assert isinstance(engine.service, Lists)
        request = engine.request("A heron in the rain")
        created = await engine.service.create(request, None)
        listed = await engine.service.tasks()
        task = next(task for task in listed.tasks if task.remote_id == created.remote_id)
        assert listed.is_complete is PROFILES[like].list_is_proof
        assert listed.service_time is not None
        assert task.created_at is not None
        assert task.prompt in (None, "A heron in the rain")
        assert task.size in (None, request.size)


@pytest.mark.parametrize("like", [name for name, profile in PROFILES.items() if profile.cancels])
async def test_a_rendering_is_stopped_and_forgotten(like: str, connected: Connect) -> None:
    async with connected(like) as engine:
        assert isinstance(engine.service, Cancels)
        engine.control("restart")
        created = await engine.service.create(engine.request(), None)
        following = (await engine.service.create(engine.request(), None)).remote_id
        job = next(job for job in engine.sandbox.fleet.accepted if job.id == created.remote_id)
        engine.sandbox.clock.time += job.render_seconds / 2
        await until(lambda: job.frames_rendered > 0)
        await engine.service.cancel(created.remote_id)
        assert (job.rendering, job.frames_rendered < job.body.frames) == ("stopped", True)
        assert engine.sandbox.fleet.engines[0].running_id == following
        with pytest.raises(NotFound):
            await engine.service.poll(created.remote_id)
        with pytest.raises(NotFound):
            await engine.service.cancel(created.remote_id)


@pytest.mark.parametrize("like", PROFILES)
async def test_a_server_does_not_know_other_ids(like: str, connected: Connect) -> None:
    async with connected(like) as engine:
        with pytest.raises(NotFound):
            await engine.service.poll(RemoteId("video_0123456789"))


@pytest.mark.parametrize("like", PROFILES)
async def test_a_failed_video_says_why(like: str, connected: Connect) -> None:
    async with connected(like) as engine:
        created = await engine.service.create(engine.request("a gore scene"), None)
        report = await engine.end(created.remote_id)
        assert report.state is TaskState.FAILED
        assert report.by_policy
        assert "policy" in report.reason


@pytest.mark.parametrize("like", PROFILES)
async def test_a_file_that_is_not_there_yet_is_gone(like: str, connected: Connect, tmp_path: Path) -> None:
    async with connected(like) as engine:
        created = await engine.service.create(engine.request(), None)
        url = f"{engine.config.base_url}/videos/{created.remote_id}/content"
        with pytest.raises(Gone):
            await engine.service.download(url, tmp_path / "part", lambda *_: None)


async def test_a_model_that_starts_from_an_image_gets_it(connected: Connect, tmp_path: Path) -> None:
    file = tmp_path / "start.png"
    picture = QImage(64, 36, QImage.Format.Format_RGB32)
    picture.fill(0x336699)
    assert picture.save(str(file))
    async with connected("omni") as engine:
        model = next(model for model in engine.capabilities.models if model.needs_image)
        request = replace(model.default_request("It rains"), duration=1)
        with pytest.raises(Refused, match="starts from an image"):
            await engine.service.create(request, None)
        await engine.service.create(replace(request, image=an_image(file)), None)
        job = engine.sandbox.fleet.accepted[-1]
        assert job.body.image == file.read_bytes()
        assert job.body.model == model.name


async def test_what_was_asked_for_is_what_the_engine_renders(connected: Connect) -> None:
    async with connected("omni") as engine:
        request = engine.request(duration=2, size="832x480", fps=16, seed=7, steps=12, guidance=4.5)
        await engine.service.create(request, None)
        body = engine.sandbox.fleet.accepted[-1].body
        assert (body.size, body.fps, body.frames, body.seed, body.steps, body.guidance) == (
            (832, 480),
            16,
            33,
            7,
            12,
            4.5,
        )


async def test_replicas_without_a_router_each_keep_their_own_videos(connected: Connect) -> None:
    async with connected("omni", replicas=2) as engine:
        service = engine.service
        assert isinstance(service, Places)
        active: list[RemoteId] = []
        for _ in range(4):
            active.append((await service.create_at(service.place_for_next(active), engine.request())).remote_id)
        assert sorted(service.place_of(id) for id in active) == sorted([*engine.config.urls] * 2)
        for id in active:
            assert (await service.poll(id)).state in (TaskState.PENDING, TaskState.PROCESSING)
