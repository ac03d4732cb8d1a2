"""A day within 500 requests: how many videos, how soon each is seen, against loops that look every so many seconds.

The program's own runner works here, with its queue, purse, budget and watcher, on a clock that leaps from one event to
the next; only the service is a model. Nothing is known when a day begins: what is learned is learned on that day.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias, TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.render_farm import AT_ONCE, Farm, Shape, log_normal, steady, two_humps
from bench.virtual_loop import run
from fakes import FakeInspector

from sora_desktop.api.errors import DailyLimit, NoSlot, TooBusy
from sora_desktop.api.sora.profile import CAPABILITIES, LIMITS
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.ports import RunnerPorts
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.store.database.connection import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.render_times import RenderTimeStore
from sora_desktop.store.database.usage import UsageStore

T = TypeVar("T")

DAY = 86400.0
#: Midnight UTC of some day, in unix seconds.
MIDNIGHT = 20_700 * DAY
#: Days of each kind, each with its own luck; figures are of all of them together.
SEEDS = (7, 8, 9)
#: The seed's own loop makes so few videos in a day that more days are needed to know how many.
MORE_SEEDS = tuple(range(20))
REQUEST = VideoRequest("a sailboat at dusk")
SHAPES: dict[str, Shape] = {"log-normal": log_normal, "two humps": two_humps, "steady": steady}


@dataclass(frozen=True, slots=True)
class Wishes:
    """When a person asks for how many videos. Seconds after midnight."""

    name: str
    sittings: tuple[tuple[float, int], ...]


BUSY = Wishes("busy", ((60.0, 150),))
QUIET = Wishes("quiet", tuple((hour * 3600.0, 2) for hour in range(9, 19)))


Way: TypeAlias = Callable[[Farm, Wishes], Coroutine[Any, Any, "Day"]]


@dataclass(frozen=True, slots=True)
class Day:
    """What a day came to."""

    videos: float
    requests: float
    delays: tuple[float, ...]  # seconds from finished to seen, ascending; one not seen that day counts to its end
    too_fast: int
    over_the_day: int
    no_slot: int

    @property
    def each(self) -> float:
        """Requests for one video, every call counted."""
        return self.requests / max(self.videos, 0.1)

    @property
    def median(self) -> float:
        """Half of them are seen sooner."""
        return median(self.delays) if self.delays else 0.0

    @property
    def p95(self) -> float:
        """Nineteen in twenty are seen sooner."""
        return self.delays[min(int(len(self.delays) * 0.95), len(self.delays) - 1)] if self.delays else 0.0


def now() -> float:
    """Unix seconds on the loop's clock."""
    return MIDNIGHT + asyncio.get_running_loop().time()


def come_to(farm: Farm) -> Day:
    """The day as the farm saw it."""
    end = MIDNIGHT + DAY
    ended = [task for task in farm.tasks if task.ends <= end]
    delays = sorted((task.seen if task.seen is not None else end) - task.ends for task in ended)
    seen = sum(task.seen is not None and task.seen <= end for task in ended)
    return Day(seen, farm.requests, tuple(delays), farm.too_fast, farm.over_the_day, farm.no_slot)


