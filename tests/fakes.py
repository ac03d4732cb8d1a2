"""Scripted stand-ins that remember what they were asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from sora_desktop.api.service import BalanceReport, Created, TaskReport, TaskState, Uploaded
from sora_desktop.domain.clip import VideoFacts
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.media.errors import MediaError

T = TypeVar("T")

VIDEO = b"a whole video"
#: Turns of the loop in which a step that a thread has ended leads to the next.
IDLE = 12
DONE = TaskReport(TaskState.COMPLETED, percent=100, video_url="https://cdn.example/v.mp4")


def at_work(percent: int | None = None) -> TaskReport:
    """The service is rendering."""
    return TaskReport(TaskState.PROCESSING, percent=percent)


def exchanged(call: str, answer: object) -> Exchange:
    """A call such as "POST /create" that was answered."""
    method, path = call.split()
    return Exchange(1_800_000_000.0, method, path, 200, str(answer))


class FakeClock:
    """Virtual time: `sleep` moves it, so that hours pass in a test without waiting.

    It can stand while a thread works for the loop: else a slow disk would let days pass between two steps.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.time = start
        self._loop: asyncio.AbstractEventLoop | None = None
        self._at_work: set[asyncio.Future[Any]] = set()

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        until, idle = self.time + seconds, 0
        while idle < IDLE:
            await asyncio.sleep(0.001 if self._at_work else 0)
            idle = 0 if self._at_work else idle + 1
        self.time = max(self.time, until)
        await asyncio.sleep(0.001)

    def stand_still_for_threads(self) -> None:
        """From now on, and as long as this loop runs."""
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        self._loop, self._at_work = loop, set()
        at_work, begin = self._at_work, loop.run_in_executor

        def noted(*work: Any) -> asyncio.Future[Any]:
            future: asyncio.Future[Any] = begin(*work)
            at_work.add(future)
            future.add_done_callback(at_work.discard)
            return future

        loop.run_in_executor = noted  # type: ignore[assignment, method-assign]


class FakeService:
    """Answers each call from its script; the last entry of a script is repeated."""

    def __init__(
        self,
        *,
        on_create: Iterable[Exception | str] = ("task_1",),
        on_poll: Iterable[Exception | TaskReport] = (DONE,),
        on_balance: Iterable[Exception | int] = (1000,),
        on_upload: Iterable[Exception | str] = ("https://cdn.example/i.png",),
        on_download: Iterable[Exception | bytes] = (VIDEO,),
    ) -> None:
        #: The script of polls; a test may change it.
        self.on_poll = deque(on_poll)
        self._create, self._balance = deque(on_create), deque(on_balance)
        self._upload, self._download = deque(on_upload), deque(on_download)
        self.created: list[tuple[VideoRequest, str | None]] = []
        self.polled: list[RemoteId] = []
        self.balance_reads = 0
        self.uploaded: list[str] = []
        self.fetched: list[str] = []
        #: Called in the middle of a create, as a kill would be.
        self.while_creating: Callable[[], None] = lambda: None

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        self.created.append((request, image_url))
        self.while_creating()
        answer = _next(self._create)
        if answer == "task_1" and len(self.created) > 1:
            answer = f"task_{len(self.created)}"
        return Created(RemoteId(answer), exchanged("POST /create", answer))

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        self.polled.append(remote_id)
        return _next(self.on_poll)

    async def balance(self) -> BalanceReport:
        self.balance_reads += 1
        amount = _next(self._balance)
        return BalanceReport(Decimal(amount), exchanged("GET /balance", amount))

    async def upload(self, image: ReferenceImage) -> Uploaded:
        self.uploaded.append(image.sha256)
        url = _next(self._upload)
        return Uploaded(url, exchanged("POST /upload", url))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        self.fetched.append(url)
        content = _next(self._download)
        progress(len(content) // 2, len(content))
        part.write_bytes(content)
        progress(len(content), len(content))

    async def aclose(self) -> None:
        return None


def _next(script: deque[Exception | T]) -> T:
    answer = script[0] if len(script) == 1 else script.popleft()
    if isinstance(answer, Exception):
        raise answer
    return answer


class FakeInspector:
    """Takes VIDEO for a video and everything else for rubbish."""

    async def facts(self, file: Path) -> VideoFacts:
        content = file.read_bytes()
        if content != VIDEO:
            raise MediaError("this is no video")
        digest = hashlib.sha256(content).hexdigest()
        return VideoFacts(5.0, 1280, 720, 24.0, 120, True, "h264", "mov,mp4", digest, len(content))
