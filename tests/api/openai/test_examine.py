"""What a server shows itself to be, and what the user is told to do where it is no engine."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from api.openai.conftest import MODEL_FILES, Connect
from api.openai.engine_bench import by_path
from api.scripted_server import Answer, Connection, closed_port, hang_up, say, serving, stall
from sandbox_in_process import KEY
from waiting import until

from sora_desktop.api.dialects import examine
from sora_desktop.api.openai.probes import models_in
from sora_desktop.domain.examination import Check, Checked, CheckResult, Examination
from sora_desktop.domain.service_config import ServiceConfig

OK, ALIVE = say(200, b""), say(200, b'"I\'m alive!"')
PAGE = say(200, b"<!DOCTYPE html><html></html>", {"Content-Type": "text/html"})


def models(*names: str, owner: str = "vllm") -> Answer:
    cards = [{"id": name, "object": "model", "owned_by": owner} for name in names]
    return say(200, {"object": "list", "data": cards})


SEVERAL_SERVERS = say(409, {"error": {"message": "not supported", "type": "Conflict", "param": None, "code": 409}})
VIDEOS = say(200, {"object": "list", "data": [], "has_more": False})


async def examined(answer: Answer, key: str = "sk-1", seconds: float = 5.0, **config: str) -> Examination:
    with serving(answer) as server:
        url = server.url.replace("/api/v1", "/v1")
        return await examine(ServiceConfig("Studio", url, "openai", **config), key, seconds=seconds)  # type: ignore[arg-type]


def failed(examination: Examination) -> list[Check]:
    return [item.check for item in examination.checks if item.result is CheckResult.FAILED]


async def test_an_engine_passes_every_check_in_order() -> None:
    found = await examined(by_path({"GET /health": OK, "GET /v1/models": models("wan"), "GET /v1/videos": VIDEOS}))
    assert [item.check for item in found.checks] == list(Check)
    assert {item.result for item in found.checks} == {CheckResult.PASSED}
    assert all(item.text for item in found.checks)
    assert (found.profile, found.models, found.is_ok, found.is_reachable) == ("omni", ("wan",), True, True)


async def test_an_engine_that_mixes_up_jobs_is_named_as_such() -> None:
    cards = models("wan", owner="fastvideo")
    found = await examined(by_path({"GET /health": OK, "GET /v1/models": cards, "GET /v1/videos": VIDEOS}))
    assert found.profile == "fastvideo"
    assert any("one at a time" in item.text for item in found.checks if item.check is Check.PROFILE)


@pytest.mark.parametrize(
    ("answers", "check", "words"),
    [
        ({"GET /": say(200, b"Ollama is running")}, Check.DIALECT, "Ollama answers"),
        ({"GET /system_stats": say(200, {"system": {"comfyui_version": "0.3"}})}, Check.DIALECT, "ComfyUI answers"),
        ({"GET /health": OK, "GET /v1/models": models("llama")}, Check.DIALECT, "vLLM answers"),
        ({"GET /v1/models": models("llama", owner="me")}, Check.DIALECT, "has models, but no videos"),
        ({"GET /v1/models": models("wan"), "GET /v1/videos": SEVERAL_SERVERS}, Check.DIALECT, "api-server-count 1"),
        ({"GET /v1/models": PAGE, "GET /v1/videos": PAGE}, Check.DIALECT, "A web page answers"),
        ({}, Check.DIALECT, "does not speak the OpenAI Videos dialect"),
        ({"GET /v1/videos": say(200, {"videos": []})}, Check.DIALECT, "does not speak"),
        ({"GET /v1/videos": say(401, {"error": "Unauthorized"})}, Check.KEY, "does not accept the API key"),
        ({"GET /v1/models": say(403, {"detail": "who?"})}, Check.KEY, "It says: who?"),
        ({"GET /health": say(503, b"")}, Check.REACHABLE, "warming up"),
        ({"GET /health": hang_up}, Check.REACHABLE, "Start the engine"),
        ({"GET /health": stall}, Check.REACHABLE, "Start the engine"),
        ({"GET /health/liveliness": ALIVE, "GET /v1/models": say(500, b"x")}, Check.KEY, "API key"),
        ({"GET /v1/videos": say(403, b"<html>no</html>")}, Check.KEY, "check the address as well"),
        ({"GET /health/liveliness": stall, "GET /health": say(503, b"")}, Check.REACHABLE, "warming up"),
        ({"GET /health": stall}, Check.REACHABLE, "gives no answer. Wait until the engine is ready"),
        ({"GET /health": hang_up}, Check.REACHABLE, "It may expect an address that begins with https://"),
    ],
)  # fmt: skip
async def test_what_is_no_engine_is_named(answers: dict[str, Answer], check: Check, words: str) -> None:
    found = await examined(by_path(answers), seconds=0.3 if stall in answers.values() else 5.0)
    assert failed(found) == [check]
    assert words in found.failures[0]
    assert found.profile == ""
    after = list(Check)[list(Check).index(check) + 1 :]
    assert all(item.result is CheckResult.SKIPPED for item in found.checks if item.check in after)


ANYTHING = say(200, {"error": "Unexpected endpoint or method. Returning 200 anyway"})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ANYTHING, "does not speak the OpenAI Videos dialect"),
        (say(400, {"error": "bad request"}), "does not speak the OpenAI Videos dialect"),
        (say(400, b"Client sent an HTTP request to an HTTPS server."), "expects https. Begin the address with https://"),
        (say(301, b"", {"Location": "https://gpu.example.com/v1/videos?limit=1"}),
         "redirects to https://gpu.example.com/v1. Enter that address"),
    ],
)  # fmt: skip
async def test_a_server_that_answers_alike_at_every_path_is_no_engine(answer: Answer, words: str) -> None:
    found = await examined(by_path({}, answer))
    assert failed(found) == [Check.DIALECT]
    assert words in found.failures[0]


@pytest.mark.parametrize("path", ["", "/v1/videos", "/v1/chat/completions", "/api"])
async def test_the_address_of_the_api_is_named_where_another_was_entered(path: str) -> None:
    with serving(by_path({"GET /v1/videos": VIDEOS})) as server:
        origin = server.url.removesuffix("/api/v1")
        found = await examine(ServiceConfig("Studio", f"{origin}{path}", "openai"), "")
    assert found.failures == (f"The engine answers at {origin}/v1, not at {origin}{path}. Enter that address.",)


async def test_a_missing_key_is_not_called_a_wrong_one() -> None:
    refuses = by_path({"GET /v1/videos": say(401, {"error": "Unauthorized"})})
    assert "wants an API key. Enter one" in (await examined(refuses, "")).failures[0]
    reason = (await examined(refuses, "", key_variable="STUDIO_KEY")).failures[0]
    assert "the environment variable STUDIO_KEY has none" in reason
    reason = (await examined(refuses, "sk-1", key_variable="STUDIO_KEY")).failures[0]
    assert "does not accept the API key. Set STUDIO_KEY to a valid one." in reason


async def test_one_engine_at_two_addresses_is_told() -> None:
    videos = say(200, {"data": [{"id": "video_1", "object": "video", "status": "queued"}]})
    with serving(by_path({"GET /v1/videos": videos})) as server:
        url = server.url.replace("/api/v1", "/v1")
        other = url.replace("127.0.0.1", "localhost")
        found = await examine(ServiceConfig("Studio", url, "openai", more_urls=(other,)), "")
    assert found.is_ok and f"{url} and {other} list the same videos, so they are one engine" in found.warnings[0]


@pytest.mark.parametrize(
    ("key", "words"), [("", "Prompts, images and videos travel"), ("sk-1", "The API key, prompts")]
)
async def test_what_travels_without_encryption_is_told(key: str, words: str) -> None:
    url = f"http://elsewhere.invalid:{closed_port()}/v1"
    config = ServiceConfig("Studio", url, "openai", more_urls=(f"{url}/b",), plain_http_host="elsewhere.invalid")
    (warning,) = (await examine(config, key, seconds=1.0)).warnings
    assert words in warning and "elsewhere.invalid without encryption" in warning
    assert (
        await examine(ServiceConfig("Studio", f"http://127.0.0.1:{closed_port()}/v1", "openai"), key)
    ).warnings == ()


async def test_no_failure_speaks_of_settings_or_gives_advice_twice(connected: Connect) -> None:
    for url in (f"http://127.0.0.1:{closed_port()}/v1", "https://nowhere.invalid/v1"):
        (reason,) = (await examine(ServiceConfig("Studio", url, "openai"), "")).failures
        assert reason == f"No engine answers at {url}. Start the engine, or correct its host and port."
    for like, words in [("omni", "finds out whether"), ("sglang", "unless others use the engine too")]:
        async with connected(like) as engine:
            lists = next(item for item in engine.examination.checks if item.check is Check.LISTS)
            assert words in lists.text
            tls = engine.config.urls[0].replace("http://", "https://")
            (reason,) = (await examine(ServiceConfig("Studio", tls, "openai"), "")).failures
            assert "does not speak TLS" in reason and "Settings" not in reason and "address of this service" in reason


async def test_the_models_are_not_called_for_the_health_of_litellm() -> None:
    answers = {"GET /health/liveliness": say(200, b'"I\'m alive!"'), "GET /v1/models": models("wan", owner="openai")}
    with serving(by_path(answers, say(400, {"error": {"message": "no provider"}}))) as server:
        url = server.url.replace("/api/v1", "/v1")
        found = await examine(ServiceConfig("Studio", url, "openai"), "sk-1")
        assert (found.profile, found.is_ok) == ("litellm", True)
        assert "/health" not in [asked.path for asked in server.asked]
    assert {item.check: item.result for item in found.checks}[Check.LISTS] is CheckResult.ABSENT


async def test_nothing_listens_there() -> None:
    config = ServiceConfig("Studio", f"http://127.0.0.1:{closed_port()}/v1", "openai")
    found = await examine(config, "")
    assert failed(found) == [Check.REACHABLE]
    assert "Start the engine, or correct its host and port" in found.failures[0]


@pytest.mark.parametrize(
    ("url", "key", "check", "words"),
    [
        ("gpu2:8091", "", Check.REACHABLE, "must be an address"),
        ("http://gpu2:8091/v1", "sk-1", Check.REACHABLE, "without encryption"),
        ("http://127.0.0.1:1/v1", "sk 1", Check.KEY, "invalid characters"),
    ],
)
async def test_what_cannot_be_asked_is_not_asked(url: str, key: str, check: Check, words: str) -> None:
    found = await examine(ServiceConfig("Studio", url, "openai"), key)
    assert failed(found) == [check]
    assert words in found.failures[0]
    assert not any(item.result is CheckResult.PASSED for item in found.checks)


async def test_the_user_s_profile_stays_and_what_was_found_is_told() -> None:
    answers = {"GET /health": OK, "GET /v1/models": models("wan"), "GET /v1/videos": VIDEOS}
    found = await examined(by_path(answers), profile="sglang")
    text = next(item.text for item in found.checks if item.check is Check.PROFILE)
    assert "treated as SGLang (sglang), as set; it looks like vLLM-Omni (omni)" in text
    assert {item.check: item.result for item in found.checks}[Check.CANCELS] is CheckResult.ABSENT
    assert found.profile == "omni"


async def test_a_dead_address_does_not_hide_the_others(connected: Connect) -> None:
    async with connected("omni", replicas=2) as engine:
        more = (*engine.config.more_urls, f"http://127.0.0.1:{closed_port()}/v1")
        config = ServiceConfig("Studio", engine.config.base_url, "openai", more_urls=more)
        found = await examine(config, KEY)
        assert failed(found) == [Check.REACHABLE]
        assert found.profile == "omni"
        assert found.models == engine.examination.models
        assert len({item.url for item in found.checks}) == 3


async def test_each_check_is_reported_as_soon_as_it_is_known_and_no_address_waits_for_another() -> None:
    """They are told in order: nothing of the second address before the first one has answered."""
    is_other_asked = threading.Event()
    told: list[Checked] = []

    def answers_late(connection: Connection) -> None:
        is_other_asked.wait(5)
        videos(connection)

    videos = by_path({"GET /health": OK, "GET /v1/models": models("wan"), "GET /v1/videos": VIDEOS})
    with serving(answers_late) as slow, serving(videos) as server:
        urls = [each.url.replace("/api/v1", "/v1") for each in (slow, server)]
        config = ServiceConfig("Studio", urls[0], "openai", more_urls=(urls[1],))
        asking = asyncio.create_task(examine(config, "", report=told.append))
        await until(lambda: any(asked.path.startswith("/v1/videos") for asked in server.asked))
        assert not told
        is_other_asked.set()
        found = await asking
    assert tuple(told) == found.checks
    assert [item.url for item in told] == [urls[0]] * 7 + [urls[1]] * 7


async def test_that_a_server_answers_is_told_before_it_has_said_what_it_is() -> None:
    told: list[Checked] = []
    with serving(by_path({"GET /health": OK, "GET /v1/models": stall})) as server:
        url = server.url.replace("/api/v1", "/v1")
        found = await examine(ServiceConfig("Studio", url, "openai"), "", seconds=0.2, report=told.append)
    assert told[0].result is CheckResult.PASSED and told[0].check is Check.REACHABLE
    assert failed(found) == [Check.DIALECT], "it answers: about its health"
    assert "An engine that warms up does that: try again" in found.failures[0]


@pytest.mark.parametrize("config", [{"profile": "gateway"}, {}])
async def test_a_gateway_is_asked_for_the_videos_of_this_installation(config: dict[str, str]) -> None:
    """Without the header it answers with those of everybody who sends none."""
    owner = "vllm" if config else "aibrix"
    answers = {"GET /v1/models": models("wan", owner=owner), "GET /v1/videos": VIDEOS}
    with serving(by_path(answers)) as server:
        url = server.url.replace("/api/v1", "/v1")
        await examine(ServiceConfig("Studio", url, "openai", **config), "sk-1", installation="abc")  # type: ignore[arg-type]
        users = {asked.path.partition("?")[0]: asked.headers.get("user") for asked in server.asked}
    assert users["/v1/videos"] == "abc"
    assert users["/v1/models"] is None, "what the server is must be known before it is told who asks"


async def test_a_wrong_key_is_told(connected: Connect) -> None:
    for like in ("omni", "gateway", "litellm", "openai", "generic"):
        async with connected(like) as engine:
            found = await examine(engine.config, "sk-wrong")
            assert failed(found) == [Check.KEY], like
            assert not found.is_reachable, "its models and what it is stay as they were known"


async def test_a_broken_models_file_is_told(tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text("{")
    config = ServiceConfig("Studio", f"http://127.0.0.1:{closed_port()}/v1", "openai")
    found = await examine(config, "", (mine, *MODEL_FILES))
    assert len(found.warnings) == 1
    assert "mine.json is ignored" in found.warnings[0]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}, ("a", "b")),
        ({"data": [{"id": None}, "x", {"name": "c"}, {"id": "a\nb"}, {"id": "x" * 301}]}, ()),
        ({"data": {}}, ()),
        ({}, ()),
        (None, ()),
        ([], ()),
    ],
)
def test_the_names_of_models_are_read(data: object, names: tuple[str, ...]) -> None:
    assert models_in(data) == names
