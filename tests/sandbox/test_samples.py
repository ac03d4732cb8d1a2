"""What the service's own examples do, in Python and with curl, works here with nothing but address and key changed."""

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
from sandbox_inside import wait_until
from sandbox_server import Address, sandbox


@pytest.fixture(scope="module")
def there() -> Iterator[Address]:
    with ExitStack() as stack:
        yield stack.enter_context(sandbox("--tiny", "--speed", "20", "--limits", "none"))


def call(there: Address, path: str, body: dict[str, object] | None = None) -> Any:
    """A call as the Python example makes it: JSON there, JSON back, the code looked at."""
    request = urllib.request.Request(
        f"{there.base_url}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {there.key}", "Content-Type": "application/json"},
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=15) as answer:
        result = json.load(answer)
    assert result["code"] == 200, result.get("error") or result.get("msg")
    return result["data"]


def test_the_python_way(there: Address) -> None:
    task_id = call(there, "/sora2/text-to-video", {"prompt": "A dog runs over a meadow", "aspectRatio": "16:9"})[
        "task_id"
    ]
    seen: list[dict[str, Any]] = []

    def ended() -> bool:
        seen.append(call(there, f"/tasks/{task_id}"))
        return seen[-1]["status"] in ("completed", "failed")

    wait_until(ended)
    assert {look["status"] for look in seen[:-1]} <= {"pending", "processing"} and seen[-1]["status"] == "completed"
    progress = [look["progress"] for look in seen]
    assert progress == sorted(progress) and progress[-1] == 100
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(seen[-1]["video_url"], timeout=15) as video:
        assert video.read(8)[4:] == b"ftyp"


def test_several_at_once(there: Address) -> None:
    prompts = ("A cat asleep", "Waves on a beach", "Lights of a city")
    ids = [call(there, "/sora2-pro/text-to-video", {"prompt": prompt, "duration": 10})["task_id"] for prompt in prompts]
    assert len(set(ids)) == 3
    wait_until(lambda: {call(there, f"/tasks/{task_id}")["status"] for task_id in ids} == {"completed"})


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_five_calls_with_curl(there: Address, tmp_path: Path, png: bytes) -> None:
    def curl(path: str, *options: str) -> Any:
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "-H", f"Authorization: Bearer {there.key}"]
        ended = subprocess.run(
            [*command, *options, f"{there.base_url}{path}"], capture_output=True, check=True, timeout=30
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
    for address in (url, "https://cdn.example.com/uploads/image123.jpg"):
        body = json.dumps({"imageUrl": address, "prompt": "The flower opens slowly"})
        assert curl("/sora2/image-to-video", *as_json, body)["task_id"].startswith("task_")
    assert curl("/credits")["credits"] == before - 300
