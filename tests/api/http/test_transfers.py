"""Downloads over real HTTP: every way they can break, and that versions are never mixed and the key is never leaked."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import threading
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from api.scripted_server import (
    Answer,
    Connection,
    ScriptedServer,
    closed_port,
    hang_up,
    raw,
    reset,
    say,
    serving,
    stall,
)
from waiting import until

from sora_desktop.api.errors import DownloadBroken, DownloadStopped, Gone, ServiceError, Unreachable
from sora_desktop.api.http import file_download
from sora_desktop.api.http.connections import Endpoint, Timeouts
from sora_desktop.api.http.file_download import FileDownload, StopSignal
from sora_desktop.api.http.file_version import version_in
from sora_desktop.api.http.transfers import Transfers

KEY = "sk_live_0123456789abcdef"
VIDEO = bytes(range(256)) * 400  # 102,400 bytes
HALF = len(VIDEO) // 2
TAG = '"v1"'
ENDPOINT = Endpoint("https://api.example.com/v1", "", Timeouts())


class Bench:
    """Transfers to one part file."""

    def __init__(self, base_url: str, folder: Path, timeouts: Timeouts) -> None:
        self.transfers = Transfers(Endpoint(base_url, KEY, timeouts))
        self.part = folder / "job.part"
        self.tag = folder / "job.part.etag"
        self.reported: list[tuple[int, int | None]] = []

    async def fetch(self, url: str) -> None:
        await self.transfers.download(url, self.part, lambda done, total: self.reported.append((done, total)))

    async def fetch_again_and_again(self, url: str) -> None:
        """Until nothing breaks, for at most 20 times. Each time leaves something."""
        for _ in range(20):
            try:
                return await self.fetch(url)
            except DownloadBroken as error:
                assert self.part.stat().st_size > 0, error
        raise AssertionError("20 tries were not enough")

    def store_half(self, tag: str = TAG, content: bytes = VIDEO[:HALF]) -> None:
        self.part.write_bytes(content)
        if tag:
            self.tag.write_text(tag, "utf-8")


@asynccontextmanager
async def bench(
    folder: Path, *answers: Answer, timeouts: Timeouts | None = None
) -> AsyncIterator[tuple[Bench, ScriptedServer]]:
    with serving(*answers) as server:
        made = Bench(server.url, folder, timeouts or Timeouts(chunk=10.0))
        try:
            yield made, server
        finally:
            await made.transfers.aclose()


def whole_file(connection: Connection) -> None:
    """A server that supports ranges."""
    asked = connection.asked.headers
    if asked.get("if-range", TAG) == TAG and (wanted := asked.get("range")):
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        piece(start, VIDEO[start:])(connection)
    else:
        say(200, VIDEO, {"ETag": TAG, "Content-Type": "video/mp4"})(connection)


def piece(start: int, content: bytes, *, span: str = "", tag: str = TAG) -> Answer:
    """A partial answer (206)."""
    end = start + len(content) - 1
    return say(206, content, {"Content-Range": span or f"bytes {start}-{end}/{len(VIDEO)}", "ETag": tag})


def cut(end: Callable[[Connection], None], tag: str = TAG) -> Answer:
    """Send the first half, then `end`."""

    def answer(connection: Connection) -> None:
        connection.head(200, {"Content-Length": str(len(VIDEO)), **({"ETag": tag} if tag else {})})
        connection.send(VIDEO[:HALF])
        end(connection)

    return answer


#: The file as servers send it that compress it piece by piece, and join the pieces.
IN_MEMBERS = b"".join(gzip.compress(VIDEO[start : start + HALF // 3]) for start in range(0, len(VIDEO), HALF // 3))


def in_chunks(content: bytes, size: int, encoding: str = "gzip") -> Answer:
    """The content in HTTP chunks of so few bytes that ends and beginnings fall between them."""
    chunks = (content[start : start + size] for start in range(0, len(content), size))
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {encoding}\r\n\r\n"
    return raw(head.encode() + body)


async def test_a_file_from_the_services_origin_is_downloaded_with_the_key(tmp_path: Path) -> None:
    async with bench(tmp_path, whole_file) as (b, server):
        await b.fetch("/files/v.mp4?sig=a%2Fb")
        assert b.part.read_bytes() == VIDEO
        assert b.reported[-1] == (len(VIDEO), len(VIDEO))
        (asked,) = server.asked
        assert asked.path == "/files/v.mp4?sig=a%2Fb"
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.headers["accept-encoding"] == "identity"
        assert "range" not in asked.headers


async def test_a_relative_link_is_resolved_against_the_base_url(tmp_path: Path) -> None:
    async with bench(tmp_path, whole_file) as (b, server):
        await b.fetch("files/v.mp4")
        assert server.asked[0].path == "/api/v1/files/v.mp4"


async def test_another_host_does_not_see_the_key(tmp_path: Path) -> None:
    with serving(whole_file) as elsewhere:
        async with bench(tmp_path, whole_file) as (b, server):
            await b.fetch(f"http://127.0.0.1:{elsewhere.port}/v.mp4")
            assert b.part.read_bytes() == VIDEO
            assert server.asked == []
        assert "authorization" not in elsewhere.asked[0].headers
        assert KEY not in repr(elsewhere.asked)


async def test_a_redirect_to_another_host_is_followed_without_the_key(tmp_path: Path) -> None:
    with serving(whole_file) as elsewhere:
        away = say(302, b"", {"Location": f"http://127.0.0.1:{elsewhere.port}/v.mp4"})
        async with bench(tmp_path, away) as (b, server):
            await b.fetch("/files/v.mp4")
            assert b.part.read_bytes() == VIDEO
            assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in repr(elsewhere.asked)


async def test_too_many_redirects_end_the_download(tmp_path: Path) -> None:
    async with bench(tmp_path, say(307, b"", {"Location": "/again"})) as (b, server):
        with pytest.raises(DownloadBroken, match="redirects too often"):
            await b.fetch("/files/v.mp4")
        assert len(server.asked) == 6


async def test_a_redirect_without_an_address_ends_the_download(tmp_path: Path) -> None:
    async with bench(tmp_path, say(302, b"")) as (b, _):
        with pytest.raises(DownloadBroken):
            await b.fetch("/files/v.mp4")


@pytest.mark.parametrize("end", [hang_up, reset])
async def test_a_broken_download_is_resumed_where_it_ended(end: Callable[[Connection], None], tmp_path: Path) -> None:
    async with bench(tmp_path, cut(end), whole_file) as (b, server):
        with pytest.raises(DownloadBroken):
            await b.fetch("/v.mp4")
        here = b.part.stat().st_size
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        resumed = server.asked[1].headers
        if end is hang_up:  # a reset may lose bytes
            assert here == HALF
        if here:
            assert (resumed["range"], resumed["if-range"]) == (f"bytes={here}-", TAG)


async def test_a_stalled_download_times_out_and_is_resumed(tmp_path: Path) -> None:
    async with bench(tmp_path, cut(stall), whole_file, timeouts=Timeouts(chunk=1.0)) as (b, server):
        with pytest.raises(DownloadBroken, match="stalled"):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert server.asked[1].headers["range"] == f"bytes={HALF}-"


@pytest.mark.parametrize(
    ("size", "step", "is_given_up"),
    [
        (1, 10.0, True),  # such a connection would hold a slot of the downloads for days
        (2000, 10.0, True),
        (3000, 10.0, False),  # a slow line
        (400, 1.0, False),
        (1, 0.001, False),
        (6000, 9000.0, False),  # the process was stopped again and again
    ],
)
def test_a_connection_on_which_hardly_anything_arrives_is_given_up(
    size: int, step: float, is_given_up: bool, tmp_path: Path
) -> None:
    chunks = [VIDEO[start : start + size] for start in range(0, len(VIDEO), size)]
    headers = {"Content-Length": str(len(VIDEO)), "Accept-Ranges": "bytes"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, content=iter(chunks))

    ticks = (number * step for number in itertools.count())
    part = tmp_path / "job.part"
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        download = FileDownload(
            client,
            ENDPOINT,
            part,
            lambda *_: None,
            StopSignal(),
            lambda: next(ticks),
        )
        if is_given_up:
            with pytest.raises(DownloadBroken, match=r"stalled\. It resumes where it ended"):
                download.run("/v.mp4")
            assert part.read_bytes() == VIDEO[: int(60 / step) * size]
        else:
            download.run("/v.mp4")
            assert part.read_bytes() == VIDEO


async def test_a_whole_file_in_answer_to_a_range_replaces_the_part(tmp_path: Path) -> None:
    async with bench(tmp_path, say(200, VIDEO, {"ETag": '"v2"'})) as (b, _):
        b.store_half(content=b"old" * 1000)
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert version_in(b.tag.read_text()).etag == '"v2"'


async def test_a_changed_file_is_not_mixed_by_a_server_that_ignores_if_range(tmp_path: Path) -> None:
    async with bench(tmp_path, piece(HALF, VIDEO[HALF:], tag='"v2"'), whole_file) as (b, server):
        b.store_half(content=b"o" * HALF)
        with pytest.raises(DownloadBroken, match="changed"):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert "range" not in server.asked[1].headers


@pytest.mark.parametrize(
    "span", ["bytes 0-9/102400", f"bytes {HALF + 1}-102399/102400", "bytes */102400", "rubbish", "bytes " + "9" * 5000]
)
async def test_a_wrong_range_is_not_appended(span: str, tmp_path: Path) -> None:
    async with bench(tmp_path, piece(HALF, VIDEO[HALF:], span=span), whole_file) as (b, _):
        b.store_half()
        with pytest.raises(DownloadBroken):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO


@pytest.mark.parametrize("tag", ["", 'W/"v1"', "v1", '"neu\nline"', '"ümlaut"'])
async def test_without_a_strong_tag_nothing_is_resumed(tag: str, tmp_path: Path) -> None:
    async with bench(tmp_path, whole_file) as (b, server):
        b.store_half(tag)
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert "range" not in server.asked[0].headers


async def test_a_server_without_ranges_is_not_asked_for_any(tmp_path: Path) -> None:
    def without_ranges(connection: Connection) -> None:
        connection.head(200, {"Content-Length": str(len(VIDEO)), "ETag": TAG, "Accept-Ranges": "none"})
        connection.send(VIDEO[:HALF])

    async with bench(tmp_path, without_ranges, say(200, VIDEO)) as (b, server):
        with pytest.raises(DownloadBroken):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert "range" not in server.asked[1].headers


@pytest.mark.parametrize("unit", ["bytes ", "Bytes ", "bytes="])
async def test_the_unit_of_a_range_is_read_however_it_is_written(unit: str, tmp_path: Path) -> None:
    rest = piece(HALF, VIDEO[HALF:], span=f"{unit}{HALF}-{len(VIDEO) - 1}/{len(VIDEO)}")
    async with bench(tmp_path, rest, say(416, b"", {"Content-Range": f"{unit}*/{len(VIDEO)}"})) as (b, _):
        b.store_half()
        for _ in range(2):
            await b.fetch("/v.mp4")
            assert b.part.read_bytes() == VIDEO


async def test_a_416_for_a_complete_part_ends_the_download(tmp_path: Path) -> None:
    async with bench(tmp_path, say(416, b"", {"Content-Range": f"bytes */{len(VIDEO)}"})) as (b, _):
        b.store_half(content=VIDEO)
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert b.reported == [(len(VIDEO), len(VIDEO))]


@pytest.mark.parametrize("headers", [{}, {"Content-Range": "bytes */7"}, {"Content-Range": "rubbish"}])
async def test_any_other_416_restarts_the_download(headers: dict[str, str], tmp_path: Path) -> None:
    async with bench(tmp_path, say(416, b"", headers), whole_file) as (b, _):
        b.store_half()
        with pytest.raises(DownloadBroken):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + VIDEO),  # ends with the connection
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19000\r\n" + VIDEO + b"\r\n0\r\n\r\n"),
        say(200, VIDEO, {"Content-Type": "text/plain"}),  # decoding shows what it is
        say(200, gzip.compress(VIDEO), {"Content-Encoding": "gzip", "ETag": TAG}),
        say(200, gzip.compress(VIDEO), {"Content-Encoding": "X-GZip"}),
        say(200, zlib.compress(VIDEO), {"Content-Encoding": "deflate"}),
        say(200, zlib.compress(VIDEO)[2:-4], {"Content-Encoding": "deflate"}),
        say(200, gzip.compress(zlib.compress(VIDEO)), {"Content-Encoding": "deflate, identity, gzip"}),
        say(200, zlib.compress(VIDEO, wbits=10), {"Content-Encoding": "deflate"}),
        say(200, gzip.compress(gzip.compress(VIDEO)), {"Content-Encoding": "gzip, gzip"}),
        say(200, IN_MEMBERS, {"Content-Encoding": "gzip"}),
        say(200, gzip.compress(IN_MEMBERS), {"Content-Encoding": "gzip, gzip"}),
        say(200, IN_MEMBERS + bytes(300), {"Content-Encoding": "gzip"}),
        say(200, gzip.compress(VIDEO) + b"\n", {"Content-Encoding": "gzip"}),
        raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + IN_MEMBERS),
        in_chunks(IN_MEMBERS, 1),
        in_chunks(VIDEO, 1000),  # is not what it is labeled as
        in_chunks(gzip.compress(VIDEO), 1, "identity"),
        say(200, gzip.compress(VIDEO), {"ETag": TAG}),
        say(200, gzip.compress(VIDEO), {"Content-Encoding": "gzip, gzip"}),
        say(203, VIDEO),  # changed by a proxy
        raw(
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n19000\r\n"
            + VIDEO
            + b"\r\n0\r\n\r\n"
        ),
        in_chunks(zlib.compress(VIDEO)[2:-4], 1, "deflate"),
    ],
)
async def test_a_file_without_a_length_or_with_an_encoding_is_downloaded(answer: Answer, tmp_path: Path) -> None:
    async with bench(tmp_path, answer) as (b, _):
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert b.reported[-1][0] == len(VIDEO)
        assert b.tag.exists() is (b.reported[-1][1] is not None)  # only what has a length could be continued


@pytest.mark.parametrize(
    "answer",
    [
        say(200, VIDEO[:HALF], {"Content-Length": str(len(VIDEO))}),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n19000\r\n" + VIDEO[:HALF]),
        raw(b"rubbish\r\n\r\n"),
        hang_up,
        say(200, b""),
        say(200, b"<html>Sign in</html>", {"Content-Type": "text/html; charset=utf-8"}),
        say(200, {"code": 404}),
        say(200, b"not zlib", {"Content-Encoding": "deflate"}),
        say(200, b"", {"Content-Encoding": "gzip"}),
        say(200, gzip.compress(VIDEO)[:-1], {"Content-Encoding": "gzip"}),
        say(200, gzip.compress(VIDEO)[:-8] + bytes(8), {"Content-Encoding": "gzip"}),  # another checksum
        say(200, IN_MEMBERS[:-20], {"Content-Encoding": "gzip"}),
        say(200, gzip.compress(VIDEO[:HALF]) + b"\x1f\x8b", {"Content-Encoding": "gzip"}),
        say(200, gzip.compress(VIDEO[:HALF]) + b"\x1f\x8b\x08 damaged", {"Content-Encoding": "gzip"}),
        say(200, zlib.compress(VIDEO)[:-1], {"Content-Encoding": "deflate"}),
        raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(VIDEO)[:-30]),
        say(204, b""),
        say(429, b""),
        say(500, b"<html>"),
        say(503, b""),
        say(300, b""),
    ],
)
async def test_an_incomplete_file_raises_download_broken_and_is_downloaded_again(
    answer: Answer, tmp_path: Path
) -> None:
    async with bench(tmp_path, answer, whole_file) as (b, _):
        with pytest.raises(DownloadBroken):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br", "br, gzip", "X-Compress", "utf-8, br"])
async def test_an_encoding_that_cannot_be_read_is_named_and_nothing_is_saved(encoding: str, tmp_path: Path) -> None:
    async with bench(tmp_path, say(200, b"\x1b\x0f\x00" * 99, {"Content-Encoding": encoding}), whole_file) as (b, _):
        with pytest.raises(DownloadBroken, match=r"compressed in a way that cannot be read \((br|zstd|compress)\)"):
            await b.fetch("/v.mp4")
        assert not b.part.exists()
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO


async def test_a_part_of_encoded_content_is_not_resumed(tmp_path: Path) -> None:
    packed = gzip.compress(VIDEO)

    def half_of_it(connection: Connection) -> None:
        connection.head(200, {"Content-Length": str(len(packed)), "ETag": TAG, "Content-Encoding": "gzip"})
        connection.send(packed[: len(packed) // 2])

    async with bench(tmp_path, half_of_it, whole_file) as (b, server):
        with pytest.raises(DownloadBroken, match="Downloading it again"):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO and "range" not in server.asked[1].headers


async def test_a_page_instead_of_a_video_leaves_the_part_unchanged(tmp_path: Path) -> None:
    async with bench(tmp_path, say(200, b"<html>", {"Content-Type": "text/html"}), whole_file) as (b, server):
        b.store_half()
        with pytest.raises(DownloadBroken, match="page"):
            await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO[:HALF]
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert server.asked[1].headers["range"] == f"bytes={HALF}-"


async def test_more_bytes_than_announced_are_deleted(tmp_path: Path) -> None:
    async with bench(tmp_path, piece(HALF, VIDEO[HALF:] + b"more", span=f"bytes {HALF}-102399/102400"), whole_file) as (
        b,
        _,
    ):
        b.store_half()
        with pytest.raises(DownloadBroken, match="more than it announced"):
            await b.fetch("/v.mp4")
        assert not b.part.exists()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_an_expired_link_raises_gone_and_keeps_the_part(status: int, tmp_path: Path) -> None:
    async with bench(tmp_path, say(status, {"code": status})) as (b, _):
        b.store_half()
        with pytest.raises(Gone) as caught:
            await b.fetch("/v.mp4")
        assert caught.value.code == str(status)
        assert b.part.read_bytes() == VIDEO[:HALF]


UNSAFE = [
    "http://cdn.example/v.mp4",
    "http://127.0.0.1.evil.example/v.mp4",
    "http://10.0.0.1/v.mp4",
    "file:///etc/passwd",
    "ftp://cdn.example/v.mp4",
    "data:video/mp4;base64,AAAA",
    "javascript:1",
    "https://cdn.example:99999/",
    "https://cdn.example:0/",
    "https:///v.mp4",
]
BROKEN = [
    "https://[bad/",
    "https://cdn.example:abc/",
    "https://a..b/v.mp4",
    f"https://{'a' * 64}.example/",
    "https://☃.net/",
    "https://cdn\nexample/",
    "\x00",
]


@pytest.mark.parametrize("link", UNSAFE)
async def test_an_unsafe_link_is_not_opened(link: str, tmp_path: Path) -> None:
    async with bench(tmp_path, whole_file) as (b, server):
        with pytest.raises(DownloadBroken, match="not a safe address"):
            await b.fetch(link)
        assert server.asked == []


@pytest.mark.parametrize("link", [link for link in UNSAFE if link.startswith("http")])
async def test_a_redirect_to_an_unsafe_address_is_not_followed(link: str, tmp_path: Path) -> None:
    async with bench(tmp_path, say(302, b"", {"Location": link})) as (b, _):
        with pytest.raises(DownloadBroken, match=r"not a safe address|cannot be opened"):
            await b.fetch("/v.mp4")


@pytest.mark.parametrize("link", BROKEN)
async def test_an_invalid_link_raises_a_service_error(link: str, tmp_path: Path) -> None:
    async with bench(tmp_path, whole_file) as (b, _):
        with pytest.raises((DownloadBroken, Unreachable)):
            await b.fetch(link)


@pytest.mark.parametrize("location", ["data:,x", "javascript:1", "http://[", "https://%E2%98%83.net:abc/", "\xe9://"])
async def test_an_invalid_redirect_raises_a_service_error(location: str, tmp_path: Path) -> None:
    async with bench(tmp_path, say(302, b"", {"Location": location})) as (b, _):
        with pytest.raises((DownloadBroken, Unreachable)):
            await b.fetch("/v.mp4")


OLD, DATE = "Wed, 04 Nov 2026 10:00:00 GMT", "Wed, 04 Nov 2026 10:00:01 GMT"


def poor_line(headers: dict[str, str], share: float = 0.4) -> Answer:
    """A server that sends ranges and whose every answer breaks off after a share of it."""

    def answer(connection: Connection) -> None:
        wanted = connection.asked.headers.get("range", "bytes=0-")
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        rest = VIDEO[start:]
        span = {"Content-Range": f"bytes {start}-{len(VIDEO) - 1}/{len(VIDEO)}"} if start else {}
        connection.head(206 if start else 200, {"Content-Length": str(len(rest)), **headers, **span})
        connection.send(rest[: max(int(len(rest) * share), 20_000)])

    return answer


@pytest.mark.parametrize(
    ("headers", "if_range"),
    [
        ({"ETag": TAG}, TAG),
        ({"ETag": TAG, "Last-Modified": OLD, "Date": DATE}, TAG),
        ({"Last-Modified": OLD, "Date": DATE}, OLD),
        ({"ETag": f"W/{TAG}"}, None),
        ({"ETag": f"W/{TAG}", "Last-Modified": OLD, "Date": DATE}, None),  # no date beside a tag
        ({"Last-Modified": DATE, "Date": DATE}, None),
        ({"Last-Modified": OLD}, None),
        ({"Last-Modified": "yesterday", "Date": DATE}, None),
        ({}, None),
    ],
)
async def test_a_line_that_always_breaks_ends_in_the_whole_file(
    headers: dict[str, str], if_range: str | None, tmp_path: Path
) -> None:
    async with bench(tmp_path, poor_line(headers)) as (b, server):
        await b.fetch_again_and_again("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert len(server.asked) <= 10
        assert {asked.headers.get("if-range") for asked in server.asked[1:]} == {if_range}
        assert [done for done, _ in b.reported] == sorted(done for done, _ in b.reported)


@pytest.mark.parametrize("name", ["aws-chunked", "utf-8", "binary", "none", "video/mp4"])
async def test_a_name_that_is_no_encoding_changes_nothing(name: str, tmp_path: Path) -> None:
    async with bench(tmp_path, poor_line({"Content-Encoding": name, "ETag": TAG})) as (b, _):
        await b.fetch_again_and_again("/v.mp4")
        assert b.part.read_bytes() == VIDEO


@pytest.mark.parametrize("headers", [{"ETag": TAG}, {"Last-Modified": OLD, "Date": DATE}, {"ETag": f"{TAG}, {TAG}"}])
async def test_a_server_that_sends_the_whole_file_for_if_range_is_asked_without(
    headers: dict[str, str], tmp_path: Path
) -> None:
    def answer(connection: Connection) -> None:
        if "if-range" in connection.asked.headers:
            connection.head(200, {"Content-Length": str(len(VIDEO)), **headers})
            connection.send(VIDEO[:HALF])
        else:
            poor_line(headers)(connection)

    async with bench(tmp_path, answer) as (b, server):
        await b.fetch_again_and_again("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert sum("if-range" in asked.headers for asked in server.asked) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"content": VIDEO[1:] + b"v"},  # of the same length
        {"total": len(VIDEO) + 1},
        {"headers": {"ETag": 'W/"v2"'}},
        {"headers": {"Last-Modified": DATE, "Date": "Wed, 04 Nov 2026 10:00:09 GMT"}},
    ],
)
async def test_a_changed_file_without_a_strong_validator_is_not_mixed(
    changed: dict[str, object], tmp_path: Path
) -> None:
    def other(connection: Connection) -> None:
        content, total = changed.get("content", VIDEO), changed.get("total", len(VIDEO))
        assert isinstance(content, bytes)
        start = int(connection.asked.headers["range"].removeprefix("bytes=").removesuffix("-"))
        headers = {"Content-Range": f"bytes {start}-{len(VIDEO) - 1}/{total}", **changed.get("headers", {})}  # type: ignore[dict-item]
        say(206, content[start:], headers)(connection)

    first = {"ETag": f"W/{TAG}", "Last-Modified": OLD, "Date": DATE}
    async with bench(tmp_path, poor_line(first), other, say(200, VIDEO)) as (b, server):
        with pytest.raises(DownloadBroken):
            await b.fetch("/v.mp4")
        with pytest.raises(DownloadBroken, match=r"changed during the download\. Downloading it again"):
            await b.fetch("/v.mp4")
        assert not b.part.exists()
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO and "range" not in server.asked[2].headers


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"ETag": TAG, "Accept-Ranges": "bytes"}, "It resumes where it ended."),
        ({"Accept-Ranges": "bytes"}, "It resumes where it ended."),
        ({"ETag": TAG}, "Trying again."),
        ({}, "Trying again."),
        ({"ETag": TAG, "Accept-Ranges": "none"}, "Downloading it again."),
        ({"Accept-Ranges": "bytes", "Transfer-Encoding": "chunked"}, "Downloading it again."),
    ],
)
async def test_a_broken_download_claims_to_resume_only_if_it_will(
    headers: dict[str, str], said: str, tmp_path: Path
) -> None:
    def answer(connection: Connection) -> None:
        if "Transfer-Encoding" in headers:
            connection.head(200, headers)
            connection.send(b"19000\r\n" + VIDEO[:HALF])
        else:
            connection.head(200, {"Content-Length": str(len(VIDEO)), **headers})
            connection.send(VIDEO[:HALF])

    async with bench(tmp_path, answer) as (b, _):
        with pytest.raises(DownloadBroken) as caught:
            await b.fetch("/v.mp4")
        assert str(caught.value) == f"The connection was lost during the download. {said}"
        with pytest.raises(DownloadBroken) as again:  # the same server: it does not send parts
            await b.fetch("/v.mp4")
        assert "resumes" not in str(again.value)


async def test_a_download_that_has_resumed_once_claims_to_resume(tmp_path: Path) -> None:
    async with bench(tmp_path, poor_line({})) as (b, _):
        with pytest.raises(DownloadBroken, match="Trying again"):
            await b.fetch("/v.mp4")
        with pytest.raises(DownloadBroken, match="resumes where it ended"):
            await b.fetch("/v.mp4")


async def test_bytes_from_an_earlier_version_of_the_program_are_resumed(tmp_path: Path) -> None:
    async with bench(tmp_path, whole_file) as (b, server):
        b.store_half('"a-tag-alone"')
        await b.fetch("/v.mp4")
        assert server.asked[0].headers["if-range"] == '"a-tag-alone"'


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "7", "null", '{"etag": 7}', '{"etag": "", "total": -1}', '{"total": true}', "[" * 9000]
)
def test_a_version_that_cannot_be_read_continues_nothing(text: str) -> None:
    assert version_in(text).continuation(9) is None


async def test_a_part_of_the_rest_is_kept_and_the_remainder_requested(tmp_path: Path) -> None:
    async with bench(tmp_path, piece(HALF, VIDEO[HALF : HALF + 1000]), whole_file) as (b, server):
        b.store_half()
        with pytest.raises(DownloadBroken, match="ended early"):
            await b.fetch("/v.mp4")
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO
        assert server.asked[1].headers["range"] == f"bytes={HALF + 1000}-"


async def test_a_server_that_does_not_listen_is_unreachable(tmp_path: Path) -> None:
    async with bench(tmp_path, whole_file) as (b, _):
        with pytest.raises(Unreachable):
            await b.fetch(f"http://127.0.0.1:{closed_port()}/v.mp4")


def test_a_server_that_does_not_answer_a_call_is_unreachable_and_no_download_stalled(tmp_path: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("", request=request)

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(Unreachable, match="cannot be reached"),
    ):
        FileDownload(client, ENDPOINT, tmp_path / "job.part", lambda *_: None, StopSignal()).run("/v.mp4")


async def test_a_missing_folder_raises_an_os_error(tmp_path: Path) -> None:
    async with bench(tmp_path / "gone", whole_file) as (b, _):
        with pytest.raises(FileNotFoundError):
            await b.fetch("/v.mp4")


async def test_progress_is_reported_at_most_five_times_a_second_and_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tick:
        """Each chunk takes 10 ms."""

        time = 0.0

        def monotonic(self) -> float:
            self.time += 0.01
            return self.time

    monkeypatch.setattr(file_download, "time", Tick())

    def in_pieces(connection: Connection) -> None:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            connection.send(b"400\r\n" + b"v" * 1024 + b"\r\n")
        connection.send(b"0\r\n\r\n")

    async with bench(tmp_path, in_pieces) as (b, _):
        await b.fetch("/v.mp4")
        assert 2 <= len(b.reported) <= 12  # a second's worth of pieces, and the last word
        assert b.reported[-1] == (100 * 1024, None)
        assert [done for done, _ in b.reported] == sorted(done for done, _ in b.reported)


def transfer_threads() -> Iterator[threading.Thread]:
    return (thread for thread in threading.enumerate() if thread.name.startswith(("download", "upload")))


async def test_cancelling_ends_the_thread_of_a_silent_download(tmp_path: Path) -> None:
    async with bench(tmp_path, cut(stall), whole_file, timeouts=Timeouts(chunk=600.0)) as (b, _):
        task = asyncio.create_task(b.fetch("/v.mp4"))
        await until(lambda: b.reported)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not list(transfer_threads()))
        await b.fetch("/v.mp4")
        assert b.part.read_bytes() == VIDEO


class ObservedLock:
    """A lock that remembers that a thread had to wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.was_waited_for = False

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self.was_waited_for = True
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


