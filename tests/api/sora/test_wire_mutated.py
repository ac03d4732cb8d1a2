"""Generated and mutated answers: whatever is received, only ServiceErrors are raised."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sora_desktop.api.errors import BadAnswer, ServiceError
from sora_desktop.api.http.answer import RAW_LIMIT, HttpAnswer, raw_text
from sora_desktop.api.service import TaskReport
from sora_desktop.api.sora import wire
from sora_desktop.api.sora.envelope import data_of
from sora_desktop.api.sora.task_ids import ID_LIMIT, new_task_in
from sora_desktop.domain.job import RemoteId

KEY = "sk_live_0123456789abcdef"

#: The fields that the readers look for, so that mutations change what is read.
NAMES = [
    *(
        "code",
        "msg",
        "error",
        "data",
        "retryAfter",
        "retry_after",
        "task_id",
        "taskId",
        "id",
        "status",
        "state",
        "progress",
    ),
    *("video_url", "videoUrl", "thumbnail_url", "error_message", "error_code", "failure_reason", "message", "reason"),
    *("type", "url", "imageUrl", "image_url", "file_url", "credits", "balance", "remaining", "remaining_credits"),
]
WORDS = [
    "completed",
    "failed",
    "processing",
    "success",
    "200",
    "2001",
    "NaN",
    "1e999",
    KEY,
    "content_policy",
    "\ud800",
    "𝟗",
]

leaves = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, 200, 401, 429, 500, 1001, 2001, 2002, 2003, 3001, 4001, -1, 10**30, 0.5, 1e300])
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=20)
)
names = st.sampled_from(NAMES) | st.text(max_size=5)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6), max_leaves=12
)
envelopes = st.fixed_dictionaries({"code": st.sampled_from([200, "200", 200.0]) | leaves, "data": values})
statuses = st.sampled_from([200, 200, 200, 201, 302, 400, 401, 402, 403, 404, 408, 409, 429, 500, 503]) | st.integers(
    100, 999
)


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """JSON in the service's envelope with wrong values, and sometimes with damaged bytes."""
    content = json.dumps(draw(envelopes | values)).encode()
    harm = draw(st.integers(0, 5))
    if harm == 0:
        return content[: draw(st.integers(0, len(content)))]
    if harm == 1 and content:
        place = draw(st.integers(0, len(content) - 1))
        return content[:place] + draw(st.binary(max_size=4)) + content[place + 1 :]
    if harm == 2:
        return draw(st.binary(max_size=60))
    return content


headers = st.dictionaries(
    st.sampled_from(
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Concurrent-Active", "Retry-After"]
    ),
    st.sampled_from(["20", "-1", "1e400", "nan", "", "20, 20", "１２", "9" * 400]) | st.text(max_size=12),
)


def report_in(data: object) -> TaskReport:
    return wire.task_report_in(data, RemoteId("task_1"))


def read(answer: HttpAnswer, reader: Callable[[object], object]) -> object:
    """What a call does with an answer; None for a ServiceError, which must not contain the key."""
    try:
        return reader(data_of(answer, KEY))
    except ServiceError as error:
        assert str(error) and KEY not in f"{error} {error.code}"
        retry_after = getattr(error, "retry_after", None)
        assert retry_after is None or 0 < retry_after <= 86400
        return None


def check(status: int, content: bytes, headers_: dict[str, str]) -> None:
    answer = HttpAnswer(status, headers_, content)
    report = read(answer, report_in)
    if isinstance(report, TaskReport):
        assert report.percent is None or 0 <= report.percent <= 100
        f"{report}".encode()  # can be stored and shown
    balance = read(answer, wire.balance_in)
    assert balance is None or (isinstance(balance, Decimal) and balance.is_finite())
    with suppress(BadAnswer):
        id = new_task_in(answer)
        assert id is None or (id.isprintable() and id == id.strip() != "" and len(id) <= ID_LIMIT)
    url = read(answer, wire.image_url_in)
    assert url is None or (isinstance(url, str) and url)
    limits = wire.limits_in(headers_)
    assert limits.limit is None or isinstance(limits.limit, int)
    assert KEY not in raw_text(content, KEY) and len(raw_text(content, KEY)) <= RAW_LIMIT


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(statuses, contents(), headers)
def test_no_generated_answer_breaks_the_readers(status: int, content: bytes, headers_: dict[str, str]) -> None:
    check(status, content, headers_)


GOOD: tuple[object, ...] = (
    {"task_id": "task_1"},
    {"task_id": "task_1", "status": "processing", "progress": 45, "created_at": "2026-01-01T00:00:00Z"},
    {
        "task_id": "task_1",
        "status": "completed",
        "progress": 100,
        "video_url": "https://c/v.mp4",
        "thumbnail_url": "/t.jpg",
    },
    {"task_id": "task_1", "status": "failed", "error": {"code": "content_policy", "message": f"No {KEY}"}},
    {"credits": 1240},
    {"url": "https://c/i.png"},
)
ODD: tuple[object, ...] = (
    *(None, True, False, 0, -1, 200, 500, 2001, 10**30, 0.5, 1e300, float("nan"), "", "200", "1e999", "NaN", KEY),
    *("completed", "failed", "\ud800", "𝟗", "a\nb", [], {}, [[]], {"message": {}}, "x" * 3000),
)


def mutated(chance: random.Random) -> bytes:
    """A good answer with a few random changes."""
    answer: dict[str, object] = {"code": 200, "msg": "success", "data": copy.deepcopy(chance.choice(GOOD))}
    for _ in range(chance.randrange(4)):
        data = answer.get("data")
        place = data if isinstance(data, dict) and chance.random() < 0.7 else answer
        name = chance.choice(NAMES)
        if place and chance.random() < 0.6:
            name = chance.choice(list(place))
        if chance.random() < 0.2:
            place.pop(name, None)
        else:
            place[name] = copy.deepcopy(chance.choice(ODD))
    content = bytearray(json.dumps(answer).encode())
    if chance.random() < 0.3:
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
    if chance.random() < 0.1:
        del content[chance.randrange(len(content)) :]
    return bytes(content)


@pytest.mark.slow
def test_thirty_thousand_mutated_answers_do_not_break_the_readers() -> None:
    accepted = 0
    for seed in range(30_000):
        chance = random.Random(seed)
        content = mutated(chance)
        status = chance.choice((200, 200, 200, 200, 400, 404, 429, 500))
        try:
            check(status, content, {})
        except Exception as error:
            raise AssertionError(f"seed {seed}: {content!r}") from error
        accepted += read(HttpAnswer(status, {}, content), report_in) is not None
    assert 3_000 < accepted < 27_000  # else the mutations are all harmless or all fatal
