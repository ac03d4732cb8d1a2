"""Every call of SoraService over real HTTP, with every way it can end."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from api.scripted_server import (
    Answer,
    Connection,
    ScriptedServer,
    closed_port,
    good,
    hang_up,
    raw,
    reset,
    say,
    serving,
    stall,
)
from builders import an_image
from waiting import until

from sora_desktop.api.errors import (
    AnswerLost,
    BadAnswer,
    DailyLimit,
    InsufficientBalance,
    KeyRejected,
    NoSlot,
    NotFound,
    Refused,
    ServiceError,
    TooBusy,
    Unreachable,
)
from sora_desktop.api.http import patience
from sora_desktop.api.http.connections import Timeouts
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.service import ObservedLimits, TaskState
from sora_desktop.api.sora.capabilities import SANDBOX_CAPABILITIES
from sora_desktop.api.sora.service import SoraService
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import ReferenceImage, VideoRequest

KEY = "sk_live_0123456789abcdef"
REQUEST = VideoRequest("A cat plays")
TASK = RemoteId("task_1")
LONG = Timeouts(connect=10.0, answer=10.0, create=10.0, chunk=10.0)
#: For servers that never answer. Others get `LONG`: on a busy machine, any server may be slow.
SHORT = Timeouts(connect=0.5, answer=0.15, create=0.15, chunk=0.3)


class Bench:
    """A service client, its scripted server and the limits it observed."""

    def __init__(self, server: ScriptedServer, timeouts: Timeouts, key: str = KEY) -> None:
        self.server = server
        self.limits: list[ObservedLimits] = []
        self.time = 1_800_000_000.0
        self.service = SoraService(
            server.url,
            key,
            observe=self.limits.append,
            now=self._now,
            transport=ServiceTransport(timeouts),
        )

    def _now(self) -> float:
        self.time += 1.0
        return self.time


@asynccontextmanager
async def bench(*answers: Answer, timeouts: Timeouts = LONG, key: str = KEY) -> AsyncIterator[Bench]:
    with serving(*answers) as server:
        made = Bench(server, timeouts, key)
        try:
            yield made
        finally:
            await made.service.aclose()


@pytest.fixture
def image(tmp_path: Path) -> ReferenceImage:
    file = tmp_path / "copy.png"
    file.write_bytes(b"\x89PNG picture")
    return an_image(file, name='my "cat".png')


def timeouts_for(answer: Answer) -> Timeouts:
    """Short for a server that never answers, else long."""
    return SHORT if answer is stall else LONG


@pytest.fixture
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for an answer that never comes take less real time."""
    monkeypatch.setattr(patience, "STEP", 0.2)
    monkeypatch.setattr(patience, "LAST_STEP", 0.2)


async def until_asked(server: ScriptedServer) -> None:
    """Wait until the server has read the request: a call that timed out may have ended before."""
    await until(lambda: server.asked)


def cut_short(connection: Connection) -> None:
    raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b'{"code": 200, "data": {"task_id": "t')(connection)


def endless_headers(connection: Connection) -> None:
    raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000)(connection)


# Good answers


async def test_a_create_sends_key_and_body_once_and_returns_the_task_id() -> None:
    async with bench(good({"task_id": "task_1"})) as b:
        created = await b.service.create(VideoRequest("Möwe 🐦", model="sora2-pro"), None)
        assert created.remote_id == "task_1"
        (asked,) = b.server.asked
        assert (asked.method, asked.path) == ("POST", "/api/v1/sora2-pro/text-to-video")
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.headers["content-type"] == "application/json"
        assert json.loads(asked.body)["prompt"] == "Möwe 🐦"


async def test_a_poll_returns_a_report_with_the_raw_answer() -> None:
    async with bench(good({"status": "failed", "error": f"Key {KEY} was used up"})) as b:
        report = await b.service.poll(RemoteId("a/b c"))
        assert b.server.asked[0].path == "/api/v1/tasks/a%2Fb%20c"
        assert report.state is TaskState.FAILED and report.reason == "Key [key] was used up"
        assert report.exchange is not None
        assert '"status": "failed"' in report.exchange.answer and KEY not in report.exchange.answer


