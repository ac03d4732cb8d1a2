"""Answers of engines are lost, and the program is killed: what became of each request is known, or said to be unknown.

Over real HTTP to the sandbox's engines of each kind, with the jobs of the program on a fast clock.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from drills.scaled_clock import ScaledClock, ScaledSandboxClock
from reaper import Killed, Reaper
from sandbox_in_process import KEY, InProcessSandbox, in_process_sandbox, send_request
from waiting import until
from workbench import Bench, WrappedStore

from sora_desktop.api.openai.abilities import connect_engine
from sora_desktop.api.openai.capabilities import engine_capabilities
from sora_desktop.api.openai.examine import examine_engine
from sora_desktop.api.openai.profiles import PROFILES
from sora_desktop.domain.capabilities import Capabilities
from sora_desktop.domain.job import Failed, Job, Ready, Unconfirmed, Waiting, remote_id_of
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.money import Balance, PriceTable
from sora_desktop.domain.request import VideoRequest
from sora_desktop.domain.service_config import ServiceConfig
from sora_desktop.jobs.sending.place_wait import TRY_PAUSE
from sora_desktop.jobs.sending.queue import NO_FREE_PLACE
from sora_desktop.media.pool import MediaPool
from sora_desktop.sandbox.openai.fleet import FleetOptions
from sora_desktop.sandbox.service_state import SandboxOptions

MODEL_FILES = tuple(sorted((Path(__file__).parents[2] / "resources" / "capabilities").glob("*.json")))
#: Kinds of servers whose list shows for certain what they did not create.
PROVES_ABSENCE = {name for name, profile in PROFILES.items() if profile.list_is_proof}
#: Real seconds after which a run has hung.
LIMIT = 60.0
every_profile = pytest.mark.parametrize("like", PROFILES)


@dataclass(frozen=True)
class EngineDrill:
    """An engine of the sandbox, and what the program knows about it."""

    sandbox: InProcessSandbox
    config: ServiceConfig
    capabilities: Capabilities

    def request(self, prompt: str) -> VideoRequest:
        """The shortest request that the first model takes."""
        model = self.capabilities.models[0]
        request = model.default_request(prompt)
        return request if model.durations else replace(request, duration=1)

    def connect(self) -> Any:
        return connect_engine(self.config, KEY, self.capabilities, observe=lambda limits: None)

    @property
    def creates(self) -> Counter[str]:
        """How often each prompt was accepted, by any engine, also one that was restarted since."""
        return Counter(job.body.prompt for job in self.sandbox.fleet.accepted)

    def prompt_of(self, remote_id: str) -> str:
        """The prompt of the task with that id."""
        (job,) = [job for job in self.sandbox.fleet.accepted if remote_id.partition("@")[0] == job.id]
        return job.body.prompt


@asynccontextmanager
async def an_engine(folder: Path, like: str, **options: Any) -> AsyncIterator[EngineDrill]:
    fleet_options = FleetOptions(speed=4.0, **options)
    with in_process_sandbox(
        folder, SandboxOptions(tiny=True), like=like, fleet_options=fleet_options, clock=ScaledSandboxClock()
    ) as sandbox:
        first, *more = (f"{origin}/v1" for origin in sandbox.origins)
        config = ServiceConfig("engine", first, "openai", more_urls=tuple(more), profile=like)
        found = await examine_engine(config, KEY, MODEL_FILES, 10.0)
        config = replace(config, models=found.models)
        yield EngineDrill(sandbox, config, engine_capabilities(config, MODEL_FILES))


@dataclass
class Judged:
    """What was found out about lost answers, in all runs of a drill."""

    outcomes: list[tuple[Job, Outcome]] = field(default_factory=list)


class JudgedStore(WrappedStore):
    """Writes down what is found out."""

    def __init__(self, store: Any, judged: Judged) -> None:
        super().__init__(store)
        self._judged = judged

    async def judge_attempt(self, attempt: int, job: Job, outcome: Outcome, after: Balance | None) -> None:
        await self.store.judge_attempt(attempt, job, outcome, after)
        self._judged.outcomes.append((job, outcome))


def a_bench(engine: EngineDrill, folder: Path, pool: MediaPool, judged: Judged, reaper: Reaper | None = None) -> Bench:
    """A run of the program's jobs; with a reaper it may be killed."""
    service = engine.connect()

    def wrap(store: Any) -> Any:
        recorded = JudgedStore(store, judged)
        return recorded if reaper is None else reaper.guard(recorded)

    return Bench(
        service if reaper is None else reaper.guard(service),
        folder,
        clock=ScaledClock(),
        wrap=wrap,
        inspector=pool,
        service_name="engine",
        capabilities=engine.capabilities,
        prices=PriceTable(()),
        jobs_at_once=4,
    )