async def test_two_threads_never_write_one_file(tmp_path: Path) -> None:
    """A download that is cancelled and begun again at once waits for the first thread to end."""
    lock = ObservedLock()
    async with bench(tmp_path, cut(stall), whole_file, timeouts=Timeouts(chunk=600.0)) as (b, server):
        b.transfers._parts = SimpleNamespace(of=lambda _: lock)  # type: ignore[assignment]
        first = asyncio.create_task(b.fetch("/v.mp4"))
        await until(lambda: b.reported)
        second = asyncio.create_task(b.fetch("/v.mp4"))
        await until(lambda: lock.was_waited_for or len(server.asked) == 2)
        assert len(server.asked) == 1
        first.cancel()
        await second
        with pytest.raises(asyncio.CancelledError):
            await first
        assert b.part.read_bytes() == VIDEO


async def test_a_part_that_another_writer_changed_is_downloaded_again(tmp_path: Path) -> None:
    """Such as a thread of an earlier connection that had one more chunk to write."""

    def meddled_with(connection: Connection) -> None:
        with (tmp_path / "job.part").open("ab") as late:
            late.write(b"late")
        piece(HALF, VIDEO[HALF:])(connection)

    async with bench(tmp_path, meddled_with, whole_file) as (made, server):
        made.store_half()
        with pytest.raises(DownloadBroken, match="has written to the file"):
            await made.fetch(f"{server.url}/v.mp4")
        await made.fetch(f"{server.url}/v.mp4")
        assert made.part.read_bytes() == VIDEO


