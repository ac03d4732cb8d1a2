"""ServiceState without HTTP: tasks, credits and limits on a virtual clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sandbox_in_process import Clock

from sora_desktop.sandbox.api_error import ApiError
from sora_desktop.sandbox.create_body import CreateBody, parse_create_body
from sora_desktop.sandbox.event_log import EventLog
from sora_desktop.sandbox.service_state import SandboxOptions, ServiceState, Task

MIDNIGHT = 1_800_057_600.0  # 2027-01-16 00:00 UTC
PLAIN = CreateBody("sora2", "a cat")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def error_of(act: Callable[[], object]) -> ApiError:
    with pytest.raises(ApiError) as caught:
        act()
    return caught.value


def test_a_task_is_pending_then_processing_and_completed_once_its_file_exists(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(), clock)
    task = state.create(PLAIN)  # 5 s of video take 12
    seen = [(state.get_task(task.id).status, state.progress(task))]
    for _ in range(4):
        clock.time += 3
        seen.append((state.get_task(task.id).status, state.progress(task)))
    assert seen == [("pending", 0), ("processing", 25), ("processing", 50), ("processing", 75), ("processing", 99)]
    state.finish_rendering(task.id)
    assert (state.get_task(task.id).status, state.progress(task), task.completed_at) == ("completed", 100, clock.time)


def test_completed_at_is_the_time_of_completion_not_of_the_poll(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(speed=2), clock)
    task = state.create(PLAIN)
    state.finish_rendering(task.id)
    begun, clock.time = clock.time, clock.time + 5000
    assert state.get_task(task.id).completed_at == begun + 6


def test_a_create_is_charged_at_once_and_refunded_if_the_task_fails(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(), clock, credits=350)
    good, bad = state.create(PLAIN), state.create(CreateBody("sora2-pro", "Nude, in oil"))
    assert state.credits == 50
    assert error_of(lambda: state.create(PLAIN)).code == 3001
    clock.time += 60
    state.finish_rendering(good.id)
    assert state.get_task(bad.id).reason["error"] == {
        "code": "content_policy_violation",
        "message": "The prompt was refused by the content policy: 'nude'",
    }
    assert state.credits == 250
    assert [(entry["status"], entry["charged"], entry["refunded"]) for entry in state.accepted_creates()] == [
        ("completed", 100, 0),
        ("failed", 200, 200),
    ]


def test_a_refund_that_is_held_comes_once_and_survives_a_restart(clock: Clock, tmp_path: Path) -> None:
    state = ServiceState(SandboxOptions(), clock, credits=1000, event_log=EventLog(tmp_path))
    state.holds_refunds = True
    for _ in range(2):
        state.fail(state.create(PLAIN), {})
    state.refund(1)
    state.close()
    again = ServiceState(SandboxOptions(), clock, event_log=EventLog(tmp_path))
    again.restore()
    assert again.credits == 900
    again.refund()
    again.refund()
    assert (again.credits, [task.refunded for task in again.tasks.values()]) == (1000, [True, True])
    again.close()


def test_a_failed_task_is_refunded_once_and_a_completed_task_never(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(), clock, credits=200)
    failed, done = state.create(PLAIN), state.create(PLAIN)
    state.finish_rendering(done.id)
    clock.time += 60
    state.advance()
    for task in (failed, failed, done):
        state.fail(task, {})
    state.finish_rendering(failed.id, "too late")
    assert state.credits == 100 and done.status == "completed" and failed.reason == {}


@pytest.mark.parametrize(
    ("prompt", "is_refused"), [("Gore!", True), ("gored by a bull", False), ("a CELEBRITY's cat", True)]
)
def test_content_policy_refuses_whole_words_in_any_case(clock: Clock, prompt: str, is_refused: bool) -> None:
    state = ServiceState(SandboxOptions(), clock)
    task = state.create(CreateBody("sora2", prompt))
    assert (state.tasks_to_render() == []) is is_refused
    clock.time += 60
    assert (state.get_task(task.id).status == "failed") is is_refused


def test_twenty_requests_a_minute(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(documented_limits=True), clock)
    for _ in range(20):
        state.count_request()
        clock.time += 1
    headers = state.limit_headers()
    assert headers["X-RateLimit-Limit"] == "20" and headers["X-RateLimit-Remaining"] == "0"
    assert float(headers["X-RateLimit-Reset"]) == clock.time + 40
    error = error_of(state.count_request)
    assert (error.code, error.status, error.extra) == (2001, 429, {"retryAfter": 40})
    clock.time += 40
    state.count_request()
    assert state.limit_headers()["X-RateLimit-Remaining"] == "0"


def test_at_most_500_requests_a_day_until_midnight_utc(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(documented_limits=True), clock)
    clock.time = MIDNIGHT - 3000
    for _ in range(500):
        state.count_request()
        clock.time += 4
    error = error_of(state.count_request)
    assert (error.code, error.extra) == (2003, {"retryAfter": 1000})
    clock.time = MIDNIGHT
    state.count_request()


def test_at_most_three_tasks_run_at_once(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(documented_limits=True), clock)
    first, *_ = (state.create(PLAIN) for _ in range(3))
    assert state.limit_headers()["X-Concurrent-Active"] == "3"
    assert error_of(lambda: state.create(PLAIN)).code == 2002
    assert state.credits == 1700
    clock.time += 60
    state.finish_rendering(first.id)
    state.create(PLAIN)


def test_without_limits_nothing_is_refused(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(), clock)
    for _ in range(600):
        state.count_request()
    assert int(state.limit_headers()["X-RateLimit-Remaining"]) > 1000


def test_free_polls_do_not_change_the_rate_limit_headers(clock: Clock) -> None:
    free, paid = (
        ServiceState(SandboxOptions(documented_limits=True, free_polls=free), clock) for free in (True, False)
    )
    for state in (free, paid):
        state.count_request()
        for _ in range(5):
            state.count_request(poll=True)
    assert free.limit_headers()["X-RateLimit-Remaining"] == "19"
    assert paid.limit_headers()["X-RateLimit-Remaining"] == "14"


def test_a_signed_path_expires_and_cannot_be_forged(clock: Clock) -> None:
    state = ServiceState(SandboxOptions(url_lifetime=100), clock)
    path = urlsplit(state.signed_path("task_1.mp4"))
    expires, signature = (parse_qs(path.query)[name][0] for name in ("expires", "signature"))
    state.check_signature("task_1.mp4", expires, signature)
    assert error_of(lambda: state.check_signature("task_2.mp4", expires, signature)).status == 403
    assert error_of(lambda: state.check_signature("task_1.mp4", str(float(expires) + 9), signature)).status == 403
    clock.time += 100
    assert "expired" in str(error_of(lambda: state.check_signature("task_1.mp4", expires, signature)))


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
def test_each_bad_key_is_refused_with_its_own_code(clock: Clock, header: str | None, code: int) -> None:
    error = error_of(lambda: ServiceState(SandboxOptions(), clock).check_key(header))
    assert (error.code, error.status) == (code, 401)


def test_the_right_key_is_accepted(clock: Clock) -> None:
    ServiceState(SandboxOptions(key="sk_mine"), clock).check_key("bearer sk_mine")


def test_a_killed_sandbox_restores_its_whole_state(clock: Clock, tmp_path: Path) -> None:
    options = SandboxOptions(documented_limits=True)
    first = ServiceState(options, clock, event_log=EventLog(tmp_path))
    first.restore()
    first.record_call("create", "127.0.0.1:80")
    first.count_request()
    done, failed, going = (
        first.create(PLAIN),
        first.create(CreateBody("sora2-pro", "b", image="i.png")),
        first.create(PLAIN),
    )
    first.finish_rendering(done.id)
    clock.time += 30
    first.fail(failed, {"msg": "no"})
    first.advance()
    path = first.signed_path("x.mp4")
    for _ in range(2):  # the second start reads the log that the first one compacted
        again = ServiceState(options, clock, event_log=EventLog(tmp_path))
        again.restore()
        assert (again.tasks, again.credits, again.accepted_creates()) == (
            first.tasks,
            first.credits,
            first.accepted_creates(),
        )
        assert (again.call_counts, again.hosts_with_key) == (first.call_counts, ["127.0.0.1:80"])
        assert (again.limit_headers(), again.signed_path("x.mp4")) == (first.limit_headers(), path)
        assert [task.id for task in again.tasks_to_render()] == [going.id]
        again.close()
    first.close()


def test_a_log_of_version_0_1_0_is_restored(clock: Clock, tmp_path: Path) -> None:
    record = (
        '{"credits": 1900, "seen": {"create": 1, "look": 2, "upload": 0, "credits": 0, "file": 0, "thumbnail": 0}, '
        '"key_came_to": ["127.0.0.1:80"], "requests": [], "today": "2027-01-15", "requests_today": 1, "secret": "ab", '
        '"task": {"id": "task_1", "number": 1, "order": {"model": "sora2", "prompt": "a cat", "negative_prompt": "", '
        '"aspect_ratio": "16:9", "duration": 5, "quality": "standard", "image_url": "", "image": ""}, "price": 100, '
        '"created_at": 1800000000.0, "status": "pending", "completed_at": null, "rendered_at": null, "reason": {}}}\n'
    )
    (tmp_path / "world.jsonl").write_text(record)
    state = ServiceState(SandboxOptions(), clock, event_log=EventLog(tmp_path))
    state.restore()
    state.close()
    assert (state.credits, state.call_counts["look"]) == (1900, 2)
    assert state.tasks_to_render() == [Task("task_1", PLAIN, 100, 1_800_000_000.0)]
    assert '"order": {"model": "sora2"' in (tmp_path / "world.jsonl").read_text()


def test_an_incomplete_last_line_is_ignored(clock: Clock, tmp_path: Path) -> None:
    first = ServiceState(SandboxOptions(), clock, event_log=EventLog(tmp_path))
    first.restore()
    task = first.create(PLAIN)
    first.create(PLAIN)
    first.close()
    file = tmp_path / "world.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    again = ServiceState(SandboxOptions(), clock, event_log=EventLog(tmp_path))
    again.restore()
    assert list(again.tasks) == [task.id] and again.credits == 1900, "the task and its charge are in one record"
    again.create(PLAIN)
    again.close()
    assert all(json.loads(line) for line in file.read_text().splitlines())


@pytest.mark.parametrize(
    ("content", "message"),
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
        ({"prompt": "a", "seed": -1}, "seed"),
        ({"prompt": "a", "seed": 2**31}, "seed"),
        ({"prompt": "a", "seed": True}, "seed"),
        ({"prompt": "a", "seed": "7"}, "seed"),
    ],
)
def test_an_invalid_create_is_refused_with_a_message(content: object, message: str) -> None:
    error = error_of(lambda: parse_create_body("sora2", content, from_image=False))
    assert error.status == 400 and message in str(error)


def test_a_valid_create_is_parsed() -> None:
    body = {"prompt": "a" * 2000, "negativePrompt": "rain", "aspectRatio": "1:1", "duration": 15, "quality": "high"}
    assert parse_create_body("sora2-pro", body, from_image=False) == CreateBody(
        "sora2-pro", "a" * 2000, "rain", "1:1", 15, "high"
    )
    assert parse_create_body("sora2", {"prompt": "a", "seed": 7}, from_image=False).seed == 7
    image = {"imageUrl": "http://127.0.0.1/uploads/image_1.png"}
    assert parse_create_body("sora2", image, from_image=True, image=lambda url: url[-11:]).image == "image_1.png"
    assert error_of(lambda: parse_create_body("sora2", {"prompt": "a"}, from_image=True)).status == 400
