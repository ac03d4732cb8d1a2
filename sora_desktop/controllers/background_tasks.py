"""What a wish sets going: a task with an owner, a name and an end, and a sentence when it goes wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from sora_desktop.api.errors import ServiceError
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.media.errors import MediaError
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)


class BackgroundTasks:
    """Owns the tasks that wishes start."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        """`say(sentence, tone)` tells the person."""
        self._say = say
        self._tasks: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, object], name: str) -> None:
        """Run it; what goes wrong is said in the window."""
        task = asyncio.get_event_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def aclose(self) -> None:
        """End them all."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, StoreError | ServiceError | SandboxStartError | MediaError | CommandRejected):
            self._say(str(error), "error")
        elif isinstance(error, OSError):
            self._say(
                f"The disk refused: {error.strerror or error}. Nothing is lost; mend that and try again.", "error"
            )
        elif error is not None:
            log.error("%s failed", task.get_name(), exc_info=error)
            self._say(f"That did not work ({error}). Nothing is lost; the log has the details.", "error")
