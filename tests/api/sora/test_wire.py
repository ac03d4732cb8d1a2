"""The wire format: requests are exact, and every unusual answer is read or raises a ServiceError."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace
from decimal import Decimal

import pytest
from builders import an_image

from sora_desktop.api.errors import (
    BadAnswer,
    DailyLimit,
    InsufficientBalance,
    KeyRejected,
    NoSlot,
    NotFound,
    Refused,
    ServiceError,
    TooBusy,
)
from sora_desktop.api.http.answer import (
    ANSWER_LIMIT,
    RAW_LIMIT,
    HttpAnswer,
    answer_of,
    headers_text,
    raw_text,
    without_key,
)
from sora_desktop.api.service import ObservedLimits, TaskReport, TaskState
from sora_desktop.api.sora import wire
from sora_desktop.api.sora.envelope import data_of
from sora_desktop.api.sora.error_codes import Overloaded
from sora_desktop.api.sora.refusals import doubt_about
from sora_desktop.api.sora.task_ids import NOTABLE, new_task_in_text
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest

KEY = "sk_live_0123456789abcdef"
IMAGE = an_image()
#: The date of an answer, and a reset 40 s later in unix seconds.
DATE, RESETS = "Wed, 21 Oct 2026 07:28:00 GMT", 1792567680.0 + 40
TEXT = VideoRequest("A cat", "blur", "sora2", "9:16", 10, "high")


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> HttpAnswer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status, headers or {}, content)


def error_of(status: int, body: object, headers: dict[str, str] | None = None) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        data_of(answer(status, body, headers), KEY)
    return caught.value


def report_in(data: object) -> TaskReport:
    return wire.task_report_in(data, RemoteId("task_1"))


# Requests


@pytest.mark.parametrize(
    ("request_", "url", "path", "body"),
    [
        (
            TEXT,
            None,
            "/sora2/text-to-video",
            {"prompt": "A cat", "negativePrompt": "blur", "aspectRatio": "9:16", "duration": 10, "quality": "high"},
        ),
        (
            VideoRequest("A cat", "  ", "sora2-pro"),
            None,
            "/sora2-pro/text-to-video",
            {"prompt": "A cat", "aspectRatio": "16:9", "duration": 5, "quality": "standard"},
        ),
        (
            VideoRequest("", image=IMAGE),
            "https://c/i.png",
            "/sora2/image-to-video",
            {"aspectRatio": "16:9", "imageUrl": "https://c/i.png"},
        ),
        (
            VideoRequest("\u200b", "\ufeff", image=IMAGE),
            "https://c/i.png",
            "/sora2/image-to-video",
            {"aspectRatio": "16:9", "imageUrl": "https://c/i.png"},
        ),
        (
            replace(TEXT, image=IMAGE),
            "https://c/i.png",
            "/sora2/image-to-video",
            {
                "prompt": "A cat",
                "negativePrompt": "blur",
                "aspectRatio": "9:16",
                "duration": 10,
                "quality": "high",
                "imageUrl": "https://c/i.png",
            },
        ),
        (
            VideoRequest("Go", model="sora2-pro", image=IMAGE),
            "https://c/i.png",
            "/sora2-pro/image-to-video",
            {
                "prompt": "Go",
                "aspectRatio": "16:9",
                "duration": 5,
                "quality": "standard",
                "imageUrl": "https://c/i.png",
            },
        ),
    ],
)
def test_a_create_contains_only_documented_fields(
    request_: VideoRequest, url: str | None, path: str, body: dict[str, object]
) -> None:
    assert wire.create_path(request_) == path
    assert wire.create_body(request_, url) == body


def test_a_body_with_half_a_character_is_valid_utf_8() -> None:
    assert json.loads(wire.encode_body({"prompt": "Möwe 🐦 \ud83d!"})) == {"prompt": "Möwe 🐦 ?!"}


# The envelope


@pytest.mark.parametrize("code", [200, "200", 200.0, " 200 "])
@pytest.mark.parametrize("status", [200, 201])
def test_data_of_a_good_answer_is_returned(code: object, status: int) -> None:
    assert data_of(answer(status, {"code": code, "msg": "success", "data": {"a": 1}})) == {"a": 1}


def test_null_data_is_returned() -> None:
    assert data_of(answer(200, {"code": 200, "data": None})) is None


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf{"code": 200, "data": 7}',  # a byte order mark
        b'{"code": 200, "msg": "caf\xe9", "data": 7}',  # Latin-1 in a text
        b'{"code": 200, "progress": 1e999, "data": 7}',  # a number that does not fit
        b'{"code": 200, "x": NaN, "data": 7}',
        b'{"code": 200, "x": "\\ud800", "data": 7}',  # half a character
    ],
)
def test_irrelevant_flaws_do_not_hide_the_task_id(content: bytes) -> None:
    assert data_of(answer(200, content)) == 7


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        # documented codes decide, whatever the status
        (401, {"code": 1001}, KeyRejected, "1001"),
        (200, {"code": "1002"}, KeyRejected, "1002"),
        (500, {"code": 1003}, KeyRejected, "1003"),
        (403, {"code": 1004}, KeyRejected, "1004"),
        (429, {"code": 2001, "retryAfter": 7}, TooBusy, "2001"),
        (200, {"code": 2001}, TooBusy, "2001"),
        (429, {"code": 2002}, NoSlot, "2002"),
        (429, {"code": 2003}, DailyLimit, "2003"),
        (402, {"code": 3001}, InsufficientBalance, "3001"),
        (200, {"code": 3001}, InsufficientBalance, "3001"),
        # a status in `code`
        (200, {"code": 401, "msg": "Unauthorized"}, KeyRejected, "401"),
        (401, {"code": 4010}, KeyRejected, "4010"),
        (200, {"code": 402}, InsufficientBalance, "402"),
        (200, {"code": 404, "msg": "Task not found"}, NotFound, "404"),
        (200, {"code": 429}, TooBusy, "429"),
        (200, {"code": 500, "error": "Internal error"}, BadAnswer, "500"),
        (200, {"code": 503}, Overloaded, "503"),
        # a status alone
        (401, b"<html>", KeyRejected, ""),
        (402, {}, InsufficientBalance, ""),
        (429, b"slow down", TooBusy, ""),
        (400, {"error": "Prompt is missing"}, Refused, "400"),
        (403, b"<html>", Refused, "403"),
        (405, b"", Refused, "405"),
        (413, b"", Refused, "413"),
        (422, {"detail": []}, Refused, "422"),
        (404, {"code": 404, "msg": "Task not found"}, NotFound, "404"),
        (404, {"code": 4004, "msg": "Task not found"}, NotFound, "4004"),
        (404, b"<html>nginx</html>", Refused, "404"),  # not the service's own word about the task
        (404, {"detail": "Not Found"}, Refused, "404"),
        # unclear whether it was carried out
        (500, b"<html>", BadAnswer, "500"),
        (502, b"", BadAnswer, "502"),
        (503, b"<html>", Overloaded, "503"),
        (504, {"code": 504}, BadAnswer, "504"),
        (599, b"", BadAnswer, "599"),
        (408, b"", BadAnswer, "408"),
        (409, {"code": 409}, BadAnswer, "409"),
        (425, b"", BadAnswer, "425"),
        (499, b"", BadAnswer, "499"),
        (302, b"", BadAnswer, ""),
        (200, b"", BadAnswer, ""),
        (200, b"<html>", BadAnswer, ""),
        (200, b'{"code": 200, "data": {"task_', BadAnswer, ""),
        (200, b"[" * 100_000, BadAnswer, ""),
        (200, b'{"code": ' + b"1" * 5000 + b"}", BadAnswer, ""),
        (200, [], BadAnswer, ""),
        (200, {}, BadAnswer, ""),
        (200, {"code": None}, BadAnswer, ""),
        (200, {"code": True, "data": {}}, BadAnswer, ""),
        (200, {"code": 0, "data": {"task_id": "t"}}, BadAnswer, "0"),
        (200, {"code": 5001, "msg": "Engine failed"}, BadAnswer, "5001"),
        (400, {"code": 5001, "msg": "Engine failed"}, BadAnswer, "5001"),
        (200, {"code": 9999}, BadAnswer, "9999"),
        # other codes of the service's own
        (200, {"code": 4001, "msg": "Prompt too long"}, Refused, "4001"),
        (400, {"code": 4001, "msg": "Prompt too long"}, Refused, "4001"),
        (400, {"code": 200, "msg": "odd"}, Refused, "400"),
        (500, {"code": 200, "data": {}}, BadAnswer, "500"),
    ],
)
def test_an_answer_without_data_raises_its_error(
    status: int, body: object, kind: type[ServiceError], code: str
) -> None:
    error = error_of(status, body)
    assert type(error) is kind
    assert error.code == code
    assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"code": 2001, "retryAfter": 7}, {}, 7.0),
        ({"code": 2001, "retry_after": "7"}, {}, 7.0),
        ({"code": 2001, "data": {"retryAfter": 7}}, {}, 7.0),
        ({"code": 2001}, {"Retry-After": "9"}, 9.0),
        ({"code": 2001, "retryAfter": None}, {"Retry-After": "9"}, 9.0),
        ({"code": 2001, "retryAfter": "soon"}, {}, None),
        ({"code": 2001, "retryAfter": -5}, {}, None),  # would hammer
        ({"code": 2001, "retryAfter": 3600}, {}, 900.0),
        ({"code": 2001, "retryAfter": 30_000}, {}, 900.0),  # perhaps milliseconds
        ({"code": 2001, "retryAfter": 1e12}, {"Retry-After": "9"}, 9.0),
        ({"code": 2001, "retryAfter": "NaN"}, {}, None),
        ({"code": 2001}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),  # our own clock may be wrong
        ({"code": 2001}, {"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": DATE}, 30.0),
        ({"code": 2001}, {"Retry-After": "Wed, 21 Oct 2026 07:27:00 GMT", "Date": DATE}, None),
        ({"code": 2001}, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT", "Date": DATE}, None),
        ({"code": 2001, "retryAfter": 1792567680 + 20}, {"Date": DATE}, 20.0),
        ({"code": 2001, "retryAfter": (1792567680 + 20) * 1000}, {"Date": DATE}, 20.0),
    ],
)
def test_retry_after_is_read_from_each_place(body: object, headers: dict[str, str], seconds: float | None) -> None:
    error = error_of(429, body, headers)
    assert isinstance(error, TooBusy) and error.retry_after == seconds


@pytest.mark.parametrize("word", ["content_policy_violation", "Moderation blocked", "prompt is UNSAFE"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_policy_refusal_is_recognized(word: str, status: int) -> None:
    error = error_of(status, {"code": 4003, "msg": word})
    assert isinstance(error, Refused) and error.by_policy
    assert str(error).startswith("Rejected by content policy")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"msg": "The moderation backend timed out."}),
        (502, {"error": "moderation: upstream reset"}),
        (200, {"code": 500, "msg": "The moderation backend timed out."}),
        (500, {"code": 500, "msg": "The moderation backend timed out."}),
        (200, {"code": 5003, "msg": "Moderation is down."}),
    ],
)
def test_an_internal_error_is_no_refusal_even_with_policy_words(status: int, body: object) -> None:
    """A create that ends like this may have been charged."""
    assert isinstance(error_of(status, body), BadAnswer)


def test_a_textual_code_is_kept() -> None:
    error = error_of(400, {"code": "content_policy_violation", "error": "No."})
    assert isinstance(error, Refused) and error.by_policy and error.code == "content_policy_violation"


def test_the_key_is_removed_from_the_services_message() -> None:
    error = error_of(401, {"code": 1001, "msg": f"Key {KEY} is revoked"})
    assert KEY not in str(error) and "[key]" in str(error)


def test_the_key_is_removed_in_every_spelling() -> None:
    odd = 'sk/a"b+c'
    assert without_key(odd, f"{odd} {json.dumps(odd)} sk%2Fa%22b%2Bc") == '[key] "[key]" [key]'


def test_no_part_of_a_key_remains_where_the_text_is_cut() -> None:
    for before in range(1960, 2010):
        assert KEY[:4] not in raw_text(b"." * before + KEY.encode() + b"." * 100, KEY)


def test_a_raw_answer_is_shortened() -> None:
    assert len(raw_text(b"x" * 1_000_000, KEY)) == 2000


@pytest.mark.parametrize("length", [6, 12, len(KEY) - 1, len(KEY)])
def test_a_key_that_is_cut_is_removed_from_the_end(length: int) -> None:
    assert raw_text(f"Bearer {KEY[:length]}".encode(), KEY) == "Bearer [key]"
    assert raw_text(f"{KEY[:length]}.".encode(), KEY) == ("[key]." if length == len(KEY) else f"{KEY[:length]}.")


def test_headers_are_kept_without_what_is_private() -> None:
    headers = {
        "Date": "Mon, 30 Nov 2026 00:00:00 GMT",
        "Set-Cookie": "session=abc; Path=/",
        "X-Api-Key": "other",
        "X-Auth-Token": "abc",
        "CF-Connecting-IP": "203.0.113.7",
        "CF-IPCountry": "DE",
        "X-Forwarded-For": "203.0.113.7",
        "X-Request-Id": "req_1",
        "Content-Description": "zip",
        "X-Echo": f"Bearer {KEY}\x00\n",
        "X-Long": "x" * 400,
    }
    lines = headers_text(headers, KEY).splitlines()
    assert lines[:9] == [
        "Date: Mon, 30 Nov 2026 00:00:00 GMT",
        *(f"{name}: [removed]" for name in list(headers)[1:7]),
        "X-Request-Id: req_1",
        "Content-Description: zip",
    ]
    assert lines[9] == "X-Echo: Bearer [key]  " and len(lines[10]) == len("X-Long: ") + 300
    assert headers_text({"X-Odd": "1", "X-Task-Id": "task_1"}, KEY, NOTABLE) == "X-Task-Id: task_1\nX-Odd: 1"
    many = headers_text({f"X-{n}": "y" * 100 for n in range(100)}, KEY)
    assert 1300 < len(many) <= 1500 and many.splitlines()[-1].endswith("y" * 100)


def decompressed(received: bytes, headers: dict[str, str]) -> bytes:
    return answer_of(200, headers, received).content


def test_a_compressed_answer_is_read_up_to_its_damage() -> None:
    content = json.dumps({"data": ["x" * n for n in range(200)]}).encode()
    packed = gzip.compress(content)
    for damaged in (packed, packed[:-8], packed[:-8] + bytes(8), packed + b"more"):
        assert decompressed(damaged, {"Content-Encoding": "gzip"}) == content
    assert decompressed(packed + gzip.compress(b"more"), {}) == content + b"more"
    cut = decompressed(packed[: len(packed) // 2] + b"\xff" * 100, {"Content-Encoding": "gzip"})
    assert len(cut) > 20 and content.startswith(cut[:20])
    assert decompressed(b"no gzip", {"Content-Encoding": "gzip"}) == b"no gzip"
    bomb = gzip.compress(bytes(50_000_000))
    assert len(decompressed(bomb, {"Content-Encoding": "gzip"})) == ANSWER_LIMIT


@pytest.mark.parametrize("label", [None, "br", "identity, gzip", "gzip, gzip", "deflate", "GZIP"])
def test_the_bytes_show_their_compression_whatever_the_label(label: str | None) -> None:
    content = b'{"code": 200, "data": {"task_id": "task_1"}}'
    headers = {} if label is None else {"Content-Encoding": label}
    for packed in (gzip.compress(content), gzip.compress(gzip.compress(content)), zlib.compress(content)):
        assert decompressed(packed, headers) == content
    assert decompressed(content, headers) == content
    if label != "deflate":  # there, it is taken for damaged zlib
        assert decompressed(b"x^2 is no zlib", headers) == b"x^2 is no zlib"


WHOLE = b'{"code": 4001, "msg": "Not allowed"}'
PAGE = b"<html>Blocked by the gateway of the service</html>"


@pytest.mark.parametrize(
    ("label", "received", "unread"),
    [
        ("", PAGE, ""),
        ("identity", PAGE, ""),
        ("gzip", gzip.compress(PAGE, mtime=0), ""),
        ("X-GZIP", gzip.compress(PAGE, mtime=0), ""),
        ("deflate, gzip", gzip.compress(zlib.compress(PAGE), mtime=0), ""),
        ("", gzip.compress(PAGE, mtime=0), ""),
        ("br", WHOLE, ""),  # mislabeled, and readable beyond doubt
        ("gzip", WHOLE, ""),
        ("br", b"", ""),
        ("br", b"\x1b\x0f\x00text", "br"),
        ("br", PAGE, "br"),
        ("zstd", b"\x28\xb5\x2f\xfd" + PAGE, "zstd"),
        ("br, gzip", gzip.compress(b"\x1b\x0f\x00text", mtime=0), "br"),
        ("gzip", gzip.compress(PAGE, mtime=0)[:-9], "gzip"),
        ("gzip", gzip.compress(PAGE, mtime=0) + b"more", "gzip"),
        ("", gzip.compress(PAGE, mtime=0)[:-9], "gzip"),
        ("gzip", PAGE, "gzip"),
        ("deflate", zlib.compress(PAGE)[:-9], "deflate"),
    ],
)
def test_an_answer_says_which_encoding_could_not_be_removed(label: str, received: bytes, unread: str) -> None:
    answer = answer_of(403, {"Content-Encoding": label} if label else {}, received)
    assert answer.unread == unread
    assert doubt_about(answer) == ("The answer cannot be read." if unread else "")


def test_raw_deflate_is_read_where_it_is_announced() -> None:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(b"content") + packer.flush()
    assert decompressed(packed, {"Content-Encoding": "br, deflate"}) == b"content"
    assert decompressed(packed, {}) == packed


def test_bytes_that_are_no_text_are_escaped_in_a_report() -> None:
    assert raw_text(b"\x1f\x8b\x00caf\xe9\n", KEY) == "\\x1f\\x8b\\x00caf\\xe9\n"
    assert raw_text('{"task_id": "é"}'.encode("utf-16"), KEY) == '{"task_id": "é"}'


@pytest.mark.parametrize("before", [0, 1100, 1200, 1300, 1900, 1990, 2500, 5000, 900_000])
@pytest.mark.parametrize("after", [0, 60, 300, 5000])
def test_what_is_around_a_mention_is_kept_of_a_long_answer(before: int, after: int) -> None:
    content = f"<html>{'x' * before} your task_id: q7f3e21c-9 is in work {KEY} {'é' * after}</html>".encode()
    text = raw_text(content, KEY, NOTABLE)
    assert "task_id: q7f3e21c-9 is in work" in text and len(text.encode()) <= RAW_LIMIT and KEY[:4] not in text
    assert text.startswith(f"<html>{'x' * min(before, 1000)}")


def test_no_id_is_made_of_the_pieces_of_a_long_answer() -> None:
    for before in range(1150, 1250):
        content = b"[" + b" " * before + b'{"task_id":123456789},"' + b"y" * 3000 + b'",{"task_id":123456789}'
        assert new_task_in_text(raw_text(content, KEY, NOTABLE)) in (None, "123456789")


# What a good answer carries


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", TaskState.PENDING),
        ("queued", TaskState.PENDING),
        ("processing", TaskState.PROCESSING),
        ("in_progress", TaskState.PROCESSING),
        (" Completed ", TaskState.COMPLETED),
        ("failed", TaskState.FAILED),
        ("cancelled", TaskState.FAILED),
        ("expired", TaskState.FAILED),
        ("deleted", TaskState.FAILED),
        ("reticulating", TaskState.UNKNOWN),
        ("", TaskState.UNKNOWN),
        (None, TaskState.UNKNOWN),
        (3, TaskState.UNKNOWN),
        (["completed"], TaskState.UNKNOWN),
    ],
)
def test_a_status_becomes_a_task_state(status: object, state: TaskState) -> None:
    assert report_in({"status": status}).state is state


@pytest.mark.parametrize("word", ["success", "Done", "finished", "ready", "complete"])
def test_some_states_are_an_end_only_with_a_video(word: str) -> None:
    assert report_in({"status": word}).state is TaskState.UNKNOWN
    report = report_in({"status": word, "video_url": "https://c/v.mp4"})
    assert report.state is TaskState.COMPLETED and report.has_ended


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("task_1", {}),
        ("task_1", {"task_id": None}),
        ("task_1", {"task_id": "", "id": None}),
        ("task_1", {"task_id": " task_1 "}),
        ("task_1", {"task_id": ["task_1"]}),
        ("task_1", {"taskId": "task_1", "id": 17}),
        ("task_1", {"task_id": {"no": "id"}}),
        ("42", {"task_id": 42}),
        ("42", {"id": "42"}),
        ("task_0002", {"id": 17}),
        ("task_0002", {"id": "rec_17"}),
        ("task_0002", {"id": "7d3f21c0-11aa-4c1e-8a2b-0123456789ab"}),
        ("7d3f21c0-11aa-4c1e-8a2b-0123456789ab", {"id": "17"}),
        ("a8f3e21c", {"id": 17}),
    ],
)
def test_a_report_of_the_task_that_was_asked_for_is_believed(asked: str, ids: dict[str, object]) -> None:
    assert wire.task_report_in({"status": "failed", **ids}, RemoteId(asked)).state is TaskState.FAILED


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("task_0002", {"task_id": "task_9999"}),
        ("task_0002", {"task_id": "task_0002x"}),
        ("task_0002", {"task_id": "TASK_0002"}),
        ("task_0002", {"task_id": 2}),
        ("task_0002", {"taskId": "task_0001", "id": "task_0002"}),
        ("task_0002", {"id": "task_0001"}),
        ("42", {"task_id": 43}),
        ("42", {"id": 43}),
        ("a8f3e21c", {"id": "b8f3e21c"}),
        ("a8f3e21c", {"id": "task_0001"}),
        ("7d3f21c0-11aa-4c1e-8a2b-0123456789ab", {"id": "ad3f21c0-11aa-4c1e-8a2b-0123456789ab"}),
    ],
)
def test_a_report_of_another_task_is_not_believed(asked: str, ids: dict[str, object]) -> None:
    for status in ("failed", "completed", "processing"):
        with pytest.raises(BadAnswer, match="another task"):
            wire.task_report_in({"status": status, "video_url": "https://c/v.mp4", **ids}, RemoteId(asked))


@pytest.mark.parametrize(
    ("progress", "percent"),
    [
        (0, 0),
        (45, 45),
        ("45", 45),
        ("45 %", 45),
        (45.9, 45),
        (250, 100),
        (-3, 0),
        (None, None),
        ("soon", None),
        (True, None),
        ([], None),
        (float("nan"), None),
        (float("inf"), None),
        pytest.param(10**400, None, id="huge"),
    ],
)
def test_progress_is_clamped(progress: object, percent: int | None) -> None:
    assert report_in({"status": "processing", "progress": progress}).percent == percent


@pytest.mark.parametrize(
    ("data", "reason", "code", "by_policy"),
    [
        ({}, "", "", False),
        ({"error": "Out of GPUs"}, "Out of GPUs", "", False),
        ({"error": "no_capacity"}, "no_capacity", "no_capacity", False),
        ({"error_message": "It broke", "error_code": 77}, "It broke", "77", False),
        ({"failure_reason": "It\nbroke\x00 twice"}, "It broke twice", "", False),
        ({"msg": "success", "reason": "It broke"}, "It broke", "", False),
        ({"error": {"code": "E7", "message": "It broke"}}, "It broke", "E7", False),
        ({"error": {"code": 7, "message": None, "msg": "It broke"}}, "It broke", "7", False),
        (
            {"error": {"code": "content_policy_violation", "message": "Shows a face"}},
            "Rejected by content policy. Shows a face",
            "content_policy_violation",
            True,
        ),
        ({"error": "moderation_blocked"}, "Rejected by content policy.", "moderation_blocked", True),
        ({"failure_reason": "prompt_unsafe"}, "Rejected by content policy.", "", True),
    ],
)
def test_the_reason_of_a_failed_task_is_read(data: dict[str, object], reason: str, code: str, by_policy: bool) -> None:
    report = report_in({"status": "failed", **data})
    assert (report.reason, report.code, report.by_policy) == (reason, code, by_policy)


def test_an_ended_task_without_a_reason_gets_one_from_its_status() -> None:
    assert report_in({"status": "Expired"}).reason == "The service says that the task was expired."


def test_urls_are_returned_unchanged() -> None:
    report = report_in({"status": "completed", "video_url": None, "videoUrl": " /v.mp4 ", "thumbnail_url": 3})
    assert (report.video_url, report.thumbnail_url) == ("/v.mp4", "")


@pytest.mark.parametrize("data", [None, "completed", [], 3])
def test_data_that_is_no_task_is_rejected(data: object) -> None:
    with pytest.raises(BadAnswer):
        report_in(data)


@pytest.mark.parametrize(
    ("data", "credits"),
    [
        (1240, "1240"),
        ("1,240", "1240"),
        ("-1,234,567.5", "-1234567.5"),
        (12.5, "12.5"),
        ({"credits": 7}, "7"),
        ({"balance": "7"}, "7"),
        ({"remaining": 0}, "0"),
        ({"credits": None, "remaining_credits": 7}, "7"),
        ({"credits": {"remaining": 7}}, "7"),
        (-3, "-3"),
    ],
)
def test_a_balance_is_found(data: object, credits: str) -> None:
    assert wire.balance_in(data) == Decimal(credits)


@pytest.mark.parametrize(
    "data",
    [
        None,
        True,
        {},
        [],
        "many",
        "NaN",
        "Infinity",
        1e300,
        pytest.param(10**5000, id="huge"),
        {"credits": []},
        "",
        "1,5",
        "1.200,50",
    ],
)
def test_a_missing_balance_is_rejected(data: object) -> None:
    with pytest.raises(BadAnswer):
        wire.balance_in(data)


@pytest.mark.parametrize(
    "data",
    ["https://c/i.png", {"url": "https://c/i.png"}, {"imageUrl": " https://c/i.png "}, {"file_url": "https://c/i.png"}],
)
def test_an_uploads_url_is_found(data: object) -> None:
    assert wire.image_url_in(data) == "https://c/i.png"


@pytest.mark.parametrize("data", [None, "", {}, {"url": ""}, {"url": 3}, "upload complete", []])
def test_an_upload_without_a_url_is_rejected(data: object) -> None:
    with pytest.raises(BadAnswer):
        wire.image_url_in(data)


def test_limits_are_read_and_invalid_headers_ignored() -> None:
    full = {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1800000000.5",
        "X-Concurrent-Limit": "3",
        "X-Concurrent-Active": "2",
    }
    assert wire.limits_in(full) == ObservedLimits(20, 0, 1800000000.5, 3, 2)
    assert wire.limits_in(dict.fromkeys(full, "20, 20")) == ObservedLimits()
    assert wire.limits_in({}) == ObservedLimits()


@pytest.mark.parametrize(
    "reset",
    [
        "1792567720",
        "1792567720.0",
        "1792567720000",
        "1792567720000000",
        "1792567720000000000",
        "Wed, 21 Oct 2026 07:28:40 GMT",
        "2026-10-21T07:28:40Z",
        "2026-10-21T09:28:40+02:00",
    ],
)
def test_a_reset_is_measured_from_the_answers_own_date(reset: str) -> None:
    limits = wire.limits_in({"X-RateLimit-Reset": reset, "Date": DATE})
    assert limits == ObservedLimits(reset_at=RESETS, date=RESETS - 40, reset_in=40.0)
    assert wire.limits_in({"X-RateLimit-Reset": reset}) == ObservedLimits(reset_at=RESETS)


@pytest.mark.parametrize("seconds", ["30", "0", "59.5", "86400"])
def test_a_reset_in_seconds_from_now_needs_no_date(seconds: str) -> None:
    assert wire.limits_in({"X-RateLimit-Reset": seconds}) == ObservedLimits(reset_in=float(seconds))


@pytest.mark.parametrize("absurd", ["-1", "-1792567720", "1e18", "1e30", "NaN", "inf", "soon", "", "999999", "9e9"])
def test_an_absurd_reset_is_ignored(absurd: str) -> None:
    assert wire.limits_in({"X-RateLimit-Reset": absurd, "Date": DATE}) == ObservedLimits(date=RESETS - 40)


@pytest.mark.parametrize("absurd", ["-1", "1e18", "NaN", "9999999", "many"])
def test_an_absurd_limit_is_ignored(absurd: str) -> None:
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-Concurrent-Limit", "X-Concurrent-Active")
    assert wire.limits_in(dict.fromkeys(names, absurd)) == ObservedLimits()


@pytest.mark.parametrize("date", ["", "now", "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 21 Oct 99999 07:28:00 GMT", "12"])
def test_an_absurd_date_is_ignored(date: str) -> None:
    assert wire.limits_in({"Date": date}) == ObservedLimits()
