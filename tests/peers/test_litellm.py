"""LiteLLM's real proxy, between this program and the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from peers.litellm_proxy import ENGINE_KEY, MASTER_KEY, litellm_proxy
from sandbox.openai.engine_client import form
from sandbox_in_process import Reply, send_request
from sandbox_server import SandboxServer, sandbox

#: The model that the engines serve, and how the proxy calls it.
MODEL, ALIAS = "Wan-AI/Wan2.2-T2V-A14B-Diffusers", "wan"
#: The same model at an engine that fails; and once more, with the retries that LiteLLM makes unless it is told not to.
FAILING, RETRIED = "failing", "retried"


@dataclass(frozen=True, slots=True)
class Chain:
    """A proxy and the engines behind it."""

    url: str
    engine: SandboxServer
    failing_engine: SandboxServer

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
    with sandbox(*options) as engine, sandbox(*options, script=every_create_fails) as failing:

        def served_at(url: str) -> dict[str, object]:
            return {"model": f"hosted_vllm/{MODEL}", "api_base": url, "api_key": ENGINE_KEY}

        models = {
            ALIAS: {**served_at(engine.engine_urls[0]), "num_retries": 0},
            FAILING: {**served_at(failing.engine_urls[0]), "num_retries": 0},
            RETRIED: served_at(failing.engine_urls[0]),
        }
        with litellm_proxy(litellm, tmp_path_factory.mktemp("litellm"), models) as url:
            yield Chain(url, engine, failing)


def _posted(chain: Chain, *, key: str | None = MASTER_KEY, **fields: object) -> Reply:
    body, headers = form({"prompt": "A cat", "size": "832x480", "seconds": "2", "fps": "16", **fields})
    return chain.call("videos", key=key, body=body, headers=headers)


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
        imitated = Chain(imitation.engine_urls[0], imitation, imitation)
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
    shapes: dict[str, object] = {name: _shape(reply) for name, reply in replies.items()}
    shapes["the poll has another id"] = polled.json_body["id"] != id
    return shapes


def _shape(reply: Reply) -> tuple[int, object]:
    """The status, and the names and types in the body."""
    try:
        return reply.status, _types(reply.json_body)
    except ValueError:
        return reply.status, reply.body


def _types(value: object) -> object:
    if isinstance(value, dict):
        return {name: _types(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_types(value[0])] if value else []
    return type(value).__name__
