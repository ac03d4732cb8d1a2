"""Asyncio tasks that a user request starts, with a message when one fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from sora_desktop.api.errors import ServiceError
from sora_desktop.engine.configured_services import BadService
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.jobs.errors import CommandRejected
from sora_desktop.media.errors import MediaError
from sora_desktop.state.tone import Tone
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)


class BackgroundTasks:
    """Owns the tasks that user requests start."""

    def __init__(
        self, show_notice: Callable[[str, Tone, str], None], end_notice: Callable[[str], None] = lambda _: None
    ) -> None:
        """`show_notice` shows a message to the user, in place of the one with the same key; `end_notice` hides it."""
        self._show_notice = show_notice
        self._end_notice = end_notice
        self._tasks: dict[asyncio.Task[object], str] = {}  # the name of the file that each writes, or ""
        self._closed = False

    def start(
        self, work: Coroutine[object, object, object], name: str, *, notice_key: str = "", writes: str = ""
    ) -> asyncio.Task[object] | None:
        """Run `work` as a task. An error that it raises becomes a message; that of an internal error has the name.

        With a `notice_key`, that message goes when a later task with the same key has succeeded, and no other message
        does. The task is returned for a caller that may have to cancel it. `writes` names the file that is lost if the
        task is cancelled.

        After `aclose()`, while the program closes, nothing is started.
        """
        if self._closed:
            work.close()
            return None
        task = asyncio.get_event_loop().create_task(work, name=name)
        self._tasks[task] = writes
        task.add_done_callback(lambda task: self._finished(task, notice_key))
        return task

    @property
    def unfinished_files(self) -> tuple[str, ...]:
        """The names of files that are being written."""
        return tuple(filter(None, self._tasks.values()))

    async def aclose(self) -> None:
        """Cancel all tasks and wait for them."""
        self._closed = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[object], key: str) -> None:
        self._tasks.pop(task, None)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            if key:
                self._end_notice(key)
        elif isinstance(
            error, StoreError | ServiceError | SandboxStartError | MediaError | CommandRejected | BadService
        ):
            self._show_notice(str(error), Tone.ERROR, key)
        elif isinstance(error, OSError):
            reason = error.strerror or error
            self._show_notice(f"The disk reported an error: {reason}. Fix it, then try again.", Tone.ERROR, key)
        else:
            log.error("%s failed", task.get_name(), exc_info=error)
            self._show_notice(
                f"“{task.get_name()}” failed with an internal error ({error}). Check its result before you "
                "try again; the log has the details.",
                Tone.ERROR,
                key,
            )