async def test_a_create_never_reuses_a_connection() -> None:
    stays = {"Connection": "keep-alive"}
    async with bench(good({"credits": 3}, stays), good({"task_id": "task_1"}, stays), good({"task_id": "2"})) as b:
        await b.service.balance()
        await b.service.create(REQUEST, None)
        await b.service.create(REQUEST, None)
        assert len({asked.port for asked in b.server.asked}) == 3
        assert [asked.headers["connection"] for asked in b.server.asked] == ["keep-alive", "close", "close"]


async def test_the_balance_is_read() -> None:
    async with bench(good({"credits": "1,240"})) as b:
        assert (await b.service.balance()).amount == Decimal(1240)


async def test_an_upload_sends_the_image_and_returns_its_url(image: ReferenceImage) -> None:
    async with bench(good({"url": "https://c/i.png"})) as b:
        assert (await b.service.upload(image)).url == "https://c/i.png"
        (asked,) = b.server.asked
        assert (asked.method, asked.path) == ("POST", "/api/v1/upload")
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert b'name="file"' in asked.body and b"\x89PNG picture" in asked.body


@pytest.mark.parametrize("name", ["photo.png", "IMG.HEIC", "noext", "x.jpg."])
async def test_an_upload_is_labeled_by_its_bytes(image: ReferenceImage, name: str) -> None:
    image.file.write_bytes(b"\xff\xd8\xff\xe0 pixels")
    async with bench(good({"url": "https://c/i.png"})) as b:
        await b.service.upload(replace(image, name=name))
        (asked,) = b.server.asked
        assert b'.jpg"\r\nContent-Type: image/jpeg\r\n' in asked.body
        assert b"\r\n\xff\xd8\xff\xe0 pixels\r\n" in asked.body


async def test_the_limits_of_each_answer_are_observed(image: ReferenceImage) -> None:
    headers = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "7"}
    async with bench(good({"url": "https://c/i.png", "credits": 3}, headers)) as b:
        await b.service.balance()
        await b.service.upload(image)
        assert b.limits == [ObservedLimits(20, 7), ObservedLimits(20, 7)]


async def test_the_limits_of_a_refusal_are_observed() -> None:
    async with bench(say(429, {"code": 2001}, {"X-RateLimit-Remaining": "0"})) as b:
        with pytest.raises(TooBusy):
            await b.service.balance()
        assert b.limits == [ObservedLimits(remaining=0)]


async def test_a_compressed_answer_is_decompressed() -> None:
    packed = gzip.compress(json.dumps({"code": 200, "data": 7}).encode())
    async with bench(say(200, packed, {"Content-Encoding": "gzip"})) as b:
        assert (await b.service.balance()).amount == Decimal(7)


@pytest.mark.parametrize("status", [200, 201, 400, 401, 402, 403, 404, 429, 500, 503])
async def test_a_create_whose_answer_cannot_be_decoded_has_an_unknown_outcome(status: int) -> None:
    for encoding, content in (
        ("br", b"\x1b\x2a\x00plain"),
        ("zstd", b"(\xb5/\xfdplain"),
        ("br", b"Blocked by a filter"),
    ):
        async with bench(say(status, content, {"Content-Encoding": encoding})) as b:
            with pytest.raises(AnswerLost, match=f"compressed.*{encoding}" if status < 400 else "no clear answer"):
                await b.service.create(REQUEST, None)


async def test_an_encoding_that_cannot_be_read_is_named(image: ReferenceImage) -> None:
    async with bench(say(200, b"\x1b\x2a\x00plain", {"Content-Encoding": "br"})) as b:
        for call in (b.service.balance(), b.service.poll(TASK), b.service.upload(image)):
            with pytest.raises((BadAnswer, Unreachable), match=r"compressed in a way that cannot be read \(br\)"):
                await call


