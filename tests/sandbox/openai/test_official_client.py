"""The client that OpenAI wrote drives the engines: paths, forms and pages are as others expect them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import openai
import pytest
from sandbox.openai.conftest import Engines
from sandbox.openai.engine_client import EngineClient
from sandbox_in_process import KEY

from sora_desktop.sandbox.openai.profiles import SANDBOX_PROFILES

#: The client marks its own calls as deprecated, since OpenAI's endpoint has closed.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ALL = tuple(SANDBOX_PROFILES)
LISTING = tuple(like for like in ALL if like not in ("litellm",))
DELETING = ("omni", "gateway", "openai", "generic")


@contextmanager
def official(client: EngineClient, retries: int = 0) -> Iterator[openai.OpenAI]:
    base_url = f"{client.service.origins[0]}/v1"
    headers = client.headers or {}
    with openai.OpenAI(api_key=KEY, base_url=base_url, max_retries=retries, default_headers=headers) as one:
        yield one


def model_of(like: str) -> str:
    return next(iter(SANDBOX_PROFILES[like].models))


@pytest.mark.parametrize("like", ALL)
def test_it_creates_a_video_polls_it_and_downloads_it(engines: Engines, like: str) -> None:
    client = engines(like)
    with official(client) as videos_of:
        video = videos_of.videos.create(prompt="A cat", model=model_of(like), seconds="4", size="1280x720")
        assert (video.object, video.status) == ("video", "queued")
        client.end(video.id)
        found = videos_of.videos.retrieve(video.id)
        assert (found.status, found.error) == ("completed", None)
        clip = videos_of.videos.download_content(video.id).read()
    assert clip[4:8] == b"ftyp"


@pytest.mark.parametrize("like", LISTING)
def test_it_lists_what_was_created(engines: Engines, like: str) -> None:
    client = replace(engines(like), headers={"user": "of this test"})  # a gateway remembers what others created
    client.service.fleet.restart()
    created = [client.create(model=model_of(like)) for _ in range(5)]
    with official(client) as videos_of:
        if SANDBOX_PROFILES[like].pages.tells_more:
            listed = [video.id for video in videos_of.videos.list(order="asc", limit=2)]
        else:
            listed = [video.id for video in videos_of.videos.list()]
    assert sorted(listed) == sorted(created) and len(listed) == 5, "each is listed once, over all pages"


@pytest.mark.parametrize("like", DELETING)
def test_it_deletes(engines: Engines, like: str) -> None:
    client = engines(like)
    with official(client) as videos_of:
        video = videos_of.videos.create(prompt="A cat", model=model_of(like))
        assert videos_of.videos.delete(video.id).deleted
        with pytest.raises(openai.NotFoundError):
            videos_of.videos.retrieve(video.id)


def test_it_sends_an_image_and_further_fields(engines: Engines, png: bytes) -> None:
    client = engines("omni")
    with official(client) as videos_of:
        videos_of.videos.create(
            prompt="A cat",
            model="Wan-AI/Wan2.2-I2V-A14B-Diffusers",
            input_reference=("a.png", io.BytesIO(png), "image/png"),
            extra_body={"fps": 16, "num_frames": 33, "seed": 7},
        )
    body = client.service.fleet.accepted[-1].body
    assert (body.image, body.fps, body.frames, body.seed) == (png, 16.0, 33, 7)


def test_a_failed_job_of_omni_is_an_error_of_the_client(engines: Engines) -> None:
    client = engines("omni")
    job = client.create(prompt="gore")
    client.end(job)
    with official(client) as videos_of, pytest.raises(openai.BadRequestError):
        videos_of.videos.retrieve(job)


def test_a_wrong_key_is_one_in_each_form(engines: Engines) -> None:
    for like in ("omni", "gateway", "openai", "generic"):
        base_url = f"{engines(like).service.origins[0]}/v1"
        with openai.OpenAI(api_key="sk_wrong", base_url=base_url, max_retries=0) as one:
            with pytest.raises(openai.AuthenticationError):
                one.videos.retrieve("video_none")
            with pytest.raises(openai.AuthenticationError):
                one.models.list()


@pytest.mark.parametrize(("retries", "creates"), [(0, 1), (2, 3)])
def test_a_create_that_fails_is_sent_again_unless_the_client_is_told_not_to(
    engines: Engines, retries: int, creates: int
) -> None:
    client = engines("generic")
    client.service.faults.plan([{"call": "videos.create", "fault": "500_json", "count": creates, "after": True}])
    before = len(client.service.fleet.accepted)
    with official(client, retries) as videos_of, pytest.raises(openai.InternalServerError):
        videos_of.videos.create(prompt="A cat")
    assert len(client.service.fleet.accepted) - before == creates