async def test_closing_stops_running_downloads(tmp_path: Path) -> None:
    async with bench(tmp_path, cut(stall), timeouts=Timeouts(chunk=600.0)) as (b, _):
        task = asyncio.create_task(b.fetch("/v.mp4"))
        await until(lambda: b.reported)
        await b.transfers.aclose()
        with pytest.raises((DownloadStopped, DownloadBroken)) as caught:
            await task
        assert isinstance(caught.value, ServiceError)
        await until(lambda: not list(transfer_threads()))


async def test_stalled_downloads_do_not_delay_an_upload(tmp_path: Path) -> None:
    def split(connection: Connection) -> None:
        (say(200, {"code": 200}) if connection.asked.method == "POST" else stall)(connection)

    picture = tmp_path / "i.png"
    picture.write_bytes(b"picture")
    async with bench(tmp_path, split, timeouts=Timeouts(chunk=600.0)) as (b, server):
        downloads = [
            asyncio.create_task(b.transfers.download("/v.mp4", tmp_path / f"{n}.part", lambda *_: None))
            for n in range(8)
        ]
        await until(lambda: len(server.asked) == 8)
        answer = await b.transfers.upload("/upload", picture, "i.png")
        assert answer.status == 200
        for download in downloads:
            download.cancel()
        await asyncio.gather(*downloads, return_exceptions=True)


async def test_a_transfer_that_is_still_being_started_when_all_are_closed_opens_no_connection(tmp_path: Path) -> None:
    picture = tmp_path / "i.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    async with bench(tmp_path, say(200, b"{}")) as (b, server):
        await b.transfers.aclose()
        with pytest.raises(DownloadStopped):
            await b.transfers.upload("/upload", picture, "i.png")
        assert not server.asked