@asynccontextmanager
async def a_run(engine: EngineDrill, folder: Path, pool: MediaPool, judged: Judged) -> AsyncIterator[Bench]:
    """A run that ends when the block ends."""
    bench = a_bench(engine, folder, pool, judged)
    try:
        async with bench:
            yield bench
    finally:
        await bench.service.aclose()


async def a_killed_run(
    engine: EngineDrill, folder: Path, pool: MediaPool, judged: Judged, deadly: int, prompts: Sequence[str]
) -> bool:
    """A run that is killed at its call number `deadly`; False if it ends before. It submits the prompts first."""
    reaper = Reaper(deadly, after=bool(deadly % 2))
    bench = a_bench(engine, folder, pool, judged, reaper)
    await bench.database.open()
    try:
        await bench.runner.start()
        for prompt in prompts:
            await bench.store.add([bench.runner.commands.new_job(engine.request(prompt))])
        await bench.runner.commands.accept(list(bench.store.everything()))
        ended = asyncio.ensure_future(bench.runner.until_idle())
        await until(lambda: reaper.dead or ended.done())
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)
    except Killed:
        pass
    finally:
        was_killed = reaper.dead
        reaper.dead = True
        await bench.runner.aclose()
        await bench.database.aclose()
        await bench.service.aclose()
    return was_killed


async def until_decided(bench: Bench) -> None:
    """Return when no job can go on without the user."""
    await until(
        lambda: not any(isinstance(job.phase, Unconfirmed) and not job.phase.reason for job in bench.runner.jobs())
    )
    await bench.runner.until_idle()
    await until(lambda: bench.runner.queue_state.reason == "" or not bench.runner.waiting_count)


def faults(number: int) -> list[dict[str, object]]:
    """Each way in which an answer is lost, before or after the engine has stored the task."""
    kinds: Sequence[dict[str, object]] = (
        {"fault": "reset_after"},
        {"fault": "reset_before"},
        {"fault": "502_html", "after": True},
        {"fault": "html", "after": True},
        {"fault": "500_json", "after": True},
    )
    plan: list[dict[str, object]] = []
    for n in range(number):
        plan += [{"call": "videos.create", "fault": "delay", "value": 0}, {"call": "videos.create", **kinds[n % 5]}]
    return plan


@every_profile
def test_lost_answers(tmp_path: Path, like: str, long: bool) -> None:
    number = 20 if long else 5

    async def drill() -> str:
        async with an_engine(tmp_path / "service", like) as engine, a_pool() as pool:
            judged = Judged()
            async with a_run(engine, tmp_path, pool, judged) as bench:
                engine.sandbox.faults.plan(faults(number))
                prompts = [f"kite {n}" for n in range(2 * number)]
                for prompt in prompts:
                    await bench.runner.commands.submit(engine.request(prompt))
                await until_decided(bench)
                return check(engine, bench, judged, prompts)

    print(f"\n  {like}: {asyncio.run(drill())}")


def test_an_engine_that_gets_one_job_at_a_time_gets_none_while_it_renders_for_others(tmp_path: Path) -> None:
    async def drill() -> None:
        async with (
            an_engine(tmp_path / "service", "fastvideo") as engine,
            a_pool() as pool,
            a_run(engine, tmp_path, pool, Judged()) as bench,
        ):
            engine.sandbox.faults.plan([{"call": "videos.create", "fault": "queued", "value": 10_000}])
            theirs = await bench.service.create(engine.request("theirs"), None)
            (ours,) = await bench.runner.commands.submit(engine.request("ours"))
            await until(lambda: bench.saved(ours).phase == Waiting(NO_FREE_PLACE))
            await bench.clock.sleep(3 * TRY_PAUSE)
            assert list(engine.creates) == ["theirs"]
            finish = {"id": theirs.remote_id}
            await asyncio.to_thread(send_request, f"{engine.sandbox.origin}/sandbox/finish", finish)
            await bench.runner.until_idle()
            assert isinstance(bench.saved(ours).phase, Ready)
            first, second = engine.sandbox.fleet.accepted
            assert first.ended_at is not None and first.ended_at <= second.accepted_at

    asyncio.run(drill())


@every_profile
def test_kills(tmp_path: Path, like: str, long: bool) -> None:
    rng = random.Random(f"{like} {2026}")
    wanted = 25 if long else 4

    async def drill() -> str:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the tasks that were killed are reported
        async with an_engine(tmp_path / "service", like) as engine, a_pool() as pool:
            judged, kills, prompts = Judged(), 0, list[str]()
            while kills < wanted:
                engine.sandbox.faults.plan(faults(1 + kills % 5)[-2:])
                more = [f"kite {len(prompts) + n}" for n in range(2)]
                prompts += more
                kills += await a_killed_run(engine, tmp_path, pool, judged, rng.randrange(5, 60), more)
            async with a_run(engine, tmp_path, pool, judged) as bench:
                await until(lambda: not any(map(is_open, bench.runner.jobs())))
                await until_decided(bench)
                return f"{kills} kills; {check(engine, bench, judged, prompts)}"

    print(f"\n  {like}: {asyncio.run(drill())}")