async def test_a_seed_is_sent_only_where_the_capabilities_have_it() -> None:
    seeded = VideoRequest("A cat plays", seed=7)
    async with bench(good({"task_id": "task_1"})) as b:
        with pytest.raises(Refused, match="takes no seed"):
            await b.service.create(seeded, None)
        assert b.server.asked == []
    with serving(good({"task_id": "task_1"})) as server:
        service = SoraService(server.url, KEY, SANDBOX_CAPABILITIES)
        await service.create(seeded, None)
        await service.create(REQUEST, None)
        await service.aclose()
        first, second = (json.loads(asked.body) for asked in server.asked)
        assert first["seed"] == 7 and "seed" not in second


# Errors of a create


@pytest.mark.usefixtures("short_steps")
@pytest.mark.parametrize(
    "answer",
    [
        reset,
        hang_up,
        stall,
        cut_short,
        endless_headers,
        raw(b"garbage\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        say(200, b"not gzip", {"Content-Encoding": "gzip"}),
        say(200, b""),
        say(200, b"<html>Welcome</html>"),
        say(200, b'{"code": 200, "data": {"task_id": "t'),
        good(None),
        good({}),
        good({"task_id": ""}),
        good([]),
        say(200, b"x" * 3_000_000),
        say(202, {}),
        say(301, b"", {"Location": "/api/v1/sora2/text-to-video/"}),
        say(307, b"", {"Location": "/api/v1/sora2/text-to-video/"}),
        say(302, b"", {"Location": "data:,x"}),
        say(302, b"", {"Location": "http://[::bad/"}),
        say(408, b""),
        say(409, {"code": 409, "msg": "Conflict"}),
        say(425, b""),
        say(500, {"code": 500, "msg": "Internal error"}),
        say(500, b"<html>"),
        say(502, b"<html>"),
        say(503, {"code": 503}),
        say(504, b""),
        say(520, b""),
        say(200, {"code": 500, "error": "Something went wrong"}),
        say(200, {"code": 5003, "error": "Engine lost"}),
        say(200, {"error": "Something went wrong"}),
    ],
)
async def test_a_create_without_a_clear_answer_raises_answer_lost_and_is_not_repeated(answer: Answer) -> None:
    async with bench(answer, timeouts=timeouts_for(answer)) as b:
        with pytest.raises(AnswerLost) as caught:
            await b.service.create(REQUEST, None)
        await until_asked(b.server)
        assert len(b.server.asked) == 1
        assert "may have been charged" in str(caught.value)
        assert caught.value.exchange is not None and caught.value.exchange.path == "/sora2/text-to-video"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (say(400, {"code": 4001, "msg": "Prompt too long"}), Refused),
        (say(200, {"code": 4001, "msg": "Prompt too long"}), Refused),
        (say(400, {"error": "content_policy_violation"}), Refused),
        (say(401, {"code": 1001}), KeyRejected),
        (say(401, b"<html>"), KeyRejected),
        (say(200, {"code": 1003, "error": "Missing"}), KeyRejected),
        (say(402, {"code": 3001}), InsufficientBalance),
        (say(403, b"<html>"), Refused),
        (say(404, b"<html>"), Refused),
        (say(404, {"code": 404, "msg": "Not found"}), Refused),
        (say(405, b""), Refused),
        (say(413, b""), Refused),
        (say(422, {"detail": []}), Refused),
        (say(429, {"code": 2001, "retryAfter": 3}), TooBusy),
        (say(429, b"slow down"), TooBusy),
        (say(429, {"code": 2002}), NoSlot),
        (say(429, {"code": 2003}), DailyLimit),
    ],
)
async def test_a_refused_create_raises_its_own_error(answer: Answer, kind: type[ServiceError]) -> None:
    async with bench(answer) as b:
        with pytest.raises(kind) as caught:
            await b.service.create(REQUEST, None)
        assert type(caught.value) is kind
        assert caught.value.exchange is not None and caught.value.exchange.status is not None
        assert len(b.server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        say(200, {"code": 0, "data": {"task_id": "task_9"}}),
        say(200, {"task_id": "task_9"}),
        say(500, {"code": 500, "msg": "Logging failed", "data": {"task_id": "task_9"}}),
        say(504, {"task_id": "task_9"}),
    ],
)
async def test_a_task_id_in_an_undocumented_answer_is_kept(answer: Answer) -> None:
    async with bench(answer) as b:
        created = await b.service.create(REQUEST, None)
        assert created.remote_id == "task_9" and "task_9" in created.exchange.answer


