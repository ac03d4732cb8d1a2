"""A runner over a real database, a scripted service and virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.virtual_loop import VirtualLoop
from fakes import VIDEO, FakeClock, FakeImageKeeper, FakeInspector, exchange_of

from sora_desktop.api.errors import AnswerLost, Unreachable
from sora_desktop.api.service import BalanceReport, Created, TaskReport, TaskState, Uploaded, VideoService
from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.domain.job import ChangedJobs, Job, RemoteId, Unconfirmed, phase_name
from sora_desktop.domain.money import Balance, Money, Price, PriceTable
from sora_desktop.domain.queue import QueueState
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.ports import ImageKeeper, Inspector, RunnerPorts
from sora_desktop.jobs.runner import JobRunner, RunnerChange
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.sent_marks import SentMarks

REQUEST = VideoRequest("a sailboat at dusk")
#: What `losing_service` does not answer.
LOST = VideoRequest("lost")
#: Midnight UTC of some day, in unix seconds.
MIDNIGHT = 20_700 * 86400.0
PRICES = PriceTable((Price(Decimal(100)),))


class Bench:
    """`async with` opens the database and starts the runner.

    `settings` are fields of RunnerSettings. `shown`, `balances`, `sums`, `states` and `tables` are what it reported.
    """

    def __init__(
        self,
        service: VideoService,
        folder: Path,
        *,
        clock: FakeClock | None = None,
        wrap: Callable[[JobStore], Any] = lambda store: store,
        images: ImageKeeper | None = None,
        inspector: Inspector | None = None,
        sent_marks: SentMarks | None = None,
        **settings: Any,
    ) -> None:
        self.service = service
        self.folder = folder
        self.clock = clock or (LoopClock() if isinstance(asyncio.get_running_loop(), VirtualLoop) else FakeClock())
        self.clock.stop_during_thread_work()
        self.shown: list[Job] = []
        self.balances: list[Balance] = []
        self.sums: list[Money] = []
        self.states: list[QueueState] = []
        self.tables: list[PriceTable] = []
        self.database = Database(folder / "jobs.db", sent_marks=sent_marks)
        self.store = JobStore(self.database, self.clock.now)
        limits = settings.get("capabilities", CAPABILITIES).limits
        self.rate_limit = RateLimit(limits, clock=Clock(self.clock.now, self.clock.sleep, self.clock.tick))
        self.times = RenderTimes()
        self.images = FakeImageKeeper()  # unless other ones were given
        self.runner = JobRunner(
            RunnerPorts(service, wrap(self.store), inspector or FakeInspector(), images or self.images),
            self.rate_limit,
            self.times,
            replace(RunnerSettings("test", folder / "library", PRICES, CAPABILITIES), **settings),
            self._changed,
            Clock(self.clock.now, self.clock.sleep, self.clock.tick),
        )

    def _changed(self, change: RunnerChange) -> None:
        match change:
            case ChangedJobs():
                self.shown += change.jobs
            case Balance():
                self.balances.append(change)
            case Money():
                self.sums.append(change)
            case QueueState():
                self.states.append(change)
            case PriceTable():
                self.tables.append(change)

    async def __aenter__(self) -> Bench:
        await self.database.open()
        await self.runner.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.aclose()
        await self.database.aclose()

    @asynccontextmanager
    async def database_open(self) -> AsyncIterator[None]:
        """For tests that start and close the runner themselves."""
        await self.database.open()
        try:
            yield
        finally:
            await self.database.aclose()

    async def finished(self, request: VideoRequest = REQUEST) -> Job:
        """Submit a request and return its job, as saved, when it cannot change without the user."""
        (job,) = await self.runner.commands.submit(request)
        await self.runner.until_idle()
        return self.saved(job)

    def saved(self, job: Job) -> Job:
        """The job as it is on disk."""
        found = self.store.read(job.id)
        assert found is not None
        return found

    def last_shown(self, job: Job) -> Job:
        """The job as it was shown last."""
        return next(shown for shown in reversed(self.shown) if shown.id == job.id)

    def phases(self, job: Job) -> list[str]:
        """The names of the job's phases as they were shown, without repetitions."""
        names = [phase_name(shown.phase) for shown in self.shown if shown.id == job.id]
        return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


