"""The lanes that are open or being closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from sora_desktop.domain.job import Job

if TYPE_CHECKING:
    from sora_desktop.engine.lane import Lane

log = logging.getLogger(__name__)


def _log_error(task: asyncio.Task[None]) -> None:
    """Log why a lane could not be closed: perhaps nobody waits for it."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s failed", task.get_name(), exc_info=error)


class LaneTable:
    """Finds lanes by service and job, and closes them. Two of them never hold the same job."""

    def __init__(
        self, is_further: Callable[[str], bool], retired: Callable[[str], Awaitable[None]], changed: Callable[[], None]
    ) -> None:
        """`is_further`: True for a service that the user has added. `changed` is called after each begin and end.

        `retired` is called with the name of a lane that sends nothing more, before it is closed.
        """
        self._is_further = is_further
        self._retired = retired
        self._changed = changed
        #: Open lanes by service name, also those that are being closed.
        self.lanes: dict[str, Lane] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}

    def usable(self, name: str) -> Lane | None:
        """The lane of a service, unless it is closed or being closed."""
        return None if name in self._closing else self.lanes.get(name)

    def of(self, job: Job) -> Lane | None:
        """The open lane of the job's service, or None. A job without a service belongs to one of the lanes."""
        if job.service:
            return self.lanes.get(job.service)
        return next((lane for lane in self.lanes.values() if lane.takes_unassigned), None)

    def with_jobs_of(self, name: str) -> Lane | None:
        """A lane that must close before one of this name opens: two lanes must never hold the same job."""
        if name in self._closing:
            return self.lanes.get(name)
        if self._is_further(name):
            return None
        return next((self.lanes[other] for other in self._closing if self.lanes[other].has_unassigned_jobs), None)

    def takes_unassigned(self, name: str) -> bool:
        """True for the first service and the sandbox, whichever was opened before the other."""
        others = (lane for other, lane in self.lanes.items() if other not in self._closing)
        return not self._is_further(name) and not any(lane.takes_unassigned for lane in others)

    def start_closing(self, name: str) -> asyncio.Task[None] | None:
        """Begin to close a lane: nothing more is sent. Returns what closes it; None if it is not open."""
        if name in self.lanes and name not in self._closing:
            self.lanes[name].retire()
            task = asyncio.create_task(self._close(name), name=f"close lane {name}")
            task.add_done_callback(_log_error)
            self._closing[name] = task
            self._changed()
        return self._closing.get(name)

    async def close(self, name: str) -> None:
        """Close a lane. A cancelled caller does not stop this: an answer may be on its way."""
        closing = self.start_closing(name)
        if closing is not None:
            await asyncio.shield(closing)

    async def aclose(self) -> None:
        """Close all lanes, then raise the error of one that could not be closed."""
        closed = await asyncio.gather(*map(self.close, list(self.lanes)), return_exceptions=True)
        for error in closed:
            if isinstance(error, BaseException):
                raise error

    async def _close(self, name: str) -> None:
        try:
            await self._retired(name)
            await self.lanes[name].aclose()
        finally:
            self.lanes.pop(name, None)
            self._closing.pop(name, None)
            self._changed()
