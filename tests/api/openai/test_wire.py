"""What is written into a create, and every oddity of the servers' answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.api.errors import BadAnswer, KeyRejected, NotFound, Refused, ServiceError, TooBusy, Unreachable
from sora_desktop.api.http.answer import HttpAnswer
from sora_desktop.api.http.failure_text import failure_reason
from sora_desktop.api.openai.failures import call_error, create_error, first_url_in
from sora_desktop.api.openai.profiles import PROFILES, FormField, Profile
from sora_desktop.api.openai.video_ids import cut_object, new_video_in, new_video_in_text
from sora_desktop.api.openai.wire import form_fields, listed_task_in, video_report_in
from sora_desktop.api.service import TaskState
from sora_desktop.domain.capabilities import FPS, SECONDS, FrameRule, ModelCapabilities, NumericOption
from sora_desktop.domain.request import VideoRequest

OMNI = PROFILES["omni"]
WAN = ModelCapabilities(
    "Wan-AI/Wan2.2-T2V-A14B-Diffusers",
    "Wan 2.2",
    numbers=(NumericOption(SECONDS, "Seconds", 1, 10, 5), NumericOption(FPS, "Frames per second", 1, 60)),
    frame_rule=FrameRule(4, 1),
)
REQUEST = VideoRequest("A cat", "blurry", WAN.name, "", 5, "", seed=7, size="1280x720", fps=16, steps=40, guidance=4.5)


def answer(status: int, body: object, kind: str = "application/json", **headers: str) -> HttpAnswer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status, {"Content-Type": kind, **headers}, content)


def test_every_shared_field_is_written_as_all_servers_read_it() -> None:
    assert dict(form_fields(REQUEST, WAN, OMNI)) == {
        "prompt": "A cat",
        "model": "Wan-AI/Wan2.2-T2V-A14B-Diffusers",
        "size": "1280x720",
        "seconds": "5",
        "fps": "16",
        "num_frames": "81",
        "seed": "7",
        "negative_prompt": "blurry",
        "num_inference_steps": "40",
        "guidance_scale": "4.5",
    }


@pytest.mark.parametrize(
    ("changes", "profile", "expected"),
    [
        (
            {},
            replace(OMNI, takes=OMNI.takes - {FormField.NUM_FRAMES}),
            {"seconds": "5", "num_frames": None, "fps": "16"},
        ),
        ({}, PROFILES["openai"], {"seconds": "5", "num_frames": None, "fps": None, "seed": None}),
        ({"frames": 33, "duration": 2}, OMNI, {"seconds": "2", "num_frames": "33"}),
        ({"fps": None}, OMNI, {"fps": None, "num_frames": None}),
        ({"model": ""}, OMNI, {"model": None}),
        ({"size": ""}, OMNI, {"size": None}),
        ({"negative_prompt": " \n"}, OMNI, {"negative_prompt": None}),
        ({"guidance": 5.0}, OMNI, {"guidance_scale": "5"}),
        ({"prompt": ""}, OMNI, {"prompt": " "}),
    ],
)
def test_what_is_not_known_or_not_taken_is_left_out(
    changes: dict[str, Any], profile: Profile, expected: dict[str, str | None]
) -> None:
    fields = dict(form_fields(VideoRequest(**{**_fields(REQUEST), **changes}), WAN, profile))
    assert {name: fields.get(name) for name in expected} == expected


def _fields(request: VideoRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in VideoRequest.__dataclass_fields__}


VIDEO = {"id": "video_gen_ab12", "object": "video", "status": "queued", "progress": 0}


@pytest.mark.parametrize(
    ("fields", "state", "percent", "reason", "code"),
    [
        ({"status": "queued"}, TaskState.PENDING, None, "", ""),
        ({"status": "in_progress", "progress": 0}, TaskState.PROCESSING, None, "", ""),
        ({"status": "in_progress", "progress": 57}, TaskState.PROCESSING, 57, "", ""),
        ({"status": "in_progress", "progress": "57.9"}, TaskState.PROCESSING, 57, "", ""),
        ({"status": "in_progress", "progress": 100}, TaskState.PROCESSING, 99, "", ""),
        ({"status": "generating", "progress": None}, TaskState.PROCESSING, None, "", ""),
        ({"status": "postprocessing"}, TaskState.PROCESSING, None, "", ""),
        ({"status": "completed", "progress": 0, "size": None, "seconds": "4"}, TaskState.COMPLETED, 100, "", ""),
        ({"status": "Completed"}, TaskState.COMPLETED, 100, "", ""),
        ({"status": "failed", "error": {"code": 500, "message": "OOM"}}, TaskState.FAILED, None, "OOM", "500"),
        ({"status": "failed", "error": {"message": "bad frames"}}, TaskState.FAILED, None, "bad frames", ""),
        ({"status": "failed", "error": {"code": "x_y", "message": "no"}}, TaskState.FAILED, None, "no", "x_y"),
        ({"status": "failed", "error": "worker died"}, TaskState.FAILED, None, "worker died", ""),
        ({"status": "failed", "error": None}, TaskState.FAILED, None, "The engine gave no reason.", ""),
        ({"status": "failed", "detail": [{"loc": ["fps"], "msg": "low"}]}, TaskState.FAILED, None, "fps: low", ""),
        ({"status": "cancelled"}, TaskState.FAILED, None, "The engine says that the video was cancelled.", ""),
        ({"status": "reticulating", "progress": 3}, TaskState.UNKNOWN, 3, "", ""),
    ],
)  # fmt: skip
def test_a_video_is_read_in_every_form(
    fields: dict[str, object], state: TaskState, percent: int | None, reason: str, code: str
) -> None:
    report = video_report_in({**VIDEO, **fields}, "http://gpu/v1/videos/a/content")
    assert (report.state, report.percent, report.reason, report.code) == (state, percent, reason, code)
    assert report.has_ended is (state in (TaskState.COMPLETED, TaskState.FAILED))


def test_content_policy_is_recognized() -> None:
    report = video_report_in({"status": "failed", "error": {"code": "moderation_blocked", "message": "No."}}, "")
    assert report.by_policy
    assert report.reason == "Rejected by content policy. No."


@pytest.mark.parametrize("data", [None, [], "queued", 3, {}, {"status": None}, {"status": 5}])
def test_what_is_no_video_is_not_read(data: object) -> None:
    with pytest.raises(BadAnswer):
        video_report_in(data, "")


@pytest.mark.parametrize(
    ("item", "created_at", "size", "seconds", "prompt"),
    [
        ({"created_at": 1_790_000_000, "size": "832X480", "seconds": "4", "prompt": "a"}, 1.79e9, "832x480", 4.0, "a"),
        ({"created_at": "1790000000.5", "size": None, "duration": 5.06}, 1_790_000_000.5, None, 5.06, None),
        ({"created_at": None, "size": "", "seconds": None}, None, None, None, None),
        ({"created_at": 12, "prompt": 7}, None, None, None, None),
    ],
)
def test_an_item_of_a_list_is_read(
    item: dict[str, object], created_at: float | None, size: str | None, seconds: float | None, prompt: str | None
) -> None:
    task = listed_task_in({"id": "a/b", **item}, "http://gpu/v1")
    assert task is not None
    assert (task.created_at, task.size, task.seconds, task.prompt) == (created_at, size, seconds, prompt)


def test_a_completed_video_of_a_list_has_its_link() -> None:
    task = listed_task_in({"id": "a/b", "status": "completed"}, "http://gpu/v1")
    assert task is not None
    assert task.report.video_url == "http://gpu/v1/videos/a%2Fb/content"


@pytest.mark.parametrize(
    ("status", "body", "id"),
    [
        (200, VIDEO, "video_gen_ab12"),
        (202, VIDEO, "video_gen_ab12"),
        (500, VIDEO, "video_gen_ab12"),
        (409, VIDEO, "video_gen_ab12"),
        (200, {"id": "0123", "status": "queued"}, "0123"),
        (200, {"data": {"id": "v1", "object": "video"}}, "v1"),
        (200, {"data": [{"id": "v1", "object": "video"}]}, "v1"),
        (200, {"video": {"id": 17, "status": "queued"}}, "17"),
        (200, b'{"id":"video_1","object":"vid', "video_1"),
        (200, b'{"object":"video","id":"video_1"', "video_1"),
        (200, b'{"id":"video_', None),
        (200, b'{"id": 12', None),
        (200, {"id": "chatcmpl-1", "object": "chat.completion", "created_at": 1}, None),
        (200, {"id": "video_1", "object": "video.deleted"}, None),
        (400, {"error": {"message": "bad", "id": "req_1"}}, None),
        (422, {"detail": [{"loc": ["body", "id"], "input": {"id": "x", "size": "y"}}]}, None),
        (500, {"id": "req_1", "error": {"message": "x"}}, None),
        (200, {"id": None, "object": "video"}, None),
        (200, {"id": "null", "object": "video"}, None),
        (200, b"<html>video_1</html>", None),
        (200, b"", None),
    ],
)
def test_the_id_of_a_new_video_is_found(status: int, body: object, id: str | None) -> None:
    assert new_video_in(answer(status, body)) == id


def test_the_id_is_found_in_a_link_and_in_what_the_ledger_keeps() -> None:
    assert new_video_in(answer(202, b"", Location="https://gpu/v1/videos/video_1")) == "video_1"
    error = {"id": "call_7", "status": 422, "error": "No."}
    assert new_video_in(answer(422, error)) is None, "the id of the call"
    assert new_video_in_text('{"id": "video_1", "object": "video", "prompt": "a long pr[…]') == "video_1"
    assert new_video_in_text("The connection was lost before an answer came.") is None


def test_an_answer_with_several_videos_names_none() -> None:
    with pytest.raises(BadAnswer):
        new_video_in(answer(200, {"data": [{"id": "a", "object": "video"}, {"id": "b", "object": "video"}]}))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{", {}),
        ('{"a": 1, "b"', {"a": 1}),
        ('{"a": [1, 2], "b": {"c"', {"a": [1, 2]}),
        ('{"a": 1', {}),
        ('{"a": "x"}', {"a": "x"}),
        ("[1]", None),
        ("", None),
    ],
)
def test_the_whole_fields_of_a_cut_object_are_read(text: str, fields: object) -> None:
    assert cut_object(text) == fields


VLLM = {"error": {"message": "The model `x` does not exist", "type": "NotFoundError", "param": None, "code": 404}}
PAGE = b"<!DOCTYPE html><html><body>nginx</body></html>"


@pytest.mark.parametrize(
    ("status", "body", "kind", "error", "words"),
    [
        (400, {"error": {"message": "bad size", "code": 400}}, "", Refused, "bad size"),
        (400, {"detail": "Field required: prompt"}, "", Refused, "Field required: prompt"),
        (422, {"detail": [{"loc": ["body", "seconds"], "msg": "not a number"}]}, "", Refused, "seconds: not a number"),
        (400, {"object": "error", "message": "bad", "code": 400}, "", Refused, "bad"),
        (400, {"error": "no image"}, "", Refused, "no image"),
        (400, {}, "", BadAnswer, ""),
        (400, PAGE, "text/html", BadAnswer, "a web page"),
        (401, {"error": "Unauthorized"}, "", KeyRejected, "API key"),
        (401, PAGE, "text/html", KeyRejected, "API key"),
        (400, {"error": {"message": "No connected db.", "type": "no_db_connection"}}, "", KeyRejected, "API key"),
        (403, {"detail": "no"}, "", Refused, "does not allow"),
        (403, PAGE, "text/html", BadAnswer, "a web page"),
        (404, {"detail": "Not Found"}, "", Refused, "no video API"),
        (404, PAGE, "text/html", Refused, "no video API"),
        (404, VLLM, "", Refused, "does not exist"),
        (405, {"detail": "Method Not Allowed"}, "", Refused, "no video API"),
        (413, PAGE, "text/html", Refused, "larger"),
        (429, {"error": {"message": "slow down"}}, "", TooBusy, "pause"),
        (409, {"detail": "busy"}, "", Refused, "busy"),
        (408, {"detail": "timeout"}, "", BadAnswer, "408"),
        (500, {"error": {"message": "boom"}}, "", BadAnswer, "boom"),
        (503, {"error": "engine died"}, "", BadAnswer, "engine died"),
        (502, PAGE, "text/html", BadAnswer, "a web page"),
        (200, PAGE, "text/html", BadAnswer, "a web page"),
        (200, {}, "", BadAnswer, "HTTP 200"),
        (400, {"error": {"message": "content_policy violation"}}, "", Refused, "Rejected by content policy"),
    ],
)
def test_only_what_certainly_created_nothing_is_a_refusal(
    status: int, body: object, kind: str, error: type[ServiceError], words: str
) -> None:
    found = create_error(answer(status, body, kind or "application/json"), OMNI, "")
    assert type(found) is error
    assert words in str(found)


def test_a_conflict_is_a_refusal_only_where_the_server_is_known_for_it() -> None:
    assert isinstance(create_error(answer(409, {"detail": "busy"}), PROFILES["generic"], ""), BadAnswer)


QUOTED = (
    "litellm.InternalServerError: 3 validation errors for VideoObject id Field required [type=missing, "
    "input_value={'error': {'message': 'Vi...am': None, 'code': 404}}, input_type=dict]"
)


@pytest.mark.parametrize(
    ("status", "body", "kind", "error"),
    [
        (404, {"detail": "Video not found"}, "", NotFound),
        (404, {"error": {"message": "no", "code": 404}}, "", NotFound),
        (404, PAGE, "text/html", Unreachable),
        (404, b"", "", Unreachable),
        (500, {"error": {"message": QUOTED, "code": "500"}}, "", NotFound),
        (500, {"error": {"message": "boom"}}, "", Unreachable),
        (503, b"", "", Unreachable),
        (401, {"error": "Unauthorized"}, "", KeyRejected),
        (403, {"detail": "not yours"}, "", KeyRejected),
        (429, {}, "", TooBusy),
        (400, {"detail": "bad"}, "", Refused),
        (200, PAGE, "text/html", Unreachable),
    ],
)
def test_an_error_of_a_call_that_may_be_repeated(
    status: int, body: object, kind: str, error: type[ServiceError]
) -> None:
    assert type(call_error(answer(status, body, kind or "application/json"), "")) is error


def test_the_key_is_in_no_message() -> None:
    body = {"error": {"message": "bad key sk-secret", "code": "sk-secret"}}
    for found in (call_error(answer(400, body), "sk-secret"), create_error(answer(400, body), OMNI, "sk-secret")):
        assert "sk-secret" not in f"{found} {found.code}"


def test_the_address_in_the_text_of_an_answer_is_found() -> None:
    body = {"detail": "Video is in the cloud. Use the URL: https://bucket.example/a.mp4?sig=1."}
    assert first_url_in(answer(400, body)) == "https://bucket.example/a.mp4?sig=1"
    assert first_url_in(answer(400, {"detail": "The video is not ready"})) == ""


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "object",
                    "status",
                    "error",
                    "detail",
                    "message",
                    "code",
                    "data",
                    "progress",
                    "size",
                    "seconds",
                    "x",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=15,
)


@given(_JSON, st.sampled_from([200, 202, 400, 404, 409, 422, 500, 503]))
def test_no_answer_raises_anything_but_errors_of_the_service(data: object, status: int) -> None:
    given_answer = answer(status, data)
    for read in (
        lambda: new_video_in(given_answer),
        lambda: video_report_in(data, "u"),
        lambda: listed_task_in(data, "u"),
        lambda: call_error(given_answer, "key"),
        lambda: create_error(given_answer, OMNI, "key"),
        lambda: failure_reason(data),
        lambda: first_url_in(given_answer),
    ):
        try:
            read()
        except ServiceError as error:
            assert str(error)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_errors_of_the_service(content: bytes) -> None:
    given_answer = answer(500, content)
    try:
        new_video_in(given_answer)
    except ServiceError as error:
        assert str(error)
    assert isinstance(create_error(given_answer, OMNI, ""), BadAnswer)
