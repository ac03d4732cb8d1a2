"""Runs commands on jobs, each at the runner of its job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sora_desktop.domain.job import JobId
from sora_desktop.engine.engine import Engine
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.state.window_view import NOT_CONNECTED
from sora_desktop.system.slices import in_slices

if TYPE_CHECKING:  # loads the runner, which the first paint does not need
    from sora_desktop.jobs.commands import Commands
    from sora_desktop.jobs.runner import JobRunner

T = TypeVar("T")

#: Does something to jobs, whose ids are in the order of the queue.
Command: TypeAlias = "Callable[[Commands, Sequence[JobId]], Coroutine[object, object, T]]"


class CommandRunner:
    """Finds the runner of each job. What is asked for while the services are being opened waits for them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Held while something is done or undone, which happens in the order in which the user asked for it.

        A lane that opens meanwhile sends nothing until then.
        """
        with self._engine.early_commands.one():
            async with self._one_at_a_time:
                yield

    async def run(self, command: Command[T], ids: Sequence[JobId], *, waits: bool = True) -> list[T]:
        """Run the command; what it returned for each runner.

        `waits`: False for what costs money: its price is known when the service is connected.
        Raises CommandRejected, and runs nothing, if a runner is missing; else what the command raises.
        """
        by_runner: dict[JobRunner, list[JobId]] = {}
        async with aclosing(in_slices(ids)) as parts:
            async for part in parts:
                for id in part:
                    runner = self._engine.runner_of(id)
                    if runner is None and waits:
                        runner = await self._engine.wait_for_runner(id)
                    if runner is None:
                        raise CommandRejected(NOT_CONNECTED)
                    by_runner.setdefault(runner, []).append(id)
        return [await command(runner.commands, its_ids) for runner, its_ids in by_runner.items()]
