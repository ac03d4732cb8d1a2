"""A model of the service in virtual time: its documented limits, and random render times."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sora_desktop.api.errors import DailyLimit, NoSlot, TooBusy
from sora_desktop.api.service import BalanceReport, Created, ObservedLimits, TaskReport, TaskState, Uploaded
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import ReferenceImage, VideoRequest

PER_MINUTE, PER_DAY, AT_ONCE = 20, 500, 3
#: Seconds after which a stuck task loses its slot; the service still reports it as processing.
SLOT_LOST_AFTER = 1800.0
#: Share of tasks that never end.
STUCK = 0.05

RenderSeconds = Callable[[random.Random], float]


def log_normal(random_numbers: random.Random) -> float:
    """About three minutes, sometimes ten."""
    return 180 * math.exp(random_numbers.gauss(0, 0.4))


def two_peaks(random_numbers: random.Random) -> float:
    """100 s for three in five, 300 s for the others."""
    return max(random_numbers.gauss(100, 15) if random_numbers.random() < 0.6 else random_numbers.gauss(300, 40), 20)


def steady(random_numbers: random.Random) -> float:
    """Three minutes, with a deviation of a few seconds."""
    return max(random_numbers.gauss(180, 6), 20)


@dataclass
class Task:
    """One rendering. Times are those of the model's clock."""

    created: float
    ends: float  # inf: stuck
    exponent: float  # of its progress over time
    last_percent: int  # the highest reported before the end
    seen: float | None = None  # when a poll found it finished


class Farm:
    """Implements VideoService. Requests and answers take time; a refused request does not count."""

    def __init__(
        self,
        render_seconds: RenderSeconds,
        now: Callable[[], float],
        *,
        reports_progress: bool,
        seed: int,
        free_polls: bool = False,
    ) -> None:
        self._render_seconds = render_seconds
        self._now = now
        self._reports_progress = reports_progress
        self._free_polls = free_polls
        self._random = random.Random(seed)
        self._latency = random.Random(seed + 1)
        self._recent: deque[float] = deque()
        self._day, self._today = -1.0, 0
        self.tasks: list[Task] = []
        self.requests = self.polls = self.too_fast = self.over_the_day = self.no_slot = 0
        self.observe: Callable[[ObservedLimits], None] = lambda _: None

    @property
    def create_timeout(self) -> float:
        return 130.0

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        await self._send()
        self._count()
        now = self._now()
        if self._active(now) >= AT_ONCE:
            self.no_slot += 1
            await self._answer()
            raise NoSlot("three run", code="2002")
        takes, stuck = self._render_seconds(self._random), self._random.random() < STUCK
        last_percent = self._random.randrange(5, 100) if stuck else 99
        exponent = math.exp(self._random.gauss(0, 0.08))
        id = RemoteId(str(len(self.tasks)))
        self.tasks.append(Task(now, math.inf if stuck else now + takes, exponent, last_percent))
        await self._answer()
        return Created(id, self._exchange("POST", "/create", id))

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        await self._send()
        self.polls += 1
        if not self._free_polls:
            self._count()
        task, now = self.tasks[int(remote_id)], self._now()
        percent = self._percent(task, now)
        await self._answer()
        if now < task.ends:
            return TaskReport(TaskState.PROCESSING, percent=percent)
        if task.seen is None:
            task.seen = self._now()
        return TaskReport(TaskState.COMPLETED, percent=100, video_url="https://cdn.example/v.mp4")

    async def balance(self) -> BalanceReport:
        await self._send()
        self._count()
        left = Decimal(1_000_000 - 100 * len(self.tasks))
        await self._answer()
        return BalanceReport(left, self._exchange("GET", "/balance", str(left)))

    async def upload(self, image: ReferenceImage) -> Uploaded:
        await self._send()
        self._count()
        await self._answer()
        url = "https://cdn.example/i.png"
        return Uploaded(url, self._exchange("POST", "/upload", url))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        await asyncio.sleep(3.0)
        part.write_bytes(b"a whole video")

    async def aclose(self) -> None:
        return None

    def _exchange(self, method: str, path: str, answer: str) -> Exchange:
        return Exchange(self._now(), method, path, 200, answer)

    def _percent(self, task: Task, now: float) -> int | None:
        if not self._reports_progress:
            return None
        length = 180.0 if math.isinf(task.ends) else task.ends - task.created
        return min(int(100 * min((now - task.created) / length, 1.0) ** task.exponent), task.last_percent)

    def _active(self, now: float) -> int:
        return sum(now < min(task.ends, task.created + SLOT_LOST_AFTER) for task in self.tasks)

    def _count(self) -> None:
        now = self._now()
        if now // 86400 != self._day:
            self._day, self._today = now // 86400, 0
        while self._recent and now - self._recent[0] >= 60:
            self._recent.popleft()
        if self._today >= PER_DAY:
            self.over_the_day += 1
            raise DailyLimit("500 today", code="2003")
        if len(self._recent) >= PER_MINUTE:
            self.too_fast += 1
            raise TooBusy("slow down", retry_after=math.ceil(self._recent[0] + 60 - now), code="2001")
        self._recent.append(now)
        self._today += 1
        self.requests += 1

    async def _send(self) -> None:
        await asyncio.sleep(self._latency.uniform(0.05, 0.4))

    async def _answer(self) -> None:
        now = self._now()
        used = sum(now - at < 60 for at in self._recent)
        reset = math.ceil((self._recent[0] if used else now) + 60)
        limits = ObservedLimits(PER_MINUTE, PER_MINUTE - used, reset, AT_ONCE, self._active(now))
        await asyncio.sleep(self._latency.uniform(0.05, 0.4))
        self.observe(limits)
