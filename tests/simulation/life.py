"""One life of the program: a runner on a data folder with one key, until it is closed or killed."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from builders import video_facts
from fakes import FakeImageKeeper
from simulation.simulated_service import BASE_URL

from sora_desktop.api.errors import DownloadBroken
from sora_desktop.api.sora.capabilities import CAPABILITIES
from sora_desktop.api.sora.service import SoraService
from sora_desktop.domain.capabilities import ServiceLimits
from sora_desktop.domain.clip import VideoFacts
from sora_desktop.domain.job import Job
from sora_desktop.domain.money import PriceTable
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.ports import RunnerPorts
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.media.errors import MediaError
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.lock import lock_for
from sora_desktop.store.sent_marks import SentMarks

#: More requests than the real service allows, so that a day of the simulation is busy.
LIMITS = ServiceLimits(per_minute=60, per_day=1500, day_begins=0.0, day_begins_text="midnight UTC", link_lifetime=3e5)


class Killed(BaseException):
    """The end of the process: a BaseException, so that no handler stops it."""


@dataclass(frozen=True, slots=True)
class LifeSettings:
    """What one life begins with."""

    folder: Path
    state_folder: Path
    key: str
    prices: PriceTable
    spending_limit: Decimal | None


class Life:
    """A process of the program. After `kill`, nothing that it does has any effect."""

    def __init__(self, name: str, settings: LifeSettings, clock: Clock, wrote: Callable[[Life, str], None]) -> None:
        """Open the database. `wrote` is called with the name of each method of the store that has written."""
        self.name = name
        self.key = settings.key
        self.is_dead = False
        self.died = asyncio.Event()
        #: Job and number of the attempt that was begun last.
        self.begun: tuple[Job, int] | None = None
        #: When this life last received a balance; seconds of the true clock.
        self.balance_read_at: float | None = None
        self._wrote = wrote
        self._tick = clock.tick
        self._deadly: int | None = None  # calls until the end
        self._after = False
        folder = DataFolder(settings.folder)
        self._lock = lock_for(folder)
        assert self._lock.acquire()
        marks = SentMarks(settings.state_folder)
        self.database = Database(folder.database, sent_marks=marks, lock=self._lock, now=clock.now)
        self.database.wait_until_open()
        self.store = JobStore(self.database, clock.now)
        service = SoraService(BASE_URL, settings.key, CAPABILITIES, now=clock.now)
        self._service = service
        self.runner = JobRunner(
            RunnerPorts(
                Mortal(_WithFiles(service), self),
                Mortal(_WithoutExchanges(self.store), self),
                Mortal(_Inspector(), self),
                FakeImageKeeper(),
            ),
            RateLimit(LIMITS, clock=clock),
            RenderTimes(),
            RunnerSettings(
                "https://service.example/api/v1",
                settings.folder / "clips",
                settings.prices,
                CAPABILITIES,
                spending_limit=settings.spending_limit,
                key_fingerprint=self.store.key_fingerprint(settings.key),
            ),
            lambda _: None,
            clock,
        )

    async def start(self) -> None:
        """Start the runner."""
        await self.runner.start()

    async def aclose(self) -> None:
        """End in good order."""
        await self.runner.aclose()
        await self._service.aclose()
        await self.database.aclose()
        self._lock.release()

    def die_at_call(self, number: int, *, after: bool) -> None:
        """Die at the call of that number from now, to the service or the database: before or after it."""
        self._deadly, self._after = number, after

    def kill(self) -> None:
        """Die at once."""
        self.is_dead = True
        self.died.set()

    async def bury(self) -> None:
        """Release what a dead process held. Without this, its coroutines would stay forever."""
        self._lock.release()
        await self.database.aclose()
        closing = asyncio.gather(self.runner.aclose(), return_exceptions=True)
        await asyncio.wait([closing])
        await self._service.aclose()

    async def carry(self, name: str, call: Callable[[], Any]) -> Any:
        """Carry out a call of this life, unless it dies."""
        if self._deadly is not None:
            self._deadly -= 1
        if self._deadly == 0 and not self._after:
            self.kill()
        if self.is_dead:
            raise Killed
        deadly = self._deadly == 0
        token = SENDER.set(self)
        try:
            result = await call()
        finally:
            SENDER.reset(token)
        if self.is_dead:
            raise Killed
        if name == "balance":
            self.balance_read_at = self._tick()
        if deadly:
            self.kill()
        return result

    def note_write(self, name: str, arguments: tuple[Any, ...], result: Any) -> None:
        """A method of the store has written."""
        if name == "begin_attempt":
            self.begun = (arguments[0], result)
        self._wrote(self, name)


#: The life that makes the call which is being carried out.
SENDER: ContextVar[Life] = ContextVar("sender")


class Mortal:
    """An object that a life uses: its calls fail once the life has ended."""

    def __init__(self, used: Any, life: Life) -> None:
        self._used = used
        self._life = life
        if hasattr(used, "balance"):
            self.balance = self._mortal("balance", used.balance)  # isinstance looks for the method in the class

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._used, name)
        return self._mortal(name, found) if callable(found) and name != "aclose" else found

    def _mortal(self, name: str, method: Any) -> Any:
        life, is_store = self._life, isinstance(self._used, _WithoutExchanges)

        async def call(*arguments: Any, **named: Any) -> Any:
            async def carried() -> Any:
                result = await method(*arguments, **named)
                if is_store:
                    life.note_write(name, arguments, result)
                return result

            return await life.carry(name, carried)

        def call_at_once(*arguments: Any, **named: Any) -> Any:
            if life.is_dead:
                raise Killed
            return method(*arguments, **named)

        return call if inspect.iscoroutinefunction(method) else call_at_once


class _WithoutExchanges:
    """The store, which does not keep the answers to polls: they are most of what is written, and nothing reads them."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def save_exchanges(self, *_: object) -> None:
        """Do nothing."""


class _WithFiles:
    """The client of the service, whose downloads are made up: a file names the task whose video it is."""

    def __init__(self, service: SoraService) -> None:
        self._service = service
        self.balance = service.balance  # isinstance looks for it in the object

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        await asyncio.sleep(1)
        if not url.endswith(".mp4"):
            raise DownloadBroken("There is no video.")
        part.write_text(f"video of {url.rpartition('/')[2].removesuffix('.mp4')}")


class _Inspector:
    """Reads the files that `_WithFiles` writes."""

    async def facts(self, file: Path) -> VideoFacts:
        content = file.read_bytes()
        if not content.startswith(b"video of "):
            raise MediaError("this is no video")
        digest = hashlib.sha256(content).hexdigest()
        return video_facts(container="mov,mp4", sha256=digest, size=len(content))
