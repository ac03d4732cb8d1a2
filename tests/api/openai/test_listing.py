"""Lists of videos: pages, those of others, and what ends early."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from api.openai.conftest import Connect
from api.openai.engine_bench import engine_bench
from api.scripted_server import Answer, Connection, say

from sora_desktop.api.errors import BadAnswer, Gone, NotFound, ServiceError
from sora_desktop.api.openai.abilities import CancellingService
from sora_desktop.api.openai.listing import MOST_PAGES
from sora_desktop.api.openai.profiles import PROFILES
from sora_desktop.api.service import Lists, TaskList


def item(number: int) -> dict[str, object]:
    """A video; those with higher numbers are newer."""
    return {"id": f"v{number}", "object": "video", "status": "completed", "created_at": 1_790_000_000 + number}


def pages(count: int, page: Callable[[int, int], dict[str, object]]) -> Answer:
    """A server with `count` videos, whose pages are made by `page(start, limit)`."""

    def answer(connection: Connection) -> None:
        query = parse_qs(urlsplit(connection.asked.path).query)
        after = query.get("after", [""])[0]
        start = count - int(after.removeprefix("v")) + 1 if after else 0
        say(200, page(start, int(query["limit"][0])))(connection)

    return answer


def honest(count: int) -> Answer:
    def page(start: int, limit: int) -> dict[str, object]:
        data = [item(count - place) for place in range(start, min(start + limit, count))]
        return {"data": data, "has_more": start + limit < count, "last_id": data[-1]["id"] if data else None}

    return pages(count, page)


async def listed(answer: Answer, profile: str = "omni", **how: object) -> TaskList:
    async with engine_bench(answer, profile=profile) as bench:
        assert isinstance(bench.service, Lists)
        return await bench.service.tasks(**how)  # type: ignore[arg-type]


async def test_all_pages_are_read_newest_first() -> None:
    found = await listed(honest(250))
    assert [task.remote_id for task in found.tasks] == [f"v{number}" for number in range(250, 0, -1)]
    assert found.is_complete
    assert found.requests == 3


async def test_a_list_that_begins_with_the_oldest_is_read_to_its_end() -> None:
    def page(start: int, limit: int) -> dict[str, object]:
        data = [item(number + 1) for number in range(start, min(start + limit, 250))]
        return {"data": data, "has_more": start + limit < 250, "last_id": data[-1]["id"] if data else None}

    def answer(connection: Connection) -> None:
        query = parse_qs(urlsplit(connection.asked.path).query)
        start = int(query.get("after", ["v0"])[0].removeprefix("v"))
        say(200, page(start, int(query["limit"][0])))(connection)

    found = await listed(answer, created_since=1_790_000_000 + 240)
    assert found.tasks[0].remote_id == "v250" and found.is_complete
    newest = await listed(answer, limit=20)
    assert newest.tasks[0].remote_id == f"v{20 * MOST_PAGES}" and not newest.is_complete


async def test_what_is_older_than_asked_for_is_left_out_of_a_complete_list() -> None:
    found = await listed(honest(10_000), created_since=1_790_000_000 + 9_950)
    assert found.is_complete
    assert found.requests == 2
    assert len(found.tasks) == 200


async def test_the_videos_of_others_are_not_read_without_end() -> None:
    found = await listed(honest(10_000))
    assert not found.is_complete
    assert found.requests == MOST_PAGES
    assert found.tasks[0].remote_id == "v10000"


async def test_a_few_of_the_newest_take_one_call() -> None:
    found = await listed(honest(10_000), limit=50)
    assert len(found.tasks) == 50
    assert not found.is_complete
    assert found.requests == 1
    assert (await listed(honest(30), limit=50)).is_complete


@pytest.mark.parametrize("last_id", [None, "v0", "cursor"])
async def test_an_empty_page_that_says_there_are_more_ends(last_id: str | None) -> None:
    found = await listed(say(200, {"data": [], "has_more": True, "last_id": last_id}))
    assert found.tasks == ()
    assert not found.is_complete
    assert found.requests <= 2


async def test_a_video_that_is_deleted_while_it_marks_a_page_makes_the_list_incomplete() -> None:
    """vLLM-Omni and SGLang answer with an empty last page if they do not know the video after which it begins."""

    def page(start: int, limit: int) -> dict[str, object]:
        data = [] if start else [item(250 - place) for place in range(limit)]
        return {"data": data, "has_more": not start, "last_id": data[-1]["id"] if data else None}

    found = await listed(pages(250, page))
    assert (len(found.tasks), found.requests) == (100, 2)
    assert not found.is_complete


async def test_a_server_that_gives_the_same_page_again_and_again_ends() -> None:
    found = await listed(say(200, {"data": [item(1)], "has_more": True, "last_id": "v1"}))
    assert len(found.tasks) == 1
    assert not found.is_complete
    assert found.requests == 2


async def test_a_list_that_is_cut_without_a_word_is_not_complete() -> None:
    found = await listed(say(200, {"data": [item(number) for number in range(100)]}))
    assert not found.is_complete
    assert (await listed(say(200, {"data": [item(number) for number in range(99)]}))).is_complete


async def test_a_server_without_pages_is_asked_for_everything() -> None:
    async with engine_bench(say(200, {"data": [item(number) for number in range(150)]}), profile="fastvideo") as bench:
        assert isinstance(bench.service, Lists)
        found = await bench.service.tasks()
        assert len(found.tasks) == 150
        assert found.is_complete
        assert bench.calls == ["GET /v1/videos"]


async def test_ten_thousand_long_records_are_read() -> None:
    records = [{**item(number), "prompt": "x" * 900} for number in range(10_000)]
    found = await listed(say(200, json.dumps({"data": records}).encode()), profile="tensorrt")
    assert len(found.tasks) == 10_000
    assert found.is_complete


@pytest.mark.parametrize("data", [[None], [{"object": "video"}], ["video"], [item(1), {"id": None}]])
async def test_an_item_that_cannot_be_read_makes_the_list_incomplete(data: list[object]) -> None:
    assert not (await listed(say(200, {"data": data}))).is_complete


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": "v"}}, b"[", b"<html></html>"])
async def test_what_is_no_list_is_an_error(body: object) -> None:
    with pytest.raises(BadAnswer):
        await listed(say(200, body))


@pytest.mark.parametrize("status", [400, 404, 405, 500, 503])
async def test_a_list_that_is_refused_is_an_error(status: int) -> None:
    with pytest.raises(ServiceError):
        await listed(say(status, {"detail": "no"}))


@pytest.mark.parametrize("profile", ["gateway", "openai", "generic"])
async def test_absence_from_a_list_proves_nothing_where_it_is_not_known_to(profile: str) -> None:
    assert not (await listed(say(200, {"data": [], "has_more": False}), profile)).is_complete


async def test_the_prompts_of_new_videos_are_asked_for_where_the_list_has_none(connected: Connect) -> None:
    async with connected("gateway") as engine:
        assert isinstance(engine.service, Lists)
        created = await engine.service.create(engine.request("A quiet harbor"), None)
        plain = await engine.service.tasks()
        detailed = await engine.service.tasks(tells_start=True, created_since=engine.sandbox.clock.time - 60)
        assert next(task.prompt for task in plain.tasks if task.remote_id == created.remote_id) is None
        assert next(task.prompt for task in detailed.tasks if task.remote_id == created.remote_id) == "A quiet harbor"
        assert detailed.requests > plain.requests


async def test_a_gateway_answers_an_installation_about_its_own_videos_only(connected: Connect, tmp_path: Path) -> None:
    async with connected("gateway", installation="one") as engine, connected("gateway", installation="two") as other:
        assert isinstance(engine.service, CancellingService)
        assert isinstance(other.service, CancellingService)
        created = await engine.service.create(engine.request("Mine"), None)
        assert [task.remote_id for task in (await engine.service.tasks()).tasks] == [created.remote_id]
        assert (await other.service.tasks()).tasks == ()
        with pytest.raises(NotFound):
            await other.service.poll(created.remote_id)
        with pytest.raises(NotFound):
            await other.service.cancel(created.remote_id)
        report = await engine.end(created.remote_id)
        await engine.service.download(report.video_url, tmp_path / "clip", lambda *_: None)
        with pytest.raises(Gone):
            await other.service.download(report.video_url, tmp_path / "other", lambda *_: None)


@pytest.mark.parametrize("profile", [name for name, profile in PROFILES.items() if profile.lists])
async def test_only_a_gateway_is_told_which_installation_asks(profile: str) -> None:
    async with engine_bench(say(200, {"data": []}), profile=profile, installation="one") as bench:
        assert isinstance(bench.service, Lists)
        await bench.service.tasks()
        shown = {asked.headers.get("user") for asked in bench.servers[0].asked}
        assert shown == {"one" if profile == "gateway" else None}


async def test_the_start_and_a_restart_of_vllm_show(connected: Connect) -> None:
    async with connected("omni") as engine:
        assert isinstance(engine.service, Lists)
        before = (await engine.service.tasks(tells_start=True)).up_since
        engine.sandbox.clock.time += 100
        engine.control("restart")
        after = await engine.service.tasks(tells_start=True)
        assert before is not None
        assert after.up_since is not None
        assert after.up_since > before + 50
        assert after.tasks == ()


async def test_a_server_clock_a_day_off_is_the_time_of_the_list(connected: Connect) -> None:
    async with connected("omni") as engine:
        assert isinstance(engine.service, Lists)
        engine.control("clock", ahead=86_400)
        created = await engine.service.create(engine.request(), None)
        found = await engine.service.tasks()
        task = next(task for task in found.tasks if task.remote_id == created.remote_id)
        assert found.service_time is not None
        assert task.created_at is not None
        assert abs(found.service_time - task.created_at) < 60
        assert found.service_time - engine.sandbox.clock.time > 80_000
        engine.control("clock", ahead=0)
