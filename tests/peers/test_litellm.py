"""LiteLLM's real proxy, between this program and the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from peers.litellm_proxy import ENGINE_KEY, MASTER_KEY, litellm_proxy
from peers.shapes import shape_of
from program import environment, run
from sandbox.openai.engine_client import form
from sandbox_in_process import Reply, send_request
from sandbox_server import SandboxServer, sandbox

from sora_desktop.api.dialects import capabilities_of, connect_service, examine
from sora_desktop.api.errors import AnswerLost, Gone, KeyRejected, NotFound, Refused
from sora_desktop.api.service import Cancels, Lists, TaskReport, TaskState, VideoService
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.examination import Check, CheckResult
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.media.video_facts import facts_of

#: The model that the engines serve, and how the proxy calls it.
MODEL, ALIAS = "Wan-AI/Wan2.2-T2V-A14B-Diffusers", "wan"
#: The same model at an engine that fails; and once more, with the retries that LiteLLM makes unless it is told not to.
FAILING, RETRIED = "failing", "retried"
#: The same model at an engine whose answer to the first create breaks on its way to the proxy.
BREAKING = "breaking"
#: What the examination asks at most, in seconds a call.
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Chain:
    """A proxy and the engines behind it."""

    url: str
    engine: SandboxServer
    failing_engine: SandboxServer
    breaking_engine: SandboxServer

    def call(self, path: str, *, key: str | None = MASTER_KEY, **how: Any) -> Reply:
        """A request of a plain client to the proxy. `path`: below /v1."""
        return send_request(f"{self.url}/{path}", key=key, **how)

    def creates_at_failing_engine(self) -> int:
        """Creates that the engine which fails has received so far."""
        return self.failing_engine.seen().engines["counts"]["videos.create"]


@pytest.fixture(scope="module")
def chain(litellm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The proxy in front of two engines like vLLM-Omni."""
    every_create_fails = [{"call": "videos.create", "fault": "500_json", "count": 1000}]
    options = ("--tiny", "--speed", "50", "--dialect", "openai", "--like", "omni")
    first_answer_breaks: list[dict[str, object]] = [{"call": "videos.create", "fault": "reset_after"}]
    with (
        sandbox(*options) as engine,
        sandbox(*options, script=every_create_fails) as failing,
        sandbox(*options, script=first_answer_breaks) as breaking,
    ):

        def served_at(url: str) -> dict[str, object]:
            return {"model": f"hosted_vllm/{MODEL}", "api_base": url, "api_key": ENGINE_KEY}

        models = {
            ALIAS: {**served_at(engine.engine_urls[0]), "num_retries": 0},
            FAILING: {**served_at(failing.engine_urls[0]), "num_retries": 0},
            RETRIED: served_at(failing.engine_urls[0]),
            BREAKING: {**served_at(breaking.engine_urls[0]), "num_retries": 0},
        }
        with litellm_proxy(litellm, tmp_path_factory.mktemp("litellm"), models) as url:
            yield Chain(url, engine, failing, breaking)


def _posted(chain: Chain, *, key: str | None = MASTER_KEY, **fields: object) -> Reply:
    body, headers = form({"prompt": "A cat", "size": "832x480", "seconds": "2", "fps": "16", **fields})
    return chain.call("videos", key=key, body=body, headers=headers)


@dataclass(frozen=True, slots=True)
class Client:
    """This program's client of the proxy."""

    service: VideoService
    capabilities: Capabilities

    def request(self, alias: str = ALIAS, prompt: str = "A cat") -> VideoRequest:
        """A short request that the engine takes."""
        model = self.capabilities.model(alias)
        assert model is not None
        return replace(model.default_request(prompt), size="832x480", duration=2, fps=16, seed=7)

    async def end(self, remote_id: RemoteId) -> TaskReport:
        """Poll until the video has ended."""
        while not (report := await self.service.poll(remote_id)).has_ended:
            await asyncio.sleep(0.05)
        return report


