"""The examples of the service's documentation, in Python and with curl, work with another base URL and key."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sandbox_server import SandboxServer, sandbox
from waiting import wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with ExitStack() as stack:
        yield stack.enter_context(sandbox("--tiny", "--speed", "20", "--limits", "none"))


def call(server: SandboxServer, path: str, body: dict[str, object] | None = None) -> Any:
    """A call as in the Python example: JSON in both directions, and a check of the code."""
    request = urllib.request.Request(
        f"{server.base_url}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=15) as answer:
        result = json.load(answer)
    assert result["code"] == 200, result.get("error") or result.get("msg")
    return result["data"]


def test_the_python_example(server: SandboxServer) -> None:
    task_id = call(server, "/sora2/text-to-video", {"prompt": "A dog runs over a meadow", "aspectRatio": "16:9"})[
        "task_id"
    ]
    polls: list[dict[str, Any]] = []

    def ended() -> bool:
        polls.append(call(server, f"/tasks/{task_id}"))
        return polls[-1]["status"] in ("completed", "failed")

    wait_until(ended)
    assert {poll["status"] for poll in polls[:-1]} <= {"pending", "processing"} and polls[-1]["status"] == "completed"
    progress = [poll["progress"] for poll in polls]
    assert progress == sorted(progress) and progress[-1] == 100
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(polls[-1]["video_url"], timeout=15) as video:
        assert video.read(8)[4:] == b"ftyp"


def test_several_tasks_at_once(server: SandboxServer) -> None:
    prompts = ("A cat asleep", "Waves on a beach", "Lights of a city")
    ids = [
        call(server, "/sora2-pro/text-to-video", {"prompt": prompt, "duration": 10})["task_id"] for prompt in prompts
    ]
    assert len(set(ids)) == 3
    wait_until(lambda: {call(server, f"/tasks/{task_id}")["status"] for task_id in ids} == {"completed"})


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_five_calls_work_with_curl(server: SandboxServer, tmp_path: Path, png: bytes) -> None:
    def curl(path: str, *options: str) -> Any:
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "-H", f"Authorization: Bearer {server.key}"]
        ended = subprocess.run(
            [*command, *options, f"{server.base_url}{path}"], capture_output=True, check=True, timeout=30
        )
        result = json.loads(ended.stdout)
        assert result["code"] == 200, result
        return result["data"]

    as_json = ("-X", "POST", "-H", "Content-Type: application/json", "-d")
    image = tmp_path / "image.png"
    image.write_bytes(png)
    before = curl("/credits")["credits"]
    task_id = curl("/sora2/text-to-video", *as_json, '{"prompt": "The sun rises", "aspectRatio": "16:9"}')["task_id"]
    assert curl(f"/tasks/{task_id}")["task_id"] == task_id
    url = curl("/upload", "-X", "POST", "-F", f"file=@{image}")["url"]
    for image_url in (url, "https://cdn.example.com/uploads/image123.jpg"):
        body = json.dumps({"imageUrl": image_url, "prompt": "The flower opens slowly"})
        assert curl("/sora2/image-to-video", *as_json, body)["task_id"].startswith("task_")
    assert curl("/credits")["credits"] == before - 300
