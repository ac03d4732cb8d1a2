"""FastVideo's real HTTP server, with a stand-in for the model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from peers.fastvideo_server import MODEL, FastVideoServer, fastvideo_server
from peers.shapes import shape_of
from program import environment, run
from sandbox.openai.engine_client import form
from sandbox_in_process import Reply, send_request
from sandbox_server import SandboxServer, sandbox
from waiting import wait_until

from sora_desktop.api.dialects import capabilities_of, connect_service, examine
from sora_desktop.api.service import Cancels, Lists, TaskReport, TaskState
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.media.video_facts import facts_of

FIELDS = {"prompt": "A cat", "size": "832x480", "seconds": "2", "fps": "16", "num_frames": "33"}


@pytest.fixture(scope="module")
def imitation() -> Iterator[SandboxServer]:
    """The sandbox as FastVideo."""
    with sandbox("--tiny", "--speed", "50", "--dialect", "openai", "--like", "fastvideo") as server:
        yield server


@pytest.fixture(scope="module")
def server(
    fastvideo: Path, imitation: SandboxServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FastVideoServer]:
    """The real server, which delivers a clip of the sandbox."""
    folder, url = tmp_path_factory.mktemp("fastvideo"), imitation.engine_urls[0]
    clip = folder / "clip.mp4"
    clip.write_bytes(send_request(f"{url}/videos/{_ended(url, _posted(url))}/content").body)
    with fastvideo_server(fastvideo, folder, clip) as running:
        yield running


def _posted(url: str, **fields: object) -> Reply:
    body, headers = form({**FIELDS, **fields})
    return send_request(f"{url}/videos", body=body, headers=headers)


def _ended(url: str, created: Reply) -> str:
    """The id of a new job, once it has ended."""
    id = str(created.json_body["id"])
    wait_until(lambda: send_request(f"{url}/videos/{id}").json_body["status"] in ("completed", "failed"))
    return id


def test_the_command_line_makes_a_clip(server: FastVideoServer, tmp_path: Path) -> None:
    data, environ = tmp_path / "data", environment()
    added = run("service", "add", "GPU", "--dialect", "openai", "--url", server.url, "--data", data, environ=environ)
    assert added.status == 0, added.stderr
    made = run("generate", "A kite", "--service", "GPU", "--seed", "7", "--json", "--data", data, environ=environ)
    assert (made.status, made.phases[-1:]) == (0, ["ready"]), made.stderr
    assert facts_of(made.files[0]).container == "mov,mp4,m4a,3gp,3g2,mj2"
    asked = server.renders[-1]
    found = [asked[name] for name in ("prompt", "width", "height", "fps", "num_frames", "seed", "num_inference_steps")]
    assert found == ["A kite", 832, 480, 16, 61, 7, 3]


async def test_it_is_recognized_lists_without_prompts_and_cannot_cancel(server: FastVideoServer) -> None:
    config = ServiceConfig("GPU", server.url, "openai")
    found = await examine(config, "", seconds=60)
    assert (found.profile, found.models, found.failures) == ("fastvideo", (MODEL,), ())
    config = replace(config, found_profile=found.profile, models=found.models)
    capabilities = capabilities_of(config)
    assert capabilities.jobs_at_once(5) == 1
    service = connect_service(config, "", capabilities, lambda _: None)
    try:
        assert isinstance(service, Lists) and not isinstance(service, Cancels)
        request = replace(capabilities.default_request("fail"), size="832x480", duration=4, fps=16)
        created = await service.create(request, None)
        (listed,) = [task for task in (await service.tasks()).tasks if task.remote_id == created.remote_id]
        assert (listed.prompt, listed.size, listed.seconds, listed.model) == (None, "832x480", 4.0, MODEL)
        report = TaskReport(TaskState.PENDING)
        while not report.has_ended:
            await asyncio.sleep(0.05)
            report = await service.poll(created.remote_id)
        assert (report.state, report.reason) == (TaskState.FAILED, "CUDA out of memory")
    finally:
        await service.aclose()


def test_the_sandbox_answers_as_the_real_server(server: FastVideoServer, imitation: SandboxServer) -> None:
    assert _answers(imitation.engine_urls[0]) == _answers(server.url)


def _answers(url: str) -> dict[str, tuple[int, object]]:
    """Status and shape of the answer to each call."""
    created = _posted(url)
    id = _ended(url, created)
    replies = {
        "create": created,
        "create without a prompt": _posted(url, prompt=""),
        "create with a blank prompt": _posted(url, prompt=" "),
        "create with another model": _posted(url, model="other"),
        "poll": send_request(f"{url}/videos/{id}"),
        "poll of another": send_request(f"{url}/videos/nothing"),
        "list": send_request(f"{url}/videos?limit=1&order=asc"),
        "list after nothing": send_request(f"{url}/videos?after=nothing"),
        "content of another": send_request(f"{url}/videos/nothing/content"),
        "models": send_request(f"{url}/models"),
        "delete": send_request(f"{url}/videos/{id}", method="DELETE"),
        "delete again": send_request(f"{url}/videos/{id}", method="DELETE"),
    }
    return {name: shape_of(reply) for name, reply in replies.items()}
