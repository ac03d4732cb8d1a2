"""A model of self-hosted engines in virtual time: they limit no requests, and each queues what it is sent."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.api.errors import NotFound
from sora_desktop.api.openai.service import HEALTHY
from sora_desktop.api.service import Created, ListedTask, TaskList, TaskReport, TaskState
from sora_desktop.domain.capabilities import SECONDS, Capabilities, ModelCapabilities, NumericOption, ServiceLimits
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.ledger import Exchange
from sora_desktop.domain.request import VideoRequest

#: Requests that the program allows itself at a service without limits, in any minute.
PER_MINUTE = 60
ENGINE = Capabilities(
    models=(ModelCapabilities("wan", "Wan", numbers=(NumericOption(SECONDS, "Duration", 1, 60, 5),)),),
    prompt_limit=2000,
    takes_limit=100,
    limits=ServiceLimits(PER_MINUTE, 10**9, 0.0, "midnight UTC", 7 * 86400.0),
    unit=None,
    cancels=True,
)
#: Kinds of requests. A mark is a list that is read before a create and for nothing else.
KINDS = ("create", "mark", "health", "list", "poll", "content")
RenderSeconds = Callable[[random.Random], float]


def around(seconds: float, sigma: float) -> RenderSeconds:
    """Render times whose logarithm has that standard deviation."""
    return lambda random_numbers: seconds * math.exp(random_numbers.gauss(0, sigma))


@dataclass
class EngineRendering:
    """One rendering. Times are those of the model's clock."""

    place: int
    created: float
    begins: float
    ends: float
    seen: float | None = None  # when an answer has shown it finished


class EngineFarm:
    """Implements VideoService and Places: some addresses, each with an engine that renders on some GPUs."""

    def __init__(
        self,
        render_seconds: RenderSeconds,
        now: Callable[[], float],
        *,
        places: int = 1,
        gpus: int = 1,
        reports_progress: bool = False,
        shows_queue: bool = True,
        seed: int = 7,
        busy: float = 0.0,
    ) -> None:
        """`busy`: seconds for which each GPU renders a video of others at first."""
        self._render_seconds = render_seconds
        self._now = now
        self._progress = reports_progress
        self._shows_queue = shows_queue
        self._random = random.Random(seed)
        self._latency = random.Random(seed + 1)
        self._free = [[now() + busy if busy else 0.0] * gpus for _ in range(places)]
        self._well: dict[str, float] = {}  # when each place was asked for its health last
        self.renderings: list[EngineRendering] = []
        self.sent: list[float] = []  # when each request was sent
        self.kinds: Counter[str] = Counter()  # how many of each kind of `KINDS`

    @property
    def create_timeout(self) -> float:
        return 60.0

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        counts = [0] * len(self._free)
        for remote_id in active:
            counts[int(self.place_of(remote_id))] += 1
        return str(counts.index(min(counts)))

    def place_of(self, remote_id: RemoteId) -> str:
        return remote_id.partition("@")[2]

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        active = [RemoteId(f"{n}@{task.place}") for n, task in enumerate(self.renderings) if task.seen is None]
        return await self.create_at(self.place_for_next(active), request)

    async def create_at(self, place: str, request: VideoRequest) -> Created:
        asks = self._now() - self._well.get(place, float("-inf")) >= HEALTHY
        if asks:
            await self._send("health")
            await self._answer()
            self._well[place] = self._now()
        await self._send("create")
        now, takes, free = self._now(), self._render_seconds(self._random), self._free[int(place)]
        begins = max(heapq.heappop(free), now)
        heapq.heappush(free, begins + takes)
        remote_id = RemoteId(f"{len(self.renderings)}@{place}")
        self.renderings.append(EngineRendering(int(place), now, begins, begins + takes))
        await self._answer()
        self._well[place] = self._now()
        return Created(remote_id, Exchange(now, "POST", "/videos", 200, remote_id), 1 + asks)

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        await self._send("poll")
        number = int(remote_id.partition("@")[0])
        if number >= len(self.renderings):
            raise NotFound("no such video")
        report, ended = self._report(number), self._ended([number])
        await self._answer(ended)
        return report

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        await self._send("content")
        await asyncio.sleep(1.0)
        part.write_bytes(b"a whole video")

    async def aclose(self) -> None:
        return None

    def _report(self, number: int) -> TaskReport:
        task, now = self.renderings[number], self._now()
        if now >= task.ends:
            return TaskReport(TaskState.COMPLETED, percent=100, video_url=f"https://engine.example/{number}.mp4")
        if now < task.begins or not self._shows_queue:
            return TaskReport(TaskState.PENDING)
        percent = min(int(100 * (now - task.begins) / (task.ends - task.begins)), 99) if self._progress else None
        return TaskReport(TaskState.PROCESSING, percent=percent)

    def _ended(self, numbers: Iterable[int]) -> list[EngineRendering]:
        now = self._now()
        return [self.renderings[n] for n in numbers if self.renderings[n].ends <= now]

    async def _send(self, kind: str) -> None:
        self.sent.append(self._now())
        self.kinds[kind] += 1
        await asyncio.sleep(self._latency.uniform(0.02, 0.1))

    async def _answer(self, ended: Iterable[EngineRendering] = ()) -> None:
        await asyncio.sleep(self._latency.uniform(0.02, 0.1))
        for each in ended:
            each.seen = self._now() if each.seen is None else each.seen


class ListingFarm(EngineFarm):
    """Also implements Lists."""

    def spellings(self, remote_id: RemoteId) -> tuple[RemoteId, ...]:
        return (remote_id,)

    async def tasks(
        self,
        place: str = "",
        *,
        created_since: float | None = None,
        limit: int | None = None,
        tells_start: bool = False,
        alone: bool = False,
    ) -> TaskList:
        await self._send("list" if limit is None else "mark")
        numbers = [n for n, task in enumerate(self.renderings) if task.place == int(place)][::-1]
        listed = tuple(ListedTask(RemoteId(f"{n}@{place}"), self._report(n), prompt="a prompt") for n in numbers)
        await self._answer(self._ended(numbers))
        return TaskList(listed, is_complete=True, service_time=self._now())
