"""The id of a new task is found wherever an answer has it, and no other id is taken for it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.answer import HttpAnswer
from sora_desktop.api.sora.task_ids import new_task_in, new_task_in_text


def answer(body: object, status: int = 200, headers: dict[str, str] | None = None, surplus: bytes = b"") -> HttpAnswer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status, headers or {}, content, surplus)


@pytest.mark.parametrize(
    ("data", "id"),
    [
        ({"task_id": "task_abc123"}, "task_abc123"),
        ({"taskId": " t "}, "t"),
        ({"task_id": None, "id": "t"}, "t"),
        ({"task_id": "", "id": "t"}, "t"),
        ({"task_id": 42}, "42"),
        ({"task_id": 1234567890123456789}, "1234567890123456789"),
        ({"task_id": ["t"]}, "t"),
        ({"task": {"id": "t"}}, "t"),
        ([{"task_id": "t"}], "t"),
    ],
)
def test_an_accepted_create_has_its_id_in_data(data: object, id: str) -> None:
    assert new_task_in(answer({"code": 200, "data": data})) == id
    assert new_task_in_text(json.dumps({"code": 200, "data": data})) == id


@pytest.mark.parametrize(
    "data",
    [
        *(None, "t", [], {}, {"task_id": ""}, {"task_id": True}, {"task_id": {}}, {"task_id": "a\nb"}),
        *({"id": "x" * 301}, {"task_id": 0}, {"task_id": "null"}, {"task_id": -1}),
        *({"request_id": "req_1"}, {"trace": {"id": "t1"}}, {"user": {"id": 7}}, {"parent_task": "x"}),
    ],
)
def test_what_is_no_id_of_a_task_is_not_taken_for_one(data: object) -> None:
    assert new_task_in(answer({"code": 200, "data": data})) is None
    assert new_task_in(answer({"code": 3001, "data": data}, 402)) is None


PLACES: tuple[object, ...] = (
    {"task_id": "t1"},
    {"data": {"task_id": "t1"}},
    {"data": {"taskId": "t1", "id": 5}},
    {"data": {"TaskID": "t1"}},
    {"data": {"task-id": "t1"}},
    {"data": {"task": {"id": "t1"}}},
    {"data": {"task": {"task_id": "t1"}}},
    {"task": {"taskId": "t1"}},
    {"result": {"task_id": "t1"}},
    {"error": {"task_id": "t1", "request_id": "r1"}},
    {"error": {"details": {"task": {"id": "t1"}}}},
    {"data": [{"task_id": "t1"}]},
    {"data": {"task_id": {"id": "t1"}}},
    {"task_id": "t1", "error": {"running": {"task_id": "older"}}},
    {"data": {"task_id": "t1"}, "error": {"task_id": "older"}},
    {"msg": '{"code": 200, "data": {"task_id": "t1"}}'},
)


@pytest.mark.parametrize("fields", PLACES)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((429, 2001), (429, 2002), (429, 2003), (402, 3001), (400, 4001), (401, 1001), (403, 403), (404, 404)),
        *((503, 503), (500, 5000), (302, 302), (200, 2001), (200, 0), (500, 200)),
    ],
)
def test_an_id_is_found_in_any_refusal(status: int, code: int, fields: dict[str, object]) -> None:
    assert new_task_in(answer({"code": code, "msg": "Refused", **fields}, status)) == "t1"


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":200,"msg":"success","data":{"task_id":"task_1"',
        b'{"code":200,"data":{"task_id" : "task_1", "sta',
        b'{"code":200,"data":{"task_id":"task_\\u0031"',
        b'\xef\xbb\xbf{"task_id":"task_1"',
        b'{"code":429,"task_id":"task_1"}<!-- proxy -->',
        b'{"code":200,"data":{"task_id":"task_1"}}{"code":200,"data":{"task_id":"task_1"}}',
        b"<pre>{&quot;task_id&quot;:&quot;task_1&quot;}</pre>",
        b'3c\r\n{"code":200,"data":{"task_id":"task_1"}}\r\n',
        b'{"code":200,"data":{"task_id":"task_1"}\xff',
    ],
)
def test_a_whole_id_is_found_in_a_damaged_answer(body: bytes) -> None:
    assert new_task_in(answer(body)) == "task_1"
    assert new_task_in(answer(body, 429)) == "task_1"
    assert new_task_in_text(f"{body.decode('utf-8', 'replace')}\n[The connection was lost.]") == "task_1"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_an_id_is_found_in_each_encoding_of_json(encoding: str) -> None:
    assert new_task_in(answer('{"code":2001,"task_id":"task_1"}'.encode(encoding), 429)) == "task_1"
    assert new_task_in(answer('{"code":2001,"task_id":"task_1"'.encode(encoding), 429)) == "task_1"


def test_a_whole_number_is_found_and_one_that_may_go_on_is_not() -> None:
    assert new_task_in(answer(b'{"data":{"task_id":4711,"st')) == "4711"
    with pytest.raises(BadAnswer):
        new_task_in(answer(b'{"data":{"task_id":4711'))
    assert new_task_in_text('{"data":{"task_id":4711\n[The connection was lost.]') is None


@pytest.mark.parametrize("end", range(1, 9))
def test_an_id_that_is_cut_is_never_taken_for_one(end: int) -> None:
    whole = b'{"code":200,"data":{"task_id":"task_123"'
    with suppress(BadAnswer):
        assert new_task_in(answer(whole[:-end])) is None
    assert new_task_in_text(whole[:-end].decode()) is None


def test_an_id_behind_the_announced_end_is_found() -> None:
    assert new_task_in(answer(b"", surplus=b'{"task_id":"task_1"}')) == "task_1"
    assert new_task_in(answer(b'{"task_id":"task', surplus=b'_1"}')) == "task_1"


@pytest.mark.parametrize(
    ("headers", "id"),
    [
        ({"X-Task-Id": "task_1"}, "task_1"),
        ({"Location": "https://s.example/api/v1/tasks/task_1?x=1"}, "task_1"),
        ({"Location": "/api/v1/tasks/task_1/"}, "task_1"),
        ({"Operation-Location": "/api/v1/tasks/task_1/status"}, "task_1"),
        ({"X-Sora-Task-Id": "task_1"}, "task_1"),
        ({"Task-Id": "null", "X-Task-Id": "task_1"}, "task_1"),
        ({"Task-Id": "", "Location": "/api/v1/tasks/task_1"}, "task_1"),
        ({"X-Task-Id": "null, task_1"}, "task_1"),
        ({"Location": "/api/v1/sora2/text-to-video/"}, None),
        ({"Location": "/api/v1/tasks/"}, None),
        ({"X-Request-Id": "req_1", "Location": "/login"}, None),
    ],
)
def test_headers_can_name_the_task(headers: dict[str, str], id: str | None) -> None:
    assert new_task_in(answer(b"", 303, headers)) == id


@pytest.mark.parametrize(
    "body",
    [
        {"code": 2002, "data": {"active": [{"task_id": "a"}, {"task_id": "b"}]}},
        {"code": 2002, "a": {"task_id": "x"}, "b": {"task_id": "y"}},
        b'{"task_id":"a"},{"task_id":"b"',
        {"code": 3001, "msg": "No credits left. Task ID: 8f31-22"},
        {"code": 500, "msg": 'upstream: {\\"task_id\\":\\"abc1\\"'},
        {"code": 2001, "msg": "task_00af is queued"},
        {"code": 2001, "msg": "task a8f3e21c was queued"},
        {"code": 2001, "msg": "Task created: 7d3f21c0-11aa-4c1e-8a2b-0123456789ab"},
        {"code": 2001, "msg": "See https://s.example/tasks/a8f3e21c"},
        b"<TaskId>abcdef</TaskId>",
    ],
)
def test_a_task_that_cannot_be_identified_leaves_the_outcome_open(body: object) -> None:
    with pytest.raises(BadAnswer):
        new_task_in(answer(body, 429))


@pytest.mark.parametrize(
    "body",
    [
        {"code": 4001, "msg": "task_id: required"},
        {"code": 4001, "msg": "The task_type is unknown", "task_id": None},
        {"code": 2002, "msg": "Concurrent task limit exceeded", "data": {"limit": 3}},
        {"code": 429, "task_id": "", "retryAfter": 2},
        b"<html>429 Too Many Requests</html>",
        b"",
    ],
)
def test_a_refusal_without_an_id_stays_one(body: object) -> None:
    assert new_task_in(answer(body, 429)) is None


def test_headers_that_name_several_tasks_leave_the_outcome_open() -> None:
    with pytest.raises(BadAnswer):
        new_task_in(answer(b"", 429, {"Task-Id": "task_1", "X-Task-Id": "task_2"}))


def test_a_deep_answer_is_read_without_an_error() -> None:
    deep: object = {"task_id": "t1"}
    for _ in range(300):
        deep = {"data": deep}
    assert new_task_in(answer(deep)) is None