def packed_raw(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


REFUSAL = b'{"code":2001}'
NAMED = b'{"code":200,"data":{"task_id":"task_9"}}'
CHUNKED_REFUSAL = b"HTTP/1.1 429 So\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n" + REFUSAL + b"\r\n0\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        say(429, gzip.compress(NAMED)),
        say(429, gzip.compress(NAMED), {"Content-Encoding": "br"}),
        say(429, gzip.compress(NAMED), {"Content-Encoding": "identity, gzip"}),
        say(429, gzip.compress(gzip.compress(NAMED)), {"Content-Encoding": "gzip, gzip"}),
        say(429, zlib.compress(NAMED)),
        say(429, packed_raw(NAMED), {"Content-Encoding": "deflate"}),
        say(429, NAMED.decode().encode("utf-16")),
        say(429, REFUSAL, {"X-Sora-Task-Id": "task_9"}),
        say(429, REFUSAL, {"Location": "/api/v1/tasks/task_9/status"}),
        raw(CHUNKED_REFUSAL + b"X-Task-Id: task_9\r\n\r\n"),
        raw(CHUNKED_REFUSAL + b"X-Odd: caf\xe9\r\nX-Task-Id: task_9\r\n\r\n"),
        raw(b"HTTP/1.1 2000 OK\r\nX-Odd: caf\xe9\r\n\r\n" + NAMED),
        raw(b"HTTP/1.1 103 Early Hints\r\n\r\n" + CHUNKED_REFUSAL + b"X-Task-Id: task_9\r\n\r\n"),
    ],
)
async def test_an_id_is_found_in_a_refusal_in_any_dress(answer: Answer) -> None:
    async with bench(answer) as b:
        created = await b.service.create(REQUEST, None)
        assert created.remote_id == "task_9"
        assert "task_9" in f"{created.exchange.answer}{created.exchange.headers}"


@pytest.mark.parametrize(
    "answer",
    [
        say(429, {"code": 200, "data": {"id": "7d3f21c0-11aa"}}),
        say(200, {"code": 2002, "data": {"tasks": [{"id": "7d3f21c0-11aa"}]}}),
        say(404, {"code": 404, "data": {"id": "7d3f21c0-11aa"}}),
        raw(CHUNKED_REFUSAL + b"\r\n" + NAMED),
        raw(b"HTTP/1.1 429 So\r\nContent-Length: 13\r\n\r\n" + REFUSAL + b'{"id":"7d3f"}'),
        say(429, b'{"code":2001,"pad":"' + b"x" * 2_000_000 + b'","task_id":"task_9"}'),
        say(429, b"\x8b\x01\x80busy", {"Content-Encoding": "br"}),
    ],
)
async def test_a_refusal_that_is_not_plain_leaves_the_outcome_open(answer: Answer) -> None:
    async with bench(answer) as b:
        with pytest.raises(AnswerLost, match="may have been charged") as caught:
            await b.service.create(REQUEST, None)
        assert caught.value.exchange is not None and len(b.server.asked) == 1


