"""Closing in the wrong instant: nothing that was paid for is given up, and nothing unsent is called sent."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from workbench import Bench, World, until

from sora_desktop.domain.job import Waiting, remote_id_of
from sora_desktop.domain.ledger import Outcome
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store.database.job_store import JobStore
from sora_desktop.store.errors import StoreError

REQUEST = VideoRequest("a sailboat at dusk")


class Wrapped:
    def __init__(self, store: JobStore) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_an_answer_that_could_not_be_noted_is_noted_on_closing(tmp_path: Path) -> None:
    world, full = World(), True

    class Full(Wrapped):
        async def end_attempt(self, *arguments: Any) -> None:
            if full:
                raise StoreError("The disk is full. Make room.")
            await self.store.end_attempt(*arguments)

    async def main() -> None:
        nonlocal full
        async with asyncio.timeout(15):
            bench = Bench(world, tmp_path, wrap=Full)
            await bench.database.open()
            await bench.runner.start()
            (job,) = await bench.runner.commands.submit(REQUEST)
            await until(
                lambda: any("Keep the program open" in getattr(shown.phase, "warning", "") for shown in bench.shown)
            )
            full = False  # a person has made room, and closes the window before the next try
            await bench.runner.aclose()
            saved = bench.saved(job)
            assert remote_id_of(saved.phase) == "task_1"
            assert bench.store.attempts(job.id)[0].outcome is Outcome.ACCEPTED
            await bench.database.aclose()

    asyncio.run(main())


def test_what_was_about_to_be_sent_waits_again(tmp_path: Path) -> None:
    world = World()
    noting, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Wrapped):
        async def begin_attempt(self, *arguments: Any) -> int:
            number = await self.store.begin_attempt(*arguments)
            noting.set()
            await go_on.wait()
            return number

    async def main() -> None:
        async with asyncio.timeout(15):
            bench = Bench(world, tmp_path, wrap=Slow)
            await bench.database.open()
            await bench.runner.start()
            (job,) = await bench.runner.commands.submit(REQUEST)
            await noting.wait()
            closing = asyncio.create_task(bench.runner.aclose())
            await asyncio.sleep(0.01)
            go_on.set()
            await closing
            assert not world.prompts
            assert isinstance(bench.saved(job).phase, Waiting)
            assert bench.store.attempts(job.id)[0].outcome is Outcome.REFUSED
            await bench.database.aclose()

    asyncio.run(main())