@asynccontextmanager
async def connected(chain: Chain, key: str = MASTER_KEY) -> AsyncIterator[Client]:
    """Connect as the program does: the kind of server and the models are those that the examination finds."""
    config = ServiceConfig("Proxy", chain.url, "openai")
    found = await examine(config, MASTER_KEY, seconds=PATIENCE)
    config = replace(config, found_profile=found.profile, models=found.models)
    capabilities = capabilities_of(config)
    service = connect_service(config, key, capabilities, lambda _: None)
    try:
        yield Client(service, capabilities)
    finally:
        await service.aclose()


async def test_a_clip_is_made_through_the_proxy_with_one_create(chain: Chain, tmp_path: Path) -> None:
    before = len(chain.engine.seen().engines["creates"])
    async with connected(chain) as client:
        created = await client.service.create(client.request(prompt="A paper boat"), None)
        report = await client.end(created.remote_id)  # the proxy's own id, not the one in its answers to polls
        assert report.state is TaskState.COMPLETED
        clip = tmp_path / "clip.mp4"
        await client.service.download(report.video_url, clip, lambda *_: None)
    facts = facts_of(clip)
    assert facts.width * 480 == pytest.approx(facts.height * 832, rel=0.02)  # the sandbox renders it smaller
    assert facts.seconds == pytest.approx(33 / 16, abs=0.1)
    (create,) = chain.engine.seen().engines["creates"][before:]
    assert (create["prompt"], create["fps"], create["seed"], create["size"]) == ("A paper boat", 16.0, 7, "832x480")


def test_the_command_line_makes_a_clip_through_the_proxy(chain: Chain, tmp_path: Path) -> None:
    data, environ = tmp_path / "data", environment(PROXY_KEY=MASTER_KEY)
    server = ("--dialect", "openai", "--url", chain.url, "--key-env", "PROXY_KEY")
    added = run("service", "add", "Proxy", *server, "--data", data, environ=environ)
    assert added.status == 0, added.stderr
    before = len(chain.engine.seen().engines["creates"])
    wanted = ("--model", ALIAS, "--size", "832x480", "--seconds", "2", "--fps", "16", "--seed", "7")
    made = run("generate", "A kite", "--service", "Proxy", *wanted, "--json", "--data", data, environ=environ)
    assert (made.status, made.phases[-1:]) == (0, ["ready"]), made.stderr
    assert {event["service"] for event in made.events} == {"Proxy"}
    (clip,) = made.files
    assert facts_of(clip).seconds == pytest.approx(33 / 16, abs=0.1)
    (create,) = chain.engine.seen().engines["creates"][before:]
    assert (create["prompt"], create["fps"], create["seed"]) == ("A kite", 16.0, 7)


async def test_the_proxy_is_recognized_and_can_neither_list_nor_cancel(chain: Chain) -> None:
    config = ServiceConfig("Proxy", chain.url, "openai")
    found = await examine(config, MASTER_KEY, seconds=PATIENCE)
    assert (found.profile, set(found.models)) == ("litellm", {ALIAS, FAILING, RETRIED, BREAKING})
    assert not found.failures
    async with connected(chain) as client:
        assert not isinstance(client.service, Lists) and not isinstance(client.service, Cancels)
        assert not client.capabilities.cancels


@pytest.mark.parametrize("key", ["", "sk-another"])
async def test_a_missing_or_wrong_key_is_named_and_reaches_no_engine(chain: Chain, key: str) -> None:
    counts = chain.engine.seen().engines["counts"]
    found = await examine(ServiceConfig("Proxy", chain.url, "openai"), key, seconds=PATIENCE)
    assert [each.check for each in found.checks if each.result is CheckResult.FAILED] == [Check.KEY]
    async with connected(chain, key) as client:
        # without a key, the proxy fails in a way that does not show what happened
        with pytest.raises(KeyRejected if key else AnswerLost):
            await client.service.create(client.request(), None)
    assert chain.engine.seen().engines["counts"]["videos.create"] == counts["videos.create"]


