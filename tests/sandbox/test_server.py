"""The service over real HTTP, as the wire describes it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sandbox_inside import PATIENCE, Inside, Reply, ask, inside

from sora_desktop.sandbox.render import Scene
from sora_desktop.sandbox.world import Rules

LIMITS = (
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-concurrent-limit",
    "x-concurrent-active",
)


@pytest.fixture(scope="module")
def done(service: Inside) -> Reply:
    """The look at a finished task."""
    return service.finish(service.create("A finished cat"))


def form(content: bytes, name: str = "file") -> tuple[bytes, dict[str, str]]:
    """A multipart body with one file in it, and its header."""
    head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n\r\n'
    return head.encode() + content + b"\r\n--xyz--\r\n", {"Content-Type": "multipart/form-data; boundary=xyz"}


def names(reply: Reply) -> set[str]:
    return {name.lower() for name in reply.headers}


def test_a_create_answers_in_the_envelope(service: Inside) -> None:
    reply = service.api("sora2/text-to-video", {"prompt": "A cat", "negativePrompt": "rain", "aspectRatio": "1:1"})
    assert (reply.status, reply.told["code"], reply.told["msg"]) == (200, 200, "success")
    assert list(reply.data) == ["task_id"] and reply.data["task_id"].startswith("task_")


@pytest.mark.parametrize(("model", "price"), [("sora2", 100), ("sora2-pro", 200)])
def test_credits_tell_what_a_create_took(service: Inside, model: str, price: int) -> None:
    before = service.api("credits").data["credits"]
    service.create(model=model)
    assert service.api("credits").data["credits"] == before - price


@pytest.mark.parametrize("path", ["credits", "tasks/task_unknown", "nowhere", "sora2/text-to-video"])
def test_every_answer_tells_the_limits(service: Inside, path: str) -> None:
    assert names(service.api(path, method="GET")) >= set(LIMITS)


@pytest.mark.parametrize(("key", "code"), [(None, 1003), ("no", 1004), ("sk_other", 1001), ("sk_revoked", 1002)])
def test_a_bad_key_is_refused_with_its_code(service: Inside, key: str | None, code: int) -> None:
    reply = service.api("credits", key=key)
    assert (reply.status, reply.told["code"]) == (401, code) and reply.told["error"] == reply.told["msg"]


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
def test_a_bad_request_gets_an_error_in_the_envelope(service: Inside, path: str, body: object, status: int) -> None:
    reply = service.api(path, body)
    assert reply.status == status and reply.told["code"] == status and reply.told["error"]


def test_a_task_is_told_from_beginning_to_end(service: Inside) -> None:
    task_id = service.create(duration=10)  # 18 s
    first = service.api(f"tasks/{task_id}").data
    assert first["task_id"] == task_id and first["status"] == "pending" and first["progress"] == 0
    assert "video_url" not in first and "completed_at" not in first
    service.clock.time += 9
    assert {"status": "processing", "progress": 50}.items() <= service.api(f"tasks/{task_id}").data.items()
    last = service.finish(task_id).data
    assert last["status"] == "completed" and last["progress"] == 100
    assert last["created_at"] == first["created_at"] < last["completed_at"]
    assert ask(last["thumbnail_url"], key=None).body.startswith(b"\xff\xd8")
    assert ask(last["video_url"], key=None).body[4:8] == b"ftyp"


def test_policy_fails_a_task_and_says_why(service: Inside) -> None:
    before = service.world.credits
    told = service.finish(service.create("a nude statue")).data
    assert told["status"] == "failed" and told["error"]["code"] == "content_policy_violation"
    assert "video_url" not in told and service.world.credits == before


def test_an_uploaded_image_becomes_a_video(service: Inside, png: bytes) -> None:
    body, headers = form(png)
    url = service.api("upload", body, headers=headers).data["url"]
    assert ask(url, key=None).body == png
    for model in ("sora2", "sora2-pro"):
        task_id = service.api(f"{model}/image-to-video", {"imageUrl": url}).data["task_id"]
        assert service.finish(task_id).data["status"] == "completed"
        assert service.world.tasks[task_id].order.image in url


def test_an_image_elsewhere_is_never_fetched(service: Inside) -> None:
    body = {"imageUrl": "https://cdn.example.com/uploads/image123.jpg", "prompt": "It blooms"}
    task_id = service.api("sora2/image-to-video", body).data["task_id"]
    assert service.finish(task_id).data["status"] == "completed"


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a"])
def test_what_is_no_image_is_refused(service: Inside, content: bytes) -> None:
    body, headers = form(content)
    reply = service.api("upload", body, headers=headers)
    assert reply.status == 400 and "image" in reply.told["error"].lower()


def test_the_form_field_is_named_file(service: Inside, png: bytes) -> None:
    body, headers = form(png, "image")
    assert "named file" in service.api("upload", body, headers=headers).told["error"]


def test_a_file_comes_whole_or_in_pieces(done: Reply) -> None:
    url = done.data["video_url"]
    whole = ask(url, key=None)
    size, tag = len(whole.body), whole.headers["etag"]
    assert whole.status == 200 and whole.headers["content-length"] == str(size) and tag.startswith('"')
    for asked, first, last in (
        ("bytes=100-", 100, size - 1),
        ("bytes=0-99", 0, 99),
        ("bytes=-10", size - 10, size - 1),
    ):
        piece = ask(url, key=None, headers={"Range": asked, "If-Range": tag})
        assert (piece.status, piece.body) == (206, whole.body[first : last + 1])
        assert piece.headers["content-range"] == f"bytes {first}-{last}/{size}"
    changed = ask(url, key=None, headers={"Range": "bytes=100-", "If-Range": '"other"'})
    assert (changed.status, changed.body) == (200, whole.body)
    beyond = ask(url, key=None, headers={"Range": f"bytes={size}-"})
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    head = ask(url, key=None, method="HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(size), b"")
    for odd in ("bytes=9-2", "bytes=-", "pages=1-2", "bytes=0-1,5-6"):
        assert ask(url, key=None, headers={"Range": odd}).status == 200


def test_an_expired_address_is_replaced_by_the_next_look(service: Inside) -> None:
    task_id = service.create("soon gone")
    old = service.finish(task_id).data["video_url"]
    service.clock.time += 3601
    assert ask(old, key=None).status == 403
    assert ask(service.api(f"tasks/{task_id}").data["video_url"], key=None).status == 200


@pytest.mark.parametrize("path", ["/files/world.jsonl", "/files/..%2fworld.jsonl", "/uploads/..%2fworld.jsonl"])
def test_nothing_but_signed_files_and_uploads_can_be_read(service: Inside, path: str) -> None:
    assert ask(f"{service.origin}{path}", key=None).status in (403, 404)


@pytest.fixture
def limited(folder: Path) -> Iterator[Inside]:
    with inside(folder, Rules(documented_limits=True, tiny=True), credits=350) as service:
        yield service


def test_the_limits_refuse_and_say_how_long(limited: Inside) -> None:
    for _ in range(3):
        limited.create()
    assert limited.api("sora2/text-to-video", {"prompt": "a"}).told["code"] == 2002
    for _ in range(16):
        reply = limited.api("credits")
    assert reply.headers["x-ratelimit-remaining"] == "0" and reply.headers["x-concurrent-active"] == "3"
    refused = limited.api("credits")
    assert (refused.status, refused.told["code"], refused.told["retryAfter"]) == (429, 2001, 60)
    assert refused.headers["retry-after"] == "60"
    assert ask(f"{limited.origin}/sandbox/seen", key=None).told["counts"]["credits"] == 17
    limited.clock.time += 60
    assert limited.finish(next(iter(limited.world.tasks))).status == 200
    assert limited.api("sora2/text-to-video", {"prompt": "a"}).told["code"] == 3001


def test_seen_tells_what_came_and_what_it_cost(folder: Path) -> None:
    with inside(folder) as service:
        task_id = service.create("one")
        service.api("sora2/text-to-video", {"prompt": ""})
        ask(service.finish(task_id).data["video_url"])
        told = ask(f"{service.origin}/sandbox/seen", key=None).told
        looks = told["counts"].pop("look")
        assert looks >= 1 and told["counts"] == {"create": 2, "upload": 0, "credits": 0, "file": 1, "thumbnail": 0}
        entry = {"prompt": "one", "task_id": task_id, "model": "sora2"}
        assert told["creates"] == [{**entry, "status": "completed", "charged": 100, "refunded": 0}]
        assert told["key_came_to"] == [urlsplit(service.origin).netloc]


def test_each_task_is_rendered_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    ordered = threading.Event()

    def note(scene: Scene, to: Path, thumbnail: Path, go_on: object) -> None:
        ordered.wait(PATIENCE)
        rendered.append(scene.prompt)

    monkeypatch.setattr("sora_desktop.sandbox.studio.render", note)
    with inside(folder) as service:
        for prompt in "abc":
            task_id = service.create(prompt)
        service.create("gore")
        ordered.set()
        service.finish(task_id)
    assert sorted(rendered) == ["a", "b", "c"]


def test_a_rendering_that_breaks_fails_the_task_and_costs_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("sora_desktop.sandbox.studio.render", break_down)
    with inside(folder, credits=100) as service:
        told = service.finish(service.create()).data
        assert told["status"] == "failed" and "No space left" in told["error"]["message"]
        assert service.world.credits == 100
