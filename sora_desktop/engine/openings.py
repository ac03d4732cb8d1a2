"""Lanes that are opened in the background, beside those that are at work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sora_desktop.api.errors import ServiceError
from sora_desktop.engine.sandbox_process import SandboxStartError
from sora_desktop.store.errors import StoreError

log = logging.getLogger(__name__)


def load_lane() -> None:
    """Import HTTP and the runner. Runs in a thread: the import takes as long as the rest of the start."""
    import sora_desktop.engine.lane  # noqa: F401


class Openings:
    """One task for each lane that is being opened. An error of one is logged and does not reach the others."""

    def __init__(self, changed: Callable[[], None], is_further: Callable[[str], bool]) -> None:
        """`changed` is called after each begin and end. `is_further`: True for a service that the user has added."""
        self._changed = changed
        self._is_further = is_further
        self._locks: dict[str, asyncio.Lock] = {}
        #: Held while the first service or the sandbox is being connected, from the search for its key on.
        self.connecting = asyncio.Lock()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False
        #: Why a lane could not be opened, by service name.
        self.problems: dict[str, str] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._tasks

    def start(self, name: str, open_lane: Callable[[], Awaitable[object]]) -> None:
        """Begin to open the lane of a service, unless that has begun or everything was closed."""
        if self._is_closed or name in self._tasks:
            return

        async def opened() -> None:
            try:
                await open_lane()
            except (ServiceError, SandboxStartError, StoreError) as error:
                log.warning("the lane of %s could not be opened: %s", name, error)
            except Exception:
                log.exception("the lane of %s could not be opened", name)
                self.problems[name] = "It could not be connected. The log has the details."
            finally:
                self._tasks.pop(name, None)
                self._changed()

        self._tasks[name] = asyncio.create_task(opened(), name=f"open lane {name}")
        self._changed()

    def lock_of(self, name: str) -> asyncio.Lock:
        """Held while a lane opens; there is one for the first service and the sandbox."""
        return self._locks.setdefault(name if self._is_further(name) else "", asyncio.Lock())

    def may_open(self, name: str) -> bool:
        """True while the lane of a service is being opened, or will be as soon as the first service is connected."""
        return self.connecting.locked() or name in self._tasks or self.lock_of(name).locked()

    async def wait_for(self, name: str) -> None:
        """Return when the lane of a service is no longer being opened, whether or not that succeeded."""
        async with self.connecting:
            pass  # the others begin to open at its end
        if (task := self._tasks.get(name)) is not None:
            await asyncio.wait({task})
        async with self.lock_of(name):
            pass

    async def stop(self, name: str) -> None:
        """Open the lane no further, if it is being opened."""
        task = self._tasks.get(name)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def aclose(self) -> None:
        """Open no lane any more."""
        self._is_closed = True
        await asyncio.gather(*map(self.stop, list(self._tasks)))
