"""A self-hosted engine whose tasks are as the test says. Counts its requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.engine_farm import ENGINE
from fakes import VIDEO, exchange_of
from workbench import Bench

from sora_desktop.api.errors import NotFound
from sora_desktop.api.service import Created, ListedTask, TaskList, TaskReport, TaskState
from sora_desktop.domain.job import Job, RemoteId, Rendering
from sora_desktop.domain.request import VideoRequest

REQUEST = VideoRequest("a sailboat at dusk", model="wan", aspect_ratio="", quality="")
PENDING, PROCESSING = TaskReport(TaskState.PENDING), TaskReport(TaskState.PROCESSING)


def completed(remote_id: RemoteId) -> TaskReport:
    """The answer to a poll of a finished task."""
    return TaskReport(TaskState.COMPLETED, percent=100, video_url=f"https://engine.example/{remote_id}.mp4")


class ScriptedEngine:
    """Implements VideoService and Cancels. A task that is not in `reports` is not known."""

    def __init__(self) -> None:
        self.reports: dict[RemoteId, TaskReport] = {}
        self.requests: list[float] = []  # when each was sent, on the loop's clock
        self.created = self.polls = self.lists = self.fetched = 0
        self.cancelled: list[RemoteId] = []
        #: Called with each poll, before it is answered; may raise.
        self.before_poll: Callable[[RemoteId], None] = lambda _: None
        self.before_cancel: Callable[[RemoteId], None] = lambda _: None
        self.content: Callable[[], bytes] = lambda: VIDEO  # of each file; may raise

    @property
    def create_timeout(self) -> float:
        return 60.0

    def finish(self) -> None:
        """Complete every task."""
        self.reports = {id: completed(id) for id in self.reports}

    def most_in_a_minute(self) -> int:
        """Requests in the fullest 60 seconds."""
        return max(sum(0 <= later - first < 60 for later in self.requests) for first in self.requests)

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        self._count()
        self.created += 1
        remote_id = RemoteId(f"video_{self.created}")
        self.reports[remote_id] = PROCESSING
        return Created(remote_id, exchange_of("POST /videos", remote_id))

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        self._count()
        self.polls += 1
        self.before_poll(remote_id)
        if remote_id not in self.reports:
            raise NotFound("The engine does not know this video.")
        return self.reports[remote_id]

    async def cancel(self, remote_id: RemoteId) -> None:
        self._count()
        self.before_cancel(remote_id)
        if remote_id not in self.reports:
            raise NotFound("The engine does not know this video.")
        self.cancelled.append(remote_id)
        del self.reports[remote_id]

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        self._count()
        self.fetched += 1
        part.write_bytes(self.content())

    async def aclose(self) -> None:
        return None

    def _count(self) -> None:
        self.requests.append(asyncio.get_running_loop().time())


class ListingEngine(ScriptedEngine):
    """Also implements Lists."""

    def __init__(self) -> None:
        super().__init__()
        self.is_complete = True
        self.unlisted: set[RemoteId] = set()
        self.pages = 1
        self.marks = 0  # lists that were read before a create and for nothing else
        self.place = ""  # that the list names with each task
        self.list_error: Exception | None = None

    def spellings(self, remote_id: RemoteId) -> tuple[RemoteId, ...]:
        return remote_id, RemoteId(remote_id + self.place)

    async def tasks(
        self,
        place: str = "",
        *,
        created_since: float | None = None,
        limit: int | None = None,
        tells_start: bool = False,
        alone: bool = False,
    ) -> TaskList:
        self._count()
        self.lists += 1
        self.marks += limit is not None
        if self.list_error is not None:
            raise self.list_error
        listed = tuple(
            ListedTask(RemoteId(id + self.place), report)
            for id, report in self.reports.items()
            if id not in self.unlisted
        )
        return TaskList(listed, self.is_complete, None, requests=self.pages)


def engine_bench(engine: ScriptedEngine, folder: Path, **settings: Any) -> Bench:
    """A runner for the engine."""
    return Bench(engine, folder, **{"capabilities": replace(ENGINE, cancels=True), "jobs_at_once": 20, **settings})


async def rendering_jobs(bench: Bench, number: int = 1) -> list[Job]:
    """Jobs that the engine has accepted."""
    jobs = await bench.runner.commands.submit(REQUEST, number)
    while not all(isinstance(bench.saved(job).phase, Rendering) for job in jobs):
        await asyncio.sleep(0.1)
    return [bench.saved(job) for job in jobs]
