"""The world without HTTP: tasks, money and limits on a virtual clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sandbox_inside import Clock

from sora_desktop.sandbox.memory import Memory
from sora_desktop.sandbox.orders import Order, checked_order
from sora_desktop.sandbox.refusal import Refusal
from sora_desktop.sandbox.world import Rules, World

MIDNIGHT = 1_800_057_600.0  # 2027-01-16 00:00 UTC
PLAIN = Order("sora2", "a cat")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refusal_of(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_a_task_waits_works_and_is_done_once_its_file_is_there(clock: Clock) -> None:
    world = World(Rules(), clock)
    task = world.create(PLAIN)  # 5 s of video take 12
    seen = [(world.find(task.id).status, world.progress(task))]
    for _ in range(4):
        clock.time += 3
        seen.append((world.find(task.id).status, world.progress(task)))
    assert seen == [("pending", 0), ("processing", 25), ("processing", 50), ("processing", 75), ("processing", 99)]
    world.note_rendered(task.id)
    assert (world.find(task.id).status, world.progress(task), task.completed_at) == ("completed", 100, clock.time)


def test_a_task_ends_when_it_was_done_and_not_when_somebody_looked(clock: Clock) -> None:
    world = World(Rules(speed=2), clock)
    task = world.create(PLAIN)
    world.note_rendered(task.id)
    begun, clock.time = clock.time, clock.time + 5000
    assert world.find(task.id).completed_at == begun + 6


def test_credits_are_taken_at_once_and_come_back_when_a_task_fails(clock: Clock) -> None:
    world = World(Rules(), clock, credits=350)
    good, bad = world.create(PLAIN), world.create(Order("sora2-pro", "Nude, in oil"))
    assert world.credits == 50
    assert refusal_of(lambda: world.create(PLAIN)).code == 3001
    clock.time += 60
    world.note_rendered(good.id)
    assert world.find(bad.id).reason["error"] == {
        "code": "content_policy_violation",
        "message": "The prompt was refused by the content policy: 'nude'",
    }
    assert world.credits == 250
    assert [(entry["status"], entry["charged"], entry["refunded"]) for entry in world.story()] == [
        ("completed", 100, 0),
        ("failed", 200, 200),
    ]


def test_a_failed_task_is_refunded_once_and_a_completed_one_never(clock: Clock) -> None:
    world = World(Rules(), clock, credits=200)
    failed, done = world.create(PLAIN), world.create(PLAIN)
    world.note_rendered(done.id)
    clock.time += 60
    world.advance()
    for task in (failed, failed, done):
        world.fail(task, {})
    world.note_rendered(failed.id, "too late")
    assert world.credits == 100 and done.status == "completed" and failed.reason == {}


@pytest.mark.parametrize(
    ("prompt", "refused"), [("Gore!", True), ("gored by a bull", False), ("a CELEBRITY's cat", True)]
)
def test_policy_refuses_whole_words_in_any_case(clock: Clock, prompt: str, refused: bool) -> None:
    world = World(Rules(), clock)
    task = world.create(Order("sora2", prompt))
    assert (world.needs_rendering() == []) is refused
    clock.time += 60
    assert (world.find(task.id).status == "failed") is refused


def test_twenty_requests_a_minute(clock: Clock) -> None:
    world = World(Rules(documented_limits=True), clock)
    for _ in range(20):
        world.count_request()
        clock.time += 1
    headers = world.limit_headers()
    assert headers["X-RateLimit-Limit"] == "20" and headers["X-RateLimit-Remaining"] == "0"
    assert float(headers["X-RateLimit-Reset"]) == clock.time + 40
    refused = refusal_of(world.count_request)
    assert (refused.code, refused.status, refused.extra) == (2001, 429, {"retryAfter": 40})
    clock.time += 40
    world.count_request()
    assert world.limit_headers()["X-RateLimit-Remaining"] == "0"


def test_five_hundred_requests_a_day_until_midnight_utc(clock: Clock) -> None:
    world = World(Rules(documented_limits=True), clock)
    clock.time = MIDNIGHT - 3000
    for _ in range(500):
        world.count_request()
        clock.time += 4
    refused = refusal_of(world.count_request)
    assert (refused.code, refused.extra) == (2003, {"retryAfter": 1000})
    clock.time = MIDNIGHT
    world.count_request()


def test_three_tasks_at_once(clock: Clock) -> None:
    world = World(Rules(documented_limits=True), clock)
    first, *_ = (world.create(PLAIN) for _ in range(3))
    assert world.limit_headers()["X-Concurrent-Active"] == "3"
    assert refusal_of(lambda: world.create(PLAIN)).code == 2002
    assert world.credits == 1700
    clock.time += 60
    world.note_rendered(first.id)
    world.create(PLAIN)


def test_without_limits_nothing_is_refused(clock: Clock) -> None:
    world = World(Rules(), clock)
    for _ in range(600):
        world.count_request()
    assert int(world.limit_headers()["X-RateLimit-Remaining"]) > 1000


def test_free_looks_leave_the_headers_as_they_were(clock: Clock) -> None:
    free, paid = (World(Rules(documented_limits=True, free_polls=free), clock) for free in (True, False))
    for world in (free, paid):
        world.count_request()
        for _ in range(5):
            world.count_request(look=True)
    assert free.limit_headers()["X-RateLimit-Remaining"] == "19"
    assert paid.limit_headers()["X-RateLimit-Remaining"] == "14"


def test_an_address_dies_and_cannot_be_made_up(clock: Clock) -> None:
    world = World(Rules(url_lifetime=100), clock)
    address = urlsplit(world.sign("task_1.mp4"))
    expires, signature = (parse_qs(address.query)[name][0] for name in ("expires", "signature"))
    world.check_signature("task_1.mp4", expires, signature)
    assert refusal_of(lambda: world.check_signature("task_2.mp4", expires, signature)).status == 403
    assert refusal_of(lambda: world.check_signature("task_1.mp4", str(float(expires) + 9), signature)).status == 403
    clock.time += 100
    assert "expired" in str(refusal_of(lambda: world.check_signature("task_1.mp4", expires, signature)))


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, 1003),
        ("", 1003),
        ("sk_sandbox", 1004),
        ("Bearer key", 1004),
        ("Bearer sk_revoked", 1002),
        ("Bearer sk_é", 1001),
    ],
)
def test_keys_are_refused_each_for_its_reason(clock: Clock, header: str | None, code: int) -> None:
    refused = refusal_of(lambda: World(Rules(), clock).admit(header))
    assert (refused.code, refused.status) == (code, 401)


def test_the_key_is_admitted(clock: Clock) -> None:
    World(Rules(key="sk_mine"), clock).admit("bearer sk_mine")


def test_a_kill_forgets_nothing(clock: Clock, tmp_path: Path) -> None:
    rules = Rules(documented_limits=True)
    first = World(rules, clock, memory=Memory(tmp_path))
    first.recall()
    first.note_seen("create", "127.0.0.1:80")
    first.count_request()
    done, failed, going = first.create(PLAIN), first.create(Order("sora2-pro", "b", image="i.png")), first.create(PLAIN)
    first.note_rendered(done.id)
    clock.time += 30
    first.fail(failed, {"msg": "no"})
    first.advance()
    address = first.sign("x.mp4")
    for _ in range(2):  # the second start reads what the first made short
        again = World(rules, clock, memory=Memory(tmp_path))
        again.recall()
        assert (again.tasks, again.credits, again.story()) == (first.tasks, first.credits, first.story())
        assert (again.seen, again.key_came_to) == (first.seen, ["127.0.0.1:80"])
        assert (again.limit_headers(), again.sign("x.mp4")) == (first.limit_headers(), address)
        assert [task.id for task in again.needs_rendering()] == [going.id]
        again.close()
    first.close()


def test_a_line_that_was_cut_by_a_kill_is_left_out(clock: Clock, tmp_path: Path) -> None:
    first = World(Rules(), clock, memory=Memory(tmp_path))
    first.recall()
    task = first.create(PLAIN)
    first.create(PLAIN)
    first.close()
    file = tmp_path / "world.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    again = World(Rules(), clock, memory=Memory(tmp_path))
    again.recall()
    assert list(again.tasks) == [task.id] and again.credits == 1900, "task and money come and go together"
    again.create(PLAIN)
    again.close()
    assert all(json.loads(line) for line in file.read_text().splitlines())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "JSON object"),
        ({}, "prompt is required"),
        ({"prompt": "  "}, "prompt is required"),
        ({"prompt": 5}, "prompt must be text"),
        ({"prompt": "a" * 2001}, "2000"),
        ({"prompt": "a", "aspectRatio": "4:3"}, "aspectRatio"),
        ({"prompt": "a", "duration": 7}, "duration"),
        ({"prompt": "a", "duration": True}, "duration"),
        ({"prompt": "a", "duration": "5"}, "duration"),
        ({"prompt": "a", "quality": "ultra"}, "quality"),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_a_sentence(body: object, said: str) -> None:
    refused = refusal_of(lambda: checked_order("sora2", body, from_image=False))
    assert refused.status == 400 and said in str(refused)


def test_an_order_holds_what_was_asked_for() -> None:
    body = {"prompt": "a" * 2000, "negativePrompt": "rain", "aspectRatio": "1:1", "duration": 15, "quality": "high"}
    assert checked_order("sora2-pro", body, from_image=False) == Order(
        "sora2-pro", "a" * 2000, "rain", "1:1", 15, "high"
    )
    image = {"imageUrl": "http://127.0.0.1/uploads/image_1.png"}
    assert checked_order("sora2", image, from_image=True, image=lambda url: url[-11:]).image == "image_1.png"
    assert refusal_of(lambda: checked_order("sora2", {"prompt": "a"}, from_image=True)).status == 400
