"""Each fault does what the documentation of the script says, and nothing else."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from sandbox_in_process import InProcessSandbox, Reply, in_process_sandbox, send_request
from waiting import wait_until

from sora_desktop.sandbox import fault_script
from sora_desktop.sandbox.fault_script import CALLS_BY_FAULT, EVENTS, FaultScript, InvalidScript
from sora_desktop.sandbox.service_state import Task

GOOD = {"status", "progress", "task_id", "created_at"}
SILENCE = "silence"
#: The prompt of tasks whose clips no test asks for.
UNRENDERED = "A cat"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessSandbox]:
    """A sandbox as for the other files, but a hundred clips that nobody asks for are not rendered."""
    with in_process_sandbox(tmp_path_factory.mktemp("sandbox")) as service, pytest.MonkeyPatch.context() as patch:
        to_render = service.state.tasks_to_render

        def asked_for() -> list[Task]:
            return [task for task in to_render() if task.body.prompt != UNRENDERED]

        patch.setattr(service.state, "tasks_to_render", asked_for)
        yield service


@pytest.fixture
def plan(service: InProcessSandbox) -> Callable[..., None]:
    """Returns a function that injects one fault into the next request of a call."""

    def plan_one(call: str, fault: str, **more: object) -> None:
        service.faults.plan([{"call": call, "fault": fault, **more}])

    return plan_one


@pytest.fixture(scope="module")
def clip(service: InProcessSandbox) -> tuple[str, bytes]:
    """The URL and the content of a finished clip."""
    url = service.finish(service.create("the clip")).data["video_url"]
    return url, send_request(url).body


@pytest.fixture(scope="module")
def task(service: InProcessSandbox) -> str:
    """The id of a finished task."""
    task_id = service.create("the task")
    service.finish(task_id)
    return task_id


def create(service: InProcessSandbox, **how: Any) -> Reply:
    return service.api("sora2/text-to-video", {"prompt": UNRENDERED}, **how)


def accepted_count(service: InProcessSandbox) -> int:
    return len(service.state.tasks)


@pytest.mark.parametrize(("fault", "taken"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_create_is_accepted_only_when_it_is_reset_after(
    service: InProcessSandbox, plan: Callable[..., None], fault: str, taken: int
) -> None:
    before = accepted_count(service)
    plan("create", fault)
    assert create(service).ended == "reset"
    assert accepted_count(service) == before + taken
    assert create(service).ended == "whole"


@pytest.mark.parametrize(
    ("fault", "status", "code", "retry_after"),
    [
        ("429", 429, 2001, 2),
        ("2001", 429, 2001, 2),
        ("429_bare", 429, 2001, None),
        ("1001", 401, 1001, None),
        ("1002", 401, 1002, None),
        ("1003", 401, 1003, None),
        ("1004", 401, 1004, None),
        ("2002", 429, 2002, None),
        ("2003", 429, 2003, 2),
        ("3001", 402, 3001, None),
        ("500_json", 500, 500, None),
        ("502_json", 502, 502, None),
        ("503_json", 503, 503, None),
        ("code_in_200", 200, 500, None),
        ("expired", 403, 403, None),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_an_error_code_replaces_the_answer(
    service: InProcessSandbox,
    plan: Callable[..., None],
    fault: str,
    status: int,
    code: int,
    retry_after: int | None,
    after: bool,
) -> None:
    before = accepted_count(service)
    plan("create", fault, after=after)
    reply = create(service)
    assert (reply.status, reply.json_body["code"], reply.json_body.get("retryAfter")) == (status, code, retry_after)
    assert reply.json_body["error"] and "task_id" not in str(reply.json_body)
    assert reply.headers.get("retry-after") == (None if retry_after is None else str(retry_after))
    assert accepted_count(service) == before + after


def test_seconds_and_code_can_be_set_by_the_script(service: InProcessSandbox, plan: Callable[..., None]) -> None:
    plan("look", "429", value=7)
    assert service.api("tasks/task_1").json_body["retryAfter"] == 7
    plan("upload", "code_in_200", value=9999)
    assert service.api("upload", b"").json_body["code"] == 9999


@pytest.mark.parametrize(("fault", "status"), [("500_html", 500), ("502_html", 502), ("503_html", 503), ("html", 200)])
@pytest.mark.parametrize("call", ["create", "file"])
def test_an_html_page_replaces_the_answer(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes], fault: str, status: int, call: str
) -> None:
    plan(call, fault)
    reply = create(service) if call == "create" else send_request(clip[0])
    assert reply.status == status and reply.headers["content-type"].startswith("text/html") and b"<h1>" in reply.body


@pytest.mark.parametrize(
    ("value", "status", "place"),
    [
        (None, 429, "data.task_id"),
        (2002, 429, "data.task_id"),
        (3001, 402, "data.task_id"),
        (400, 400, "data.task_id"),
        (503, 503, "data.task_id"),
        (4001, 200, "data.task_id"),
        ({"code": 1001, "place": "error.task.taskId"}, 401, "error.task.taskId"),
        ({"place": "task_id"}, 429, "task_id"),
    ],
)
def test_a_refusal_can_name_the_task_that_was_accepted(
    service: InProcessSandbox, plan: Callable[..., None], value: object, status: int, place: str
) -> None:
    before, credits = accepted_count(service), service.state.credits
    plan("create", "names_task", **({} if value is None else {"value": value}))
    reply = create(service)
    found = reply.json_body
    for name in place.split("."):
        found = found[name]
    assert (reply.status, found) == (status, list(service.state.tasks)[-1]) and reply.json_body["code"] != 200
    assert (accepted_count(service), service.state.credits) == (before + 1, credits - 100)


@pytest.mark.parametrize(
    ("how", "ended"),
    [
        (None, "cut"),
        ("chunks", "cut"),
        ("length", "cut"),
        ("reset", "reset"),
        ("silence", "silence"),
        ("garbage", "cut"),
        ("gzip", "whole"),
        ("head", "cut"),
    ],
)
def test_a_whole_answer_can_end_badly(
    service: InProcessSandbox, plan: Callable[..., None], how: str | None, ended: str
) -> None:
    before = accepted_count(service)
    plan("create", "bad_end", **({} if how is None else {"value": how}))
    reply = create(service, patience=0.2)
    assert (reply.status, reply.ended, accepted_count(service)) == (200, ended, before + 1)
    body = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(reply.body[:-8]) if how == "gzip" else reply.body
    assert (body == b"") if how == "head" else json.loads(body)["data"]["task_id"] in service.state.tasks


@pytest.mark.parametrize(("value", "is_cut"), [(None, False), (1, False), (-1, True), (-5, True)])
def test_an_answer_can_end_behind_the_task_id_or_within(
    service: InProcessSandbox, plan: Callable[..., None], value: int | None, is_cut: bool
) -> None:
    plan("create", "cut_after_id", value=value)
    reply = create(service)
    task_id = list(service.state.tasks)[-1]
    assert (reply.ended, f'"{task_id}"'.encode() in reply.body) == ("cut", not is_cut)
    assert f'"{task_id[:11]}'.encode() in reply.body


def test_a_poll_can_report_another_task(folder: Path) -> None:
    with in_process_sandbox(folder) as service:
        asked = service.create("the one that is asked for")
        look = {"call": "look", "fault": "other_task"}
        service.faults.plan([look, {**look, "value": "task_17"}, {"call": "look", "fault": "other_video"}])
        reports = [service.api(f"tasks/{asked}").data for _ in range(3)]
        assert [(report["task_id"], report["status"]) for report in reports] == [
            ("task_9999", "failed"),
            ("task_17", "failed"),
            (asked, "pending"),
        ]
        assert "video_url" not in reports[2], "no other task is completed"
        other = service.create("another")
        service.faults.plan([look])
        assert service.api(f"tasks/{asked}").data["task_id"] == other
        service.finish(other)
        service.finish(asked)
        service.faults.plan([{"call": "look", "fault": "other_video"}])
        report = service.api(f"tasks/{asked}").data
        assert report["task_id"] == asked and f"/{other}.mp4" in report["video_url"]


def test_a_refund_comes_at_a_chosen_moment(folder: Path) -> None:
    with in_process_sandbox(folder, credits=1000) as service:
        events = [
            {"call": "create", "fault": "hold_refunds"},
            {"call": "create", "fault": "refund", "value": 1, "skip": 2, "after": True},
            {"call": "credits", "fault": "refund", "skip": 1},
            {"call": "credits", "fault": "top_up", "value": -50, "skip": 1, "after": True},
            {"call": "credits", "fault": "hold_refunds", "value": False, "skip": 2},
        ]
        service.faults.plan([{"call": "create", "fault": "failed", "count": 3}, *events])
        for _ in range(2):
            service.create()
        assert service.state.credits == 800, "nothing is refunded yet"
        service.create()
        assert service.state.credits == 800, "the first is refunded as soon as the third is accepted"
        assert [task["refunded"] for task in service.state.accepted_creates()] == [100, 0, 0]
        seen = [service.api("credits").data["credits"] for _ in range(3)]
        assert seen == [800, 1000, 950], "the top-up of -50 follows the answer that it belongs to"
        service.faults.plan([{"call": "create", "fault": "failed"}])
        service.create()
        assert service.state.credits == 950, "refunds are immediate again"


def test_an_event_happens_besides_a_fault(folder: Path) -> None:
    with in_process_sandbox(folder, credits=1000) as service:
        script = [{"call": "credits", "fault": "top_up"}, {"call": "credits", "fault": "500_json", "skip": 1}]
        service.faults.plan([*script, {"call": "credits", "fault": "top_up", "skip": 1, "after": True}])
        assert [service.api("credits").status for _ in range(3)] == [200, 500, 200]
        assert service.state.credits == 1200


def test_the_clock_of_the_service_can_be_wrong(folder: Path) -> None:
    with in_process_sandbox(folder) as service:
        now = service.clock.time

        def times() -> tuple[float, int]:
            headers = service.api("credits").headers
            return parsedate_to_datetime(headers["date"]).timestamp() - now, int(headers["x-ratelimit-reset"])

        assert times() == (0, now + 60)
        service.faults.plan([{"call": "credits", "fault": "clock"}])
        assert times() == times() == (-180, now - 120)
        service.faults.plan([{"call": "credits", "fault": "clock", "value": 7}])
        service.faults.plan([{"call": "credits", "fault": "reset_in_ms"}])
        assert times() == (7, (now + 67) * 1000)
        service.faults.plan([{"call": "credits", "fault": "reset_in_ms", "value": False}])
        assert times() == (7, now + 67)


def test_a_redirect_goes_to_the_target_of_the_script(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes]
) -> None:
    port = service.origin.rsplit(":", 1)[1]
    path = clip[0].removeprefix(service.origin)
    for value, location in (
        ("localhost", f"http://localhost:{port}{path}"),
        ("other.example:81", f"http://other.example:81{path}"),
        ("https://cdn.example/v.mp4", "https://cdn.example/v.mp4"),
        (None, f"{clip[0]}&redirected=1"),
    ):
        plan("file", "redirect", value=value)
        reply = send_request(clip[0])
        assert (reply.status, reply.headers["location"]) == (302, location)
    assert send_request(reply.headers["location"]).body == clip[1]
    plan("credits", "redirect", value="localhost")
    assert service.api("credits").headers["location"] == f"http://localhost:{port}/api/v1/credits"


def test_each_host_to_which_a_key_was_sent_is_recorded(folder: Path) -> None:
    with in_process_sandbox(folder) as service:
        elsewhere = service.origin.replace("127.0.0.1", "localhost")
        send_request(f"{elsewhere}/files/x.mp4", key=None)
        service.api("credits")
        assert service.state.hosts_with_key == [service.origin.removeprefix("http://")]
        send_request(f"{elsewhere}/anywhere")
        assert len(service.state.hosts_with_key) == 2


@pytest.mark.parametrize(
    ("fault", "share"), [("truncated", 0.5), ("cut_short", 0.5), ("cut_short", 0.1), ("cut_short", 0)]
)
@pytest.mark.parametrize("call", ["credits", "file"])
def test_a_part_is_sent_with_the_full_content_length(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes], fault: str, share: float, call: str
) -> None:
    plan(call, fault, **({} if share == 0.5 else {"value": share}))
    reply = service.api("credits") if call == "credits" else send_request(clip[0])
    whole = int(reply.headers["content-length"])
    assert (len(reply.body), reply.ended) == (int(whole * share), "cut")
    if call == "file":
        assert whole == len(clip[1]) and clip[1].startswith(reply.body)


@pytest.mark.parametrize("call", ["credits", "file"])
def test_a_wrong_content_length_is_announced(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes], call: str
) -> None:
    def fetch() -> Reply:
        return service.api("credits") if call == "credits" else send_request(clip[0])

    whole = fetch()
    plan(call, "wrong_length")
    longer = fetch()
    assert (longer.body, longer.ended) == (whole.body, "cut")
    assert int(longer.headers["content-length"]) == len(whole.body) + 1000
    plan(call, "wrong_length", value=-10)
    shorter = fetch()
    assert (shorter.body, shorter.ended) == (whole.body[:-10], "whole")


@pytest.mark.parametrize("call", ["credits", "file"])
def test_no_content_length(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes], call: str
) -> None:
    plan(call, "no_length")
    reply = service.api("credits") if call == "credits" else send_request(clip[0])
    assert "content-length" not in reply.headers and reply.ended == "whole"
    assert reply.body == clip[1] if call == "file" else reply.data["credits"]


def test_a_file_transfer_is_reset_after_half(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes]
) -> None:
    plan("file", "reset_after")
    reply = send_request(clip[0])
    assert reply.status == 200 and reply.ended == "reset" and len(reply.body) <= len(clip[1]) // 2


@pytest.mark.parametrize(("fault", "value"), [("slow", 1), ("stall", None)])
@pytest.mark.parametrize("call", ["credits", "file"])
def test_an_answer_is_slow_or_stalls(
    service: InProcessSandbox,
    plan: Callable[..., None],
    clip: tuple[str, bytes],
    fault: str,
    value: int | None,
    call: str,
) -> None:
    plan(call, fault, value=value)
    reply = service.api("credits", patience=0.2) if call == "credits" else send_request(clip[0], patience=0.2)
    whole = int(reply.headers["content-length"])
    assert reply.status == 200 and reply.ended == SILENCE and len(reply.body) < whole
    if fault == "stall":
        assert len(reply.body) <= whole // 2


@pytest.mark.parametrize("fault", ["slow", "stall", "delay"])
@pytest.mark.parametrize("call", ["credits", "file"])
def test_a_patient_client_gets_the_whole_answer(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes], fault: str, call: str
) -> None:
    plan(call, fault, value=5_000_000 if fault == "slow" else 0.01)
    reply = service.api("credits") if call == "credits" else send_request(clip[0])
    assert reply.ended == "whole" and (reply.body == clip[1] if call == "file" else reply.data["credits"])


def test_a_delay_before_or_after_the_service_handles_the_call(
    service: InProcessSandbox, plan: Callable[..., None]
) -> None:
    before = accepted_count(service)
    plan("create", "delay", value=3600)
    assert create(service, first_patience=0.1).ended == SILENCE
    assert accepted_count(service) == before
    plan("create", "delay", value=3600, after=True)
    assert create(service, first_patience=0.1).ended == SILENCE
    wait_until(lambda: accepted_count(service) == before + 1)


def test_fields_have_wrong_types(service: InProcessSandbox, plan: Callable[..., None], task: str) -> None:
    plan("look", "wrong_types")
    fields = service.api(f"tasks/{task}").data
    assert fields["progress"] == "100" and fields["status"] == ["completed"] and fields["task_id"] == [task]
    plan("credits", "wrong_types")
    assert isinstance(service.api("credits").data["credits"], str)


def test_progress_stuck_at_99(service: InProcessSandbox, plan: Callable[..., None], task: str) -> None:
    plan("look", "stuck_99", count=2)
    for _ in range(2):
        fields = service.api(f"tasks/{task}").data
        assert (fields["status"], fields["progress"], set(fields)) == ("processing", 99, GOOD)
    assert service.api(f"tasks/{task}").data["status"] == "completed"


@pytest.mark.parametrize("value", ["57", 57.5, 250, -3, None, [1], "half"])
def test_progress_can_be_any_json_value(
    service: InProcessSandbox, plan: Callable[..., None], task: str, value: object
) -> None:
    plan("look", "progress", value=value)
    assert service.api(f"tasks/{task}").data["progress"] == value


def test_progress_has_a_default_value_and_can_be_missing(
    service: InProcessSandbox, plan: Callable[..., None], task: str
) -> None:
    plan("look", "progress")
    assert service.api(f"tasks/{task}").data["progress"] == 57.5
    plan("look", "no_progress")
    fields = service.api(f"tasks/{task}").data
    assert "progress" not in fields and fields["status"] == "completed"


@pytest.mark.parametrize("value", [None, "queued", "cancelled"])
def test_an_unknown_status(service: InProcessSandbox, plan: Callable[..., None], task: str, value: str | None) -> None:
    plan("look", "unknown_status", value=value)
    assert service.api(f"tasks/{task}").data["status"] == (value or "reticulating")


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (None, {"error": {"code": "generation_failed", "message": "Generation failed"}}),
        ("It broke", {"error": {"code": "generation_failed", "message": "It broke"}}),
        ({"error": "plain text"}, {"error": "plain text"}),
        (
            {"error": {"code": "moderation_blocked", "message": "No"}},
            {"error": {"code": "moderation_blocked", "message": "No"}},
        ),
        ({"error_message": "m"}, {"error_message": "m"}),
        ({"failure_reason": "content_policy_violation"}, {"failure_reason": "content_policy_violation"}),
        ({"msg": "the prompt is unsafe"}, {"msg": "the prompt is unsafe"}),
        ({}, {}),
    ],
)
@pytest.mark.parametrize("call", ["create", "look"])
def test_a_task_fails_with_any_form_of_reason_and_is_refunded(
    service: InProcessSandbox, plan: Callable[..., None], value: object, fields: dict[str, object], call: str
) -> None:
    before = service.state.credits
    plan(call, "failed", value=value)
    task_id = service.create()
    poll = service.api(f"tasks/{task_id}").data
    assert poll["status"] == "failed" and service.state.credits == before
    assert {name: poll[name] for name in poll.keys() - GOOD - {"completed_at"}} == fields
    assert service.api(f"tasks/{task_id}").data == poll, "it stays failed"


def test_a_poll_can_return_an_expired_url(service: InProcessSandbox, plan: Callable[..., None], task: str) -> None:
    plan("look", "expired")
    assert send_request(service.api(f"tasks/{task}").data["video_url"]).status == 403
    assert send_request(service.api(f"tasks/{task}").data["video_url"]).status == 200


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_file_url_can_be_expired(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes], status: int
) -> None:
    plan("file", "expired", value=status)
    assert send_request(clip[0]).status == status
    assert send_request(clip[0]).status == 200


def test_range_requests_can_be_ignored(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes]
) -> None:
    plan("file", "no_range")
    reply = send_request(clip[0], headers={"Range": "bytes=10-"})
    assert (reply.status, reply.body) == (200, clip[1]) and "accept-ranges" not in reply.headers


def test_the_etag_can_change_during_a_download(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes]
) -> None:
    service.faults.plan([{"call": "file", "fault": "cut_short"}, {"call": "file", "fault": "changed_etag"}])
    begun = send_request(clip[0])
    rest = send_request(clip[0], headers={"Range": f"bytes={len(begun.body)}-", "If-Range": begun.headers["etag"]})
    assert (rest.status, rest.body) == (200, clip[1]) and rest.headers["etag"] != begun.headers["etag"]


def test_a_resumed_download_can_fail_too(
    service: InProcessSandbox, plan: Callable[..., None], clip: tuple[str, bytes]
) -> None:
    url, whole = clip
    service.faults.plan(
        [{"call": "file", "fault": "cut_short", "value": 0.3, "skip": 1}, {"call": "file", "fault": "cut_short"}]
    )
    assert send_request(url).body == whole
    begun = send_request(url)
    piece = send_request(url, headers={"Range": f"bytes={len(begun.body)}-", "If-Range": begun.headers["etag"]})
    assert piece.status == 206 and piece.ended == "cut"
    have = begun.body + piece.body
    assert len(begun.body) < len(have) < len(whole)
    assert have + send_request(url, headers={"Range": f"bytes={len(have)}-"}).body == whole


def test_faults_of_one_call_apply_in_order_and_leave_other_calls_alone() -> None:
    faults = FaultScript(
        [
            {"call": "look", "fault": "500_json", "skip": 2, "count": 2},
            {"call": "create", "fault": "html"},
            {"call": "look", "fault": "html", "skip": 1},
        ]
    )
    taken = [fault.name if (fault := faults.take("look")) else "" for _ in range(7)]
    assert taken == ["", "", "500_json", "500_json", "", "html", ""]
    assert faults.take("file") is None and faults.take("create") is not None


def test_a_thumbnail_is_a_separate_call(service: InProcessSandbox, plan: Callable[..., None], task: str) -> None:
    plan("file", "500_json")
    poll = service.api(f"tasks/{task}").data
    assert send_request(poll["thumbnail_url"]).status == 200
    assert send_request(poll["video_url"]).status == 500


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "list of faults"),
        ("[3]", "3 is not a fault"),
        ('[{"call": "poll", "fault": "html"}]', "create, look"),
        ('[{"call": "look", "fault": "gremlins"}]', "stuck_99"),
        ('[{"call": "create", "fault": "no_range"}]', "of a create must be one of"),
        ('[{"call": "look", "fault": "html", "count": -1}]', "whole numbers"),
        ('[{"call": "look", "fault": "html", "skip": "2"}]', "whole numbers"),
        ('[{"call": "look", "fault": "delay", "value": "long"}]', "does not fit"),
        ('[{"call": "file", "fault": "stall", "value": -1}]', "does not fit"),
        ('[{"call": "look", "fault": "stall", "after": true}]', "after goes with"),
        ('[{"call": "look", "fault": "html", "times": 3}]', "unknown field times"),
        ('[{"call": "create", "fault": "bad_end", "value": "early"}]', "does not fit"),
        ('[{"call": "create", "fault": "names_task", "value": {"id": "x"}}]', "does not fit"),
        ('[{"call": "look", "fault": "names_task"}]', "of a look must be one of"),
        ('[{"call": "look", "fault": "hold_refunds", "value": 1}]', "does not fit"),
    ],
)
def test_an_invalid_script_is_refused_in_one_line(tmp_path: Path, script: str, message: str) -> None:
    file = tmp_path / "faults.json"
    file.write_text(script)
    with pytest.raises(InvalidScript, match=message) as caught:
        FaultScript.read(file)
    assert str(caught.value).startswith("faults.json") and "\n" not in str(caught.value)


def test_the_documentation_names_every_fault() -> None:
    words = set((fault_script.__doc__ or "").replace(";", " ").split())
    assert CALLS_BY_FAULT.keys() | set(EVENTS) <= words


def test_every_fault_works_for_every_call_that_it_applies_to(
    service: InProcessSandbox, clip: tuple[str, bytes]
) -> None:
    """After any fault of any call the next request is served."""
    requests: dict[str, Callable[[], Reply]] = {
        "create": lambda: create(service, first_patience=0.5, patience=0.2),
        "look": lambda: service.api("tasks/task_none", patience=0.2),
        "upload": lambda: service.api("upload", b"", patience=0.2),
        "credits": lambda: service.api("credits", patience=0.2),
        "file": lambda: send_request(clip[0], patience=0.2),
        "thumbnail": lambda: send_request(clip[0].replace(".mp4", ".jpg"), patience=0.2),
    }
    small = {"delay": 0.01, "slow": 1_000_000, "stall": 0.01}
    for fault, calls in CALLS_BY_FAULT.items():
        for call in calls:
            more = {"value": small[fault]} if fault in small else {}
            service.faults.plan([{"call": call, "fault": fault, **more}])
            requests[call]()
            assert service.api("credits").status == 200 or call == "credits", f"{fault} at {call}"
    assert json.loads(send_request(f"{service.origin}/sandbox/seen").body)["counts"]