async def test_what_the_engine_refuses_is_a_refusal(chain: Chain) -> None:
    async with connected(chain) as client:
        with pytest.raises(Refused, match="size"):
            await client.service.create(replace(client.request(), size="99999x99999"), None)


async def test_a_create_that_fails_is_not_taken_for_refused(chain: Chain) -> None:
    before = chain.creates_at_failing_engine()
    async with connected(chain) as client:
        with pytest.raises(AnswerLost):
            await client.service.create(client.request(FAILING), None)
    assert chain.creates_at_failing_engine() - before == 1


async def test_a_create_whose_answer_broke_is_not_taken_for_refused(chain: Chain) -> None:
    """LiteLLM sends it once more, without its fields, and passes on that the engine refuses that one."""
    async with connected(chain) as client:
        with pytest.raises(AnswerLost, match="prompt"):
            await client.service.create(client.request(BREAKING), None)
    seen = chain.breaking_engine.seen().engines
    assert (len(seen["creates"]), seen["counts"]["videos.create"]) == (1, 2)


async def test_a_file_that_is_not_there_yet_is_no_clip(chain: Chain, tmp_path: Path) -> None:
    async with connected(chain) as client:
        created = await client.service.create(replace(client.request(), duration=20), None)
        url = f"{chain.url}/videos/{created.remote_id}/content"
        with pytest.raises(Gone):
            await client.service.download(url, tmp_path / "part", lambda *_: None)
    assert not (tmp_path / "part").exists()


async def test_a_video_that_the_engine_forgot_is_not_found(chain: Chain) -> None:
    async with connected(chain) as client:
        created = await client.service.create(client.request(), None)
        assert send_request(f"{chain.engine.origin}/sandbox/restart", {}).status == 200
        with pytest.raises(NotFound):
            await client.service.poll(created.remote_id)


@pytest.mark.parametrize(("alias", "creates"), [(FAILING, 1), (RETRIED, 3)])
def test_a_create_that_fails_is_repeated_by_the_proxy_unless_it_is_told_not_to(
    chain: Chain, alias: str, creates: int
) -> None:
    before = chain.creates_at_failing_engine()
    reply = _posted(chain, model=alias)
    assert reply.status == 500
    assert chain.creates_at_failing_engine() - before == creates


def test_the_sandbox_like_litellm_answers_as_the_real_proxy(chain: Chain) -> None:
    with sandbox("--tiny", "--speed", "50", "--dialect", "openai", "--like", "litellm") as imitation:
        imitated = Chain(imitation.engine_urls[0], imitation, imitation, imitation)
        real, ours = _answers(chain, MASTER_KEY), _answers(imitated, imitation.key)
    assert ours == real


def _answers(chain: Chain, key: str) -> dict[str, object]:
    """Status and shape of the answer to each call."""
    created = _posted(chain, key=key, model=ALIAS)
    id = created.json_body["id"]
    polled = chain.call(f"videos/{id}", key=key)
    wrong = f"{key}-wrong"
    replies = {
        "create": created,
        "create without a model": _posted(chain, key=key),
        "create with a wrong key": _posted(chain, key=wrong, model=ALIAS),
        "create without a key": _posted(chain, key=None, model=ALIAS),
        "create with another model": _posted(chain, key=key, model="other"),
        "poll": polled,
        "poll with a wrong key": chain.call(f"videos/{id}", key=wrong),
        "list": chain.call("videos", key=key),
        "list of a provider": chain.call("videos", key=key, headers={"custom-llm-provider": "hosted_vllm"}),
        "delete": chain.call(f"videos/{id}", key=key, method="DELETE"),
        "models": chain.call("models", key=key),
        "models without a key": chain.call("models", key=None),
    }
    shapes: dict[str, object] = {name: shape_of(reply) for name, reply in replies.items()}
    shapes["the poll has another id"] = polled.json_body["id"] != id
    return shapes