@dataclass(frozen=True)
class Condition:
    """What else happens at an engine while two answers are lost: one after the task was stored, one before."""

    events: Sequence[dict[str, object]] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    decided: tuple[int, ...] = (2,)  # how many of the two may be decided
    without_prompts: tuple[int, ...] = ()  # the same, besides, where the list has no prompts


CONDITIONS = {
    "a clock a day ahead": Condition([{"call": "models", "fault": "server_clock"}]),
    "a clock a day behind": Condition([{"call": "models", "fault": "server_clock", "value": -86400}]),
    "10,000 videos of others": Condition([{"call": "models", "fault": "others"}], without_prompts=(1,)),
    "a restart": Condition([{"call": "videos.create", "fault": "restart", "skip": 1, "after": True}], decided=(0, 1)),
    "a list without the newest": Condition(
        [{"call": "videos.list", "fault": "missing", "count": 1000}], decided=(0, 1)
    ),
    "pages without end": Condition([{"call": "videos.list", "fault": "empty_page", "count": 1000}], decided=(0,)),
    "two addresses": Condition(options={"replicas": 2}, without_prompts=(1,)),  # nothing shows whose the second is
    "two engines behind one address": Condition(options={"replicas": 2, "is_flipping": True}, decided=(0, 1, 2)),
}


@pytest.mark.parametrize("like", ["omni", "sglang", "tensorrt"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(tmp_path: Path, like: str, condition: str, long: bool) -> None:
    if like == "tensorrt" and not long:
        pytest.skip("only in the long form: its list has what that of vLLM-Omni has")
    given = CONDITIONS[condition]
    plan = [
        {"call": "videos.create", "fault": "reset_after", "skip": 1},
        {"call": "videos.create", "fault": "reset_before"},
    ]

    async def drill() -> str:
        async with an_engine(tmp_path / "service", like, **given.options) as engine, a_pool() as pool:
            engine.sandbox.faults.plan([*given.events, *plan])
            assert send_request(f"{engine.sandbox.origin}/v1/models").status == 200
            judged, prompts = Judged(), ["first", "stored", "not stored"]
            async with a_run(engine, tmp_path, pool, judged) as bench:
                for prompt in prompts:
                    await bench.runner.commands.submit(engine.request(prompt))
                await until_decided(bench)
                line = check(engine, bench, judged, prompts, is_plain=False)
                decided = sum(outcome is not Outcome.UNKNOWN for _, outcome in judged.outcomes)
                also = () if PROFILES[like].lists_prompts else given.without_prompts
                assert decided in (*given.decided, *also), line
                return line

    print(f"\n  {like}, {condition}: {asyncio.run(drill())}")


def is_open(job: Job) -> bool:
    """True while it is not decided what is known about a lost answer."""
    return isinstance(job.phase, Unconfirmed) and (not job.phase.reason or "being read" in job.phase.reason)


@asynccontextmanager
async def a_pool() -> AsyncIterator[MediaPool]:
    pool = MediaPool()
    try:
        yield pool
    finally:
        await pool.aclose()


def check(engine: EngineDrill, bench: Bench, judged: Judged, prompts: Sequence[str], *, is_plain: bool = True) -> str:
    """Assert that nothing was created twice and that each outcome is true; return a line of figures."""
    creates, outcomes = engine.creates, Counter(outcome for _, outcome in judged.outcomes)
    jobs = list(bench.store.everything())
    assert len(jobs) == len(prompts)
    for job, outcome in judged.outcomes:
        if outcome is Outcome.ACCEPTED:
            assert engine.prompt_of(remote_id_of(job.phase) or "") == job.request.prompt
    for job in jobs:
        assert creates[job.request.prompt] <= 1, f"created twice: {job}"
        if isinstance(job.phase, Ready) or (isinstance(job.phase, Failed) and job.phase.remote_id and not is_plain):
            assert creates[job.request.prompt] == 1
        else:
            assert isinstance(job.phase, Unconfirmed) and job.phase.reason and not job.phase.safe_to_send, job
    unknown = Counter(job.phase.reason for job in jobs if isinstance(job.phase, Unconfirmed))
    if is_plain and engine.config.profile in PROVES_ABSENCE:
        assert not unknown and sum(creates.values()) == len(prompts)
    decided = outcomes[Outcome.ACCEPTED] + outcomes[Outcome.REFUSED]
    reasons = "".join(f"; {count} × “{reason}”" for reason, count in unknown.items())
    return (
        f"{len(prompts)} asked for, {sum(creates.values())} creates seen; {decided} of {len(judged.outcomes)} lost "
        f"answers decided exactly ({outcomes[Outcome.ACCEPTED]} adopted, {outcomes[Outcome.REFUSED]} surely absent, "
        f"{outcomes[Outcome.UNKNOWN]} cannot tell){reasons}"
    )
