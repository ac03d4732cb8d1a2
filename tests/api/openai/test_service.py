"""Every call of the client over real HTTP, with the ways it can end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from api.openai.engine_bench import CREATED, KEY, LONG, REQUEST, SHORT, by_path, engine_bench
from api.scripted_server import Answer, Connection, closed_port, hang_up, raw, reset, say, stall
from builders import an_image
from waiting import until

from sora_desktop.api.errors import (
    AnswerLost,
    BadAnswer,
    BadUrl,
    Gone,
    KeyRejected,
    NotFound,
    Refused,
    ServiceError,
    TooBusy,
    Unreachable,
)
from sora_desktop.api.openai.abilities import connect_engine
from sora_desktop.api.openai.capabilities import engine_capabilities
from sora_desktop.api.openai.service import OpenAIService
from sora_desktop.api.service import Cancels, Lists, Places, TaskState
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.service_config import ServiceConfig

HEALTHY = say(200, b"")
VIDEO = RemoteId("video_1")
PAGE = say(200, b"<!DOCTYPE html><html></html>", {"Content-Type": "text/html"})
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000


async def test_a_create_asks_for_health_and_is_one_form_without_a_file() -> None:
    async with engine_bench(HEALTHY, CREATED) as bench:
        created = await bench.service.create(REQUEST, None)
        assert created.remote_id == "video_1"
        assert created.exchange.status == 200
        assert bench.calls == ["GET /health", "POST /v1/videos"]
        asked = bench.servers[0].asked[1]
        assert asked.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert b'name="seconds"\r\n\r\n5\r\n' in asked.body
        assert b'name="model"' not in asked.body
        assert int(asked.headers["content-length"]) == len(asked.body)


async def test_the_image_is_a_file_of_the_form(tmp_path: Path) -> None:
    file = tmp_path / "image.bin"
    file.write_bytes(PNG)
    async with engine_bench(HEALTHY, CREATED) as bench:
        await bench.service.create(replace(REQUEST, image=an_image(file, name=f"{'a cat' * 48}.jpg")), None)
        body = bench.servers[0].asked[1].body
        assert b'name="input_reference"; filename="image.png"\r\nContent-Type: image/png\r\n\r\n' + PNG in body


async def test_an_image_that_cannot_be_read_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with engine_bench(HEALTHY, CREATED) as bench:
        with pytest.raises(Refused, match="cannot be read"):
            await bench.service.create(replace(REQUEST, image=an_image(tmp_path / "gone.png")), None)
        assert bench.calls == []


async def test_what_the_model_cannot_render_is_refused_before_anything_is_sent() -> None:
    async with engine_bench(HEALTHY, CREATED) as bench:
        with pytest.raises(Refused, match="between 1 and 60"):
            await bench.service.create(replace(REQUEST, duration=61), None)
        assert bench.calls == []


@pytest.mark.parametrize("health", [say(503, b""), say(502, b""), hang_up, stall])
async def test_nothing_is_sent_to_an_engine_that_is_not_ready(health: Answer) -> None:
    async with engine_bench(health, CREATED, timeouts=SHORT) as bench:
        with pytest.raises(Unreachable, match="Nothing was sent"):
            await bench.service.create(REQUEST, None)
        assert bench.calls == ["GET /health"]


@pytest.mark.parametrize("health", [say(404, b""), say(401, b""), say(405, b""), PAGE])
async def test_a_server_without_a_health_call_is_sent_the_create(health: Answer) -> None:
    async with engine_bench(health, CREATED) as bench:
        assert (await bench.service.create(REQUEST, None)).remote_id == "video_1"


async def test_no_engine_there_means_that_nothing_was_sent() -> None:
    url = f"http://127.0.0.1:{closed_port()}/v1"
    config = ServiceConfig("Studio", url, "openai", profile="openai")
    service = connect_engine(config, KEY, engine_capabilities(config), observe=lambda _: None)
    with pytest.raises(Unreachable):
        await service.create(replace(REQUEST, fps=None), None)
    await service.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        hang_up,
        reset,
        stall,
        PAGE,
        say(500, {"error": {"message": "boom"}}),
        say(503, {"error": "engine died"}),
        say(502, b"<html></html>", {"Content-Type": "text/html"}),
        say(200, {}),
        say(200, {"data": [{"id": "a", "object": "video"}, {"id": "b", "object": "video"}]}),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"obj"),
        raw(b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}and more"),
    ],
)  # fmt: skip
async def test_an_unclear_answer_leaves_the_outcome_unknown(answer: Answer) -> None:
    async with engine_bench(HEALTHY, answer, timeouts=SHORT if answer is stall else LONG) as bench:
        with pytest.raises(AnswerLost) as lost:
            await bench.service.create(REQUEST, None)
        assert lost.value.exchange is not None
        assert "charge" not in str(lost.value)


@pytest.mark.parametrize(
    "answer",
    [
        raw(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"id": "video_1", "object": "vi'),
        say(500, {"id": "video_1", "object": "video", "status": "queued"}),
        say(202, b"", {"Location": "/v1/videos/video_1"}),
    ],
)
async def test_an_answer_that_names_the_video_is_an_acceptance(answer: Answer) -> None:
    async with engine_bench(HEALTHY, answer) as bench:
        assert (await bench.service.create(REQUEST, None)).remote_id == "video_1"


def begins_and_stalls(connection: Connection) -> None:
    """The beginning of an answer that never ends."""
    connection.head(200, {"Content-Length": "900"})
    connection.send(b'{"id": "video_1", ')
    stall(connection)


async def test_a_cancelled_create_keeps_what_had_arrived() -> None:
    async with engine_bench(HEALTHY, begins_and_stalls) as bench:
        task = asyncio.create_task(bench.service.create(REQUEST, None))
        await until(lambda: len(bench.calls) == 2)
        await asyncio.sleep(0.3)  # the beginning arrives; the client cannot be asked
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await task
        assert cancelled.value.created.remote_id == "video_1"  # type: ignore[attr-defined]


async def test_a_failed_video_can_have_the_status_of_its_failure() -> None:
    failed = {"id": "video_1", "object": "video", "status": "failed", "error": {"code": 400, "message": "too long"}}
    async with engine_bench(say(400, failed)) as bench:
        report = await bench.service.poll(VIDEO)
        assert (report.state, report.reason, report.code) == (TaskState.FAILED, "too long", "400")


async def test_another_video_in_the_answer_to_a_poll_is_not_believed() -> None:
    other = {"id": "video_2", "object": "video", "status": "completed"}
    async with engine_bench(say(200, other)) as bench:
        with pytest.raises(BadAnswer, match="another video"):
            await bench.service.poll(VIDEO)
    async with engine_bench(say(200, other), profile="litellm") as bench:
        assert (await bench.service.poll(VIDEO)).state is TaskState.COMPLETED


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (hang_up, Unreachable),
        (PAGE, Unreachable),
        (say(404, {"detail": "Video not found"}), NotFound),
        (say(503, b""), Unreachable),
        (say(401, {"error": "Unauthorized"}), KeyRejected),
        (say(429, {}, {"Retry-After": "7"}), TooBusy),
        (say(200, {"object": "video"}), BadAnswer),
    ],
)
async def test_a_poll_without_a_state_is_an_error_that_can_be_repeated(
    answer: Answer, error: type[ServiceError]
) -> None:
    async with engine_bench(answer) as bench:
        with pytest.raises(error) as raised:
            await bench.service.poll(VIDEO)
        assert raised.value.exchange is not None


@pytest.mark.parametrize(
    ("variable", "advice"),
    [("", "Enter a valid one in Settings › Services."), ("STUDIO_KEY", "Set STUDIO_KEY to a valid one.")],
)
async def test_a_refused_key_is_asked_for_where_it_is(variable: str, advice: str, tmp_path: Path) -> None:
    async with engine_bench(say(401, {"error": "Unauthorized"}), key=KEY, key_variable=variable) as bench:
        url = f"{bench.places[0]}/videos/video_1/content"
        for call in (bench.service.poll(VIDEO), bench.service.download(url, tmp_path / "part", lambda *_: None)):
            with pytest.raises(KeyRejected) as raised:
                await call
            assert advice in str(raised.value)


async def test_ids_are_escaped_in_paths() -> None:
    async with engine_bench(say(200, {"status": "queued"}), profile="litellm") as bench:
        await bench.service.poll(RemoteId("video_a/b=;c"))
        assert bench.calls == ["GET /v1/videos/video_a%2Fb%3D%3Bc"]


async def test_no_key_is_sent_if_there_is_none() -> None:
    async with engine_bench(HEALTHY, CREATED, key="") as bench:
        await bench.service.create(REQUEST, None)
        assert all("authorization" not in asked.headers for asked in bench.servers[0].asked)


async def test_a_file_in_a_cloud_is_followed_without_the_key(tmp_path: Path) -> None:
    async with engine_bench(say(200, b"\0\0\0\x18ftypmp42")) as cloud:
        link = f"{cloud.servers[0].url}/a.mp4"
        async with engine_bench(say(400, {"detail": f"It is in the cloud: {link}."})) as bench:
            part = tmp_path / "part"
            await bench.service.download(f"{bench.places[0]}/videos/video_1/content", part, lambda *_: None)
            assert part.read_bytes() == b"\0\0\0\x18ftypmp42"
            assert "authorization" not in cloud.servers[0].asked[0].headers
            assert bench.servers[0].asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (say(404, {"detail": "Generation is still in-progress"}), Gone),
        (say(400, {"detail": "The video is not ready"}), Gone),
        (say(200, b'{"error": {"message": "x", "code": 404}}', {"Content-Type": "video/mp4"}), Gone),
        (say(401, {"error": "Unauthorized"}), KeyRejected),
    ],
)
async def test_a_file_that_is_not_there_is_told_from_a_key_that_is_wrong(
    answer: Answer, error: type[ServiceError], tmp_path: Path
) -> None:
    async with engine_bench(answer) as bench:
        part = tmp_path / "part"
        with pytest.raises(error):
            await bench.service.download(f"{bench.places[0]}/videos/video_1/content", part, lambda *_: None)
        assert not part.exists()


LIST = {"object": "list", "has_more": False, "data": [{"id": "video_1", "status": "queued", "created_at": 1.79e9}]}


async def test_several_addresses_are_places_with_videos_of_their_own() -> None:
    other = by_path(
        {
            "GET /health": HEALTHY,
            "POST /v1/videos": CREATED,
            "GET /v1/videos/video_1": say(200, {"id": "video_1", "object": "video", "status": "completed"}),
            "GET /v1/videos": say(200, LIST),
            "DELETE /v1/videos/video_1": say(409, {"detail": "try again later"}),
        }
    )
    async with engine_bench(hang_up, more=(other,)) as bench:
        service, (first, second) = bench.service, bench.places
        assert isinstance(service, Places)
        assert isinstance(service, Lists)
        assert isinstance(service, Cancels)
        assert service.place_for_next([]) == first
        assert service.place_for_next([VIDEO]) == second
        created = await service.create_at(second, REQUEST)
        assert created.remote_id == f"video_1@{second}"
        assert service.place_of(created.remote_id) == second
        assert service.place_of(VIDEO) == first
        assert (await service.poll(created.remote_id)).video_url == f"{second}/videos/video_1/content"
        assert [task.remote_id for task in (await service.tasks(second)).tasks] == [created.remote_id]
        with pytest.raises(TooBusy):
            await service.cancel(created.remote_id)
        with pytest.raises(Unreachable):
            await service.create_at(first, REQUEST)
        assert service.place_for_next([created.remote_id]) == second
        with pytest.raises(Unreachable, match="was removed"):
            await service.poll(RemoteId("video_1@http://gone:8091/v1"))


@pytest.mark.parametrize("profile", ["omni", "gateway"])
async def test_a_delete_that_says_no_has_stopped_nothing(profile: str) -> None:
    async with engine_bench(say(200, {"id": "video_1", "deleted": False}), profile=profile) as bench:
        assert isinstance(bench.service, Cancels)
        with pytest.raises(TooBusy):
            await bench.service.cancel(VIDEO)


async def test_health_is_asked_for_once_a_minute_and_again_after_a_failure() -> None:
    now, failing = 1000.0, say(500, {"detail": "out of memory"})
    answers = {"GET /health": HEALTHY, "POST /v1/videos": CREATED, "GET /v1/videos/video_1": failing}
    async with engine_bench(by_path(answers)) as bench:
        config = ServiceConfig("Studio", bench.places[0], "openai", profile="omni")
        service = OpenAIService(config, KEY, engine_capabilities(config), tick=lambda: now)
        for seconds, requests in ((0.0, 2), (59.0, 1), (59.0, 1), (60.0, 2)):  # an accepted create says it as well
            now += seconds
            assert (await service.create(REQUEST, None)).requests == requests
        assert bench.calls.count("GET /health") == 2
        with pytest.raises(ServiceError):
            await service.poll(VIDEO)
        assert (await service.create(REQUEST, None)).requests == 2
        await service.aclose()


async def test_a_list_has_the_newest_videos_however_old_they_are() -> None:
    async with engine_bench(by_path({"GET /v1/videos": say(200, LIST)})) as bench:
        assert isinstance(bench.service, Lists)
        assert [task.remote_id for task in (await bench.service.tasks(created_since=1.8e9)).tasks] == [VIDEO]


async def test_the_start_of_the_server_is_read_after_its_list() -> None:
    metrics = say(200, b"# TYPE x gauge\nprocess_start_time_seconds 1.79000000017e+09\nother 1\n")
    answers = {"GET /v1/videos": say(200, LIST), "GET /metrics": metrics}
    async with engine_bench(by_path(answers)) as bench:
        assert isinstance(bench.service, Lists)
        assert (await bench.service.tasks()).up_since is None
        found = await bench.service.tasks(tells_start=True)
        assert found.up_since == 1_790_000_000.17
        assert found.requests == 2
        assert bench.calls == ["GET /v1/videos?limit=100&order=desc"] * 2 + ["GET /metrics"]
    async with engine_bench(by_path({"GET /v1/videos": say(200, LIST)})) as bench:
        assert isinstance(bench.service, Lists)
        assert (await bench.service.tasks(tells_start=True)).up_since is None


@pytest.mark.parametrize(
    ("url", "key", "host", "allowed"),
    [
        ("http://gpu2:8091/v1", "", "", True),
        ("http://gpu2:8091/v1", KEY, "", False),
        ("http://gpu2:8091/v1", KEY, "gpu2", True),
        ("http://gpu2:8091/v1", KEY, "GPU2", True),
        ("http://gpu2:8091/v1", KEY, "gpu", False),
        ("http://gpu2:8091/v1", KEY, "gpu2.example", False),
        ("http://gpu2:8091/v1", KEY, "*", False),
        ("http://[fd00::2]:8091/v1", KEY, "[fd00::2]", True),
        ("http://127.0.0.1:8091/v1", KEY, "", True),
        ("https://gpu2/v1", KEY, "", True),
        ("ftp://gpu2/v1", "", "", False),
        ("gpu2:8091", "", "", False),
        ("http://user:pw@gpu2/v1", "", "", False),
    ],
)
def test_a_key_goes_to_another_machine_in_plain_http_only_if_the_user_has_allowed_that_host(
    url: str, key: str, host: str, allowed: bool
) -> None:
    config = ServiceConfig("Studio", url, "openai", plain_http_host=host)
    if allowed:
        connect_engine(config, key, engine_capabilities(config), observe=lambda _: None)
    else:
        with pytest.raises(BadUrl):
            connect_engine(config, key, engine_capabilities(config), observe=lambda _: None)


async def test_a_redirect_to_another_host_gets_no_key_and_no_plain_http(tmp_path: Path) -> None:
    elsewhere = say(302, b"", {"Location": "http://example.com/a.mp4"})
    async with engine_bench(elsewhere) as bench:
        with pytest.raises(ServiceError, match="not a safe address"):
            await bench.service.download(f"{bench.places[0]}/videos/v/content", tmp_path / "part", lambda *_: None)
    async with engine_bench(say(200, b"\0\0\0\x18ftypmp42")) as cloud:
        link = say(307, b"", {"Location": f"{cloud.servers[0].url}/a.mp4"})
        async with engine_bench(link) as bench:
            await bench.service.download(f"{bench.places[0]}/videos/v/content", tmp_path / "part", lambda *_: None)
        assert "authorization" not in cloud.servers[0].asked[0].headers
