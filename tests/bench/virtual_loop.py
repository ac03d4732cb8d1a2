"""An event loop with virtual time: time passes only when no task has anything left to do."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


#: Real seconds within which a thread that the loop did not start must end.
THREAD_TIMEOUT = 10.0


class _VirtualSelector(selectors.DefaultSelector):
    """Advances the clock instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found: list[tuple[selectors.SelectorKey, int]]
        if timeout is None:
            found = super().select(THREAD_TIMEOUT)
            if not found:
                raise RuntimeError("every task waits, and no timer is set")
            return found
        self.time += max(timeout, 0.0)
        found = super().select(0)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at zero and stands still while a thread works for it."""

    def __init__(self) -> None:
        self._clock = _VirtualSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.time

    def jump(self, seconds: float) -> None:
        """Let time pass within a step, as if the process had been stopped."""
        self._clock.time += seconds

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        done: asyncio.Future[Any] = self.create_future()
        try:
            done.set_result(func(*args) if executor is None else executor.submit(self._in_loop, func, *args).result())
        except Exception as error:
            done.set_exception(error)
        return done

    def _in_loop(self, func: Callable[..., T], *args: Any) -> T:
        """Call a function in a thread that may ask for the running loop, to read its time."""
        asyncio._set_running_loop(self)
        try:
            return func(*args)
        finally:
            asyncio._set_running_loop(None)

    def call_exception_handler(self, context: Mapping[str, Any]) -> None:
        raise RuntimeError(context.get("message")) from context.get("exception")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a virtual loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
