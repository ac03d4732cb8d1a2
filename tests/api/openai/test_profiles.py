"""A whole life of a video at each kind of server, over real HTTP to the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from api.openai.conftest import Connect

from sora_desktop.api.errors import Gone, NotFound
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
        created = await engine.service.create(engine.request(), None)
        await engine.service.cancel(created.remote_id)
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
