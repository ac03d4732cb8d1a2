"""A plain refusal is believed; an answer with any sign of a task is not, so that nothing is bought again."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import pytest

from sora_desktop.api.http.answer import ANSWER_LIMIT, HttpAnswer
from sora_desktop.api.sora.refusals import doubt_about
from sora_desktop.sandbox.api_error import ApiError

UUID = "7d3f21c0-11aa-4c1e-8a2b-0123456789ab"


def refusal(body: object, status: int = 429, headers: dict[str, str] | None = None, surplus: bytes = b"") -> HttpAnswer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status, headers or {}, content, surplus)


#: What the documented service and the sandbox say.
DOCUMENTED: tuple[ApiError, ...] = (
    ApiError(1001, "API key is invalid"),
    ApiError(1002, "API key has been revoked"),
    ApiError(1003, "API key is missing"),
    ApiError(1004, "API key is malformed"),
    ApiError(2001, "Rate limit exceeded", retryAfter=12),
    ApiError(2002, "Concurrent task limit exceeded"),
    ApiError(2003, "Daily limit exceeded, resets at midnight UTC", retryAfter=43211),
    ApiError(3001, "Insufficient credits"),
    *(
        ApiError(400, text)
        for text in (
            *("The body is not JSON", "The body must be a JSON object", "prompt must be text", "prompt is required"),
            *("prompt must be at most 2000 characters", "aspectRatio must be 16:9, 9:16 or 1:1"),
            *("duration must be 5, 10 or 15", "quality must be standard or high", "imageUrl: there is no such upload"),
            *("imageUrl is required and must be an http URL", "seed must be a whole number from 0 to 4294967295"),
        )
    ),
    ApiError(403, "The URL is not signed"),
    ApiError(404, "There is no such call"),
    ApiError(405, "The call cannot be answered"),
)


@pytest.mark.parametrize("error", DOCUMENTED, ids=str)
def test_a_documented_refusal_is_plain(error: ApiError) -> None:
    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Reset": "1792567680", "X-Concurrent-Active": "3"}
    for status in {error.status, 200}:
        for fields in ({"error": str(error)}, {"msg": str(error), "data": None}, {"msg": str(error), "data": {}}):
            body = {"code": error.code, **fields, **error.extra}
            assert doubt_about(refusal(body, status, headers)) == ""
            assert doubt_about(refusal(json.dumps(body, indent=2).encode("utf-8-sig"), status, headers)) == ""


@pytest.mark.parametrize(
    "body",
    [
        # validation errors that list fields
        {"code": 4001, "msg": "task_id: required", "data": {"task_id": ["This field is required."]}},
        {"detail": [{"loc": ["body", "prompt"], "msg": "field required", "type": "value_error.missing"}]},
        {"errors": {"prompt": ["is too long"], "duration": ["must be 5, 10 or 15"]}},
        {"code": 4001, "data": [{"field": "seed", "message": "must be below 4294967296", "value": 99999999999}]},
        {"code": 4001, "data": ["prompt is required", "duration"]},
        {"code": 4001, "data": {"allowed": ["sora2", "sora2-pro"], "aspectRatio": ["16:9", "9:16"]}},
        {"code": 4001, "msg": "Video generation with sora2-pro needs a subscription"},
        {"code": 4001, "msg": "A video 1280x720 is not offered"},
        {"code": 4001, "msg": "The task type text2video is unknown", "data": None},
        # limits and balances
        {"code": 2001, "data": {"retryAfter": 7}},
        {"code": 2002, "data": {"limit": 3, "active_tasks": 3, "max_concurrent_tasks": 3, "tasks": None}},
        {"code": 2003, "msg": "Daily task limit reached, resets at 2026-11-30T00:00:00Z."},
        {"code": 3001, "data": {"balance": 20, "required": 100, "user_id": 4711, "account": {"id": 9}}},
        {"code": 2001, "msg": "Too many requests", "request_id": f"req_{UUID}", "data": {"requestId": UUID}},
        # gateways that speak JSON
        {"message": "API rate limit exceeded", "request_id": "8d1f0c2b7e"},
        {"message": "Too Many Requests"},
        {"statusCode": 429, "error": "Too Many Requests", "message": "Rate limit is exceeded. Try again in 3 seconds."},
        {"id": "too_many_requests", "message": "API rate limit exceeded", "request_id": UUID},
        {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": [{"a": "1"}]}},
        {"error": {"id": "err_7f21", "type": "rate_limit_error", "message": f"Slow down. (request id: {UUID})"}},
        {"type": "about:blank", "title": "Error 1015", "status": 429, "instance": "8a7f6c5b4d3e2f10", "ray_id": "8a7f"},
        {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}], "result": None},
        {"status": "error", "code": 429, "error": "rate_limited"},
        "slow down",
        {},
        # pages and texts of proxies
        b"",
        b"slow down",
        b"429",
        b"Unauthorized",
        b"rate_limit_exceeded",
        {"code": 3001, "data": {"credits_used": 0, "cost": 100, "video_size": "1280x720", "traceId": UUID}},
        {"code": 2002, "data": {"task_limit": "3", "task_type": "text2video", "video_model": "sora2-pro"}},
        b"<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n<center>"
        b"<h1>429 Too Many Requests</h1></center>\r\n<hr><center>nginx/1.25.3</center>\r\n</body>\r\n</html>\r\n",
        b'<!DOCTYPE html><html lang="en"><head><title>Access denied | s.example used Cloudflare</title></head><body>'
        b'<div id="cf-error-details"><h2 class="x1">Error 1015</h2><span>Ray ID: 8a7f6c5b4d3e2f10 &bull; 2026-11-29 '
        b"02:10:11 UTC</span></div><script>window._cf_chl_opt={cvId: '3',cRay: '8a7f6c5b4d3e2f10'};</script>"
        b"</body></html>",
        b"<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n",
        b'<?xml version="1.0"?><Error><Code>SlowDown</Code><RequestId>8A7F6C5B4D3E2F10</RequestId></Error>',
        "<html><body>404 页面不存在</body></html>".encode("gbk"),
        "<html><body>Accès refusé</body></html>".encode("latin-1"),
        "Trop de requêtes".encode(),
        b"upstream connect error or disconnect/reset before headers. reset reason: overflow",
        b"error code: 1015",
        b"404 page not found\n",
    ],
)
def test_an_ordinary_refusal_is_plain(body: object) -> None:
    headers = {"CF-RAY": "8a7f6c5b4d3e2f10-FRA", "X-Request-Id": UUID, "X-Task-Limit": "3", "Retry-After": "3"}
    assert doubt_about(refusal(body, 429, headers)) == ""
    assert doubt_about(refusal(body, 403, {"Location": "/login"}, b"\r\n")) == ""


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "data": {"id": UUID}},
        {"code": 200, "data": {"id": "task-7"}},
        {"code": 200},
        {"code": "202", "msg": "queued"},
        {"code": 2001, "msg": "success"},
        {"code": 2001, "success": True},
        {"code": 2001, "data": {"id": UUID}},
        {"code": 2001, "data": {"id": 17}},
        {"code": 2001, "data": {"id": 17.0}},
        {"code": 2001, "id": "a8f3e21c"},
        {"code": 2001, "data": UUID},
        {"code": 2001, "data": 471100},
        {"code": 2001, "data": [{"id": "a8f3e21c"}]},
        {"code": 2001, "data": ["a8f3e21c"]},
        {"code": 2002, "data": {"tasks": [{"id": "a8f3e21c"}]}},
        {"code": 2002, "data": {"tasks": ["a8f3e21c"]}},
        {"code": 2002, "tasks": [{"id": 4}]},
        {"code": 2002, "data": {"task_ids": ["a8f3e21c"]}},
        {"code": 2001, "data": {"task": UUID}},
        {"code": 2001, "task": 17},
        {"code": 2001, "data": {"task_id": "a" * 301}},
        {"code": 2001, "data": {"task_id": "a8\u200bf3"}},
        {"code": 2001, "data": {"video_id": "vid_1"}},
        {"code": 2001, "generationId": "gen_1"},
        {"code": 2001, "data": {"workId": "w1"}},
        {"code": 2001, "data": {"uuid": UUID}},
        {"code": 2001, "data": {"status": "queued"}},
        {"code": 2001, "data": {"state": "In progress"}},
        {"code": 2001, "status": "accepted"},
        {"code": 4001, "data": {"status": "failed", "error": "Insufficient credits"}},
        {"code": 2001, "data": {"progress": 0}},
        {"code": 2001, "data": {"progress": "0%"}},
        {"code": 2001, "data": {"video_url": "https://c/v.mp4"}},
        {"code": 2001, "error": {"data": {"id": "a8f3e21c"}}},
        {"code": 2001, "data": json.dumps({"id": "a8f3e21c"})},
        {"code": 2001, "data": json.dumps(json.dumps({"id": "a8f3e21c"}))},
        [{"code": 2001}, {"code": 200, "data": {"id": "a8f3e21c"}}],
        json.dumps({"code": 2001, "data": {"id": "a8f3e21c"}}),
        b'{"code":200,"data":{"id":"a8f3e21c"},"code":2001,"data":null}',
        b'{"code":2001,"data":{"task_id":"a8',
        b'{"code":2001,"data":{"task_id":',
        b'{"code":2001',
        b"{'code':2001}",
        b'data: {"id":"a8f3e21c"}\n\n',
        b"code=2001&id=a8f3e21c",
        b"<Error><id>a8f3e21c</id></Error>",
        b"<pre>{&quot;id&quot;:&quot;a8f3e21c&quot;}</pre>",
        UUID.encode(),
        json.dumps(UUID),
        b"a8f3e21c",
        base64.b64encode(b'{"code":200,"data":{"id":"a8f3e21c"}}'),
        b"<r><status>queued</status></r>",
        b"status=processing",
        {"code": 2001, "status": 200},
        {"code": "queued"},
        {"code": 2001, "data": {"code": 200}},
        {"code": 2001, "data": {"ref": UUID}},
        {"code": 2001, "data": {"taskNo": "a8f3e21c"}},
        {"code": 2001, "active_task": "a8f3e21c"},
        {"code": 2001, "data": {"created_at": "2026-11-29T02:10:11Z"}},
        {"code": 2001, "creditsUsed": 100},
        gzip.compress(b'{"code":2001}', mtime=0)[2:],
        zlib.compress(b"busy")[1:],
        b"\x8b\x01\x80busy",
        b" " * ANSWER_LIMIT,
    ],
)
@pytest.mark.parametrize("status", [429, 400])
def test_a_refusal_with_a_sign_of_a_task_is_in_doubt(body: object, status: int) -> None:
    assert doubt_about(refusal(body, status)).endswith(".")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Task": "task_0001"},
        {"X-Task": UUID},
        {"X-Debug": "task_0001"},
        {"X-Job-Id": "j17"},
        {"X-Video-Id": "17"},
        {"Link": "</api/v1/tasks/a8f3e21c>; rel=monitor"},
    ],
)
def test_headers_that_hint_at_a_task_are_a_doubt(headers: dict[str, str]) -> None:
    assert doubt_about(refusal({"code": 2001}, 429, headers)) != ""


def test_a_refusal_that_goes_on_or_has_another_status_is_in_doubt() -> None:
    plain = {"code": 2001, "msg": "Rate limit exceeded"}
    assert doubt_about(refusal(plain, surplus=b"HTTP/1.1 200 OK")) != ""
    for status in (201, 202, 302):
        assert doubt_about(refusal(plain, status)) != ""


def test_a_refusal_that_is_too_deep_is_in_doubt() -> None:
    deep: object = {"id": "a8f3e21c"}
    for _ in range(50):
        deep = {"more": deep}
    assert doubt_about(refusal({"code": 2001, "data": deep})) != ""