async def test_a_refusal_without_content_in_chunks_is_plain() -> None:
    async with bench(raw(b"HTTP/1.1 429 So\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) as b:
        with pytest.raises(TooBusy):
            await b.service.create(REQUEST, None)


async def test_a_mention_deep_in_a_long_answer_is_in_the_exchange() -> None:
    page = b"<html>" + b"x" * 50_000 + b" your task_id: q7f3e21c-9 is in work " + b"y" * 50_000
    async with bench(say(502, page)) as b:
        with pytest.raises(AnswerLost) as caught:
            await b.service.create(REQUEST, None)
        assert caught.value.exchange is not None and "task_id: q7f3e21c-9 is" in caught.value.exchange.answer


# Answers that arrive and end badly

ANSWER = json.dumps({"code": 200, "msg": "success", "data": {"task_id": "task_9"}}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def announced(content: bytes, length: int) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % length + content


def then(end: Answer, *pieces: bytes) -> Answer:
    """Sends the pieces, gives them time to arrive, then ends."""

    def answer(connection: Connection) -> None:
        for piece in pieces:
            connection.send(piece)
            connection.test_ended.wait(0.05)
        end(connection)

    return answer


PACKED = gzip.compress(ANSWER)


@pytest.mark.usefixtures("short_steps")
@pytest.mark.parametrize(
    "answer",
    [
        raw(CHUNKED + chunk(ANSWER)),
        raw(CHUNKED + chunk(ANSWER) + b"0\r\n"),
        raw(CHUNKED + chunk(ANSWER) + b"zz\r\n"),
        raw(CHUNKED + chunk(ANSWER[:20]) + chunk(ANSWER[20:])[:-2]),
        raw(announced(ANSWER, len(ANSWER) + 1)),
        raw(announced(ANSWER[:-2], len(ANSWER))),
        raw(announced(ANSWER, 20)),
        raw(announced(ANSWER, 0)),
        then(reset, announced(ANSWER, len(ANSWER) + 1)),
        then(reset, CHUNKED, chunk(ANSWER)),
        then(stall, announced(ANSWER, len(ANSWER) + 1)),
        then(stall, CHUNKED + chunk(ANSWER[:30]), chunk(ANSWER[30:])),
        say(200, PACKED[:-8] + bytes(8), {"Content-Encoding": "gzip"}),
        raw(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 999\r\n\r\n" + PACKED[:-8]),
        raw(b"HTTP/1.1 200 OK\r\nA header without its colon\r\n\r\n" + ANSWER),
        raw(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + ANSWER),
        raw(HEAD + b"Content-Length: many\r\n\r\n" + ANSWER),
        raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2000 OK\r\n\r\n" + ANSWER),
        raw(ANSWER),
        raw(HEAD + b"X-Task-Id: task_9\r\nContent-Length: 50\r\n\r\n"),
        raw(announced(ANSWER[: ANSWER.index(b"task_9") + 7], 900)),
        raw(b"HTTP/1.1 204 No Content\r\n\r\n" + ANSWER),
    ],
)
async def test_an_id_that_has_arrived_is_kept_however_the_answer_ends(answer: Answer) -> None:
    async with bench(answer, timeouts=Timeouts(connect=1.0, create=1.0)) as b:
        created = await b.service.create(REQUEST, None)
        assert created.remote_id == "task_9" and len(b.server.asked) == 1


@pytest.mark.parametrize("end", range(1, 8))
async def test_an_id_that_is_cut_leaves_the_outcome_open_and_is_in_the_exchange(end: int) -> None:
    cut = ANSWER[: ANSWER.index(b"task_9") + 7 - end]
    async with bench(raw(announced(cut, 900))) as b:
        with pytest.raises(AnswerLost) as caught:
            await b.service.create(REQUEST, None)
        exchange = caught.value.exchange
        assert exchange is not None and exchange.status == 200
        text, _, why = exchange.answer.partition("\n")
        assert text == cut.decode() and why.startswith("[The connection was lost before the answer was complete.")
        assert exchange.headers == "content-type: application/json\ncontent-length: 900"


async def test_a_status_without_a_body_is_in_the_exchange() -> None:
    async with bench(raw(b"HTTP/1.1 502 Bad\r\nX-Request-Id: r1\r\nContent-Length: 9\r\n\r\n")) as b:
        with pytest.raises(AnswerLost) as caught:
            await b.service.create(REQUEST, None)
        exchange = caught.value.exchange
        assert exchange is not None and (exchange.status, exchange.headers.splitlines()[0]) == (502, "x-request-id: r1")


async def test_bytes_without_a_status_are_in_the_exchange() -> None:
    async with bench(raw(f"garbage with {KEY} and {KEY[:9]}".encode())) as b:
        with pytest.raises(AnswerLost) as caught:
            await b.service.create(REQUEST, None)
        exchange = caught.value.exchange
        assert exchange is not None and exchange.status is None
        assert exchange.answer.startswith("garbage with [key] and [key]\n[The connection was lost")


async def test_a_cancelled_create_keeps_what_has_arrived() -> None:
    for content, remote_id in ((ANSWER, "task_9"), (ANSWER[:45], None)):
        async with bench(then(stall, CHUNKED + chunk(content))) as b:
            task = asyncio.create_task(b.service.create(REQUEST, None))
            await until_asked(b.server)
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            exchange = caught.value.exchange  # type: ignore[attr-defined]
            assert exchange.status == 200 and exchange.answer.startswith(content.decode())
            created = caught.value.created  # type: ignore[attr-defined]
            assert (None if created is None else created.remote_id) == remote_id


async def test_limits_that_cannot_be_noted_do_not_lose_the_answer() -> None:
    def fail(_: ObservedLimits) -> None:
        raise ZeroDivisionError

    with serving(good({"task_id": "task_9"})) as server:
        service = SoraService(server.url, KEY, observe=fail)
        assert (await service.create(REQUEST, None)).remote_id == "task_9"
        await service.aclose()


@pytest.mark.parametrize("code", [1001, 2001, 2002, 2003, 3001, 4001, 400, 401, 403, 404, 429, 500, 503])
async def test_a_refusal_that_names_a_task_is_an_accepted_create(code: int) -> None:
    refusal = {"code": code, "msg": "Refused", "data": {"task_id": "task_9"}}
    async with bench(say(code if code < 600 else 429, refusal, {"Retry-After": "3", "Set-Cookie": "s=1"})) as b:
        created = await b.service.create(REQUEST, None)
        assert created.remote_id == "task_9" and created.exchange.status == (code if code < 600 else 429)
        assert "retry-after: 3\nset-cookie: [removed]" in created.exchange.headers


async def test_a_refusal_that_names_several_tasks_leaves_the_outcome_open() -> None:
    running = {"code": 2002, "msg": "Too many tasks", "data": {"running": [{"task_id": "a"}, {"task_id": "b"}]}}
    async with bench(say(429, running)) as b:
        with pytest.raises(AnswerLost) as caught:
            await b.service.create(REQUEST, None)
        assert caught.value.exchange is not None and caught.value.exchange.status == 429


async def test_a_report_of_another_task_is_a_bad_answer() -> None:
    async with bench(good({"task_id": "task_9999", "status": "failed"})) as b:
        with pytest.raises(BadAnswer, match="another task") as caught:
            await b.service.poll(RemoteId("task_0002"))
        assert caught.value.exchange is not None and "task_9999" in caught.value.exchange.answer


async def test_a_create_that_was_not_sent_raises_unreachable() -> None:
    service = SoraService(f"http://127.0.0.1:{closed_port()}/api/v1", KEY)
    with pytest.raises(Unreachable):
        await service.create(REQUEST, None)
    await service.aclose()


async def test_a_host_that_cannot_be_looked_up_is_unreachable() -> None:
    service = SoraService("https://nobody.invalid/api/v1", KEY, transport=ServiceTransport(LONG))
    for call in (service.create(REQUEST, None), service.balance()):
        with pytest.raises(Unreachable):
            await call
    await service.aclose()


@pytest.mark.usefixtures("short_steps")
async def test_a_slow_answer_times_out() -> None:
    def drip(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not connection.test_ended.wait(0.02):
            connection.send(b" ")

    async with bench(drip, timeouts=Timeouts(connect=1.0, answer=0.2, create=0.2)) as b:
        calls = asyncio.gather(b.service.create(REQUEST, None), b.service.balance(), return_exceptions=True)
        assert [type(ending) for ending in await calls] == [AnswerLost, Unreachable]


async def test_the_client_works_after_a_cancelled_create() -> None:
    async with bench(stall, good({"credits": 5})) as b:
        task = asyncio.create_task(b.service.create(REQUEST, None))
        await until_asked(b.server)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await b.service.balance()).amount == 5
        assert [asked.method for asked in b.server.asked] == ["POST", "GET"]


# Errors of other calls


@pytest.mark.usefixtures("short_steps")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reset, Unreachable),
        (hang_up, Unreachable),
        (stall, Unreachable),
        (cut_short, Unreachable),
        (endless_headers, Unreachable),
        (raw(b"garbage\r\n\r\n"), Unreachable),
        (say(200, b"<html>"), BadAnswer),
        (say(200, b'{"code": 200, "data": {'), BadAnswer),
        (say(200, b"x" * 3_000_000), BadAnswer),
        (good(None), BadAnswer),
        (good("rubbish"), BadAnswer),
        (say(302, b"", {"Location": "/"}), BadAnswer),
        (say(408, b""), BadAnswer),
        (say(500, b"<html>"), BadAnswer),
        (say(502, b""), BadAnswer),
        (say(503, b"<html>", {"Retry-After": "4"}), TooBusy),
        (say(200, {"code": 500, "error": "Something went wrong"}), BadAnswer),
        (say(401, {"code": 1001}), KeyRejected),
        (say(404, {"code": 404, "msg": "Task not found"}), NotFound),
        (say(404, b"<html>"), Refused),
        (say(429, {"code": 2001, "retryAfter": 4}), TooBusy),
        (say(429, {"code": 2003}), DailyLimit),
    ],
)
@pytest.mark.parametrize("call", ["poll", "balance"])
async def test_an_idempotent_call_raises_a_service_error(answer: Answer, kind: type[ServiceError], call: str) -> None:
    async with bench(answer, timeouts=timeouts_for(answer)) as b:
        with pytest.raises(kind) as caught:
            await (b.service.poll(TASK) if call == "poll" else b.service.balance())
        await until_asked(b.server)
        assert type(caught.value) is kind
        assert not isinstance(caught.value, TooBusy) or caught.value.retry_after == 4.0
        assert len(b.server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reset, Unreachable),
        (hang_up, Unreachable),
        (stall, Unreachable),
        (cut_short, Unreachable),
        (raw(b"garbage\r\n\r\n"), Unreachable),
        (say(200, b"<html>"), Unreachable),
        (say(500, b"<html>"), Unreachable),
        (say(503, {"code": 503}), Unreachable),
        (say(302, b"", {"Location": "http://127.0.0.1:1/"}), Unreachable),
        (good({}), BadAnswer),
        (say(413, {"msg": "Too large"}), Refused),
        (say(401, {"code": 1002}), KeyRejected),
        (say(429, {"code": 2001}), TooBusy),
    ],
)
async def test_an_upload_raises_a_service_error(
    answer: Answer, kind: type[ServiceError], image: ReferenceImage
) -> None:
    async with bench(answer, timeouts=timeouts_for(answer)) as b:
        with pytest.raises(kind) as caught:
            await b.service.upload(image)
        assert type(caught.value) is kind


