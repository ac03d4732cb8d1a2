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
