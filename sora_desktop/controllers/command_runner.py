"""Runs commands on jobs, each at the runner of its job."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
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
    """Finds the runner of each job."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def run(self, command: Command[T], ids: Sequence[JobId]) -> list[T]:
        """Run the command; what it returned for each runner.

        Raises CommandRejected, and runs nothing, while a runner is missing; else what the command raises.
        """
        by_runner: dict[JobRunner, list[JobId]] = {}
        async for part in in_slices(ids):
            for id in part:
                runner = self._engine.runner_of(id)
                if runner is None:
                    raise CommandRejected(NOT_CONNECTED)
                by_runner.setdefault(runner, []).append(id)
        return [await command(runner.commands, its_ids) for runner, its_ids in by_runner.items()]