async def test_a_missing_image_raises_an_os_error(image: ReferenceImage) -> None:
    image.file.unlink()
    async with bench(good({})) as b:
        with pytest.raises(FileNotFoundError):
            await b.service.upload(image)
        assert b.server.asked == []


# The exchange


async def test_every_result_and_error_carries_its_exchange(image: ReferenceImage) -> None:
    answers = [
        good({"task_id": "task_1", "echo": KEY}),
        say(429, {"code": 2001}),
        hang_up,
        good({"url": "https://c/i.png"}),
    ]
    async with bench(*answers) as b:
        created = await b.service.create(REQUEST, None)
        with pytest.raises(TooBusy) as busy:
            await b.service.poll(TASK)
        with pytest.raises(Unreachable) as unreachable:
            await b.service.balance()
        uploaded = await b.service.upload(image)
        exchanges = [created.exchange, busy.value.exchange, unreachable.value.exchange, uploaded.exchange]
        assert [(e.method, e.path, e.status) for e in exchanges if e is not None] == [
            ("POST", "/sora2/text-to-video", 200),
            ("GET", "/tasks/task_1", 429),
            ("GET", "/credits", None),
            ("POST", "/upload", 200),
        ]
        assert created.exchange.at == 1_800_000_001.0 and created.exchange.seconds == 1.0
        assert json.loads(created.exchange.answer)["data"] == {"task_id": "task_1", "echo": "[key]"}
        assert unreachable.value.exchange is not None
        assert unreachable.value.exchange.answer.startswith("The connection was lost")


