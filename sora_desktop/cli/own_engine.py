"""Runs jobs in an engine of this process, while no other process owns the data folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

from sora_desktop.api.errors import ServiceError
from sora_desktop.cli.errors import BadRequest, Interrupted
from sora_desktop.cli.interruption import interrupted_text
from sora_desktop.cli.progress import ALL_READY, Cost, JobProgress, print_error
from sora_desktop.cli.target import free_services
from sora_desktop.domain.capabilities import Unit
from sora_desktop.domain.job import Job, Waiting
from sora_desktop.domain.money import PriceTable
from sora_desktop.domain.service_config import SANDBOX, ServiceConfig
from sora_desktop.engine.engine import Engine
from sora_desktop.engine.last_answers import waiting_text
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.database.database import Database
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError
from sora_desktop.store.lock import DataLock
from sora_desktop.system.logs import log_to


@asynccontextmanager
async def open_engine(data_folder: DataFolder, lock: DataLock, progress: JobProgress) -> AsyncIterator[Engine]:
    """An engine on a data folder whose lock is held; the lock is released at the end.

    The answer to a create that was sent is awaited before. Raises StoreError; Interrupted instead of a cancellation.
    """
    try:
        with log_to(data_folder.logs):
            engine = Engine.at(data_folder, Listeners(jobs=progress.update_all, warning=print_error), lock=lock)
            settings_lost = bool(engine.records.settings_file.warning)
            try:
                if settings_lost:  # the queue may have been paused or limited: the user decides
                    with suppress(OSError):
                        engine.pause(True)
                await engine.open()
                for warning in engine.records.warnings:
                    print_error(warning)
                if settings_lost and engine.settings.paused:
                    print_error("The queue is paused. Check the settings, then run `sora-desktop queue resume`.")
                yield engine
            finally:
                if (seconds := engine.seconds_to_answer) is not None:
                    print_error(waiting_text(seconds))
                await engine.aclose()
    except asyncio.CancelledError:
        raise Interrupted(await _what_is_kept(data_folder)) from None
    finally:
        lock.release()


async def _what_is_kept(data_folder: DataFolder) -> str:
    if not data_folder.has_library:
        return interrupted_text(())
    database = Database(data_folder.database)
    try:
        return interrupted_text(JobStore(database).unfinished(), free=free_services(data_folder))
    except StoreError as error:
        return f"Interrupted. What is kept could not be read: {error}"
    finally:
        await database.aclose()


async def connect(engine: Engine, config: ServiceConfig) -> JobRunner:
    """Connect to one service. Raises BadRequest, BadUrl, UnknownDialect, SandboxStartError, StoreError."""
    services = engine.services
    if not services.configured.is_further(config.name):
        sandbox = config.name == SANDBOX
        if not sandbox and not await engine.load_key():
            raise BadRequest(
                "No API key found. Set SORA_API_KEY, enter a key in the window's settings, or use --sandbox."
            )
        return (await services.connect(sandbox=sandbox)).runner
    charges = services.configured.capabilities_of(config).unit is not None
    if charges and not await services.configured.key_of(config):
        variable = f"Set {config.key_variable}, or store it" if config.key_variable else "Store it"
        command = f'`sora-desktop service change "{config.name}" --key-stdin`'
        raise BadRequest(f"No API key of “{config.name}” found. {variable} with {command}.")
    return (await services.choose(config.name)).runner


async def connect_all_of(engine: Engine, jobs: Sequence[Job], sandbox: bool) -> dict[str, JobRunner]:
    """Connect to every service that these unfinished jobs belong to; return the runners by service name.

    `sandbox`: not to the first service, but to the sandbox. A service that cannot be connected does not keep the
    others from it. Raises, as `connect` does, if none can be.
    """
    configured = engine.services.configured
    wanted = {job.service: config for job in jobs if (config := configured.config(job.service)) is not None}
    further = [config for name, config in sorted(wanted.items()) if configured.is_further(name)]
    rest = [job for job in jobs if not configured.is_further(job.service)]
    use_sandbox = sandbox or all(job.service == SANDBOX for job in rest)
    services = [configured.sandbox if use_sandbox else configured.first] if rest or not further else []
    runners: dict[str, JobRunner] = {}
    for config in [*services, *further]:
        try:
            runners[config.name] = await connect(engine, config)
        except (BadRequest, ServiceError, SandboxStartError) as error:
            if len(services) + len(further) == 1:
                raise
            print_error(f"Not connected to {config.name}: {error}")
    if not runners:
        raise BadRequest("None of the services can be connected.")
    return runners


async def continue_jobs(engine: Engine, jobs: Sequence[Job], progress: JobProgress, sandbox: bool) -> int:
    """Run unfinished jobs until none of them can go on by itself. Returns the exit status."""
    if not jobs:
        progress.show_nothing_to_resume()
        return ALL_READY
    progress.follow(job.id for job in jobs)
    runners = await connect_all_of(engine, jobs, sandbox)
    configured = engine.services.configured
    for job in jobs:
        if job.service not in ("", *runners):
            progress.update(job)
            if not configured.is_further(job.service):
                print_error(f"Job {job.id[:8]} belongs to {job.service}. {_advice_on(job.service)}")
    for name, runner in runners.items():
        unit = engine.lanes[name].capabilities.unit
        cost = cost_of(to_send(engine, jobs, name), runner.prices, unit)
        progress.show_cost(cost._replace(service=name if len(runners) > 1 else ""))
    return await run_until_idle(runners, progress)


def _advice_on(service: str) -> str:
    if service == SANDBOX:
        return "To resume it, use --sandbox."
    if "://" in service:
        return f"To resume it, use SORA_BASE_URL={service}."
    return "To resume it, add this service again with `sora-desktop service add`."


def to_send(engine: Engine, jobs: Iterable[Job], service: str) -> list[Job]:
    """Those of the jobs that a connected service is about to be sent."""
    lane = engine.lanes[service]
    ours = (job for job in jobs if job.service == service or (not job.service and lane.takes_unassigned))
    return [job for job in ours if isinstance(job.phase, Waiting) and not job.on_hold]


def cost_of(jobs: Sequence[Job], prices: PriceTable, unit: Unit | None, earlier: int = 0) -> Cost:
    """What sending the jobs costs. `earlier`: how many of them this command has not queued itself."""
    amounts = [prices.price_of(job.request) for job in jobs]
    known = [amount for amount in amounts if amount is not None]
    total = sum(known, Decimal(0)) if len(known) == len(amounts) else None
    return Cost(len(jobs), total, unit, earlier, in_sandbox=any(job.service == SANDBOX for job in jobs))


async def run_until_idle(runners: Mapping[str, JobRunner], progress: JobProgress) -> int:
    """Wait until no job can go on by itself. `runners` by service name. Returns the exit status."""
    await asyncio.gather(*(runner.until_idle() for runner in runners.values()))
    for name, runner in runners.items():
        if doubt := runner.refund_doubt:
            print_error(f"{name}: {doubt}" if len(runners) > 1 else doubt)
    states = {name: runner.queue_state for name, runner in runners.items()}
    return progress.close(next(iter(states.values())), states)
