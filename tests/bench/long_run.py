"""Measure whether a run grows slower or larger: 5,000 jobs in one process, through the runner and the list.

The jobs arrive in batches of equal size, so that an event never has more unsettled jobs to deal with than at the start.
Whatever grows in the course of the run grows with the jobs that are settled. The service is a model without limits, and
time is virtual; the database and the list model are the program's own.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.download import resident
from bench.figures import verdict
from bench.virtual_loop import run
from fakes import VIDEO, FakeImageKeeper, FakeInspector, exchange_of

from sora_desktop.api.service import BalanceReport, Created, TaskReport, TaskState, Uploaded
from sora_desktop.api.sora.capabilities import CAPABILITIES, LIMITS
from sora_desktop.domain.job import ChangedJobs, RemoteId, is_settled
from sora_desktop.domain.money import Price, PriceTable
from sora_desktop.domain.render_time import RenderTime, render_kind_of
from sora_desktop.domain.request import ReferenceImage, VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.ports import RunnerPorts
from sora_desktop.jobs.runner import JobRunner, RunnerChange
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.state.job_list import JobList
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.render_times import RenderTimeTable

#: Midnight UTC of some day, in unix seconds.
MIDNIGHT = 20_700 * 86400.0
JOBS, WINDOW, BATCH = 5000, 100, 20
SERVICE = "bench"
#: Jobs before the first measured window, in which caches and tables reach their usual size.
WARM_UP = 100
#: Windows compared at each end of the run.
ENDS = 3
#: Processor time of the last jobs as a multiple of the first, and bytes of memory a job.
TIME_TARGET, MEMORY_TARGET = 1.1, 2048.0
#: Seconds that the service takes for a video, and the number of videos of which one fails.
RENDER_SECONDS, ONE_FAILS_IN = 10.0, 25
AT_ONCE = 3
#: Rows that a window which is not scrolled keeps loaded: ten visible ones and `ROWS_BELOW` of the list view.
ROWS_LOADED = 210
#: Renderings known when the run begins, so that the first jobs plan their polls with as many as the last.
KNOWN_RENDERINGS = 200


class UnlimitedService:
    """Implements VideoService without limits. Keeps nothing about a task that has ended."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._accepted = 0
        self._open: dict[RemoteId, float] = {}  # when each ends

    @property
    def create_timeout(self) -> float:
        return 130.0

    async def create(self, request: VideoRequest, image_url: str | None) -> Created:
        await asyncio.sleep(0.2)
        self._accepted += 1
        remote_id = RemoteId(f"task_{self._accepted}")
        self._open[remote_id] = self._now() + RENDER_SECONDS
        return Created(remote_id, exchange_of("POST /create", remote_id))

    async def poll(self, remote_id: RemoteId) -> TaskReport:
        await asyncio.sleep(0.2)
        left = self._open[remote_id] - self._now()
        if left > 0:
            return TaskReport(TaskState.PROCESSING, percent=int(100 * (1 - left / RENDER_SECONDS)))
        del self._open[remote_id]
        if int(remote_id.removeprefix("task_")) % ONE_FAILS_IN == 0:
            return TaskReport(TaskState.FAILED, reason="The model crashed.")
        return TaskReport(TaskState.COMPLETED, percent=100, video_url=f"https://cdn.example/{remote_id}.mp4")

    async def balance(self) -> BalanceReport:
        await asyncio.sleep(0.2)
        balance = Decimal(10_000_000 - 100 * self._accepted)
        return BalanceReport(balance, exchange_of("GET /balance", balance))

    async def upload(self, image: ReferenceImage) -> Uploaded:
        url = "https://cdn.example/i.png"
        return Uploaded(url, exchange_of("POST /upload", url))

    async def download(self, url: str, part: Path, progress: Callable[[int, int | None], None]) -> None:
        for step in range(4):
            progress(step * 10, 40)
            await asyncio.sleep(0.5)
        part.write_bytes(VIDEO)

    async def aclose(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Window:
    """What some jobs in a row cost."""

    first: int  # number of the first job
    seconds: float  # processor time
    load: float  # processor time of a fixed piece of work, measured beside each batch
    resident: int  # bytes of memory afterwards

    @property
    def cost(self) -> float:
        """Processor time as a multiple of the fixed work, which a busy machine slows down alike."""
        return self.seconds / self.load


def fixed_work() -> float:
    """Processor time of a piece of work that is always the same."""
    began = time.process_time()
    table = {number: str(number) for number in range(40_000)}
    sorted(table.values(), key=lambda text: text[::-1])
    return time.process_time() - began


async def long_run(folder: Path, jobs: int) -> list[Window]:
    """Run the jobs and return what each window of them cost."""
    loop = asyncio.get_running_loop()

    def now() -> float:
        return MIDNIGHT + loop.time()

    database = Database(folder / "library.db")
    await database.open()
    store = JobStore(database, now)
    times = RenderTimes(RenderTimeTable(database), now)
    kind = render_kind_of(VideoRequest("a sailboat at dusk"), SERVICE)
    marks = tuple((float(second), int(100 * second / RENDER_SECONDS)) for second in range(2, int(RENDER_SECONDS), 2))
    for _ in range(KNOWN_RENDERINGS):
        await times.add(RenderTime(kind, RENDER_SECONDS - 1, RENDER_SECONDS + 1, marks))
    rows = JobList(store, CAPABILITIES, now)
    rows.counts_changed.connect(lambda *_: None)

    def changed(change: RunnerChange) -> None:
        if isinstance(change, ChangedJobs):
            for job in change.jobs:
                rows.upsert(job)
            rows.unload_after(ROWS_LOADED)  # the list view does this

    runner = JobRunner(
        RunnerPorts(UnlimitedService(now), store, FakeInspector(), FakeImageKeeper()),
        RateLimit(replace(LIMITS, per_minute=6000, per_day=1_000_000), clock=Clock(now, tick=now)),
        times,
        RunnerSettings(SERVICE, folder / "clips", PriceTable((Price(Decimal(100)),)), CAPABILITIES, AT_ONCE),
        changed,
        Clock(now, tick=now),
    )
    await runner.start()
    windows = []
    for first in range(0, jobs, WINDOW):
        seconds, load = 0.0, 0.0
        for number in range(first, first + WINDOW, BATCH):
            gc.collect()
            load += fixed_work()
            began = time.process_time()
            submitted = await runner.commands.submit(VideoRequest(f"a sailboat at dusk, number {number}"), BATCH)
            await runner.until_idle()
            seconds += time.process_time() - began
            for job in submitted:
                saved = store.read(job.id)
                assert saved is not None and is_settled(saved.phase), saved
        gc.collect()
        windows.append(Window(first, seconds, load, resident()))
    await runner.aclose()
    await database.aclose()
    return windows


def main() -> int:
    """Print the figures and the verdict; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS, help="fewer than 3,000 do not show the memory per job")
    jobs = parser.parse_args().jobs
    logging.disable(logging.CRITICAL)
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="bench-", dir=memory) as folder:
        windows = run(long_run(Path(folder), jobs))
    counted = windows[WARM_UP // WINDOW :]
    print(f"{'jobs':>12}{'processor':>12}{'of fixed work':>15}{'memory':>12}")
    for window in [windows[0], *counted[:: max(len(counted) // 10, 1)], windows[-1]]:
        span = f"{window.first + 1}-{window.first + WINDOW}"
        print(f"{span:>12}{window.seconds:10.2f} s{window.cost:15.2f}{window.resident / 1e6:9.1f} MB")
    ratio = median(window.cost for window in counted[-ENDS:]) / median(window.cost for window in counted[:ENDS])
    grown = (counted[-1].resident - counted[0].resident) / (counted[-1].first - counted[0].first)
    met = [
        verdict("processor time, last / first", ratio, TIME_TARGET, at_most=True),
        verdict("memory grown a job, bytes", grown, MEMORY_TARGET, at_most=True),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