class LoopClock(FakeClock):
    """The time of a virtual loop, which passes only when nothing is left to do. It begins at 1 a.m. (UTC)."""

    def now(self) -> float:
        return MIDNIGHT + 3600.0 + self.tick()

    def tick(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class WrappedStore:
    """A store of which a test replaces some methods."""

    def __init__(self, store: JobStore) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def unconfirmed(job: Job | None) -> Unconfirmed:
    """The phase of a job whose outcome is not known."""
    assert job is not None and isinstance(job.phase, Unconfirmed), job
    return job.phase


class ChargingService:
    """A service that charges for each create and remembers its tasks from one run to the next."""

    def __init__(self, *, balance: int = 1000, price: int = 100, polls: int = 2) -> None:
        self.funds = balance
        self.price = price
        self.polls = polls  # a task ends at this poll
        self.prompts: dict[RemoteId, str] = {}
        self.polled: dict[RemoteId, int] = {}
        self.fetched: list[str] = []
        self.refuse: Callable[[VideoRequest], Exception | None] = lambda _: None
        self.fails: set[str] = set()  # prompts
        self.refunds = True
        self.balance_hidden = False
        self.balance_reads = 0
        #: Prompts whose create is charged and whose answer is lost, and prompts whose create never arrives.
        self.swallows: set[str] = set()
        self.drops: set[str] = set()
        self.before_create: Callable[[VideoRequest], Awaitable[None]] | None = None

    def creates_of(self, prompt: str) -> int:
        """How often the prompt was bought."""
        return list(self.prompts.values()).count(prompt)

    @property
    def create_timeout(self) -> float:
        return 130.0

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        if self.before_create is not None:
            await self.before_create(request)
        refusal = self.refuse(request)
        if refusal is not None:
            raise refusal
        if request.prompt in self.drops:
            raise AnswerLost("The connection broke.")
        self.funds -= self.price
        id = RemoteId(f"task_{len(self.prompts) + 1}")
        self.prompts[id] = request.prompt
        if request.prompt in self.swallows:
            raise AnswerLost("The connection broke.")
        return Created(id, exchange_of("POST /create", id))

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        self.polled[remote_id] = self.polled.get(remote_id, 0) + 1
        if self.polled[remote_id] < self.polls:
            return TaskReport(TaskState.PROCESSING, percent=10)
        if self.prompts[remote_id] in self.fails:
            if self.polled[remote_id] == self.polls and self.refunds:
                self.funds += self.price
            return TaskReport(TaskState.FAILED, reason="The rendering failed.")
        return TaskReport(TaskState.COMPLETED, percent=100, video_url=f"https://cdn.example/{remote_id}.mp4")

    async def balance(self) -> BalanceReport:
        self.balance_reads += 1
        if self.balance_hidden:
            raise Unreachable("The service cannot be reached.")
        return BalanceReport(Decimal(self.funds), exchange_of("GET /balance", self.funds))

    async def upload(self, image: ReferenceImage) -> Uploaded:
        return Uploaded("https://cdn.example/i.png", exchange_of("POST /upload", "https://cdn.example/i.png"))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        self.fetched.append(url)
        part.write_bytes(VIDEO)
        progress(len(VIDEO), len(VIDEO))

    async def aclose(self) -> None:
        return None


def losing_service(*, charges: bool) -> ChargingService:
    """A service that does not answer the request LOST, and charges for it or never receives it."""
    service = ChargingService()
    (service.swallows if charges else service.drops).add(LOST.prompt)
    return service
