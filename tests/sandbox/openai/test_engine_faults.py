"""Each fault of the engines does what the documentation of the script says, in the form of each server."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import av
import pytest
from sandbox.openai.conftest import Engines
from sandbox.openai.engine_client import EngineClient, form
from sandbox_in_process import in_process_sandbox, send_request
from waiting import wait_until

from sora_desktop.sandbox.fault_script import FaultScript, InvalidScript
from sora_desktop.sandbox.openai import fault_calls
from sora_desktop.sandbox.openai.fault_calls import ENGINE_CALLS, ENGINE_CALLS_BY_FAULT, ENGINE_EVENTS
from sora_desktop.sandbox.openai.fleet import FleetOptions
from sora_desktop.sandbox.openai.profiles import SANDBOX_PROFILES


@pytest.fixture
def omni(engines: Engines) -> EngineClient:
    """An engine without jobs."""
    client = engines("omni")
    client.service.fleet.restart()
    return client


def plan(client: EngineClient, call: str, fault: str, **more: object) -> None:
    client.service.faults.plan([{"call": call, "fault": fault, **more}])


def accepted(client: EngineClient) -> int:
    return len(client.service.fleet.accepted)


def test_the_documentation_names_every_fault_call_and_event() -> None:
    text = fault_calls.__doc__ or ""
    for name in (*ENGINE_CALLS_BY_FAULT, *ENGINE_EVENTS, *ENGINE_CALLS):
        if not name.startswith("50"):
            assert name in text, name


@pytest.mark.parametrize(
    "entry",
    [
        {"call": "videos.get", "fault": "expired"},
        {"call": "videos.create", "fault": "1001"},
        {"call": "create", "fault": "never_ends"},
        {"call": "videos.create", "fault": "clip", "value": "gif"},
        {"call": "videos.content", "fault": "503_json", "after": True},
        {"call": "videos.create", "fault": "hold_refunds"},
        {"call": "videos.create", "fault": "queued", "value": "long"},
    ],
)
def test_a_fault_that_does_not_fit_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(InvalidScript):
        FaultScript([entry])


@pytest.mark.parametrize("fault", ["500_json", "502_html", "reset_after", "404", "html"])
def test_a_server_may_take_a_job_and_answer_something_else(omni: EngineClient, fault: str) -> None:
    before = accepted(omni)
    after = {} if fault == "reset_after" else {"after": True}
    plan(omni, "videos.create", fault, **after)
    reply = omni.post()
    assert accepted(omni) == before + 1 and b"video_gen" not in reply.body
    assert (reply.ended, reply.status) == (("reset", 0) if fault == "reset_after" else ("whole", int(_status(fault))))


def _status(fault: str) -> str:
    return fault[:3] if fault[0].isdigit() else "200"


@pytest.mark.parametrize("fault", ["reset_before", "503_json", "429"])
def test_a_server_may_refuse_before_it_takes_a_job(omni: EngineClient, fault: str) -> None:
    before = accepted(omni)
    plan(omni, "videos.create", fault)
    reply = omni.post()
    assert accepted(omni) == before and reply.status in (0, 503, 429)
    assert reply.headers.get("retry-after") == ("2" if fault == "429" else None)


@pytest.mark.parametrize("like", SANDBOX_PROFILES)
def test_a_refusal_has_the_form_of_its_server(engines: Engines, like: str) -> None:
    client = engines(like)
    for fault in ("401", "403", "409", "503_json"):
        plan(client, "videos.get", fault)
        reply = client.get("any")
        assert reply.status == int(fault[:3])
        content = reply.json_body
        form = SANDBOX_PROFILES[like].errors.value
        assert {"vllm": "error", "proxy": "error", "reference": "error", "detail": "detail", "flat": "message"}[
            form
        ] in content


@pytest.mark.parametrize("call", ENGINE_CALLS)
def test_a_page_may_come_from_every_call(omni: EngineClient, call: str) -> None:
    job = omni.create()
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "videos.create": ("/v1/videos", {"body": {"prompt": "p"}}),
        "videos.get": (f"/v1/videos/{job}", {}),
        "videos.list": ("/v1/videos", {}),
        "videos.content": (f"/v1/videos/{job}/content", {}),
        "videos.delete": (f"/v1/videos/{job}", {"method": "DELETE"}),
        "models": ("/v1/models", {}),
        "health": ("/health", {}),
    }
    path, how = requests[call]
    plan(omni, call, "html")
    reply = send_request(omni.service.origin + path, **how)
    assert reply.status == 200 and b"<h1>" in reply.body


def test_an_answer_may_end_behind_the_id(omni: EngineClient) -> None:
    plan(omni, "videos.create", "cut_after_id")
    reply = omni.post()
    id = omni.service.fleet.accepted[-1].id
    assert reply.ended == "cut" and reply.body.endswith(f'"{id}"'.encode())


def test_a_create_may_be_answered_with_another_status_or_id(omni: EngineClient) -> None:
    plan(omni, "videos.create", "status", value=201)
    assert omni.post().status == 201
    plan(omni, "videos.create", "other_id")
    assert omni.get(omni.post().json_body["id"]).status == 404


def test_a_job_may_be_stored_after_its_client_has_gone(omni: EngineClient) -> None:
    before = accepted(omni)
    plan(omni, "videos.create", "late", value=0.5)
    body, headers = form({"prompt": "p"})
    assert omni.call("videos", body=body, headers=headers, first_patience=0.1).ended == "silence"
    assert omni.call("videos").json_body["data"] == [] and accepted(omni) == before
    wait_until(lambda: accepted(omni) == before + 1)
    assert len(omni.call("videos").json_body["data"]) == 1


def test_a_proxy_may_send_a_create_again(engines: Engines) -> None:
    client = engines("litellm")
    before = accepted(client)
    plan(client, "videos.create", "repeated", value=3)
    assert client.post(model="wan").status == 200 and accepted(client) == before + 3


def test_a_job_may_fail_on_its_way_or_at_a_poll(omni: EngineClient) -> None:
    plan(omni, "videos.create", "failed", value={"status": 507, "message": "out of memory"})
    failed = omni.end(omni.create())
    assert (failed.status, failed.json_body["error"]) == (507, {"code": 507, "message": "out of memory"})
    job = omni.create()
    plan(omni, "videos.get", "failed", value="it broke")
    assert omni.get(job).json_body["error"] == {"code": 500, "message": "it broke"}
    assert omni.call(f"videos/{job}/content").status == 422


def test_a_job_may_never_end(omni: EngineClient) -> None:
    plan(omni, "videos.create", "never_ends")
    job = omni.create(num_frames="17")
    omni.service.clock.time += 100_000
    record = omni.service.fleet.accepted[-1]
    wait_until(lambda: record.frames_rendered == 16)
    assert omni.get(job).json_body["status"] == "in_progress"
    omni.call(f"videos/{job}", method="DELETE")
    assert record.rendering == "stopped", "such a job can be stopped"


def test_a_job_may_stay_in_the_queue_while_later_ones_pass(omni: EngineClient) -> None:
    plan(omni, "videos.create", "queued", value=600)
    job, later = omni.create(num_frames="17"), omni.create(num_frames="17")
    assert [omni.get(id).json_body["status"] for id in (job, later)] == ["queued", "in_progress"]
    omni.service.clock.time += 599
    assert omni.get(job).json_body["status"] == "queued"
    assert omni.end(job).json_body["status"] == "completed"


def test_a_completed_job_may_have_lost_its_content(omni: EngineClient) -> None:
    plan(omni, "videos.create", "content_gone")
    job = omni.create(num_frames="17")
    assert omni.end(job).json_body["status"] == "completed"
    assert omni.call(f"videos/{job}/content").status == 404


def test_a_clip_may_lie_in_a_cloud(engines: Engines) -> None:
    client = engines("sglang")
    client.service.fleet.restart()
    plan(client, "videos.create", "cloud")
    job = client.create(num_frames="17")
    url = client.end(job).json_body["url"]
    content = client.call(f"videos/{job}/content")
    assert content.status == 400 and url in content.json_body["detail"]
    assert send_request(url, key=None).body[4:8] == b"ftyp"


@pytest.mark.parametrize(("kind", "codec"), [("webm", "vp9"), ("av1", "libdav1d")])
def test_a_clip_may_have_another_codec(omni: EngineClient, kind: str, codec: str, tmp_path: Path) -> None:
    plan(omni, "videos.create", "clip", value=kind)
    job = omni.create(num_frames="17", model="Lightricks/LTX-2")
    omni.end(job)
    file = tmp_path / "clip"
    file.write_bytes(omni.call(f"videos/{job}/content").body)
    with av.open(str(file)) as container:
        assert container.streams.video[0].codec_context.name == codec
        assert sum(1 for _ in container.decode(video=0)) == 17


@pytest.mark.parametrize(
    ("fault", "value", "expected"),
    [
        ("stuck_99", None, {"status": "in_progress", "progress": 99}),
        ("progress", "57", {"progress": "57"}),
        ("unknown_status", "cancelled", {"status": "cancelled"}),
        ("wrong_types", None, {"progress": "0", "status": ["in_progress"]}),
    ],
)
def test_a_poll_may_be_wrong(omni: EngineClient, fault: str, value: object, expected: dict[str, object]) -> None:
    job = omni.create()
    plan(omni, "videos.get", fault, value=value)
    answer = omni.get(job).json_body
    assert {name: answer[name] for name in expected} == expected
    plan(omni, "videos.get", "no_progress")
    assert "progress" not in omni.get(job).json_body


def test_a_poll_may_be_about_another_job(omni: EngineClient) -> None:
    first, second = omni.create(), omni.create()
    plan(omni, "videos.get", "other_job")
    assert omni.get(first).json_body["id"] == second
    plan(omni, "videos.get", "other_job", value=first)
    assert omni.get(second).json_body["id"] == first


def test_a_list_may_be_wrong(omni: EngineClient) -> None:
    jobs = [omni.create() for _ in range(3)]
    plan(omni, "videos.list", "missing")
    assert {entry["id"] for entry in omni.call("videos").json_body["data"]} == set(jobs[:2])
    plan(omni, "videos.list", "empty_page")
    page = omni.call("videos").json_body
    assert (page["data"], page["has_more"]) == ([], True)


def test_the_content_may_be_cut_and_continued(omni: EngineClient) -> None:
    job = omni.create(num_frames="17")
    omni.end(job)
    path = f"videos/{job}/content"
    whole = omni.call(path).body
    plan(omni, "videos.content", "cut_short", value=0.25)
    cut = omni.call(path)
    assert cut.ended == "cut" and whole.startswith(cut.body)
    rest = omni.call(path, headers={"Range": f"bytes={len(cut.body)}-"})
    assert rest.status == 206 and cut.body + rest.body == whole
    plan(omni, "videos.content", "no_range")
    assert omni.call(path, headers={"Range": "bytes=10-"}).status == 200


def test_a_restart_forgets_every_job_and_stops_its_rendering(omni: EngineClient) -> None:
    def start() -> float:
        lines = send_request(f"{omni.service.origin}/metrics").body.decode().splitlines()
        return float(lines[-1].split()[1])

    before, job = start(), omni.create(num_frames="401")
    record = omni.service.fleet.accepted[-1]
    wait_until(lambda: record.rendering == "running")
    omni.service.clock.time += 5
    plan(omni, "videos.get", "restart")
    assert omni.get(job).status == 404 and omni.call("videos").json_body["data"] == []
    assert start() > before and record.is_forgotten
    wait_until(lambda: record.rendering == "stopped")


def test_an_answer_may_be_lost_by_a_restart_after_the_job_was_stored(omni: EngineClient) -> None:
    plan(omni, "videos.create", "restart")
    plan(omni, "videos.create", "reset_after")
    before = accepted(omni)
    assert omni.post().ended == "reset" and accepted(omni) == before + 1


def test_the_clock_of_a_server_may_be_a_day_off(omni: EngineClient) -> None:
    plan(omni, "videos.create", "server_clock")
    reply = omni.post()
    ahead = reply.json_body["created_at"] - omni.service.clock.time
    assert ahead == 86_400 == parsedate_to_datetime(reply.headers["date"]).timestamp() - omni.service.clock.time
    done = omni.end(reply.json_body["id"]).json_body
    assert done["created_at"] < done["completed_at"] == pytest.approx(omni.service.clock.time + 86_400, abs=300)
    omni.service.fleet.clock_offset = 0


def test_others_may_have_ten_thousand_jobs(omni: EngineClient) -> None:
    plan(omni, "videos.list", "others")
    page = omni.call("videos?limit=100").json_body
    assert len(page["data"]) == 100 and page["has_more"]
    assert len(omni.call("videos").json_body["data"]) == 10_000


def test_a_dead_engine_takes_nothing_until_it_restarts(engines: Engines) -> None:
    client = engines("sglang")
    job = client.create(num_frames="401")
    plan(client, "health", "engine_dies")
    assert send_request(f"{client.service.origin}/health").status == 503
    refused = client.post()
    assert refused.status == 503 and isinstance(refused.json_body["error"], str)
    assert client.get(job).json_body["status"] == "failed"
    client.service.fleet.restart()
    assert client.post().status == 200


def test_a_cold_omni_refuses_and_a_cold_sglang_holds_requests_open(tmp_path: Path) -> None:
    for like, status in (("omni", 503), ("sglang", 0)):
        cold = FleetOptions(warm_up=30)
        with in_process_sandbox(tmp_path / like, like=like, fleet_options=cold) as service:
            client = EngineClient(service)
            assert send_request(f"{service.origin}/health").status == 503
            reply = client.call("models", first_patience=0.3)
            assert reply.status == status and reply.ended == ("silence" if like == "sglang" else "whole")
            service.clock.time += 31
            assert client.call("models").status == send_request(f"{service.origin}/health").status == 200


def control(client: EngineClient, call: str, given: object = None) -> int:
    return send_request(f"{client.service.origin}/sandbox/{call}", b"" if given is None else given).status


@pytest.mark.parametrize("given", [None, {}])
def test_a_test_may_restart_the_engines(omni: EngineClient, given: object) -> None:
    job = omni.create()
    assert control(omni, "restart", given) == 200
    assert omni.get(job).status == 404


def test_a_test_may_change_the_engines_while_they_run(omni: EngineClient) -> None:
    job = omni.create(num_frames="17")
    assert control(omni, "finish", {"id": job}) == 200

    def is_completed() -> bool:
        omni.service.clock.time += 0.01
        return bool(omni.get(job).json_body["status"] == "completed")

    wait_until(is_completed)
    assert control(omni, "others", {"count": 3, "prompt": "p"}) == 200
    assert [entry["prompt"] for entry in omni.call("videos").json_body["data"]].count("p") == 3
    assert control(omni, "clock", {"ahead": -7200}) == 200
    assert omni.service.fleet.server_time == omni.service.clock.time - 7200
    assert control(omni, "clock", {"ahead": 0}) == 200
    assert control(omni, "faults", [{"call": "videos.list", "fault": "409"}]) == 200
    assert omni.call("videos").status == 409
    assert control(omni, "faults", [{"call": "videos.list", "fault": "unknown"}]) == 400
    assert control(omni, "faults", [{"call": "videos.list", "fault": "restart", "value": 1}]) == 400, "there is one"
    assert control(omni, "restart", {"replica": 1}) == 400


def test_what_was_seen_counts_creates_deletes_and_renderings(omni: EngineClient) -> None:
    earlier = len(omni.service.fleet.accepted)
    kept, deleted = omni.create(num_frames="17"), omni.create()
    omni.call(f"videos/{deleted}", method="DELETE")
    omni.end(kept)
    seen = json.loads(send_request(f"{omni.service.origin}/sandbox/seen").body)["openai"]
    creates = seen["creates"][earlier:]
    assert [(one["id"], one["status"], one["deleted"]) for one in creates] == [
        (kept, "completed", False),
        (deleted, "queued", True),
    ]
    assert [one["frames_rendered"] for one in creates] == [17, 0]
    assert seen["deletes"][-1]["id"] == deleted and creates[0]["rendering"] == "finished"