# The key


@pytest.mark.parametrize("key", ["", "sk_with blank", "sk_neu\nline", "sk_ümlaut"])
async def test_an_invalid_key_is_rejected_without_a_call(key: str, image: ReferenceImage) -> None:
    async with bench(good({}), key=key) as b:
        calls: list[Callable[[], object]] = [
            lambda: b.service.create(REQUEST, None),
            lambda: b.service.balance(),
            lambda: b.service.upload(image),
        ]
        for call in calls:
            with pytest.raises(KeyRejected) as caught:
                await call()  # type: ignore[misc]
            assert not key or key not in f"{caught.value!r} {caught.value.__cause__!r}"
        assert b.server.asked == []


async def test_a_redirect_of_the_api_is_not_followed() -> None:
    with serving(good({"credits": 1})) as elsewhere:
        async with bench(say(302, b"", {"Location": f"{elsewhere.url}/credits"})) as b:
            with pytest.raises(BadAnswer):
                await b.service.balance()
            with pytest.raises(AnswerLost):
                await b.service.create(REQUEST, None)
        assert elsewhere.asked == []


async def test_the_key_is_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture, image: ReferenceImage) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    echo = {"code": 4001, "msg": f"bad {KEY}", "error": {"message": KEY}, "data": {"key": KEY}}
    texts = []
    for answer in (say(400, echo), say(401, {**echo, "code": 1001}), say(500, echo), say(200, echo), reset):
        async with bench(answer) as b:
            for call in (b.service.create(REQUEST, None), b.service.poll(TASK), b.service.upload(image)):
                with pytest.raises(ServiceError) as caught:
                    await call
                error: BaseException | None = caught.value
                while error is not None:
                    texts += [repr(error), repr(getattr(error, "exchange", None))]
                    error = error.__cause__ or error.__context__
    assert len(texts) > 30
    assert KEY not in " ".join(texts)
    assert KEY not in caplog.text


