"""The API over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sandbox_in_process import InProcessSandbox, Reply, in_process_sandbox, send_request
from waiting import PATIENCE

from sora_desktop.sandbox.render import Scene
from sora_desktop.sandbox.service_state import SandboxOptions

LIMITS = (
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-concurrent-limit",
    "x-concurrent-active",
)


@pytest.fixture(scope="module")
def done(service: InProcessSandbox) -> Reply:
    """The poll of a finished task."""
    return service.finish(service.create("A finished cat"))


def form(content: bytes, name: str = "file") -> tuple[bytes, dict[str, str]]:
    """A multipart body with one file in it, and its header."""
    head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n\r\n'
    return head.encode() + content + b"\r\n--xyz--\r\n", {"Content-Type": "multipart/form-data; boundary=xyz"}


def names(reply: Reply) -> set[str]:
    return {name.lower() for name in reply.headers}


def test_a_create_answers_in_the_envelope(service: InProcessSandbox) -> None:
    reply = service.api("sora2/text-to-video", {"prompt": "A cat", "negativePrompt": "rain", "aspectRatio": "1:1"})
    assert (reply.status, reply.json_body["code"], reply.json_body["msg"]) == (200, 200, "success")
    assert list(reply.data) == ["task_id"] and reply.data["task_id"].startswith("task_")


@pytest.mark.parametrize(("model", "price"), [("sora2", 100), ("sora2-pro", 200)])
def test_the_balance_shows_the_price_of_a_create(service: InProcessSandbox, model: str, price: int) -> None:
    before = service.api("credits").data["credits"]
    service.create(model=model)
    assert service.api("credits").data["credits"] == before - price


def test_a_top_up_raises_the_balance_to_the_first_one_and_never_lowers_it(folder: Path) -> None:
    with in_process_sandbox(folder, credits=300) as service:
        service.create()
        assert service.api("credits/top-up", {}).data["credits"] == 300
        service.state.change_balance(500)
        assert service.api("credits/top-up", {}).data["credits"] == 800
        assert service.api("credits/top-up", {}, key="sk_other").status == 401
        assert service.api("credits/top-up", method="GET").status == 405


@pytest.mark.parametrize("path", ["credits", "tasks/task_unknown", "nowhere", "sora2/text-to-video"])
def test_every_answer_has_the_rate_limit_headers(service: InProcessSandbox, path: str) -> None:
    assert names(service.api(path, method="GET")) >= set(LIMITS)


@pytest.mark.parametrize(("key", "code"), [(None, 1003), ("no", 1004), ("sk_other", 1001), ("sk_revoked", 1002)])
def test_a_bad_key_is_refused_with_its_code(service: InProcessSandbox, key: str | None, code: int) -> None:
    reply = service.api("credits", key=key)
    assert (reply.status, reply.json_body["code"]) == (401, code) and reply.json_body["error"] == reply.json_body["msg"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tasks/task_unknown", None, 404),
        ("nowhere", None, 404),
        ("sora2/text-to-video", None, 405),
        ("sora3/text-to-video", {"prompt": "a"}, 404),
        ("sora2/text-to-video", b"{", 400),
        ("sora2/text-to-video", {"prompt": ""}, 400),
        ("sora2/image-to-video", {"prompt": "a"}, 400),
        ("sora2/image-to-video", {"imageUrl": "http://127.0.0.1/uploads/image_gone.png"}, 400),
        ("upload", b"", 400),
        ("upload", b"no form", 400),
    ],
)
def test_a_bad_request_gets_an_error_in_the_envelope(
    service: InProcessSandbox, path: str, body: object, status: int
) -> None:
    reply = service.api(path, body)
    assert reply.status == status and reply.json_body["code"] == status and reply.json_body["error"]


def test_a_task_is_reported_from_start_to_end(service: InProcessSandbox) -> None:
    task_id = service.create(duration=10)  # 18 s
    first = service.api(f"tasks/{task_id}").data
    assert first["task_id"] == task_id and first["status"] == "pending" and first["progress"] == 0
    assert "video_url" not in first and "completed_at" not in first
    service.clock.time += 9
    assert {"status": "processing", "progress": 50}.items() <= service.api(f"tasks/{task_id}").data.items()
    last = service.finish(task_id).data
    assert last["status"] == "completed" and last["progress"] == 100
    assert last["created_at"] == first["created_at"] < last["completed_at"]
    assert send_request(last["thumbnail_url"], key=None).body.startswith(b"\xff\xd8")
    assert send_request(last["video_url"], key=None).body[4:8] == b"ftyp"


def test_content_policy_fails_a_task_with_a_reason(service: InProcessSandbox) -> None:
    before = service.state.credits
    fields = service.finish(service.create("a nude statue")).data
    assert fields["status"] == "failed" and fields["error"]["code"] == "content_policy_violation"
    assert "video_url" not in fields and service.state.credits == before


def test_an_uploaded_image_becomes_a_video(service: InProcessSandbox, png: bytes) -> None:
    body, headers = form(png)
    url = service.api("upload", body, headers=headers).data["url"]
    assert send_request(url, key=None).body == png
    for model in ("sora2", "sora2-pro"):
        task_id = service.api(f"{model}/image-to-video", {"imageUrl": url}).data["task_id"]
        assert service.finish(task_id).data["status"] == "completed"
        assert service.state.tasks[task_id].body.image in url


def test_an_image_on_another_host_is_never_fetched(service: InProcessSandbox) -> None:
    body = {"imageUrl": "https://cdn.example.com/uploads/image123.jpg", "prompt": "It blooms"}
    task_id = service.api("sora2/image-to-video", body).data["task_id"]
    assert service.finish(task_id).data["status"] == "completed"


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a"])
def test_an_upload_that_is_not_an_image_is_refused(service: InProcessSandbox, content: bytes) -> None:
    body, headers = form(content)
    reply = service.api("upload", body, headers=headers)
    assert reply.status == 400 and "image" in reply.json_body["error"].lower()


def test_the_form_field_is_named_file(service: InProcessSandbox, png: bytes) -> None:
    body, headers = form(png, "image")
    assert "named file" in service.api("upload", body, headers=headers).json_body["error"]


def test_a_file_is_sent_whole_or_by_range(done: Reply) -> None:
    url = done.data["video_url"]
    whole = send_request(url, key=None)
    size, tag = len(whole.body), whole.headers["etag"]
    assert whole.status == 200 and whole.headers["content-length"] == str(size) and tag.startswith('"')
    for requested, first, last in (
        ("bytes=100-", 100, size - 1),
        ("bytes=0-99", 0, 99),
        ("bytes=-10", size - 10, size - 1),
    ):
        piece = send_request(url, key=None, headers={"Range": requested, "If-Range": tag})
        assert (piece.status, piece.body) == (206, whole.body[first : last + 1])
        assert piece.headers["content-range"] == f"bytes {first}-{last}/{size}"
    changed = send_request(url, key=None, headers={"Range": "bytes=100-", "If-Range": '"other"'})
    assert (changed.status, changed.body) == (200, whole.body)
    beyond = send_request(url, key=None, headers={"Range": f"bytes={size}-"})
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    head = send_request(url, key=None, method="HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(size), b"")
    for odd in ("bytes=9-2", "bytes=-", "pages=1-2", "bytes=0-1,5-6"):
        assert send_request(url, key=None, headers={"Range": odd}).status == 200


def test_the_next_poll_replaces_an_expired_url(service: InProcessSandbox) -> None:
    task_id = service.create("soon gone")
    old = service.finish(task_id).data["video_url"]
    service.clock.time += 3601
    assert send_request(old, key=None).status == 403
    assert send_request(service.api(f"tasks/{task_id}").data["video_url"], key=None).status == 200


@pytest.mark.parametrize("path", ["/files/world.jsonl", "/files/..%2fworld.jsonl", "/uploads/..%2fworld.jsonl"])
def test_nothing_but_signed_files_and_uploads_can_be_read(service: InProcessSandbox, path: str) -> None:
    assert send_request(f"{service.origin}{path}", key=None).status in (403, 404)


@pytest.fixture
def limited(folder: Path) -> Iterator[InProcessSandbox]:
    with in_process_sandbox(folder, SandboxOptions(documented_limits=True, tiny=True), credits=350) as service:
        yield service


def test_exceeded_limits_are_refused_with_the_time_to_wait(limited: InProcessSandbox) -> None:
    for _ in range(3):
        limited.create()
    assert limited.api("sora2/text-to-video", {"prompt": "a"}).json_body["code"] == 2002
    for _ in range(16):
        reply = limited.api("credits")
    assert reply.headers["x-ratelimit-remaining"] == "0" and reply.headers["x-concurrent-active"] == "3"
    error = limited.api("credits")
    assert (error.status, error.json_body["code"], error.json_body["retryAfter"]) == (429, 2001, 60)
    assert error.headers["retry-after"] == "60"
    assert send_request(f"{limited.origin}/sandbox/seen", key=None).json_body["counts"]["credits"] == 17
    limited.clock.time += 60
    assert limited.finish(next(iter(limited.state.tasks))).status == 200
    assert limited.api("sora2/text-to-video", {"prompt": "a"}).json_body["code"] == 3001


def test_seen_reports_requests_and_costs(folder: Path) -> None:
    with in_process_sandbox(folder) as service:
        task_id = service.create("one")
        service.api("sora2/text-to-video", {"prompt": ""})
        send_request(service.finish(task_id).data["video_url"])
        fields = send_request(f"{service.origin}/sandbox/seen", key=None).json_body
        polls = fields["counts"].pop("look")
        assert polls >= 1 and fields["counts"] == {"create": 2, "upload": 0, "credits": 0, "file": 1, "thumbnail": 0}
        entry = {"prompt": "one", "task_id": task_id, "model": "sora2"}
        assert fields["creates"] == [{**entry, "status": "completed", "charged": 100, "refunded": 0}]
        assert fields["key_came_to"] == [urlsplit(service.origin).netloc]


def test_each_task_is_rendered_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    all_created = threading.Event()

    def record(scene: Scene, to: Path, thumbnail: Path, may_go_on: object) -> None:
        all_created.wait(PATIENCE)
        rendered.append(scene.prompt)

    monkeypatch.setattr("sora_desktop.sandbox.render_threads.render", record)
    with in_process_sandbox(folder) as service:
        for prompt in "abc":
            task_id = service.create(prompt)
        service.create("gore")
        all_created.set()
        service.finish(task_id)
    assert sorted(rendered) == ["a", "b", "c"]


def test_a_failed_rendering_fails_the_task_and_is_refunded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("sora_desktop.sandbox.render_threads.render", fail)
    with in_process_sandbox(folder, credits=100) as service:
        fields = service.finish(service.create()).data
        assert fields["status"] == "failed" and "No space left" in fields["error"]["message"]
        assert service.state.credits == 100


def test_the_same_request_with_the_same_seed_gives_the_same_file(service: InProcessSandbox) -> None:
    def clip(**fields: object) -> bytes:
        task_id = service.api("sora2/text-to-video", {"prompt": "A seeded cat", **fields}).data["task_id"]
        return send_request(service.finish(task_id).data["video_url"]).body

    first, again, other, unseeded = clip(seed=7), clip(seed=7), clip(seed=8), clip()
    assert first == again
    assert first not in (other, unseeded)


def test_another_sandbox_answers_the_same_request_with_another_clip(folder: Path) -> None:
    """A clip that is the same file as an earlier one is reported, as if the service had sent it twice."""
    clips: list[bytes] = []
    for number in range(2):
        with in_process_sandbox(folder / str(number)) as service:
            clips.append(send_request(service.finish(service.create()).data["video_url"]).body)
    assert clips[0] != clips[1]
