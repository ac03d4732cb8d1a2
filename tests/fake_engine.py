"""A self-hosted engine in memory: it lists its tasks, charges nothing, and forgets everything in a restart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from fakes import VIDEO, exchange_of

from sora_desktop.api.errors import AnswerLost, NotFound, Unreachable
from sora_desktop.api.service import ALWAYS_LISTED, Created, ListedTask, TaskList, TaskReport, TaskState
from sora_desktop.domain.capabilities import (
    FPS,
    SECONDS,
    SEED,
    Capabilities,
    Choice,
    ModelCapabilities,
    NumericOption,
    ServiceLimits,
)
from sora_desktop.domain.job import RemoteId
from sora_desktop.domain.request import VideoRequest

#: What an engine can do: no unit, no limits of its own.
ENGINE = Capabilities(
    models=(
        ModelCapabilities(
            "wan",
            "Wan",
            sizes=(Choice("1280x720", "1280×720"), Choice("832x480", "832×480")),
            numbers=(
                NumericOption(SECONDS, "Duration", 1, 60, 5),
                NumericOption(FPS, "Frame rate", 1, 120, 24),
                NumericOption(SEED, "Seed", 0, 2**31),
            ),
        ),
    ),
    prompt_limit=2000,
    takes_limit=4,
    limits=ServiceLimits(60, 10**9, 0.0, "midnight", 3600.0),
    unit=None,
)


def engine_request(prompt: str = "a sailboat at dusk", **changes: object) -> VideoRequest:
    """A request that ENGINE takes."""
    return replace(ENGINE.default_request(prompt), **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class EngineTask:
    """A task at the engine."""

    listed: ListedTask
    place: str = ""


class FakeEngine:
    """Implements VideoService and Lists. `now`: the time of day; the engine's clock is ahead by `skew` seconds."""

    def __init__(self, now: Callable[[], float], *, skew: float = 0.0, shows_prompts: bool = True) -> None:
        self._now = now
        self.skew = skew
        self.shows_prompts = shows_prompts
        self.tasks_: list[EngineTask] = []  # newest first
        #: Every create that was accepted, also by an engine that has been restarted since.
        self.accepted: list[VideoRequest] = []
        #: Prompts whose create is accepted and whose answer is lost, and prompts whose create never arrives.
        self.swallows: set[str] = set()
        self.drops: set[str] = set()
        self.is_complete = True
        self.list_error: Exception | None = None
        self.only_newest = False  # only short readings of the list work
        self.before_list: Callable[[], None] = lambda: None
        self.before_create: Callable[[VideoRequest], Awaitable[None]] | None = None
        self.up_since: float | None = None
        self._asked: list[str] = []  # prompts of all creates, arrived or not
        self.lists = 0
        self.polled: list[RemoteId] = []
        self._shown: list[RemoteId] = []  # in the list
        self.fetched: list[str] = []
        self.polls_to_end = 1

    @property
    def create_timeout(self) -> float:
        return 130.0

    def now(self) -> float:
        """The engine's time, as in a `Date` header: whole seconds."""
        return float(int(self._now() + self.skew))

    def add(self, request: VideoRequest, place: str = "", **changes: object) -> RemoteId:
        """Accept a request, of this program or of another one."""
        id = RemoteId(f"video_{len(self.accepted) + 1}" + (f"@{place}" if place else ""))
        self.accepted.append(request)
        listed = ListedTask(
            id,
            TaskReport(TaskState.PROCESSING),
            self.now(),
            request.prompt if self.shows_prompts else None,
            "wan",
            request.size,
            float(request.duration),
        )
        self.tasks_.insert(0, EngineTask(replace(listed, **changes), place))  # type: ignore[arg-type]
        return id

    def restart(self) -> None:
        """Forget every task."""
        self.tasks_.clear()

    def asked_for(self, prompt: str) -> int:
        """How often the prompt was sent, whether or not it arrived."""
        return self._asked.count(prompt)

    def creates_of(self, prompt: str) -> int:
        """How often the prompt was accepted."""
        return [request.prompt for request in self.accepted].count(prompt)

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        return await self.create_at("", request)

    async def create_at(self, place: str, request: VideoRequest) -> Created:
        self._asked.append(request.prompt)
        if self.before_create is not None:
            await self.before_create(request)
        if request.prompt in self.drops:
            raise AnswerLost("The connection broke.")
        id = self.add(request, place)
        if request.prompt in self.swallows:
            raise AnswerLost("The connection broke.")
        return Created(id, exchange_of("POST /videos", id))

    def spellings(self, remote_id: RemoteId) -> tuple[RemoteId, ...]:
        return (remote_id,)

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        self.polled.append(remote_id)
        if not any(task.listed.remote_id == remote_id for task in self.tasks_):
            raise NotFound("The engine does not know this video.")
        return self._report(remote_id)

    def _report(self, remote_id: RemoteId) -> TaskReport:
        """How far a task is, in polls and in the list alike."""
        if self.polled.count(remote_id) + self._shown.count(remote_id) < self.polls_to_end:
            return TaskReport(TaskState.PROCESSING)
        return TaskReport(TaskState.COMPLETED, percent=100, video_url=f"http://engine.example/{remote_id}/content")

    async def tasks(
        self,
        place: str = "",
        *,
        created_since: float | None = None,
        limit: int | None = None,
        tells_start: bool = False,
        alone: bool = False,
    ) -> TaskList:
        self.lists += 1
        self.before_list()
        if self.list_error is not None:
            raise self.list_error
        if self.only_newest and limit is None:
            raise Unreachable("The list takes too long.")
        here = [task.listed for task in self.tasks_ if task.place == place]
        old = [task for task in here if created_since is not None and (task.created_at or 0.0) < created_since]
        found = [task for task in here if task not in old or task in here[:ALWAYS_LISTED]]
        is_cut = limit is not None and len(found) > limit
        self._shown += [task.remote_id for task in found[:limit]]
        found = [replace(task, report=self._report(task.remote_id)) for task in found]
        exchange = exchange_of("GET /videos", len(found))
        start = self.up_since if tells_start else None
        return TaskList(tuple(found[:limit]), self.is_complete and not is_cut, self.now(), start, exchange)

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        self.fetched.append(url)
        part.write_bytes(VIDEO)
        progress(len(VIDEO), len(VIDEO))

    async def aclose(self) -> None:
        return None


class FakeReplicas(FakeEngine):
    """Implements Places as well."""

    def __init__(self, now: Callable[[], float], places: tuple[str, ...]) -> None:
        super().__init__(now)
        self.places = places

    def place_for_next(self, active: Iterable[RemoteId]) -> str:
        used = [self.place_of(id) for id in active]
        return min(self.places, key=used.count)

    def spellings(self, remote_id: RemoteId) -> tuple[RemoteId, ...]:
        id = remote_id.partition("@")[0]
        return (RemoteId(id), *(RemoteId(f"{id}@{place}") for place in self.places))

    def place_of(self, remote_id: RemoteId) -> str:
        return remote_id.partition("@")[2] or self.places[0]
