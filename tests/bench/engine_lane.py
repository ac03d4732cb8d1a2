"""A lane without limits: how soon ends are seen at one request a second, and how busy several engines are kept."""

from __future__ import annotations

import asyncio
import heapq
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.engine_farm import ENGINE, KINDS, PER_MINUTE, EngineFarm, ListingFarm, RenderSeconds, around
from bench.virtual_loop import run
from fakes import FakeImageKeeper, FakeInspector

from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.jobs.clock import Clock
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.ports import RunnerPorts
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.database.render_times import RenderTimeTable

START = 1_800_000_000.0
SEEDS, MORE_SEEDS = (7, 8), tuple(range(7, 13))
REQUEST = VideoRequest("a sailboat at dusk", model="wan", aspect_ratio="", quality="")
#: Targets: seconds from the end to the answer that shows it (median, 95th percentile), requests a second in any minute
#: (a run may begin with those of a minute, so that the average of a short one may be higher), and the share of the
#: engines' time that a better schedule would have used.
MEDIAN, P95, PER_SECOND, IDLE = 1.5, 3.0, 1.0, 0.03
#: Requests that a video takes at least: a list before its create, or a poll, which shows the end of an earlier one; the
#: create; and the file.
LEAST_REQUESTS = 3
#: Jobs at once for each address.
AT_ONCE = 2


@dataclass(frozen=True)
class Run:
    """What the model saw of one run."""

    delays: tuple[float, ...]  # ascending
    per_second: float
    most_in_a_minute: int
    idle: float  # share of the engines' time that the best schedule without knowing the lengths would have used
    per_video: dict[str, float]  # requests of each kind


@dataclass(frozen=True)
class Bound:
    """What no poller can do better in the long run at `PER_SECOND`, if the ends cannot be foreseen."""

    idle: float
    median: float
    p95: float


def bound(seconds: float, places: int, gpus: int, *, lists: bool) -> Bound:
    """The bound for engines that always have something to render.

    What creates and files leave of the requests are lists, of one place after the other, or polls of one rendering
    after the other: an end comes at any moment between two of them.
    """
    wanted = places * gpus / seconds
    videos = min(wanted, PER_SECOND / LEAST_REQUESTS)
    gap = (places if lists else places * gpus) / (PER_SECOND - (LEAST_REQUESTS - 1) * videos)
    return Bound(1 - videos / wanted, gap / 2, gap * 0.95)


def now() -> float:
    """Unix seconds on the loop's clock."""
    return START + asyncio.get_running_loop().time()


async def _run(farm: EngineFarm, jobs: int, at_once: int) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        database = Database(Path(folder) / "jobs.db")
        await database.open()
        clock = Clock(now, tick=now)
        runner = JobRunner(
            RunnerPorts(farm, JobStore(database, now), FakeInspector(), FakeImageKeeper()),
            RateLimit(ENGINE.limits, clock=clock),
            RenderTimes(RenderTimeTable(database), now),
            RunnerSettings("engine", Path(folder) / "library", PriceTable(), ENGINE, at_once),
            lambda _: None,
            clock,
        )
        await runner.start()
        await runner.commands.submit(REQUEST, jobs)
        await runner.until_idle()
        await runner.aclose()
        await database.aclose()


def simulate(
    render_seconds: RenderSeconds,
    *,
    jobs: int,
    places: int = 1,
    gpus: int = 1,
    at_once: int = AT_ONCE,
    lists: bool = True,
    progress: bool = False,
    shows_queue: bool = True,
    seeds: Sequence[int] = SEEDS,
) -> Run:
    """Run all jobs, submitted together, once for each seed. Nothing is known at the start of a run."""
    runs = []
    for seed in seeds:

        async def main(seed: int = seed) -> Run:
            farm = (ListingFarm if lists else EngineFarm)(
                render_seconds,
                now,
                places=places,
                gpus=gpus,
                reports_progress=progress,
                shows_queue=shows_queue,
                seed=seed,
            )
            await _run(farm, jobs, at_once * places)
            return _result(farm, places * gpus)

        runs.append(run(main()))
    return Run(
        tuple(sorted(delay for each in runs for delay in each.delays)),
        max(each.per_second for each in runs),
        max(each.most_in_a_minute for each in runs),
        sum(each.idle for each in runs) / len(runs),
        {kind: sum(each.per_video[kind] for each in runs) / len(runs) for kind in KINDS},
    )


