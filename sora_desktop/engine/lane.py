"""The service, reached, and the runner that works on it.

Loading this and all that is below it (HTTP, TLS, the runner) takes as long as the rest of the program's start: the
engine does it in a thread, when the window is on the screen.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path

from sora_desktop.api.service import Exchange
from sora_desktop.api.sora.client import SoraService, checked_base_url
from sora_desktop.engine.listeners import Listeners
from sora_desktop.engine.sandbox_process import SANDBOX, SandboxProcess
from sora_desktop.jobs.polling.rate_limit import RateLimit
from sora_desktop.jobs.polling.render_times import RenderTimes
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.jobs.runner_settings import RunnerSettings
from sora_desktop.media.pool import MediaPool
from sora_desktop.store.database.render_times import RenderTimeStore
from sora_desktop.store.database.usage import UsageStore
from sora_desktop.store.records import Records


async def reached(
    records: Records,
    media: MediaPool,
    listeners: Listeners,
    stack: AsyncExitStack,
    *,
    clips_folder: Path,
    base_url: str | None,
    key: str,
) -> tuple[str, JobRunner]:
    """The service's name and a runner that is not started yet; `stack` puts both away.

    `base_url`: None starts the sandbox. Raises BadUrl, SandboxWouldNotStart.
    """
    if base_url is None:
        child = SandboxProcess(records.data_folder.root / "sandbox", ("--top-up",))
        stack.push_async_callback(child.aclose)
        address = await child.start()
        base_url, key, name = address.base_url, address.key, SANDBOX
    else:
        base_url = name = checked_base_url(base_url)

    def hear(exchange: Exchange) -> None:
        runner.hear(exchange)

    chosen, database = records.settings, records.database
    rate_limit = RateLimit(usage=UsageStore(database, name))
    service = SoraService(base_url, key, observe=rate_limit.observe, hear=hear)
    stack.push_async_callback(service.aclose)
    settings = RunnerSettings(
        name,
        clips_folder,
        records.prices,
        chosen.jobs_at_once,
        spending_limit=chosen.spending_limit,
        paused=chosen.paused,
        prices_edited_at=records.price_file.edited_at,
    )
    runner = JobRunner(
        service,
        records.jobs,
        media,
        rate_limit,
        settings,
        publish=listeners.job,
        publish_balance=listeners.balance,
        publish_money=listeners.money,
        publish_prices=listeners.prices,
        publish_queue=listeners.queue,
        times=RenderTimes(RenderTimeStore(database), time.time),
    )
    stack.push_async_callback(runner.aclose)
    return name, runner