async def test_plain_http_never_uses_a_proxy(monkeypatch: pytest.MonkeyPatch, image: ReferenceImage) -> None:
    with serving(good({"credits": 1})) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with bench(good({"credits": 5, "url": "https://c/i.png"})) as b:
            assert (await b.service.balance()).amount == 5
            await b.service.upload(image)
        assert proxy.asked == []


@pytest.mark.parametrize(
    "environ",
    [
        {"ALL_PROXY": "socks5://127.0.0.1:1"},
        {"HTTPS_PROXY": "gopher://x", "HTTP_PROXY": "::"},
        {"ALL_PROXY": "http://127.0.0.1:1", "NO_PROXY": "[::1], fd07::/64, 10.0.0.0/8"},
    ],
)
async def test_a_proxy_that_cannot_be_used_does_not_stop_calls_to_this_machine(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, image: ReferenceImage
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)
    async with bench(good({"task_id": "task_1", "url": "https://c/i.png"})) as b:
        await b.service.create(REQUEST, None)
        await b.service.upload(image)


async def test_a_proxy_that_cannot_be_used_is_named_by_every_call(
    monkeypatch: pytest.MonkeyPatch, image: ReferenceImage, tmp_path: Path
) -> None:
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://joe:secret@proxy.example:1080")
    monkeypatch.setenv("NO_PROXY", "")
    service = SoraService("https://api.example.com/v1", KEY)
    calls: list[Callable[[], Coroutine[object, object, object]]] = [
        lambda: service.create(REQUEST, None),
        lambda: service.balance(),
        lambda: service.upload(image),
        lambda: service.download("https://cdn.example.com/v.mp4", tmp_path / "part", lambda *_: None),
    ]
    for call in calls:
        with pytest.raises(Unreachable) as caught:
            await call()
        assert "The proxy in HTTPS_PROXY (socks5://proxy.example:1080) cannot be used" in str(caught.value)
    await service.aclose()
