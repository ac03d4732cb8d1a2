"""Each planned fault does what the script's guide says, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sandbox_inside import Inside, Reply, ask, inside, wait_until

from sora_desktop.sandbox import faults as guide
from sora_desktop.sandbox.faults import HARMS, BadScript, Faults

GOOD = {"status", "progress", "task_id", "created_at"}
NOTHING = "silence"


@pytest.fixture
def plan(service: Inside) -> Callable[..., None]:
    """Plan one fault for the next request of a call."""

    def planned(call: str, fault: str, **more: object) -> None:
        service.faults.plan([{"call": call, "fault": fault, **more}])

    return planned


@pytest.fixture(scope="module")
def clip(service: Inside) -> tuple[str, bytes]:
    """The address of a finished clip, and the clip."""
    url = service.finish(service.create("the clip")).data["video_url"]
    return url, ask(url).body


@pytest.fixture(scope="module")
def task(service: Inside) -> str:
    """A finished task."""
    task_id = service.create("the task")
    service.finish(task_id)
    return task_id


def create(service: Inside, **how: Any) -> Reply:
    return service.api("sora2/text-to-video", {"prompt": "A cat"}, **how)


def accepted(service: Inside) -> int:
    return len(service.world.tasks)


@pytest.mark.parametrize(("fault", "taken"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_create_is_accepted_only_when_it_is_reset_after(
    service: Inside, plan: Callable[..., None], fault: str, taken: int
) -> None:
    before = accepted(service)
    plan("create", fault)
    assert create(service).ended == "reset"
    assert accepted(service) == before + taken
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
def test_a_refusal_stands_in_for_the_answer(
    service: Inside, plan: Callable[..., None], fault: str, status: int, code: int, retry_after: int | None, after: bool
) -> None:
    before = accepted(service)
    plan("create", fault, after=after)
    reply = create(service)
    assert (reply.status, reply.told["code"], reply.told.get("retryAfter")) == (status, code, retry_after)
    assert reply.told["error"] and "task_id" not in str(reply.told)
    assert reply.headers.get("retry-after") == (None if retry_after is None else str(retry_after))
    assert accepted(service) == before + after


def test_the_seconds_and_the_code_can_be_planned(service: Inside, plan: Callable[..., None]) -> None:
    plan("look", "429", value=7)
    assert service.api("tasks/task_1").told["retryAfter"] == 7
    plan("upload", "code_in_200", value=9999)
    assert service.api("upload", b"").told["code"] == 9999


@pytest.mark.parametrize(("fault", "status"), [("500_html", 500), ("502_html", 502), ("503_html", 503), ("html", 200)])
@pytest.mark.parametrize("call", ["create", "file"])
def test_a_page_stands_in_for_the_answer(
    service: Inside, plan: Callable[..., None], clip: tuple[str, bytes], fault: str, status: int, call: str
) -> None:
    plan(call, fault)
    reply = create(service) if call == "create" else ask(clip[0])
    assert reply.status == status and reply.headers["content-type"].startswith("text/html") and b"<h1>" in reply.body


def test_a_redirect_leads_where_it_was_planned(
    service: Inside, plan: Callable[..., None], clip: tuple[str, bytes]
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
        reply = ask(clip[0])
        assert (reply.status, reply.headers["location"]) == (302, location)
    assert ask(reply.headers["location"]).body == clip[1]
    plan("credits", "redirect", value="localhost")
    assert service.api("credits").headers["location"] == f"http://localhost:{port}/api/v1/credits"


def test_seen_names_each_host_under_which_a_key_came(folder: Path) -> None:
    with inside(folder) as service:
        elsewhere = service.origin.replace("127.0.0.1", "localhost")
        ask(f"{elsewhere}/files/x.mp4", key=None)
        service.api("credits")
        assert service.world.key_came_to == [service.origin.removeprefix("http://")]
        ask(f"{elsewhere}/anywhere")
        assert len(service.world.key_came_to) == 2


@pytest.mark.parametrize(
    ("fault", "share"), [("truncated", 0.5), ("cut_short", 0.5), ("cut_short", 0.1), ("cut_short", 0)]
)
@pytest.mark.parametrize("call", ["credits", "file"])
def test_a_part_comes_under_the_full_length(
    service: Inside, plan: Callable[..., None], clip: tuple[str, bytes], fault: str, share: float, call: str
) -> None:
    plan(call, fault, **({} if share == 0.5 else {"value": share}))
    reply = service.api("credits") if call == "credits" else ask(clip[0])
    whole = int(reply.headers["content-length"])
    assert (len(reply.body), reply.ended) == (int(whole * share), "cut")
    if call == "file":
        assert whole == len(clip[1]) and clip[1].startswith(reply.body)


@pytest.mark.parametrize("call", ["credits", "file"])
def test_a_length_is_announced_that_does_not_come(
    service: Inside, plan: Callable[..., None], clip: tuple[str, bytes], call: str
) -> None:
    def fetch() -> Reply:
        return service.api("credits") if call == "credits" else ask(clip[0])

    whole = fetch()
    plan(call, "wrong_length")
    longer = fetch()
    assert (longer.body, longer.ended) == (whole.body, "cut")
    assert int(longer.headers["content-length"]) == len(whole.body) + 1000
    plan(call, "wrong_length", value=-10)
    shorter = fetch()
    assert (shorter.body, shorter.ended) == (whole.body[:-10], "whole")


@pytest.mark.parametrize("call", ["credits", "file"])
def test_no_length(service: Inside, plan: Callable[..., None], clip: tuple[str, bytes], call: str) -> None:
    plan(call, "no_length")
    reply = service.api("credits") if call == "credits" else ask(clip[0])
    assert "content-length" not in reply.headers and reply.ended == "whole"
    assert reply.body == clip[1] if call == "file" else reply.data["credits"]


def test_a_file_is_reset_after_half(service: Inside, plan: Callable[..., None], clip: tuple[str, bytes]) -> None:
    plan("file", "reset_after")
    reply = ask(clip[0])
    assert reply.status == 200 and reply.ended == "reset" and len(reply.body) <= len(clip[1]) // 2


@pytest.mark.parametrize(("fault", "value"), [("slow", 1), ("stall", None)])
@pytest.mark.parametrize("call", ["credits", "file"])
def test_an_answer_drips_or_stands_still(
    service: Inside, plan: Callable[..., None], clip: tuple[str, bytes], fault: str, value: int | None, call: str
) -> None:
    plan(call, fault, value=value)
    reply = service.api("credits", patience=0.4) if call == "credits" else ask(clip[0], patience=0.4)
    whole = int(reply.headers["content-length"])
    assert reply.status == 200 and reply.ended == NOTHING and len(reply.body) < whole
    if fault == "stall":
        assert len(reply.body) <= whole // 2


@pytest.mark.parametrize("fault", ["slow", "stall", "delay"])
@pytest.mark.parametrize("call", ["credits", "file"])
def test_a_patient_client_gets_all_in_the_end(
    service: Inside, plan: Callable[..., None], clip: tuple[str, bytes], fault: str, call: str
) -> None:
    plan(call, fault, value=5_000_000 if fault == "slow" else 0.01)
    reply = service.api("credits") if call == "credits" else ask(clip[0])
    assert reply.ended == "whole" and (reply.body == clip[1] if call == "file" else reply.data["credits"])


def test_a_delay_before_or_after_the_service_acts(service: Inside, plan: Callable[..., None]) -> None:
    before = accepted(service)
    plan("create", "delay", value=3600)
    assert create(service, first_patience=0.4).ended == NOTHING
    assert accepted(service) == before
    plan("create", "delay", value=3600, after=True)
    assert create(service, first_patience=0.4).ended == NOTHING
    wait_until(lambda: accepted(service) == before + 1)


def test_wrong_types(service: Inside, plan: Callable[..., None], task: str) -> None:
    plan("look", "wrong_types")
    told = service.api(f"tasks/{task}").data
    assert told["progress"] == "100" and told["status"] == ["completed"] and told["task_id"] == [task]
    plan("credits", "wrong_types")
    assert isinstance(service.api("credits").data["credits"], str)


def test_progress_stuck_at_99(service: Inside, plan: Callable[..., None], task: str) -> None:
    plan("look", "stuck_99", count=2)
    for _ in range(2):
        told = service.api(f"tasks/{task}").data
        assert (told["status"], told["progress"], set(told)) == ("processing", 99, GOOD)
    assert service.api(f"tasks/{task}").data["status"] == "completed"


@pytest.mark.parametrize("value", ["57", 57.5, 250, -3, None, [1], "half"])
def test_progress_of_any_kind(service: Inside, plan: Callable[..., None], task: str, value: object) -> None:
    plan("look", "progress", value=value)
    assert service.api(f"tasks/{task}").data["progress"] == value


def test_progress_without_a_value_or_none_at_all(service: Inside, plan: Callable[..., None], task: str) -> None:
    plan("look", "progress")
    assert service.api(f"tasks/{task}").data["progress"] == 57.5
    plan("look", "no_progress")
    told = service.api(f"tasks/{task}").data
    assert "progress" not in told and told["status"] == "completed"


@pytest.mark.parametrize("value", [None, "queued", "cancelled"])
def test_an_unknown_status(service: Inside, plan: Callable[..., None], task: str, value: str | None) -> None:
    plan("look", "unknown_status", value=value)
    assert service.api(f"tasks/{task}").data["status"] == (value or "reticulating")


@pytest.mark.parametrize(
    ("value", "told"),
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
def test_a_task_fails_with_any_kind_of_reason_and_is_refunded(
    service: Inside, plan: Callable[..., None], value: object, told: dict[str, object], call: str
) -> None:
    before = service.world.credits
    plan(call, "failed", value=value)
    task_id = service.create()
    look = service.api(f"tasks/{task_id}").data
    assert look["status"] == "failed" and service.world.credits == before
    assert {name: look[name] for name in look.keys() - GOOD - {"completed_at"}} == told
    assert service.api(f"tasks/{task_id}").data == look, "it stays failed"


def test_an_address_that_is_dead_already(service: Inside, plan: Callable[..., None], task: str) -> None:
    plan("look", "expired")
    assert ask(service.api(f"tasks/{task}").data["video_url"]).status == 403
    assert ask(service.api(f"tasks/{task}").data["video_url"]).status == 200


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_expired_file(service: Inside, plan: Callable[..., None], clip: tuple[str, bytes], status: int) -> None:
    plan("file", "expired", value=status)
    assert ask(clip[0]).status == status
    assert ask(clip[0]).status == 200


def test_no_range(service: Inside, plan: Callable[..., None], clip: tuple[str, bytes]) -> None:
    plan("file", "no_range")
    reply = ask(clip[0], headers={"Range": "bytes=10-"})
    assert (reply.status, reply.body) == (200, clip[1]) and "accept-ranges" not in reply.headers


def test_a_changed_etag_in_the_middle(service: Inside, plan: Callable[..., None], clip: tuple[str, bytes]) -> None:
    service.faults.plan([{"call": "file", "fault": "cut_short"}, {"call": "file", "fault": "changed_etag"}])
    begun = ask(clip[0])
    rest = ask(clip[0], headers={"Range": f"bytes={len(begun.body)}-", "If-Range": begun.headers["etag"]})
    assert (rest.status, rest.body) == (200, clip[1]) and rest.headers["etag"] != begun.headers["etag"]


def test_a_resumed_piece_is_harmed_too(service: Inside, plan: Callable[..., None], clip: tuple[str, bytes]) -> None:
    url, whole = clip
    service.faults.plan(
        [{"call": "file", "fault": "cut_short", "value": 0.3, "skip": 1}, {"call": "file", "fault": "cut_short"}]
    )
    assert ask(url).body == whole
    begun = ask(url)
    piece = ask(url, headers={"Range": f"bytes={len(begun.body)}-", "If-Range": begun.headers["etag"]})
    assert piece.status == 206 and piece.ended == "cut"
    have = begun.body + piece.body
    assert len(begun.body) < len(have) < len(whole)
    assert have + ask(url, headers={"Range": f"bytes={len(have)}-"}).body == whole


def test_faults_take_turns_and_let_others_pass() -> None:
    faults = Faults(
        [
            {"call": "look", "fault": "500_json", "skip": 2, "count": 2},
            {"call": "create", "fault": "html"},
            {"call": "look", "fault": "html", "skip": 1},
        ]
    )
    taken = [fault.name if (fault := faults.take("look")) else "" for _ in range(7)]
    assert taken == ["", "", "500_json", "500_json", "", "html", ""]
    assert faults.take("file") is None and faults.take("create") is not None


def test_a_thumbnail_is_a_call_of_its_own(service: Inside, plan: Callable[..., None], task: str) -> None:
    plan("file", "500_json")
    look = service.api(f"tasks/{task}").data
    assert ask(look["thumbnail_url"]).status == 200
    assert ask(look["video_url"]).status == 500


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "list of faults"),
        ("[3]", "3 is no fault"),
        ('[{"call": "poll", "fault": "html"}]', "create, look"),
        ('[{"call": "look", "fault": "gremlins"}]', "stuck_99"),
        ('[{"call": "create", "fault": "no_range"}]', "of a create must be one of"),
        ('[{"call": "look", "fault": "html", "count": -1}]', "whole numbers"),
        ('[{"call": "look", "fault": "html", "skip": "2"}]', "whole numbers"),
        ('[{"call": "look", "fault": "delay", "value": "long"}]', "does not fit"),
        ('[{"call": "file", "fault": "stall", "value": -1}]', "does not fit"),
        ('[{"call": "look", "fault": "stall", "after": true}]', "after goes with"),
        ('[{"call": "look", "fault": "html", "times": 3}]', "unknown field times"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_in_one_sentence(tmp_path: Path, script: str, said: str) -> None:
    file = tmp_path / "faults.json"
    file.write_text(script)
    with pytest.raises(BadScript, match=said) as caught:
        Faults.read(file)
    assert str(caught.value).startswith("faults.json") and "\n" not in str(caught.value)


def test_the_guide_names_every_fault() -> None:
    words = set((guide.__doc__ or "").replace(";", " ").split())
    assert HARMS.keys() <= words


def test_every_fault_strikes_at_every_call_that_it_can_harm(service: Inside, clip: tuple[str, bytes]) -> None:
    """No pair makes the service trip over itself: whatever comes, the next request is served."""
    requests: dict[str, Callable[[], Reply]] = {
        "create": lambda: create(service, first_patience=0.5, patience=0.2),
        "look": lambda: service.api("tasks/task_none", patience=0.2),
        "upload": lambda: service.api("upload", b"", patience=0.2),
        "credits": lambda: service.api("credits", patience=0.2),
        "file": lambda: ask(clip[0], patience=0.2),
        "thumbnail": lambda: ask(clip[0].replace(".mp4", ".jpg"), patience=0.2),
    }
    small = {"delay": 0.01, "slow": 1_000_000, "stall": 0.01}
    for fault, calls in HARMS.items():
        for call in calls:
            more = {"value": small[fault]} if fault in small else {}
            service.faults.plan([{"call": call, "fault": fault, **more}])
            requests[call]()
            assert service.api("credits").status == 200 or call == "credits", f"{fault} at {call}"
    assert json.loads(ask(f"{service.origin}/sandbox/seen").body)["counts"]