def _result(farm: EngineFarm, engines: int) -> Run:
    tasks = farm.renderings
    first, last = min(task.created for task in tasks), max(task.ends for task in tasks)
    seen = [task.seen for task in tasks if task.seen is not None]
    assert len(seen) == len(tasks)
    most = max(sum(0 <= later - sent < 60 for later in farm.sent) for sent in farm.sent)
    best = _shortest([task.ends - task.begins for task in tasks], engines)
    return Run(
        tuple(seen - task.ends for seen, task in zip(seen, tasks, strict=True)),
        len(farm.sent) / (farm.sent[-1] - farm.sent[0]),
        most,
        1 - best / (last - first),
        {kind: farm.kinds[kind] / len(tasks) for kind in KINDS},
    )


def _shortest(lengths: Sequence[float], engines: int) -> float:
    """Seconds that the jobs take, in this order, if each engine begins the next one the moment it is free."""
    free = [0.0] * engines
    for length in lengths:
        heapq.heappush(free, heapq.heappop(free) + length)
    return max(free)


def print_lane() -> list[str]:
    """Print the figures; return the targets that are missed."""
    missed: list[str] = []
    print(f"\n{'a lane without limits':45}{'median':>9}{'p95':>7}{'a second':>10}{'a minute':>10}{'idle':>7}", end="")
    print("".join(f"{kind:>8}" for kind in KINDS) + " for each video")
    for lists in (True, False):
        for progress in (True, False):
            for seconds in (20, 60, 180, 600):
                for sigma in (0.05, 0.4):
                    name = (
                        f"{seconds} s, sigma {sigma}, {'list' if lists else 'no list'}"
                        f"{', progress' if progress else ''}"
                    )
                    found = simulate(
                        around(seconds, sigma),
                        jobs=max(3000 // seconds, 8) if seconds > 100 else 30,
                        lists=lists,
                        progress=progress,
                    )
                    missed += _print(name, found, delays=True)
    print("50 jobs on 4 addresses with 2 GPUs each, 3 jobs at once for each address")
    for lists in (True, False):
        for seconds in (20, 60, 180):
            for sigma in (0.05, 0.4):
                name = f"{seconds} s, sigma {sigma}, {'list' if lists else 'no list'}"
                found = simulate(
                    around(seconds, sigma), jobs=50, places=4, gpus=2, at_once=3, lists=lists, seeds=MORE_SEEDS
                )
                missed += _print(name, found, least=bound(seconds, 4, 2, lists=lists))
    print(
        "at best: if the ends cannot be foreseen, in the long run. A run of 50 begins with a minute's unused requests."
    )
    return missed


def _print(name: str, found: Run, *, delays: bool = False, least: Bound | None = None) -> list[str]:
    """`least`: the idle time is judged, by how much it is above what the requests allow."""
    middle, late = median(found.delays), found.delays[int(len(found.delays) * 0.95)]
    print(
        f"  {name:43}{middle:8.2f}s{late:6.2f}s{found.per_second:10.2f}{found.most_in_a_minute:10}{found.idle:7.1%}",
        end="",
    )
    print("".join(f"{found.per_video[kind]:8.2f}" for kind in KINDS))
    if least is not None:
        print(f"  {'  at best':43}{least.median:8.2f}s{least.p95:6.2f}s{'':20}{least.idle:7.1%}")
    wanted = [
        (not delays or middle <= MEDIAN, f"median {middle:.2f} s"),
        (not delays or late <= P95, f"p95 {late:.2f} s"),
        (least is None or found.idle <= IDLE + least.idle, f"idle {found.idle:.1%}"),
        (found.most_in_a_minute <= PER_MINUTE, f"{found.most_in_a_minute} requests in a minute"),
    ]
    return [f"{name}: {got}" for kept, got in wanted if not kept]


if __name__ == "__main__":
    for target in print_lane():
        print(f"MISSED {target}")
