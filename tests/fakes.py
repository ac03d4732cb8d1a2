"""Scripted fakes that record the calls they get."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from builders import video_facts

from sora_desktop.api.service import BalanceReport, Created, TaskReport, TaskState, Uploaded, Uploads, VideoService
from sora_desktop.domain.clip import VideoFacts
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.media.errors import MediaError

T = TypeVar("T")

VIDEO = b"a whole video"
#: Iterations of the event loop after which nothing is left to do because a thread has ended.
IDLE_ITERATIONS = 12
DONE = TaskReport(TaskState.COMPLETED, percent=100, video_url="https://cdn.example/v.mp4")


def rendering_report(percent: int | None = None) -> TaskReport:
    """The answer to a poll while the service renders."""
    return TaskReport(TaskState.PROCESSING, percent=percent)


def exchange_of(call: str, answer: object) -> Exchange:
    """An answered call, such as "POST /create"."""
    method, path = call.split()
    return Exchange(1_800_000_000.0, method, path, 200, str(answer))


def do_nothing(*_: object) -> None:
    """A callback for what a test is not about."""


class FakeClock:
    """Virtual time: `sleep` moves it, so that hours pass in a test without waiting.

    It can stop while a thread works for the event loop: otherwise days could pass while a slow disk writes.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.time = start
        self._ticks = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread_work: set[asyncio.Future[Any]] = set()

    def now(self) -> float:
        return self.time

    def tick(self) -> float:
        """Seconds that have passed, also if a test has set `time`."""
        return self._ticks

    async def sleep(self, seconds: float) -> None:
        until, tick_until, idle = self.time + seconds, self._ticks + seconds, 0
        while idle < IDLE_ITERATIONS:
            await asyncio.sleep(0.001 if self._thread_work else 0)
            idle = 0 if self._thread_work else idle + 1
        self.time, self._ticks = max(self.time, until), max(self._ticks, tick_until)
        await asyncio.sleep(0.001)

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self.time += seconds
        self._ticks += seconds

    def stop_during_thread_work(self) -> None:
        """Stop the clock while threads work for the running event loop."""
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return
        self._loop, self._thread_work = loop, set()
        thread_work, run_in_executor = self._thread_work, loop.run_in_executor

        def recorded(*work: Any) -> asyncio.Future[Any]:
            future: asyncio.Future[Any] = run_in_executor(*work)
            thread_work.add(future)
            future.add_done_callback(thread_work.discard)
            return future

        loop.run_in_executor = recorded  # type: ignore[assignment, method-assign]


class FakeService:
    """Implements VideoService and Bills. Answers each call from its script and repeats the last entry."""

    def __init__(
        self,
        *,
        on_create: Iterable[Exception | str] = ("task_1",),
        on_poll: Iterable[Exception | TaskReport] = (DONE,),
        on_balance: Iterable[Exception | int] = (1000,),
        on_upload: Iterable[Exception | str] = ("https://cdn.example/i.png",),
        on_download: Iterable[Exception | bytes] = (VIDEO,),
    ) -> None:
        #: The scripts of polls and downloads; a test may change them.
        self.on_poll, self.on_download = deque(on_poll), deque(on_download)
        self._create, self._balance, self._upload = deque(on_create), deque(on_balance), deque(on_upload)
        self.created: list[tuple[VideoRequest, str | None]] = []
        self.polled: list[RemoteId] = []
        self.balance_reads = 0
        self.uploaded: list[str] = []
        self.fetched: list[str] = []
        #: Called during a create; a test can simulate a kill here.
        self.while_creating: Callable[[], None] = lambda: None

    @property
    def create_timeout(self) -> float:
        return 130.0

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        self.created.append((request, image_url))
        self.while_creating()
        answer = _next(self._create)
        if answer == "task_1" and len(self.created) > 1:
            answer = f"task_{len(self.created)}"
        return Created(RemoteId(answer), exchange_of("POST /create", answer))

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        self.polled.append(remote_id)
        return _next(self.on_poll)

    async def balance(self) -> BalanceReport:
        self.balance_reads += 1
        amount = _next(self._balance)
        return BalanceReport(Decimal(amount), exchange_of("GET /balance", amount))

    async def upload(self, image: ReferenceImage) -> Uploaded:
        self.uploaded.append(image.sha256)
        url = _next(self._upload)
        return Uploaded(url, exchange_of("POST /upload", url))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        self.fetched.append(url)
        content = _next(self.on_download)
        progress(len(content) // 2, len(content))
        part.write_bytes(content)
        progress(len(content), len(content))

    async def aclose(self) -> None:
        return None


class WithoutBalance:
    """The calls of another service without the ability Bills."""

    def __init__(self, service: VideoService) -> None:
        assert isinstance(service, Uploads)
        self.create, self.poll, self.upload = service.create, service.poll, service.upload
        self.download, self.aclose = service.download, service.aclose
        self.create_timeout = service.create_timeout


def _next(script: deque[Exception | T]) -> T:
    answer = script[0] if len(script) == 1 else script.popleft()
    if isinstance(answer, Exception):
        raise answer
    return answer


class FakeInspector:
    """Accepts VIDEO as a video and rejects everything else."""

    async def facts(self, file: Path) -> VideoFacts:
        content = file.read_bytes()
        if content != VIDEO:
            raise MediaError("this is no video")
        digest = hashlib.sha256(content).hexdigest()
        return video_facts(container="mov,mp4", sha256=digest, size=len(content))


class FakeImageKeeper:
    """Takes every image for one that is kept as it is sent, but those in `copies`, by checksum."""

    def __init__(self) -> None:
        self.copies: dict[str, ReferenceImage | Exception] = {}
        self.asked: list[ReferenceImage] = []

    async def as_sent(self, image: ReferenceImage) -> ReferenceImage:
        self.asked.append(image)
        copy = self.copies.get(image.sha256, image)
        if isinstance(copy, Exception):
            raise copy
        return copy


class FakeKeyring:
    """The system's keyring. A locked one refuses, a hanging one does not answer."""

    def __init__(self, *, is_locked: bool = False) -> None:
        self.passwords: dict[tuple[str, str], str] = {}
        self.answers = threading.Event()  # clear it to make the keyring hang
        self.answers.set()
        self._is_locked = is_locked

    def _answer(self) -> None:
        self.answers.wait(30)
        if self._is_locked:
            raise RuntimeError("locked")

    def get_password(self, service: str, user: str) -> str | None:
        self._answer()
        return self.passwords.get((service, user))

    def set_password(self, service: str, user: str, key: str) -> None:
        self._answer()
        self.passwords[service, user] = key

    def delete_password(self, service: str, user: str) -> None:
        self._answer()
        del self.passwords[service, user]