async def ours(farm: Farm, wishes: Wishes) -> Day:
    """The program itself."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        database = Database(Path(folder) / "jobs.db")
        await database.open()
        budget = RateLimit(LIMITS, usage=UsageStore(database, "bench"), now=now)
        farm.observe = budget.observe
        runner = JobRunner(
            RunnerPorts(farm, JobStore(database, now), FakeInspector()),
            budget,
            RenderTimes(RenderTimeStore(database), now),
            RunnerSettings(
                "bench", Path(folder) / "library", PriceTable((Price(Decimal(100)),)), CAPABILITIES, AT_ONCE
            ),
            lambda _: None,
            Clock(now),
        )
        await runner.start()
        for moment, number in wishes.sittings:
            await asyncio.sleep(MIDNIGHT + moment - now())
            await runner.commands.submit(REQUEST, number)
        await asyncio.sleep(MIDNIGHT + DAY - now())
        day = come_to(farm)
        await runner.aclose()
        await database.aclose()
    return day


def loop_of(seconds: float, at_once: int) -> Way:
    """A loop that looks every so many seconds; it waits when asked to, and gives a task up after ten minutes."""

    async def day(farm: Farm, wishes: Wishes) -> Day:
        open_wishes: asyncio.Queue[None] = asyncio.Queue()

        async def asked(call: Callable[[], Awaitable[T]]) -> T:
            while True:
                try:
                    return await call()
                except TooBusy as busy:
                    await asyncio.sleep(busy.retry_after or 5.0)
                except NoSlot:
                    await asyncio.sleep(60.0)
                except DailyLimit:
                    await asyncio.sleep(MIDNIGHT + 2 * DAY - now())

        async def worker() -> None:
            while True:
                await open_wishes.get()
                created = await asked(partial(farm.create, REQUEST, None))
                began = now()
                while now() - began < 600:
                    report = await asked(partial(farm.poll, created.remote_id))
                    if report.video_url:
                        break
                    await asyncio.sleep(seconds)

        workers = [asyncio.create_task(worker()) for _ in range(at_once)]
        for moment, number in wishes.sittings:
            await asyncio.sleep(MIDNIGHT + moment - now())
            for _ in range(number):
                open_wishes.put_nowait(None)
        await asyncio.sleep(MIDNIGHT + DAY - now())
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        return come_to(farm)

    return day


def some_days(way: Way, shape: Shape, wishes: Wishes, *, progress: bool, seeds: Sequence[int] = SEEDS) -> Day:
    """One way on some days of a kind, taken together; videos and requests are those of a day."""

    def one(seed: int) -> Day:
        async def main() -> Day:
            return await way(Farm(shape, now, tells_progress=progress, seed=seed), wishes)

        return run(main())

    days = [one(seed) for seed in seeds]
    return Day(
        sum(day.videos for day in days) / len(days),
        sum(day.requests for day in days) / len(days),
        tuple(sorted(delay for day in days for delay in day.delays)),
        sum(day.too_fast for day in days),
        sum(day.over_the_day for day in days),
        sum(day.no_slot for day in days),
    )


SEEDS_OWN = "the seed's, 3 s"
WAYS: dict[str, Way] = {
    "ours": ours,
    SEEDS_OWN: loop_of(3, 1),
    "every 3 s, three at once": loop_of(3, AT_ONCE),
    "every 10 s": loop_of(10, AT_ONCE),
    "every 15 s": loop_of(15, AT_ONCE),
    "every 30 s": loop_of(30, AT_ONCE),
}

#: What a day of ours must come to: requests for one video at most, median and p95 of the delay at most.
TARGETS = {
    ("busy", True): (4.0, 10.0, 30.0),
    ("busy", False): (6.0, 20.0, 45.0),
    ("quiet", True): (None, 4.0, 10.0),
    ("quiet", False): (None, 4.0, 10.0),
}
TIMES_THE_SEED = 12.0


def main() -> int:
    """Print each day and each target; 1 where one is missed."""
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    missed: list[str] = []
    print(f"{'':31}{'videos':>7}{'requests':>9}{'/video':>8}{'median':>9}{'p95':>9}{'429':>6}{'2003':>6}{'2002':>6}")
    for wishes in (BUSY, QUIET):
        for progress in (True, False):
            for kind, shape in SHAPES.items():
                told = "progress told" if progress else "no progress"
                print(f"\n{wishes.name} day, {kind}, {told}")
                days = {
                    name: some_days(
                        way, shape, wishes, progress=progress, seeds=MORE_SEEDS if name == SEEDS_OWN else SEEDS
                    )
                    for name, way in WAYS.items()
                }
                for way, day in days.items():
                    print(
                        f"  {way:29}{day.videos:7.1f}{day.requests:9.0f}{day.each:8.2f}"
                        f"{day.median:8.1f}s{day.p95:8.1f}s{day.too_fast:6}{day.over_the_day:6}{day.no_slot:6}"
                    )
                missed += _judge(f"{wishes.name}, {kind}, {told}", days, TARGETS[wishes.name, progress], wishes)
    print("\nIn principle a video needs 2 requests: a create, and a look that finds it finished.")
    print(f"{time.monotonic() - began:.0f} s")
    for target in missed:
        print(f"MISSED {target}")
    return 1 if missed else 0


def _judge(name: str, days: dict[str, Day], target: tuple[float | None, float, float], wishes: Wishes) -> list[str]:
    day, seed = days["ours"], days[SEEDS_OWN]
    each, middle, late = target
    wanted = [
        (each is None or day.each <= each, f"requests/video {day.each:.2f}", f"<= {each}"),
        (day.median <= middle, f"median {day.median:.1f} s", f"<= {middle:.0f} s"),
        (day.p95 <= late, f"p95 {day.p95:.1f} s", f"<= {late:.0f} s"),
        (day.too_fast + day.over_the_day == 0, f"{day.too_fast + day.over_the_day} refusals", "none"),
    ]
    if wishes is BUSY:
        times = day.videos / max(seed.videos, 1)
        wanted.append((times >= TIMES_THE_SEED, f"{times:.1f} times the seed's videos", f">= {TIMES_THE_SEED:.0f}"))
    said = [f"{got} ({kind}{'' if kept else ': MISSED'})" for kept, got, kind in wanted if kind != "<= None"]
    print("  " + ", ".join(said))
    return [f"{name}: {got}, wanted {kind}" for kept, got, kind in wanted if not kept]


def _memory() -> str | None:
    """A folder that costs no disk, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main())
