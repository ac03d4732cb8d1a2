"""The service, reached, and the runner that works on it.

Loading this and all that is below it (HTTP, TLS, the runner) takes as long as the rest of the program's start: the
engine does it in a thread, when the window is on the screen.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack

from sora_desktop.api.client import SoraService, checked_base_url
from sora_desktop.api.service import Exchange
from sora_desktop.child import SandboxChild
from sora_desktop.engine import SANDBOX, Engine, Listeners
from sora_desktop.jobs.pacing import RequestBudget
from sora_desktop.jobs.render_times import RenderTimes
from sora_desktop.jobs.runner import JobRunner
from sora_desktop.jobs.terms import Terms
from sora_desktop.store.render_times import RenderTimeStore
from sora_desktop.store.usage import UsageStore


async def reached(
    engine: Engine, listeners: Listeners, stack: AsyncExitStack, *, sandbox: bool
) -> tuple[str, JobRunner]:
    """The service's name and a runner that is not started yet; `stack` puts both away.

    Raises BadUrl, SandboxWouldNotStart.
    """
    if sandbox:
        child = SandboxChild(engine.places.root / "sandbox", ("--top-up",))
        stack.push_async_callback(child.aclose)
        address = await child.start()
        base_url, key, name = address.base_url, address.key, SANDBOX
    else:
        base_url = checked_base_url(engine.base_url)
        key, name = engine.key, base_url

    def hear(exchange: Exchange) -> None:
        runner.hear(exchange)

    settings, database = engine.settings, engine.database
    budget = RequestBudget(tally=UsageStore(database, name))
    service = SoraService(base_url, key, observe=budget.observe, hear=hear)
    stack.push_async_callback(service.aclose)
    terms = Terms(
        name,
        engine.library,
        engine.prices,
        settings.jobs_at_once,
        daily_cap=settings.daily_cap,
        paused=settings.paused,
        prices_edited_at=engine.price_file.edited_at,
    )
    runner = JobRunner(
        service,
        engine.store,
        engine.media,
        budget,
        terms,
        publish=listeners.job,
        publish_balance=listeners.balance,
        publish_money=listeners.money,
        publish_prices=listeners.prices,
        publish_queue=listeners.queue,
        times=RenderTimes(RenderTimeStore(database), time.time),
    )
    stack.push_async_callback(runner.aclose)
    return name, runner
